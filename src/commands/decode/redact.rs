//! `--redact`: requests whose label values are replaced by hashes, to be shared without telling names.
//!
//! A request is written anew with the selected entries, so every form shows the same redacted request. Kept are
//! metric names, label names, numeric values of `le` and `quantile`, samples, types, units and help texts;
//! replaced are all other label values, those of exemplars, and the tenant; the answer's sentence is dropped,
//! for it may quote labels. Equal values get equal hashes within one run; the key is random and kept nowhere,
//! so that nobody can find a value by hashing guesses.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::capture::{Outcome, Rejection, Request};
use crate::render::{Item, Shown};
use crate::wire::{self, Encoder, Label, Protocol};

pub(super) struct Redactor {
    key: RandomState,
    /// Values met so far: a request repeats them a lot. Emptied when it grows large.
    known: HashMap<String, String>,
}

/// Values remembered at most.
const MAX_KNOWN: usize = 100_000;

/// One redacted request being written.
pub(super) struct Redacted {
    encoder: Encoder,
    rejections: Vec<Rejection>,
    series: u32,
}

impl Redacted {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self { encoder: Encoder::new(protocol), rejections: Vec::new(), series: 0 }
    }

    /// The request as it can be shared, and its message.
    pub(super) fn finish(mut self, redactor: &mut Redactor, request: &Request) -> (Request, Vec<u8>) {
        let mut message = Vec::new();
        self.encoder.finish(&mut message);
        let mut body = Vec::new();
        wire::compress(request.encoding, &message, &mut body);
        let redacted = Request {
            tenant: request.tenant.as_deref().map(|tenant| redactor.value(tenant)),
            outcome: Outcome {
                rejections: self.rejections,
                reason: String::new(),
                ..request.outcome.clone()
            },
            body: body.into(),
            ..request.clone()
        };
        (redacted, message)
    }
}

impl Redactor {
    pub(super) fn new() -> Self {
        Self { key: RandomState::new(), known: HashMap::new() }
    }

    /// Writes a selected entry, redacted. An entry with broken references cannot be written: it is left out.
    pub(super) fn add(&mut self, to: &mut Redacted, item: &Item<'_>) {
        match item {
            Item::Metadata(metadata) => to.encoder.metadata(metadata),
            Item::Series(shown) if shown.series.fault.is_none() => self.series(to, shown),
            Item::Series(_) => {}
        }
    }

    fn series(&mut self, to: &mut Redacted, shown: &Shown<'_>) {
        let labels = self.labels(shown.series.labels);
        to.encoder.series(borrowed(&labels), shown.series.metadata, shown.series.created);
        shown.samples().for_each(|sample| to.encoder.sample(*sample));
        shown.histograms().for_each(|histogram| to.encoder.histogram(&histogram));
        for exemplar in shown.exemplars() {
            let labels = self.labels(exemplar.labels);
            to.encoder.exemplar(borrowed(&labels), exemplar.value, exemplar.timestamp);
        }
        if let Some(rule) = shown.rejected {
            match to.rejections.iter_mut().find(|rejection| rejection.rule == rule) {
                Some(rejection) => rejection.series.push(to.series),
                None => to.rejections.push(Rejection { rule: rule.to_owned(), series: vec![to.series] }),
            }
        }
        to.series += 1;
    }

    fn labels<'a>(&mut self, labels: &[Label<'a>]) -> Vec<(&'a str, String)> {
        let redact = |label: &Label<'a>| {
            let value = if is_kept(label) { label.value.to_owned() } else { self.value(label.value) };
            (label.name, value)
        };
        labels.iter().map(redact).collect()
    }

    /// The hash that stands for a value; nothing stays nothing.
    fn value(&mut self, value: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        if let Some(known) = self.known.get(value) {
            return known.clone();
        }
        let hash = format!("{:016x}", self.key.hash_one(value));
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(value.to_owned(), hash.clone());
        hash
    }
}

/// Names of metrics, and bounds that are numbers: without them nobody could read what is left.
fn is_kept(label: &Label<'_>) -> bool {
    match label.name {
        "__name__" => true,
        "le" | "quantile" => label.value.parse::<f64>().is_ok(),
        _ => false,
    }
}

fn borrowed<'a>(labels: &'a [(&'a str, String)]) -> impl Iterator<Item = Label<'a>> {
    labels.iter().map(|(name, value)| Label { name, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, kept: bool) {
        let redacted = Redactor::new().labels(&[Label { name, value }]);
        assert_eq!(redacted[0].0, name);
        assert_eq!(redacted[0].1 == value, kept, "{name}={value} became {}", redacted[0].1);
    }

    #[test]
    fn names_and_numeric_bounds_are_kept() {
        check("__name__", "up", true);
        check("le", "0.5", true);
        check("le", "+Inf", true);
        check("quantile", "0.99", true);
        check("empty", "", true);
    }

    #[test]
    fn everything_else_is_replaced() {
        check("job", "payments", false);
        check("le", "customer-7", false);
    }

    #[test]
    fn equal_values_get_equal_hashes_and_another_run_gets_others() {
        let (mut one, mut two) = (Redactor::new(), Redactor::new());
        assert_eq!(one.value("api"), one.value("api"));
        assert_ne!(one.value("api"), one.value("db"));
        assert_ne!(one.value("api"), two.value("api"));
    }
}
