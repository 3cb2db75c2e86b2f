//! What an abuser does to a receiver, and what is answered.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::bodies::Body;
use crate::support::http;

/// A way to be a nuisance.
pub(super) enum Attack {
    /// The body, on as many connections at once.
    Bodies(Body, usize),
    /// A body of 40 MB in chunks, its length unsaid, on as many connections at once.
    Chunked(usize),
    /// As many connections that announce a body, send some bytes of it, and no more.
    Dribble(usize),
    /// As many connections that speak HTTP/2 and reset streams.
    Http2(usize),
    /// As many connections that say nothing.
    Silent(usize),
}

/// How one request or connection ended.
pub(super) struct Outcome {
    /// 0 when the connection was closed without an answer.
    pub(super) status: u16,
    pub(super) time: Duration,
}

impl Attack {
    /// Goes on until everything is answered; [`Attack::Dribble`] and [`Attack::Silent`] ask for nothing, and call
    /// `meanwhile` while their connections stand.
    pub(super) fn run(&self, address: SocketAddr, meanwhile: impl FnOnce()) -> Vec<Outcome> {
        match self {
            Self::Bodies(body, at_once) => all_at_once(*at_once, || {
                let path = "/api/v1/write";
                http::request("POST", address, path, &body.headers(), &body.bytes).map(|a| a.status())
            }),
            Self::Chunked(at_once) => all_at_once(*at_once, || chunked(address)),
            Self::Http2(at_once) => all_at_once(*at_once, || http2(address)),
            Self::Dribble(sockets) => {
                let head = format!(
                    "POST /api/v1/write HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-protobuf\r\n\
                     Content-Length: 30000000\r\n\r\n"
                );
                let held = held(*sockets, address, head.as_bytes());
                for round in 0..20 {
                    for mut stream in &held {
                        let _ = stream.write_all(&[round]); // refused ones are closed by now
                    }
                }
                meanwhile();
                Vec::new()
            }
            Self::Silent(sockets) => {
                let _held = held(*sockets, address, b"");
                meanwhile();
                Vec::new()
            }
        }
    }
}

fn all_at_once(times: usize, one: impl Fn() -> io::Result<u16> + Sync) -> Vec<Outcome> {
    std::thread::scope(|scope| {
        let timed = || {
            let began = Instant::now();
            Outcome { status: one().unwrap_or(0), time: began.elapsed() }
        };
        let running: Vec<_> = (0..times).map(|_| scope.spawn(timed)).collect();
        running.into_iter().map(|one| one.join().expect("attacks do not panic")).collect()
    })
}

fn held(sockets: usize, address: SocketAddr, first: &[u8]) -> Vec<TcpStream> {
    let connect = || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(first)?;
        io::Result::Ok(stream)
    };
    (0..sockets).filter_map(|_| connect().ok()).collect()
}

fn chunked(address: SocketAddr) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST /api/v1/write HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-protobuf\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    for _ in 0..600 {
        stream.write_all(&chunk)?;
    }
    stream.write_all(b"0\r\n\r\n")?;
    status(stream)
}

/// The preface of HTTP/2, settings, and 10,000 streams opened by nobody and reset.
fn http2(address: SocketAddr) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec();
    for id in 0..10_000_u32 {
        bytes.extend(b"\x00\x00\x04\x03\x00");
        bytes.extend((2 * id + 1).to_be_bytes());
        bytes.extend(b"\x00\x00\x00\x08");
    }
    let _ = stream.write_all(&bytes); // it may be closed meanwhile
    let _ = stream.shutdown(Shutdown::Write);
    status(stream)
}

/// The status of the answer; 0 when there was none.
fn status(stream: TcpStream) -> io::Result<u16> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut line = Vec::new();
    BufReader::new(stream).take(12).read_to_end(&mut line)?;
    let line = String::from_utf8_lossy(&line);
    Ok(line.strip_prefix("HTTP/1.1 ").and_then(|code| code.parse().ok()).unwrap_or(0))
}
