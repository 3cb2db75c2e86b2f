//! How fast series are told apart and counted, and in how much memory.
//!
//! `cargo bench --bench series`. Hashing: ns per series of 15 labels, in order and not, medians over rounds. Counting:
//! ns per insert of hashes that are all new and then all known, and bytes of the table per series, against the standard
//! library's `HashSet<u64>` with its own hasher and with one that takes the hash as it is.

#![allow(clippy::print_stdout)] // the result

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash as _, Hasher};
use std::hint::black_box;
use std::time::Instant;

use obsctl::series::{HashKey, SeriesSet};
use obsctl::wire::Label;

const LABELS: usize = 15;
const SERIES: usize = 2_000;
const ROUNDS: usize = 101;

fn main() {
    let texts: Vec<Vec<(String, String)>> = (0..SERIES).map(texts).collect();
    let sorted: Vec<Vec<Label<'_>>> = texts.iter().map(|texts| labels(texts)).collect();
    let mut shuffled = sorted.clone();
    shuffled.iter_mut().for_each(|labels| labels.reverse());
    let key = HashKey::random();
    println!("{SERIES} series, {LABELS} labels; median of {ROUNDS} rounds, ns per series");
    println!("{:<28}{:>8.0}", "hash, labels in order", hashing(&sorted, |labels| key.series(labels)));
    println!("{:<28}{:>8.0}", "hash, labels not in order", hashing(&shuffled, |labels| key.series(labels)));
    println!("{:<28}{:>8.0}", "sort, then SipHash 1-3", hashing(&shuffled, sip));
    println!("\n{:<28}{:>10}{:>8}{:>8}{:>8}", "set", "series", "new", "known", "bytes");
    for n in [1_000_000, 10_000_000] {
        let hashes: Vec<u64> = (0..n as u64).map(spread).collect();
        let mut set = SeriesSet::new(usize::MAX);
        let (new, known) = times(&hashes, |hash| {
            black_box(set.insert(hash));
        });
        row("SeriesSet", n, new, known, set.bytes());
        let mut set = HashSet::<u64>::new();
        let (new, known) = times(&hashes, |hash| {
            black_box(set.insert(hash));
        });
        row("HashSet, SipHash 1-3", n, new, known, table(set.capacity()));
        let mut set = HashSet::<u64, BuildHasherDefault<Plain>>::default();
        let (new, known) = times(&hashes, |hash| {
            black_box(set.insert(hash));
        });
        row("HashSet, hash as it is", n, new, known, table(set.capacity()));
    }
}

fn row(name: &str, n: usize, new: f64, known: f64, bytes: usize) {
    println!("{name:<28}{n:>10}{new:>8.1}{known:>8.1}{:>8.1}", bytes as f64 / n as f64);
}

/// Bytes of a standard table: 9 for each slot, of which there are 8 for 7 of capacity.
fn table(capacity: usize) -> usize {
    capacity / 7 * 8 * 9
}

fn times(hashes: &[u64], mut insert: impl FnMut(u64)) -> (f64, f64) {
    let mut pass = || {
        #[allow(clippy::disallowed_methods)] // a benchmark measures
        let start = Instant::now();
        hashes.iter().for_each(|hash| insert(*hash));
        start.elapsed().as_nanos() as f64 / hashes.len() as f64
    };
    (pass(), pass())
}

fn hashing(series: &[Vec<Label<'_>>], hash: impl Fn(&[Label<'_>]) -> u64) -> f64 {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        #[allow(clippy::disallowed_methods)] // a benchmark measures
        let start = Instant::now();
        for labels in series {
            black_box(hash(black_box(labels)));
        }
        times.push(start.elapsed().as_nanos() as f64 / series.len() as f64);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn sip(labels: &[Label<'_>]) -> u64 {
    let mut labels = labels.to_vec();
    labels.sort_unstable();
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);
    hasher.finish()
}

/// Distinct for distinct `n`, and as even as hashes are.
fn spread(n: u64) -> u64 {
    let n = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n ^ (n >> 31)
}

#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn labels(texts: &[(String, String)]) -> Vec<Label<'_>> {
    texts.iter().map(|(name, value)| Label { name, value }).collect()
}

/// A label set as an instrumented service in Kubernetes has it.
fn texts(index: usize) -> Vec<(String, String)> {
    let pod = index / 100;
    let texts: [(&str, String); LABELS] = [
        ("__name__", format!("http_request_duration_seconds_{}", ["bucket", "sum", "count"][index % 3])),
        ("cluster", "eu-central-1".to_owned()),
        ("code", ["200", "201", "404", "500"][index % 4].to_owned()),
        ("container", "checkout".to_owned()),
        ("endpoint", "http-metrics".to_owned()),
        ("handler", format!("/api/v1/orders/{}", index % 25)),
        ("instance", format!("10.24.{}.{}:8080", pod / 16, pod)),
        ("job", "monitoring/checkout".to_owned()),
        ("le", format!("{}", 0.005 * (index % 12) as f64)),
        ("method", ["GET", "POST", "PUT"][index % 3].to_owned()),
        ("namespace", "shop-production".to_owned()),
        ("node", format!("ip-10-24-{}-17.eu-central-1.compute.internal", pod % 8)),
        ("pod", format!("checkout-7c9d8b6f5-{pod:05}")),
        ("prometheus", "monitoring/k8s".to_owned()),
        ("service", "checkout".to_owned()),
    ];
    texts.map(|(name, value)| (name.to_owned(), value)).to_vec()
}
