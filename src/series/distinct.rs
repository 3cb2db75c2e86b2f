//! How many different label sets came, in one run.

use super::hash::HashKey;
use super::set::{Inserted, SeriesSet};
use crate::wire::Label;

/// The label sets met in one run, each as its hash by a key of that run.
#[derive(Debug)]
pub struct DistinctSeries {
    key: HashKey,
    set: SeriesSet,
}

impl DistinctSeries {
    /// None yet; they are remembered in at most `budget` bytes, `usize::MAX` is no limit.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self { key: HashKey::random(), set: SeriesSet::new(budget) }
    }

    /// Remembers a label set.
    pub fn add(&mut self, labels: &[Label<'_>]) -> Inserted {
        self.set.insert(self.key.series(labels))
    }

    /// How many there were.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.set.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

/// Without a limit.
impl Default for DistinctSeries {
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}
