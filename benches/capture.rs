//! What it costs to keep a request: processor time of the thread that writes and of the queue to it.
//!
//! `cargo bench --bench capture [FOLDER]`. The folder (default: the system's for temporary files) should be in memory,
//! `/dev/shm` say, so that the disk's time is not what is measured. Bodies of 16 KiB, one request a batch and as many as
//! come, each level of `--ack`; microseconds of processor time per request in user and in system mode, least of seven rounds.

#![allow(clippy::print_stdout)] // the result

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use obsctl::base::time::UnixNanos;
use obsctl::capture::{Ack, Capture, Committer, Input, Item, Options, Queue, Request, SubmitError};

const REQUESTS: u32 = 40_000;
const ROUNDS: usize = 7;

fn main() {
    let folder = std::env::args()
        .skip(1)
        .find(|arg| !arg.starts_with('-'))
        .map_or(std::env::temp_dir(), PathBuf::from);
    println!("{REQUESTS} requests of 16 KiB, least of {ROUNDS} rounds, processor time in µs per request");
    println!("{:<24}{:>8}{:>8}", "", "user", "system");
    for (name, ack, wait) in [
        ("fsync, one by one", Ack::Fsync, true),
        ("fsync, as they come", Ack::Fsync, false),
        ("write, as they come", Ack::Write, false),
    ] {
        let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| round(&folder, ack, wait)).collect();
        let least = |of: fn(&(f64, f64)) -> f64| rounds.iter().map(of).fold(f64::INFINITY, f64::min);
        println!("{name:<24}{:>8.2}{:>8.2}", least(|round| round.0), least(|round| round.1));
    }
}

fn round(folder: &Path, ack: Ack, wait: bool) -> (f64, f64) {
    let folder = tempfile::tempdir_in(folder).expect("a folder");
    let options = Options { ack, retain_size: 128 << 20, ..Options::default() };
    let (capture, _) = Capture::open(folder.path(), options, UnixNanos::now()).expect("opens");
    let committer = Committer::start(capture, Queue::default(), |_| {}).expect("a thread");
    let (done, answers) = mpsc::channel();
    let request = request(folder.path());
    let before = processor_time();
    for _ in 0..REQUESTS {
        loop {
            let done = done.clone();
            let answer = Box::new(move |kept| done.send(kept).expect("somebody waits"));
            match committer.submit(request.clone(), answer) {
                Ok(()) => break,
                Err(SubmitError::Full) => std::thread::sleep(std::time::Duration::from_micros(200)),
                Err(err) => panic!("{err}"),
            }
        }
        if wait {
            answers.recv().expect("an answer").expect("kept");
        }
    }
    committer.shutdown();
    let after = processor_time();
    let each = |ticks: u64| ticks as f64 * 10_000.0 / f64::from(REQUESTS);
    (each(after.0 - before.0), each(after.1 - before.1))
}

/// A request of 16 KiB, read from a file that is no capture.
fn request(folder: &Path) -> Request {
    let message: Vec<u8> = [&[0x0A, 0x80, 0x80, 0x01][..], &vec![0; 16 << 10]].concat();
    let file = folder.with_extension("body");
    std::fs::write(&file, message).expect("written");
    let read = Input::open(std::slice::from_ref(&file)).expect("found").next();
    std::fs::remove_file(&file).expect("removed");
    match read {
        Some(Ok(Item::Request { request, .. })) => request,
        other => panic!("{other:?}"),
    }
}

/// Ticks of 10 ms that this process has run in user and in system mode.
fn processor_time() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let field = |at: usize| fields.split(' ').nth(at).and_then(|field| field.parse().ok()).expect("a number");
    (field(11), field(12))
}
