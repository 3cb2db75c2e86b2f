//! How fast a request is read, in ns per sample: against decompressing it, and against prost's owned types.
//!
//! `cargo bench --bench decode`; `OBSCTL_BODIES=FOLDER` names what `benches/bodies/make FOLDER` captured from a real
//! Prometheus, a capture for each shape of labels. Without it, the request is made up: 2,000 series of 15 labels, one
//! sample each. Every run decompresses each body into the same buffer and then reads it; figures without decompressing are
//! differences. Medians over rounds that alternate between the readers, so that all see the same machine.

#![allow(clippy::print_stdout)] // the result

mod support;

use std::hint::black_box;
use std::path::{Path, PathBuf};

use obsctl::capture::{Input, Item};
use obsctl::wire::proto::{v1, v2};
use obsctl::wire::validate::{self, Notes};
use obsctl::wire::{
    Encoder, Encoding, Entry, Known, Label, Limits, Protocol, Recall, Sample, Scratch, compress, decode,
    decompress,
};
use prost::Message;

use support::medians;

const SERIES: usize = 2_000;
const LABELS: usize = 15;
const ROUNDS: usize = 31;
/// Of one shape and version.
const REQUESTS: usize = 60;

fn main() {
    #[allow(clippy::disallowed_methods)] // a benchmark has no command line
    let folder = std::env::var("OBSCTL_BODIES");
    println!("ns per sample; median of {ROUNDS} rounds");
    println!(
        "{:<12}{:>5}{:>9}{:>8}{:>8} |{:>7}{:>7}{:>7}{:>7}{:>8}{:>8} |{:>7}{:>7}{:>7}{:>7}",
        "shape",
        "",
        "samples",
        "B/s'ple",
        "new",
        "snappy",
        "view",
        "rules",
        "known",
        "prost",
        "+texts",
        "prost/",
        "+snap/",
        "view/",
        "known/"
    );
    match folder {
        Ok(folder) => {
            for shape in shapes(Path::new(&folder)) {
                let name = shape.file_name().unwrap_or_default().to_string_lossy().into_owned();
                for protocol in [Protocol::V1, Protocol::V2] {
                    Bodies::captured(&shape, protocol).measure(&name);
                }
            }
        }
        Err(_) => {
            for protocol in [Protocol::V1, Protocol::V2] {
                Bodies::made_up(protocol).measure("made up");
            }
        }
    }
    measure_rest();
}

/// Requests of one version with series in them.
struct Bodies {
    protocol: Protocol,
    bodies: Vec<Vec<u8>>,
    samples: usize,
    decoded: usize,
}

impl Bodies {
    fn captured(folder: &Path, protocol: Protocol) -> Self {
        let mut bodies = Vec::new();
        for item in Input::open(&[folder.to_owned()]).expect("a capture") {
            if let Item::Request { request, .. } = item.expect("readable")
                && request.protocol == protocol
                && request.counts.series > 0
                && bodies.len() < REQUESTS
            {
                assert_eq!(request.encoding, Encoding::Snappy);
                bodies.push(request.body.to_vec());
            }
        }
        Self::new(protocol, bodies)
    }

    fn made_up(protocol: Protocol) -> Self {
        let (mut encoder, mut message, mut body) = (Encoder::new(protocol), Vec::new(), Vec::new());
        write_request(&texts(), &mut encoder, &mut message);
        compress(Encoding::Snappy, &message, &mut body);
        Self::new(protocol, vec![body])
    }

    fn new(protocol: Protocol, bodies: Vec<Vec<u8>>) -> Self {
        let mut these = Self { protocol, bodies, samples: 0, decoded: 0 };
        let (mut scratch, mut decoded) = (Scratch::default(), 0);
        these.samples = these.each(&mut Vec::new(), |message| {
            decoded += message.len();
            read_view(protocol, message, &mut scratch)
        });
        these.decoded = decoded;
        these
    }

    /// Decompresses each body into `message` and reads it.
    fn each(&self, message: &mut Vec<u8>, mut read: impl FnMut(&[u8]) -> usize) -> usize {
        let mut samples = 0;
        for body in &self.bodies {
            decompress(Encoding::Snappy, body, usize::MAX, message).expect("sound");
            samples += read(message);
        }
        samples
    }

