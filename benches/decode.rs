//! How fast a request is read: the borrowed view against prost's owned types, in ns per sample.
//!
//! `cargo bench --bench decode`. The request is made up but shaped like real traffic: 2,000 series of 15 labels,
//! one sample each, as a Prometheus with default settings sends them. Medians over rounds that alternate between
//! the readers, so that both see the same machine.

#![allow(clippy::print_stdout)] // the result

mod support;

use std::hint::black_box;

use obsctl::wire::proto::{v1, v2};
use obsctl::wire::{Encoder, Entry, Label, Limits, Protocol, Sample, Scratch, decode};
use prost::Message;

use support::medians;

const SERIES: usize = 2_000;
const LABELS: usize = 15;
const ROUNDS: usize = 101;

fn main() {
    let texts = texts();
    println!("{SERIES} series, {LABELS} labels, 1 sample each; median of {ROUNDS} rounds, ns per sample");
    println!("{:<9}{:>10}{:>10}{:>10}{:>8}{:>10}", "version", "bytes", "view", "prost", "ratio", "write");
    for protocol in [Protocol::V1, Protocol::V2] {
        let (mut encoder, mut message) = (Encoder::new(protocol), Vec::new());
        write_request(&texts, &mut encoder, &mut message);
        let mut scratch = Scratch::default();
        let mut written = Vec::new();
        let [view, prost, write] = medians(
            ROUNDS,
            SERIES,
            [
                &mut || read_view(protocol, &message, &mut scratch),
                &mut || read_prost(protocol, &message),
                &mut || write_request(&texts, &mut encoder, &mut written),
            ],
        );
        let bytes = message.len();
        let ratio = prost / view;
        println!("{:<9}{bytes:>10}{view:>10.1}{prost:>10.1}{ratio:>8.1}{write:>10.1}", protocol.as_str());
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

fn read_view(protocol: Protocol, message: &[u8], scratch: &mut Scratch) -> usize {
    let mut entries = decode(protocol, message, &Limits::default(), scratch).expect("sound");
    let mut samples = 0;
    while let Some(entry) = entries.next().expect("sound") {
        if let Entry::Series(series) = black_box(entry) {
            samples += series.samples.len();
        }
    }
    samples
}

fn read_prost(protocol: Protocol, message: &[u8]) -> usize {
    match protocol {
        Protocol::V1 => black_box(v1::WriteRequest::decode(message).expect("sound")).timeseries.len(),
        Protocol::V2 => black_box(v2::Request::decode(message).expect("sound")).timeseries.len(),
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
