//! How fast series are counted by metric, as `obsctl inspect top` does it, and in how much memory.
//!
//! `cargo bench --bench top`; `OBSCTL_SERIES=10000000` for that many series (a million without). They have 12 labels and
//! come ten times, in the same order, 2,000 in a request of 1.0. Requests are made one by one and never kept: only reading
//! them is timed, decompressing included. `view` reads every label and counts nothing.

#![allow(clippy::print_stdout)] // the result

use std::time::{Duration, Instant};

use obsctl::inspect::{Dimension, Top};
use obsctl::series::GroupId;
use obsctl::wire::{
    Encoder, Encoding, Entry, Known, Label, Limits, Protocol, Recall, Sample, Scratch, compress, decode,
    decompress,
};

const PASSES: usize = 10;
const BATCH: usize = 2_000;

fn main() {
    #[allow(clippy::disallowed_methods)] // a benchmark has no command line
    let series = std::env::var("OBSCTL_SERIES").map_or(1_000_000, |series| series.parse().expect("a number"));
    let mut counting = Counting::new();
    let (mut scratch, mut message, mut body, mut read) =
        (Scratch::default(), Vec::new(), Vec::new(), Vec::new());
    let mut encoder = Encoder::new(Protocol::V1);
    let before = resident();
    println!("{:>5}{:>12}{:>14}{:>14}{:>10}", "pass", "series", "view ns/s'ple", "top ns/s'ple", "ratio");
    for pass in 0..PASSES {
        let (mut view, mut top) = (Duration::ZERO, Duration::ZERO);
        for first in (0..series).step_by(BATCH) {
            let range = first..(first + BATCH).min(series);
            range.for_each(|at| write_series(&mut encoder, at, pass));
            encoder.finish(&mut message);
            compress(Encoding::Snappy, &message, &mut body);
            view += time(|| {
                decompress(Encoding::Snappy, &body, usize::MAX, &mut read).expect("sound");
                read_view(&read, &mut scratch);
            });
            top += time(|| {
                decompress(Encoding::Snappy, &body, usize::MAX, &mut read).expect("sound");
                counting.read(&read);
            });
        }
        let each = |time: Duration| time.as_nanos() as f64 / series as f64;
        let found = counting.top.counter().total().series;
        let ratio = each(top) / each(view);
        println!("{pass:>5}{found:>12}{:>14.1}{:>14.1}{ratio:>10.2}", each(view), each(top));
        assert_eq!(found, series as u64);
    }
    let bytes = resident().saturating_sub(before) as f64 / series as f64;
    println!(
        "{} samples; {bytes:.1} bytes of memory for each series",
        counting.top.counter().total().samples
    );
}

/// What `inspect top` keeps from request to request.
struct Counting {
    top: Top,
    known: Known<GroupId>,
    scratch: Scratch,
}

impl Counting {
    fn new() -> Self {
        let top = Top::new(vec![Dimension::Metric]);
        Self { top, known: Known::new(16 << 20), scratch: Scratch::default() }
    }

    fn read(&mut self, message: &[u8]) {
        let Self { top, known, scratch } = self;
        let mut entries = decode(Protocol::V1, message, &Limits::default(), scratch).expect("sound");
        let mut recall = Recall::new(&mut entries, known);
        while let Some(entry) = recall
            .next(|group, series| {
                top.add_known(group, series, series.samples.len() as u64);
                true
            })
            .expect("sound")
        {
            if let Entry::Series(series) = entry
                && let Some(group) = top.add(&series, series.samples.len() as u64)
            {
                recall.remember(group);
            }
        }
    }
}

fn read_view(message: &[u8], scratch: &mut Scratch) {
    let mut entries = decode(Protocol::V1, message, &Limits::default(), scratch).expect("sound");
    while let Some(entry) = entries.next().expect("sound") {
        if let Entry::Series(series) = entry {
            std::hint::black_box((series.labels, series.samples));
        }
    }
}

fn write_series(encoder: &mut Encoder, at: usize, pass: usize) {
    let (name, handler) =
        (format!("http_requests_{}_total", at % 200), format!("/api/v1/orders/{}", at / 7 % 25));
    let (pod, uid) = (format!("checkout-7c9d8b6f5-{:05}", at / 5000), format!("{at:08x}-4be1-11ef"));
    let labels = [
        ("__name__", &*name),
        ("cluster", "eu-central-1"),
        ("code", ["200", "201", "404", "500"][at % 4]),
        ("container", "checkout"),
        ("endpoint", "http-metrics"),
        ("handler", &handler),
        ("job", "monitoring/checkout"),
        ("method", ["GET", "POST", "PUT"][at % 3]),
        ("namespace", "shop-production"),
        ("pod", &pod),
        ("service", "checkout"),
        ("uid", &uid),
    ];
    encoder.series(labels.map(|(name, value)| Label { name, value }), None, None);
    let timestamp = 1_760_000_000_000 + 15_000 * pass as i64;
    encoder.sample(Sample { value: (at + pass) as f64, timestamp, start: 0 });
}

fn time(run: impl FnOnce()) -> Duration {
    #[allow(clippy::disallowed_methods)] // a benchmark measures
    let start = Instant::now();
    run();
    start.elapsed()
}

/// Bytes of memory that the process has now; 0 where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
