//! Bombs and other abuse: what is answered, how much memory it takes, how much is logged, and what a sender that
//! does nothing wrong sees of it.
//!
//! Each case has a receiver of its own. Here nothing is held against a clock; `tests/long/abuse.sh` runs more of each, with
//! a good sender beside it, and prints the times.

mod attack;
mod bodies;

use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use obsctl::wire::{Encoding, Protocol};

use self::attack::Attack;
use self::bodies::Body;
use crate::support::http;
use crate::support::process::Process;
use crate::support::receiver::{listening, obsctl};

const EMPTY_SERIES: &[u8] = b"\x0a\x00";
const EMPTY_SYMBOL: &[u8] = b"\x22\x00";

/// Lines that a receiver logs at its start and at its end, and of one sender's problem.
const LINES: usize = 20;

struct Case {
    name: &'static str,
    attack: Attack,
    /// What every request is answered; 0 stands for a connection that is closed.
    status: u16,
    /// MiB that the process may have taken at its peak; some 20 of them are those of a build that is not optimized.
    memory: u64,
}

impl Case {
    /// Bodies in chunks are 413 as long as there is memory to read that many of them, and 503 above. Who still sends when
    /// the receiver has had enough of a refused body finds the connection closed.
    fn expects(&self, status: u16) -> bool {
        status == self.status || matches!((status, &self.attack), (0 | 503, Attack::Chunked(_)))
    }
}

fn cases() -> Vec<Case> {
    let series = |encoding| bodies::elements(Protocol::V1, encoding, EMPTY_SERIES);
    let symbols = || bodies::elements(Protocol::V2, Encoding::Snappy, EMPTY_SYMBOL);
    let case = |name, attack, status, memory| Case { name, attack, status, memory };
    let (many, more) = if is_long() { (2_000, 10_000) } else { (200, 500) };
    vec![
        case("forged length, 47 bytes", Attack::Bodies(bodies::forged_length(), 1), 400, 48),
        case("16.7 million empty series", Attack::Bodies(series(Encoding::Snappy), 1), 413, 128),
        case("the same, 8 at once", Attack::Bodies(series(Encoding::Snappy), 8), 413, 128),
        case("the same in zstd, 8 at once", Attack::Bodies(series(Encoding::Zstd), 8), 413, 128),
        case("a series of 16.7 million labels, 8 at once", Attack::Bodies(bodies::labels(), 8), 413, 128),
        case("16.7 million empty symbols, 8 at once", Attack::Bodies(symbols(), 8), 413, 128),
        case("20,000 spans of 4 billion buckets, 8 at once", Attack::Bodies(bodies::spans(), 8), 413, 128),
        case("200,000 series without a name, 8 at once", Attack::Bodies(bodies::nameless(), 8), 400, 128),
        case("zstd bomb, 8 at once", Attack::Bodies(bodies::zstd(true), 8), 413, 128),
        case("zstd bomb of unsaid size, 8 at once", Attack::Bodies(bodies::zstd(false), 8), 413, 128),
        case("40 MB in chunks, 8 at once", Attack::Chunked(8), 413, 128),
        case("HTTP/2 resets, 8 at once", Attack::Http2(8), 0, 48),
        case("dribbling connections", Attack::Dribble(many), 0, 128),
        case("silent connections", Attack::Silent(more), 0, 128),
    ]
}

fn is_long() -> bool {
    std::env::var_os("OBSCTL_ABUSE").is_some()
}

#[test]
fn abuse_is_refused_within_bounds() {
    let good = bodies::good();
    if is_long() {
        println_row(["abuse", "refused in ms: median", "worst", "MiB", "lines", "p99 ms alone", "with it"]);
        println_row(["---"; 7]);
    }
    let mut faults = Vec::new();
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = obsctl();
        command.args(["receive", "--listen", "127.0.0.1:0", "--ack", "write", "--capture"]);
        command.arg(folder.path().join("capture"));
        let mut process = Process::start(command);
        let address = process.wait_for("its address", listening);
        if is_long() {
            measure(&case, &good, address, process);
        } else {
            faults.extend(check(&case, &good, address, process));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Once, and never against a clock. What is not as it should be.
fn check(case: &Case, good: &Body, address: SocketAddr, process: Process) -> Vec<String> {
    let served = || assert_eq!(send(&mut connect(address), address, good), 204, "{}", case.name);
    let outcomes = case.attack.run(address, served);
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.status).collect();
    served();
    let memory = peak_memory(&process);
    let (status, log) = process.terminate();
    assert!(status.success(), "{}: {log:?}", case.name);
    let mut faults = Vec::new();
    if !statuses.iter().all(|status| case.expects(*status)) {
        faults.push(format!("{}: {statuses:?}", case.name));
    }
    if log.len() > LINES {
        faults.push(format!("{}: {} lines: {log:#?}", case.name, log.len()));
    }
    if memory.is_some_and(|memory| memory > case.memory) {
        faults.push(format!("{}: {memory:?} MiB, not {}", case.name, case.memory));
    }
    faults
}

/// For some seconds, with a good sender beside it; prints a row.
fn measure(case: &Case, good: &Body, address: SocketAddr, process: Process) {
    const WINDOW: Duration = Duration::from_secs(4);
    let alone = p99(paced(good, address, || true, WINDOW));
    let going_on = AtomicBool::new(true);
    let mut times = Vec::new();
    let beside = std::thread::scope(|scope| {
        let sender =
            scope.spawn(|| p99(paced(good, address, || going_on.load(Ordering::Relaxed), WINDOW * 4)));
        let began = Instant::now();
        while began.elapsed() < WINDOW {
            let left = WINDOW.saturating_sub(began.elapsed());
            for outcome in case.attack.run(address, || std::thread::sleep(left)) {
                assert!(case.expects(outcome.status), "{}: {}", case.name, outcome.status);
                times.push(outcome.time);
            }
        }
        going_on.store(false, Ordering::Relaxed);
        sender.join().expect("the good sender is answered 204")
    });
    times.sort_unstable();
    let of = |index: Option<&Duration>| index.map_or("–".to_owned(), |time| millis(*time));
    let memory = peak_memory(&process).map_or("?".to_owned(), |mib| mib.to_string());
    let (_, log) = process.terminate();
    let (median, worst) = (of(times.get(times.len() / 2)), of(times.last()));
    let lines = log.len().to_string();
    println_row([case.name, &median, &worst, &memory, &lines, &millis(alone), &millis(beside)]);
}

fn println_row(cells: [&str; 7]) {
    eprintln!("| {} |", cells.join(" | "));
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

/// A good sender's requests every 5 ms, and how long each took.
fn paced(good: &Body, address: SocketAddr, go_on: impl Fn() -> bool, at_most: Duration) -> Vec<Duration> {
    let mut stream = connect(address);
    let (began, mut times) = (Instant::now(), Vec::new());
    while go_on() && began.elapsed() < at_most {
        let sent = Instant::now();
        assert_eq!(send(&mut stream, address, good), 204);
        times.push(sent.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    times
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    BufReader::new(TcpStream::connect(address).expect("it listens"))
}

fn send(stream: &mut BufReader<TcpStream>, address: SocketAddr, body: &Body) -> u16 {
    let answer = http::exchange(stream, "POST", address, "/api/v1/write", &body.headers(), &body.bytes);
    answer.expect("an answer").status()
}

/// MiB that the process had at most in memory, where the system says so.
fn peak_memory(process: &Process) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}
