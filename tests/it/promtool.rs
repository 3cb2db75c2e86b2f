//! `decode -o openmetrics` of a capture, through the real promtool, into blocks, and out again: the same samples.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use obsctl::wire::{self, Encoder, Encoding, Label, Metadata, MetricType, Protocol, Sample};

use crate::support::http;
use crate::support::peers::{self, PROMTOOL};
use crate::support::receiver::{Receiver, obsctl};
use crate::support::traffic::{Labels, labels};

/// 2023-11-14T22:13:20.123Z.
const TIME: i64 = 1_700_000_000_123;

/// Series (family, labels) with the values of consecutive seconds, and whether they come in 1.0 or 2.0.
type Case = (Protocol, MetricType, &'static [(&'static str, &'static str)], &'static [f64]);

const UNKNOWN: MetricType = MetricType(0);
const COUNTER: MetricType = MetricType(1);
const GAUGE: MetricType = MetricType(2);
const HISTOGRAM: MetricType = MetricType(3);
const SUMMARY: MetricType = MetricType(5);

const CASES: &[Case] = &[
    (Protocol::V1, UNKNOWN, &[("__name__", "plain")], &[1.0, 2.5, -3.0]),
    (Protocol::V1, UNKNOWN, &[("__name__", "plain"), ("path", "/a\"b\\c\nd"), ("straße", "Ω")], &[0.1]),
    (
        Protocol::V1,
        UNKNOWN,
        &[("__name__", "odd"), ("case", "infinite")],
        &[f64::INFINITY, f64::NEG_INFINITY],
    ),
    (Protocol::V1, UNKNOWN, &[("__name__", "odd"), ("case", "nan")], &[f64::NAN]),
    (Protocol::V1, UNKNOWN, &[("__name__", "odd"), ("case", "range")], &[f64::MAX, 5e-324, 1.0 / 3.0, 1e21]),
    (Protocol::V2, COUNTER, &[("__name__", "jobs_total"), ("queue", "a")], &[1.0, 2.0, 3.0]),
    (Protocol::V2, COUNTER, &[("__name__", "jobs_total"), ("queue", "b")], &[10.0]),
    // Senders do not keep to OpenMetrics's suffixes.
    (Protocol::V2, COUNTER, &[("__name__", "jobs_without_suffix")], &[7.0]),
    (Protocol::V2, GAUGE, &[("__name__", "temperature_celsius")], &[-1.5]),
    (Protocol::V2, GAUGE, &[("__name__", "größe.µ")], &[4.0]),
    (Protocol::V2, HISTOGRAM, &[("__name__", "latency_seconds_bucket"), ("le", "0.5")], &[1.0, 2.0]),
    (Protocol::V2, HISTOGRAM, &[("__name__", "latency_seconds_bucket"), ("le", "+Inf")], &[2.0, 4.0]),
    (Protocol::V2, HISTOGRAM, &[("__name__", "latency_seconds_count")], &[2.0, 4.0]),
    (Protocol::V2, HISTOGRAM, &[("__name__", "latency_seconds_sum")], &[0.7, 1.9]),
    (Protocol::V2, SUMMARY, &[("__name__", "size_bytes"), ("quantile", "0.99")], &[512.0]),
    (Protocol::V2, SUMMARY, &[("__name__", "size_bytes_count")], &[3.0]),
    (Protocol::V2, SUMMARY, &[("__name__", "size_bytes_sum")], &[700.0]),
];

