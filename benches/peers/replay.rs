//! Sends the requests of capture segments to a receiver, as they came, and says how long each took.
//!
//!     rustc -O --edition 2024 benches/peers/replay.rs
//!     replay HOST:PORT PATH SENDERS SEGMENT...
//!
//! Needs nothing but the standard library, so that what it costs is clear: bodies lie in memory, each of SENDERS keeps one
//! connection and takes the next body when its last is answered. Only 1.0 in snappy is sent, which all receivers take.
//! Prints samples, requests, answers other than 2xx, and the median and 99th percentile in milliseconds, in one line.

use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Magic, salt, length, checksum: docs/capture.md.
const FRAME: usize = 20;

struct Body {
    bytes: Vec<u8>,
    samples: u64,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, senders, segments @ ..] = &args[..] else {
        return Err(Error::other("usage: replay HOST:PORT PATH SENDERS SEGMENT..."));
    };
    let senders: usize = senders.parse().map_err(Error::other)?;
    let mut bodies = Vec::new();
    for segment in segments {
        read_segment(&std::fs::read(segment)?, &mut bodies);
    }
    let next = AtomicUsize::new(0);
    let results: Vec<Result<(Vec<Duration>, usize)>> = std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..senders).map(|_| scope.spawn(|| send(address, path, &bodies, &next))).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(Error::other("a panic")))).collect()
    });
    let (mut times, mut refused) = (Vec::new(), 0);
    for result in results {
        let (more, not_taken) = result?;
        times.extend(more);
        refused += not_taken;
    }
    times.sort_unstable();
    let samples: u64 = bodies.iter().map(|body| body.samples).sum();
    let of = |hundredth: usize| {
        times.get(times.len() * hundredth / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    println!("{samples} {} {refused} {:.2} {:.2}", times.len(), of(50), of(99));
    Ok(())
}

/// One sender: its times, and how many answers were not 2xx.
fn send(address: &str, path: &str, bodies: &[Body], next: &AtomicUsize) -> Result<(Vec<Duration>, usize)> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    stream.get_ref().set_nodelay(true)?;
    let (mut times, mut refused) = (Vec::new(), 0);
    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-protobuf\r\n\
             Content-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\nContent-Length: {}\r\n\r\n",
            body.bytes.len()
        );
        let began = Instant::now();
        stream.get_mut().write_all(head.as_bytes())?;
        stream.get_mut().write_all(&body.bytes)?;
        let status = read_answer(&mut stream)?;
        times.push(began.elapsed());
        refused += usize::from(status / 100 != 2);
    }
    Ok((times, refused))
}

fn read_answer(stream: &mut impl BufRead) -> Result<u16> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Error::other(format!("no answer: {line:?}")))?;
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(Error::other)?;
            }
            Some(_) => {}
            None => break,
        }
    }
    std::io::copy(&mut stream.take(length), &mut std::io::sink())?;
    Ok(status)
}

/// Takes the bodies out of a sound segment.
fn read_segment(mut segment: &[u8], bodies: &mut Vec<Body>) {
    while segment.len() > FRAME {
        let (head, rest) = segment.split_at(FRAME);
        let length = u32::from_le_bytes([head[12], head[13], head[14], head[15]]) as usize;
        let Some((record, rest)) = rest.split_at_checked(length) else { return };
        segment = rest;
        if let Some((_, request, _)) = fields(record).find(|(number, ..)| *number == 2) {
            let number = |of: &[u8], wanted| {
                fields(of).find(|(number, ..)| *number == wanted).map_or(0, |(_, _, value)| value)
            };
            let part =
                |wanted| fields(request).find(|(number, ..)| *number == wanted).map_or(&[][..], |f| f.1);
            if (number(request, 3), number(request, 5)) == (1, 1) {
                bodies.push(Body { bytes: part(100).to_vec(), samples: number(part(12), 2) });
            }
        }
    }
}

/// The fields of a protobuf message: number, content, and value of those that are numbers.
fn fields(mut message: &[u8]) -> impl Iterator<Item = (u64, &[u8], u64)> {
    std::iter::from_fn(move || {
        let key = varint(&mut message)?;
        let (length, value) = match key & 7 {
            0 => (0, varint(&mut message)?),
            1 => (8, 0),
            2 => (usize::try_from(varint(&mut message)?).ok()?, 0),
            5 => (4, 0),
            _ => return None,
        };
        let (content, rest) = message.split_at_checked(length)?;
        message = rest;
        Some((key >> 3, content, value))
    })
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
