//! What was acknowledged outlives the process: SIGKILL under load, again and again, on one and the same capture.
//!
//! Senders post bodies that are all different and note which were answered 204. After the last restart every one of
//! those is in the capture, byte for byte; nothing is in it that was not sent; no sequence is missing.
//! A tail that was torn is cut, and its length reported.
//! `tests/long/kill.sh` runs more rounds.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use obsctl::capture::{Item, Reader};
use obsctl::wire::Protocol;
use obsctl::wire::proto::v1;
use prost::Message as _;

use crate::support::http;
use crate::support::random::Random;
use crate::support::receiver::Receiver;
use crate::support::wait;

const SENDERS: u64 = 4;
/// Kills in `cargo test`; `OBSCTL_KILLS` asks for more.
const KILLS: u64 = 50;
/// At least so many acknowledged requests before each kill, at most.
const LARGEST_LIFE: u64 = 40;

type Body = Arc<[u8]>;

#[test]
fn acknowledged_requests_outlive_kills() {
    let kills = std::env::var("OBSCTL_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = folder.path().join("capture");
    let shared = Shared::default();
    let mut random = Random(kills);
    let mut torn = 0;
    let (sent, acknowledged) = std::thread::scope(|scope| {
        let stop = StopOnDrop(&shared); // also when an assertion fails below, so that the senders end
        let senders: Vec<_> = (0..SENDERS).map(|sender| scope.spawn(move || send(sender, stop.0))).collect();
        for kill in 1..=kills {
            let receiver = Receiver::start(&capture);
            shared.set(State::Up(receiver.address));
            let cut = torn_bytes(&receiver);
            assert!(cut >= torn, "a torn tail of {torn} bytes, and {cut} are counted");
            assert_eq!(cut > 0, receiver.said("torn tail"), "it says so when it cuts a tail, and only then");
            let goal = shared.acknowledged.load(Ordering::Relaxed) + 1 + random.next() % LARGEST_LIFE;
            wait::until("requests to be acknowledged", Duration::from_secs(20), || {
                let now = shared.acknowledged.load(Ordering::Relaxed);
                if now >= goal { Ok(()) } else { Err(format!("{now} of {goal}")) }
            });
            spin(Duration::from_micros(random.next() % 5_000)); // not always just after an answer
            receiver.kill();
            shared.set(State::Down);
            // A kill rarely meets the middle of a write: now and then a tail is torn by hand.
            torn = if kill % 5 == 0 { tear(&capture) } else { 0 };
        }
        drop(stop);
        let mut all = (HashSet::new(), Vec::new());
        for sender in senders {
            let (sent, acknowledged) = sender.join().expect("senders do not panic");
            all.0.extend(sent);
            all.1.extend(acknowledged);
        }
        all
    });

    let last = Receiver::start(&capture); // recovers what the last kill left
    last.stop();
    let mut found: HashMap<Body, u64> = HashMap::new();
    let mut sequence = 0;
    for item in Reader::open(&capture).expect("a capture") {
        match item.expect("the capture is readable") {
            Item::Request { request, .. } => {
                sequence += 1;
                assert_eq!(request.sequence, sequence, "no sequence is missing or repeated");
                *found.entry(Arc::from(&*request.body)).or_default() += 1;
            }
            other => panic!("a recovered capture is whole: {other:?}"),
        }
    }
    let lost = acknowledged.iter().filter(|body| !found.contains_key(*body)).count();
    assert_eq!(lost, 0, "of {} acknowledged requests, after {kills} kills", acknowledged.len());
    assert!(acknowledged.len() as u64 >= kills, "the senders were heard");
    assert!(found.values().all(|times| *times == 1), "each body was sent once, and is there once");
    assert_eq!(found.keys().filter(|body| !sent.contains(*body)).count(), 0, "bodies that nobody sent");
    eprintln!(
        "{kills} kills: {} requests sent, {} acknowledged, {} captured, 0 lost",
        sent.len(),
        acknowledged.len(),
        found.len()
    );
}

/// What a receiver says of the tail that it cut at its start, in bytes.
fn torn_bytes(receiver: &Receiver) -> u64 {
    let metrics = http::get(receiver.address, "/metrics").expect("it listens");
    let metrics = String::from_utf8(metrics.body).expect("text");
    let line = metrics.lines().find_map(|line| line.strip_prefix("obsctl_capture_torn_bytes_total "));
    line.expect("it says so in any case").parse().expect("a number")
}

/// Leaves the newest segment as a write that was cut off would: a frame (its own first one) that ends too early. How
/// many bytes that is.
fn tear(capture: &Path) -> u64 {
    let segments = std::fs::read_dir(capture).expect("a folder").map(|entry| entry.expect("readable").path());
    let newest = segments.filter(|path| path.extension().is_some_and(|extension| extension == "rwcap")).max();
    let newest = newest.expect("a capture has a segment");
    let mut begin = vec![0; 30]; // more than the head of a frame, and less than the first frame
    let mut file = File::options().read(true).append(true).open(newest).expect("ours");
    match file.read_exact(&mut begin) {
        Ok(()) => {
            file.write_all(&begin).expect("there is space");
            begin.len() as u64
        }
        Err(_) => 0, // killed before the segment had its header
    }
}

#[derive(Clone, Copy)]
enum State {
    Down,
    Up(SocketAddr),
    Done,
}

/// What the killer and the senders tell each other.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    acknowledged: AtomicU64,
}