    fn measure(&self, name: &str) {
        let (protocol, samples) = (self.protocol, self.samples);
        let mut messages = [const { Vec::new() }; 6];
        let [m0, m1, m2, m3, m4, m5] = &mut messages;
        let mut scratches = [const { None }; 3].map(|_: Option<()>| Scratch::default());
        let [s0, s1, s2] = &mut scratches;
        let mut known = Known::new(1 << 20);
        let mut fresh = 0;
        self.each(m3, |message| read_known(protocol, message, s2, &mut known, &mut fresh));
        let first = fresh;
        let [snappy, view, rules, beside, prost, texts] = medians(
            ROUNDS,
            samples,
            [
                &mut || {
                    self.each(m0, |message| usize::from(black_box(message).is_empty()));
                    samples
                },
                &mut || self.each(m1, |message| read_view(protocol, message, s0)),
                &mut || self.each(m2, |message| read_rules(protocol, message, s1)),
                &mut || self.each(m3, |message| read_known(protocol, message, s2, &mut known, &mut fresh)),
                &mut || self.each(m4, |message| read_prost(protocol, message)),
                &mut || self.each(m5, |message| read_texts(protocol, message)),
            ],
        );
        let version = protocol.as_str();
        println!(
            "{name:<12}{version:>5}{samples:>9}{:>8.0}{:>8.4} |{snappy:>7.1}{:>7.1}{:>7.1}{:>7.1}{:>8.1}{:>8.1} |{:>7.1}{:>7.1}{:>7.2}{:>7.2}",
            self.decoded as f64 / samples as f64,
            (fresh - first) as f64 / (samples * ROUNDS) as f64,
            view - snappy,
            rules - snappy,
            beside - snappy,
            prost - snappy,
            texts - snappy,
            (prost - snappy) / (view - snappy),
            prost / view,
            view / snappy,
            beside / snappy,
        );
    }
}

fn shapes(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder that benches/bodies/make made");
    let mut shapes: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    shapes.sort();
    shapes
}

/// Writing, and looking for repetitions in a table of symbols.
fn measure_rest() {
    let texts = texts();
    for protocol in [Protocol::V1, Protocol::V2] {
        let (mut encoder, mut written) = (Encoder::new(protocol), Vec::new());
        let [write] = medians(ROUNDS, SERIES, [&mut || write_request(&texts, &mut encoder, &mut written)]);
        println!("writing {}: {write:.1} ns per sample, made up", protocol.as_str());
    }
    let table = symbols();
    let mut scratch = Scratch::default();
    let [read, hashed, sorted] = medians(
        ROUNDS,
        SERIES,
        [
            &mut || read_table(&table, &mut scratch, false),
            &mut || read_table(&table, &mut Scratch::default(), true),
            &mut || sort_table(&table),
        ],
    );
    let mut scratch = Scratch::default();
    let [reused] = medians(ROUNDS, SERIES, [&mut || read_table(&table, &mut scratch, true)]);
    println!(
        "repetitions among {SERIES} symbols, ns per symbol: {:.1} (memory reused), {:.1} (new); sorting {sorted:.1}",
        reused - read,
        hashed - read
    );
}

/// A symbol table without repetitions, as much text as that of many series.
fn symbols() -> Vec<u8> {
    let text = |at| format!("checkout-7c9d8b6f5-{at:05}-{}", if at % 2 == 0 { "x" } else { "eu-central-1" });
    v2::Request {
        // Not in order: sorting what is sorted is quick.
        symbols: std::iter::once(String::new())
            .chain((1..SERIES).map(|at| text(at * 787 % SERIES)))
            .collect(),
        ..Default::default()
    }
    .encode_to_vec()
}

fn read_table(message: &[u8], scratch: &mut Scratch, check: bool) -> usize {
    let mut entries = decode(Protocol::V2, message, &Limits::default(), scratch).expect("sound");
    if check { SERIES + entries.duplicate_symbols() } else { SERIES }
}

