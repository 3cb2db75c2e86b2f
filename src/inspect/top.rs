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
}

impl Top {
    /// Counts by these dimensions together: by `job` and `metric` means by every pair of them that occurs.
    #[must_use]
    pub fn new(by: Vec<Dimension>) -> Self {
        Self {
            by,
            groups: HashMap::new(),
            series: HashSet::default(),
            total: Counts::default(),
            retries: Retries::default(),
            key: Vec::new(),
        }
    }

    /// Whether `body` came lately already, byte for byte: a retry, whose entries must not be counted again.
    pub fn is_retry(&mut self, body: &[u8]) -> bool {
        self.retries.is_known(body_hash(body))
    }

    /// Counts one entry: `samples` of it (native histograms included), as many as are to be counted.
    pub fn add(&mut self, series: &Series<'_>, samples: u64) {
        let added = Counts {
            series: u64::from(self.series.insert(series_hash(series.labels))),
            samples,
            bytes: series.len as u64,
        };
        self.key.clear();
        for dimension in &self.by {
            let value = series.label(dimension.label()).unwrap_or_default();
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
}

/// Keys that are hashes already need no further hashing.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = body_hash(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