#[test]
fn promtool_makes_the_same_samples_of_openmetrics() {
    let Some([promtool]) = peers::find("promtool", [PROMTOOL]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = folder.path().join("capture");
    let receiver = Receiver::start(&capture);
    // In several requests of both versions: the entries of a family must come together again.
    for cases in [&CASES[..CASES.len() / 2], &CASES[CASES.len() / 2..]] {
        for protocol in [Protocol::V1, Protocol::V2] {
            post(&receiver, protocol, cases.iter().filter(|(of, ..)| *of == protocol));
        }
    }
    receiver.stop();

    assert_eq!(through_promtool(&promtool, &capture, folder.path()), expected());
}

/// What promtool stores of a capture that `decode` printed as OpenMetrics. `work` is a folder for what is in between.
pub(crate) fn through_promtool(promtool: &Path, capture: &Path, work: &Path) -> Dump {
    let decoded = succeed(obsctl().args(["decode", "-o", "openmetrics"]).arg(capture));
    assert!(!decoded.stdout.is_empty(), "{}", String::from_utf8_lossy(&decoded.stderr));
    let text = work.join("capture.om");
    std::fs::write(&text, &decoded.stdout).expect("the folder is ours");
    let blocks = work.join("blocks");
    succeed(
        Command::new(promtool).args(["tsdb", "create-blocks-from", "openmetrics"]).arg(&text).arg(&blocks),
    );
    // `dump` looks for a write-ahead log, which blocks made from text have not.
    std::fs::create_dir(blocks.join("wal")).expect("the folder is ours");
    let dump = succeed(Command::new(promtool).args(["tsdb", "dump"]).arg(&blocks));
    read_dump(&dump.stdout)
}

fn post<'a>(receiver: &Receiver, protocol: Protocol, cases: impl Iterator<Item = &'a Case>) {
    let mut encoder = Encoder::new(protocol);
    for (_, kind, labels, values) in cases {
        let mut sorted: Vec<Label<'_>> = labels.iter().map(|&(name, value)| Label { name, value }).collect();
        sorted.sort_by_key(|label| label.name);
        let metadata = Metadata { kind: *kind, help: "What it \"means\",\n in full.", unit: "" };
        encoder.series(sorted, (protocol == Protocol::V2).then_some(metadata), None);
        for (value, second) in values.iter().zip(0..) {
            encoder.sample(Sample { value: *value, timestamp: TIME + 1000 * second, start: 0 });
        }
    }
    let (mut message, mut body) = (Vec::new(), Vec::new());
    encoder.finish(&mut message);
    wire::compress(Encoding::Snappy, &message, &mut body);
    let headers = [("Content-Type", protocol.content_type()), ("Content-Encoding", "snappy")];
    let answer =
        http::request("POST", receiver.address, "/api/v1/write", &headers, &body).expect("it listens");
    assert_eq!(answer.status(), 204, "{}", String::from_utf8_lossy(&answer.body));
}

#[track_caller]
fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    output
}

/// Series and timestamp in ms, to the value as text, since a NaN equals nothing.
pub(crate) type Dump = BTreeMap<(Labels, i64), String>;

fn expected() -> Dump {
    let mut dump = Dump::new();
    for (_, _, pairs, values) in CASES {
        for (value, second) in values.iter().zip(0..) {
            dump.insert((labels(pairs), TIME + 1000 * second), format!("{value:?}"));
        }
    }
    dump
}

/// Lines of `{__name__="a", b="c"} 1.5 1700000000123`; names and values quoted as Go does.
fn read_dump(text: &[u8]) -> Dump {
    let text = std::str::from_utf8(text).expect("UTF-8");
    let line = |line: &str| {
        let (pairs, numbers) = line.rsplit_once("} ").expect("labels, then numbers");
        let (value, timestamp) = numbers.split_once(' ').expect("a value, then a time");
        let value: f64 = value.parse().expect("a number");
        ((read_labels(&pairs[1..]), timestamp.parse().expect("milliseconds")), format!("{value:?}"))
    };
    text.lines().map(line).collect()
}

fn read_labels(mut text: &str) -> Labels {
    let mut found = Labels::new();
    while !text.is_empty() {
        let (name, rest) = match text.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                text.split_once('=').map(|(name, _)| (name.to_owned(), &text[name.len()..])).expect("a name")
            }
        };
        let (value, rest) = unquote(rest.strip_prefix("=\"").expect("a quoted value"));
        found.insert(name, value);
        text = rest.strip_prefix(", ").unwrap_or(rest);
    }
    found
}

/// The text up to the closing quote, and what follows it.
fn unquote(text: &str) -> (String, &str) {
    let mut unquoted = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (unquoted, &text[at + 1..]),
            '\\' => match characters.next().expect("an escape has a letter").1 {
                'n' => unquoted.push('\n'),
                other => unquoted.push(other),
            },
            other => unquoted.push(other),
        }
    }
    panic!("no closing quote: {text}")
}
