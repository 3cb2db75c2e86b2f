//! Counts by metric or by any labels, over requests that may come again.
//!
//! A native histogram counts as one sample. Bytes are those of the entry as encoded, before compression; symbols that
//! 2.0 entries refer to are not among them.

use std::collections::{HashSet, VecDeque};

use crate::series::{Counter, GroupId, HashKey};
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

/// Counts entries as they come, each request once. Memory grows with distinct series and groups, not with samples.
pub struct Top {
    by: Vec<Dimension>,
    counter: Counter,
    retries: Retries,
}

impl Top {
    /// Counts by these dimensions together: by `job` and `metric` means by every pair of them that occurs.
    #[must_use]
    pub fn new(by: Vec<Dimension>) -> Self {
        let labels = by.iter().map(|dimension| dimension.label().to_owned()).collect();
        Self { by, counter: Counter::new(labels, usize::MAX), retries: Retries::new() }
    }

    /// Whether `body` came lately already from that tenant, byte for byte: a retry, whose entries must not be
    /// counted again.
    pub fn is_retry(&mut self, tenant: &str, body: &[u8]) -> bool {
        self.retries.is_known(tenant, body)
    }

    /// Takes back that `body`, the last one, was new: it holds no series. Senders repeat their metadata byte for
    /// byte every minute, and that is no retry.
    pub fn forget(&mut self, tenant: &str, body: &[u8]) {
        self.retries.forget(tenant, body);
    }

    /// Counts one entry: `samples` of it (native histograms included), as many as are to be counted. Gives the group
    /// that its labels belong to, for [`Top::add_known`].
    pub fn add(&mut self, series: &Series<'_>, samples: u64) -> Option<GroupId> {
        self.counter.add(series.labels, samples, series.len as u64)
    }

    /// Counts one more entry with labels that belong to `group`; they need not be read again.
    pub fn add_known(&mut self, group: GroupId, series: &Series<'_>, samples: u64) {
        self.counter.add_known(group, samples, series.len as u64);
    }

    /// The counts.
    #[must_use]
    pub fn counter(&self) -> &Counter {
        &self.counter
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
}

/// The last bodies, by hash: a sender repeats a request soon or never.
struct Retries {
    key: HashKey,
    order: VecDeque<u64>,
    known: HashSet<u64>,
    found: u64,
}

impl Retries {
    fn new() -> Self {
        Self { key: HashKey::random(), order: VecDeque::new(), known: HashSet::new(), found: 0 }
    }

    fn is_known(&mut self, tenant: &str, body: &[u8]) -> bool {
        let hash = self.key.body(tenant, body);
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

    fn forget(&mut self, tenant: &str, body: &[u8]) {
        let hash = self.key.body(tenant, body);
        if self.order.back() == Some(&hash) {
            self.order.pop_back();
            self.known.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
