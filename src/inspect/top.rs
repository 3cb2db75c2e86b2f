//! Exact counts by metric or by any labels: series, samples, bytes.
//!
//! A series is a distinct label set, kept as its 64-bit hash: 8 bytes and change for each, in every group it
//! is in (a series is in one). A native histogram counts as one sample. Bytes are those of the entry as encoded,
//! before compression; symbols that 2.0 entries refer to are not among them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use super::{body_hash, series_hash};
use crate::wire::Series;

/// How many of the last bodies are remembered to tell a retry from a new request.
const RETRY_WINDOW: usize = 4096;

/// What entries are grouped by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dimension {
    /// The metric's name.
    Metric,
    /// The value of this label; empty where a series does not have it.
    Label(String),
}

impl Dimension {
    /// The column's title.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Metric => "metric",
            Self::Label(name) => name,
        }
    }

    fn label(&self) -> &str {
        match self {
            Self::Metric => "__name__",
            Self::Label(name) => name,
        }
    }
}

/// What one group, or all of them together, holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Counts {
    /// Distinct label sets.
    pub series: u64,
    /// Samples and native histograms.
    pub samples: u64,
    /// Of encoded entries, before compression.
    pub bytes: u64,
}

/// One line of the result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// A value for each dimension.
    pub key: Vec<String>,
    pub counts: Counts,
}

/// Counts entries as they come. Memory grows with distinct series and groups, not with samples.
pub struct Top {
    by: Vec<Dimension>,
    groups: HashMap<Vec<u8>, Counts>,
    series: HashSet<u64, BuildHasherDefault<Hashed>>,
    total: Counts,
    retries: Retries,
    key: Vec<u8>,
    /// For each dimension, whether any series has it.
    met: Vec<bool>,
}

impl Top {
    /// Counts by these dimensions together: by `job` and `metric` means by every pair of them that occurs.
    #[must_use]
    pub fn new(by: Vec<Dimension>) -> Self {
        Self {
            met: vec![false; by.len()],
            by,
            groups: HashMap::new(),
            series: HashSet::default(),
            total: Counts::default(),
            retries: Retries::default(),
            key: Vec::new(),
        }
    }

    /// Whether `body` came lately already from that tenant, byte for byte: a retry, whose entries must not be
    /// counted again.
    pub fn is_retry(&mut self, tenant: &str, body: &[u8]) -> bool {
        self.retries.is_known(body_hash(tenant, body))
    }

    /// Takes back that `body`, the last one, was new: it holds no series. Senders repeat their metadata byte for
    /// byte every minute, and that is no retry.
    pub fn forget(&mut self, tenant: &str, body: &[u8]) {
        self.retries.forget(body_hash(tenant, body));
    }

    /// Counts one entry: `samples` of it (native histograms included), as many as are to be counted.
    pub fn add(&mut self, series: &Series<'_>, samples: u64) {
        let added = Counts {
            series: u64::from(self.series.insert(series_hash(series.labels))),
            samples,
            bytes: series.len as u64,
        };
        self.key.clear();
        for (dimension, met) in self.by.iter().zip(&mut self.met) {
            let value = series.label(dimension.label());
            *met |= value.is_some();
            let value = value.unwrap_or_default();
            self.key.extend_from_slice(&(value.len() as u64).to_le_bytes());
            self.key.extend_from_slice(value.as_bytes());
        }
        self.total.add(added);
        match self.groups.get_mut(&self.key) {
            Some(counts) => counts.add(added),
            None => {
                self.groups.insert(self.key.clone(), added);
            }
        }
    }

    /// Over everything counted.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.total
    }

    /// How many groups there are.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Requests left out because they came already.
    #[must_use]
    pub fn retried(&self) -> u64 {
        self.retries.found
    }

    /// What is counted by.
    #[must_use]
    pub fn by(&self) -> &[Dimension] {
        &self.by
    }

    /// Labels that no series has, though some were counted.
    pub fn absent(&self) -> impl Iterator<Item = &str> {
        let dimensions = self.by.iter().zip(&self.met).filter(|(_, met)| !**met && self.total.series > 0);
        dimensions.map(|(dimension, _)| dimension.label())
    }

    /// The `limit` largest groups: most series first, then most samples, then most bytes, then by name.
    #[must_use]
    pub fn largest(&self, limit: usize) -> Vec<Group> {
        let mut groups: Vec<_> = self.groups.iter().map(|(key, counts)| (*counts, key)).collect();
        groups.sort_unstable_by(|(a, a_key), (b, b_key)| {
            b.cmp(a).then_with(|| key_parts(a_key).cmp(key_parts(b_key)))
        });
        groups
            .into_iter()
            .take(limit)
            .map(|(counts, key)| Group { key: key_parts(key).map(str::to_owned).collect(), counts })
            .collect()
    }
}

/// The values that a key was made of, each behind its length.
fn key_parts(mut key: &[u8]) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (len, rest) = key.split_first_chunk::<8>()?;
        let (value, rest) = rest.split_at_checked(u64::from_le_bytes(*len) as usize)?;
        key = rest;
        std::str::from_utf8(value).ok()
    })
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.series += other.series;
        self.samples += other.samples;
        self.bytes += other.bytes;
    }
}