impl Default for Shared {
    fn default() -> Self {
        Self { state: Mutex::new(State::Down), changed: Condvar::new(), acknowledged: AtomicU64::new(0) }
    }
}

impl Shared {
    fn set(&self, state: State) {
        *self.state.lock().expect("no holder panics") = state;
        self.changed.notify_all();
    }

    /// Where to send to, once that is another place than the `dead` one; `None` at the end.
    fn address(&self, dead: Option<SocketAddr>) -> Option<SocketAddr> {
        let mut state = self.state.lock().expect("no holder panics");
        loop {
            match *state {
                State::Up(address) if Some(address) != dead => return Some(address),
                State::Done => return None,
                State::Up(_) | State::Down => state = self.changed.wait(state).expect("no holder panics"),
            }
        }
    }
}

struct StopOnDrop<'a>(&'a Shared);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.set(State::Done);
    }
}

/// Posts until the end. What it sent, and what of that was answered 204.
fn send(sender: u64, shared: &Shared) -> (Vec<Body>, Vec<Body>) {
    let mut random = Random(sender);
    let (mut sent, mut acknowledged) = (Vec::new(), Vec::new());
    let mut dead = None;
    let headers = [
        ("Content-Type", Protocol::V1.content_type()),
        ("Content-Encoding", "snappy"),
        ("X-Prometheus-Remote-Write-Version", Protocol::V1.version_header()),
    ];
    while let Some(address) = shared.address(dead) {
        let body = body(sender, sent.len(), &mut random);
        let answer = http::request("POST", address, "/api/v1/write", &headers, &body);
        sent.push(Arc::clone(&body));
        match answer {
            Ok(answer) if answer.status() == 204 => {
                acknowledged.push(body);
                shared.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => panic!("a sound request was refused: {}", answer.first_line),
            Err(_) => dead = Some(address), // killed in between: nobody knows, and nothing was promised
        }
    }
    (sent, acknowledged)
}

/// A request that no other equals, of some 100 bytes to 32 KiB that do not compress.
fn body(sender: u64, number: usize, random: &mut Random) -> Body {
    let length = 8 << random.below(13);
    let mut noise = String::with_capacity(length);
    while noise.len() < length {
        let bits = random.next();
        noise.extend(
            (0..16).map(|digit| char::from(b"0123456789abcdef"[(bits >> (4 * digit)) as usize & 15])),
        );
    }
    let label = |name: &str, value: String| v1::Label { name: name.to_owned(), value };
    let series = v1::TimeSeries {
        labels: vec![
            label("__name__", "kill".to_owned()),
            label("noise", noise),
            label("number", number.to_string()),
            label("sender", sender.to_string()),
        ],
        samples: vec![v1::Sample { value: number as f64, timestamp: 1_700_000_000_000 + number as i64 }],
        ..Default::default()
    };
    let message = v1::WriteRequest { timeseries: vec![series], metadata: Vec::new() }.encode_to_vec();
    snap::raw::Encoder::new().compress_vec(&message).expect("small").into()
}

/// Waits without giving the processor away: the moment of a kill is finer than a timer.
fn spin(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
}