fn sort_table(message: &[u8]) -> usize {
    let mut symbols: Vec<&[u8]> = Vec::with_capacity(SERIES);
    let mut at = 0;
    while let Some(&length) = message.get(at + 1) {
        symbols.push(&message[at + 2..at + 2 + usize::from(length)]); // all are shorter than 128 bytes
        at += 2 + usize::from(length);
    }
    symbols.sort_unstable();
    symbols.len() + symbols.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// Samples and native histograms.
fn values(series: &obsctl::wire::Series<'_>) -> usize {
    series.samples.len() + series.histograms().len()
}

fn read_view(protocol: Protocol, message: &[u8], scratch: &mut Scratch) -> usize {
    let mut entries = decode(protocol, message, &Limits::default(), scratch).expect("sound");
    let mut samples = 0;
    while let Some(entry) = entries.next().expect("sound") {
        if let Entry::Series(series) = entry {
            samples += values(&series);
            black_box((series.labels, series.samples));
        }
    }
    samples
}

/// With the rules that a receiver holds series to.
fn read_rules(protocol: Protocol, message: &[u8], scratch: &mut Scratch) -> usize {
    let mut entries = decode(protocol, message, &Limits::default(), scratch).expect("sound");
    let mut samples = 0;
    while let Some(entry) = entries.next().expect("sound") {
        if let Entry::Series(series) = entry {
            samples += values(&series);
            let _ = black_box(validate::check(&series)); // a sender may break a rule
        }
    }
    samples
}

/// The same, beside what is known of labels; counts in `fresh` those that were not.
fn read_known(
    protocol: Protocol,
    message: &[u8],
    scratch: &mut Scratch,
    known: &mut Known<Notes>,
    fresh: &mut usize,
) -> usize {
    let mut entries = decode(protocol, message, &Limits::default(), scratch).expect("sound");
    let mut recall = Recall::new(&mut entries, known);
    let mut samples = 0;
    while let Some(entry) = recall
        .next(|labels, series| {
            samples += values(series);
            black_box(validate::check_values(series, labels)).is_ok()
        })
        .expect("sound")
    {
        if let Entry::Series(series) = entry {
            samples += values(&series);
            *fresh += 1;
            let labels = validate::check_labels(&series);
            if let Ok(labels) = labels {
                let _ = black_box(validate::check_values(&series, labels));
                recall.remember(labels);
            }
        }
    }
    samples
}

fn read_prost(protocol: Protocol, message: &[u8]) -> usize {
    match protocol {
        Protocol::V1 => {
            let request = black_box(v1::WriteRequest::decode(message).expect("sound"));
            request.timeseries.iter().map(|series| series.samples.len() + series.histograms.len()).sum()
        }
        Protocol::V2 => {
            let request = black_box(v2::Request::decode(message).expect("sound"));
            request.timeseries.iter().map(|series| series.samples.len() + series.histograms.len()).sum()
        }
    }
}

/// Prost, and the labels of each series as texts in a vector that is used again, as the view has them.
fn read_texts(protocol: Protocol, message: &[u8]) -> usize {
    let mut labels: Vec<Label<'_>> = Vec::new();
    match protocol {
        Protocol::V1 => read_prost(protocol, message),
        Protocol::V2 => {
            let request = v2::Request::decode(message).expect("sound");
            let mut samples = 0;
            for series in &request.timeseries {
                labels.clear();
                let text = |reference: u32| request.symbols[reference as usize].as_str();
                let pairs = series.labels_refs.chunks_exact(2);
                labels.extend(pairs.map(|pair| Label { name: text(pair[0]), value: text(pair[1]) }));
                samples += series.samples.len() + series.histograms.len();
                black_box(&labels);
            }
            samples
        }
    }
}

type Texts = Vec<[(String, String); LABELS]>;

/// Label sets as an instrumented service in Kubernetes has them: most values are shared by many series.
fn texts() -> Texts {
    (0..SERIES).map(series_texts).collect()
}

fn series_texts(index: usize) -> [(String, String); LABELS] {
    let pod = index / 100;
    [
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
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

fn write_request(texts: &Texts, encoder: &mut Encoder, message: &mut Vec<u8>) -> usize {
    for (index, labels) in texts.iter().enumerate() {
        encoder.series(labels.iter().map(|(name, value)| Label { name, value }), None, None);
        let value = if index % 2 == 0 { 0.0 } else { index as f64 * 1.5 };
        encoder.sample(Sample { value, timestamp: 1_760_000_000_000 + index as i64 % 15_000, start: 0 });
    }
    encoder.finish(message);
    SERIES
}