/// The last bodies, by hash: a sender repeats a request soon or never.
#[derive(Default)]
struct Retries {
    order: VecDeque<u64>,
    known: HashSet<u64, BuildHasherDefault<Hashed>>,
    found: u64,
}

impl Retries {
    fn is_known(&mut self, hash: u64) -> bool {
        if !self.known.insert(hash) {
            self.found += 1;
            return true;
        }
        self.order.push_back(hash);
        if self.order.len() > RETRY_WINDOW
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }

    fn forget(&mut self, hash: u64) {
        if self.order.back() == Some(&hash) {
            self.order.pop_back();
            self.known.remove(&hash);
        }
    }
}

/// Keys that are hashes already need no further hashing.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Encoder, Entry, Label, Limits, Protocol, Sample, Scratch, decode};

    /// Counts one request of entries, each a list of labels, with one sample an entry.
    fn count(by: &[Dimension], entries: &[&[(&str, &str)]]) -> Top {
        let mut encoder = Encoder::new(Protocol::V1);
        for labels in entries {
            encoder.series(labels.iter().map(|(name, value)| Label { name, value }), None, None);
            encoder.sample(Sample { value: 1.0, timestamp: 1, start: 0 });
        }
        let mut message = Vec::new();
        encoder.finish(&mut message);
        let (limits, mut scratch) = (Limits::default(), Scratch::default());
        let mut decoded = decode(Protocol::V1, &message, &limits, &mut scratch).unwrap();
        let mut top = Top::new(by.to_vec());
        while let Some(entry) = decoded.next().unwrap() {
            if let Entry::Series(series) = entry {
                top.add(&series, series.samples.len() as u64);
            }
        }
        top
    }

    /// Groups as `key: series/samples`.
    #[track_caller]
    fn check(by: &[Dimension], entries: &[&[(&str, &str)]], expect: &[&str]) {
        let top = count(by, entries);
        let show = |group: &Group| {
            format!("{}: {}/{}", group.key.join("|"), group.counts.series, group.counts.samples)
        };
        assert_eq!(top.largest(usize::MAX).iter().map(show).collect::<Vec<_>>(), expect);
        let sums = top.largest(usize::MAX).iter().fold(Counts::default(), |mut sum, group| {
            sum.add(group.counts);
            sum
        });
        assert_eq!(sums, top.total());
    }

    fn label(name: &str) -> Dimension {
        Dimension::Label(name.to_owned())
    }

    const ENTRIES: &[&[(&str, &str)]] = &[
        &[("__name__", "up"), ("job", "api")],
        &[("__name__", "up"), ("job", "db")],
        &[("__name__", "up"), ("job", "db")],
        &[("job", "db"), ("__name__", "up")],
        &[("__name__", "load"), ("job", "db")],
        &[("__name__", "build_info")],
    ];

    #[test]
    fn a_series_is_counted_once_and_its_samples_each() {
        check(&[Dimension::Metric], ENTRIES, &["up: 2/4", "load: 1/1", "build_info: 1/1"]);
    }

    #[test]
    fn a_label_that_is_missing_is_a_group_of_its_own() {
        check(&[label("job")], ENTRIES, &["db: 2/4", "api: 1/1", ": 1/1"]);
    }

    #[test]
    fn several_dimensions_make_combinations() {
        let by = [label("job"), Dimension::Metric];
        check(&by, ENTRIES, &["db|up: 1/3", "db|load: 1/1", "api|up: 1/1", "|build_info: 1/1"]);
    }

    #[test]
    fn values_of_a_combination_are_not_run_together() {
        let entries: &[&[(&str, &str)]] = &[&[("a", "xy"), ("b", "z")], &[("a", "x"), ("b", "yz")]];
        check(&[label("a"), label("b")], entries, &["x|yz: 1/1", "xy|z: 1/1"]);
    }

    #[test]
    fn the_limit_cuts_groups_and_not_the_total() {
        let top = count(&[Dimension::Metric], ENTRIES);
        assert_eq!(top.largest(1).len(), 1);
        assert_eq!((top.groups(), top.total().series, top.total().samples), (3, 4, 6));
        assert!(top.total().bytes > 0);
    }

    #[test]
    fn a_body_that_comes_again_soon_is_a_retry() {
        let mut top = Top::new(vec![Dimension::Metric]);
        assert!(!top.is_retry("", b"one"));
        assert!(top.is_retry("", b"one"));
        assert!(!top.is_retry("other", b"one"), "another tenant's");
        for n in 0..RETRY_WINDOW {
            assert!(!top.is_retry("", &n.to_le_bytes()));
        }
        assert!(!top.is_retry("", b"one"), "forgotten after the window");
        assert_eq!(top.retried(), 1);
    }

    #[test]
    fn a_body_without_series_may_come_again() {
        let mut top = Top::new(vec![Dimension::Metric]);
        for _ in 0..2 {
            assert!(!top.is_retry("", b"metadata"));
            top.forget("", b"metadata");
        }
        assert_eq!(top.retried(), 0);
    }

    #[test]
    fn labels_that_no_series_has_are_named() {
        let top = count(&[Dimension::Metric, label("jbo"), label("job")], ENTRIES);
        assert_eq!(top.absent().collect::<Vec<_>>(), ["jbo"]);
        assert_eq!(count(&[label("jbo")], &[]).absent().count(), 0);
    }
}
