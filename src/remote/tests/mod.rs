//! The client against receivers that do as they are told: every kind of answer, silence, half a word.

mod answers;
mod connections;
mod delivery;
mod pki;
mod script;
mod secrets;
mod tls;

use std::time::Duration;

use bytes::Bytes;

use super::*;

const BODY: Bytes = Bytes::from_static(b"BODY");
/// What the requests of these tests are said to hold.
const HOLDS: Counts = Counts { samples: 3, histograms: 0, exemplars: 0 };

fn config(url: &str) -> Config {
    Config::new(url.parse().unwrap())
}

fn client(url: &str) -> Client {
    Client::new(config(url)).unwrap()
}

/// A client that soon loses its patience.
fn hasty(url: &str) -> Client {
    let mut config = config(url);
    let time = Duration::from_secs(1);
    config.timeouts = Timeouts { connect: time, request: time };
    Client::new(config).unwrap()
}

/// What a verdict is, in words.
fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Written(None) => "written".to_owned(),
        Verdict::Written(Some(counts)) => format!("written {}", counts.samples),
        Verdict::Partial { written, refusal } => format!("partial {}: {refusal}", written.samples),
        Verdict::Retry { after: None, why } => format!("retry: {why}"),
        Verdict::Retry { after: Some(after), why } => format!("retry in {} s: {why}", after.as_secs()),
        Verdict::Drop(refusal) => format!("drop: {refusal}"),
        Verdict::Unsupported { what, refusal } => format!("unsupported {what:?}: {refusal}"),
    }
}
