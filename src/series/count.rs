//! Exact counts by the values of labels: series, samples, bytes.

use std::collections::HashMap;

use super::distinct::DistinctSeries;
use super::set::Inserted;
use crate::wire::Label;

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

/// The counts of one combination of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// A value for each label that is counted by; empty where a series does not have it.
    pub key: Vec<String>,
    pub counts: Counts,
}

/// A group of a [`Counter`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupId(u32);

/// Counts entries as they come. Memory grows with distinct series and groups, not with samples.
#[derive(Debug)]
pub struct Counter {
    by: Vec<String>,
    /// Positions in `counts`.
    groups: HashMap<Vec<u8>, u32>,
    counts: Vec<Counts>,
    series: DistinctSeries,
    total: Counts,
    left_out: u64,
    key: Vec<u8>,
    /// For each label, whether any series has it.
    met: Vec<bool>,
}

impl Counter {
    /// Counts by these labels together: by `job` and `__name__` means by every pair of values that occurs. Series are
    /// remembered in at most `budget` bytes; groups, of which each has a series at least, need memory besides.
    #[must_use]
    pub fn new(by: Vec<String>, budget: usize) -> Self {
        Self {
            met: vec![false; by.len()],
            by,
            groups: HashMap::new(),
            counts: Vec::new(),
            series: DistinctSeries::new(budget),
            total: Counts::default(),
            left_out: 0,
            key: Vec::new(),
        }
    }

    /// Counts one entry of `bytes` bytes with `samples` samples (native histograms included). An entry of a series
    /// that there is no memory for is only counted among those left out, and has no group.
    pub fn add(&mut self, labels: &[Label<'_>], samples: u64, bytes: u64) -> Option<GroupId> {
        let series = match self.series.add(labels) {
            Inserted::New => 1,
            Inserted::Known => 0,
            Inserted::Full => {
                self.left_out += 1;
                return None;
            }
        };
        self.key.clear();
        for (name, met) in self.by.iter().zip(&mut self.met) {
            let value = labels.iter().find(|label| label.name == *name).map(|label| label.value);
            *met |= value.is_some();
            let value = value.unwrap_or_default();
            self.key.extend_from_slice(&(value.len() as u64).to_le_bytes());
            self.key.extend_from_slice(value.as_bytes());
        }
        let group = self.group();
        self.add_to(group, Counts { series, samples, bytes });
        Some(group)
    }

    /// Counts one more entry of a series that [`Counter::add`] gave that group for.
    #[inline]
    pub fn add_known(&mut self, group: GroupId, samples: u64, bytes: u64) {
        self.add_to(group, Counts { series: 0, samples, bytes });
    }

    /// The group of `key`.
    fn group(&mut self) -> GroupId {
        if let Some(&at) = self.groups.get(&self.key) {
            return GroupId(at);
        }
        let at = u32::try_from(self.counts.len()).expect("memory ends before 2^32 groups");
        self.counts.push(Counts::default());
        self.groups.insert(self.key.clone(), at);
        GroupId(at)
    }

    #[inline]
    fn add_to(&mut self, GroupId(at): GroupId, added: Counts) {
        self.total.add(added);
        self.counts[at as usize].add(added);
    }

    /// Over everything counted.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.total
    }

    /// Entries that were not counted, of series that there was no memory for; 0 means that counts are exact.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many groups there are.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Labels counted by that no series has, though some were counted.
    pub fn absent(&self) -> impl Iterator<Item = &str> {
        let labels = self.by.iter().zip(&self.met).filter(|(_, met)| !**met && self.total.series > 0);
        labels.map(|(name, _)| name.as_str())
    }

    /// The `limit` largest groups: most series first, then most samples, then most bytes, then by values.
    #[must_use]
    pub fn largest(&self, limit: usize) -> Vec<Group> {
        let mut groups: Vec<_> =
            self.groups.iter().map(|(key, &at)| (self.counts[at as usize], key)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    type Labels<'a> = &'a [(&'a str, &'a str)];

    fn count(by: &[&str], entries: &[Labels<'_>], budget: usize) -> Counter {
        let mut counter = Counter::new(by.iter().map(|name| (*name).to_owned()).collect(), budget);
        for labels in entries {
            let labels: Vec<_> = labels.iter().map(|(name, value)| Label { name, value }).collect();
            counter.add(&labels, 1, 10 * labels.len() as u64);
        }
        counter
    }

    /// Groups as `key: series/samples`.
    #[track_caller]
    fn check(by: &[&str], entries: &[Labels<'_>], expect: &[&str]) {
        let counter = count(by, entries, usize::MAX);
        let show = |group: &Group| {
            format!("{}: {}/{}", group.key.join("|"), group.counts.series, group.counts.samples)
        };
        let groups = counter.largest(usize::MAX);
        assert_eq!(groups.iter().map(show).collect::<Vec<_>>(), expect);
        let sums = groups.iter().fold(Counts::default(), |mut sum, group| {
            sum.add(group.counts);
            sum
        });
        assert_eq!((sums, counter.left_out()), (counter.total(), 0));
    }

    const ENTRIES: &[Labels<'_>] = &[
        &[("__name__", "up"), ("job", "api")],
        &[("__name__", "up"), ("job", "db")],
        &[("__name__", "up"), ("job", "db")],
        &[("job", "db"), ("__name__", "up"), ("env", "")],
        &[("__name__", "load"), ("job", "db")],
        &[("__name__", "build_info")],
    ];

    #[test]
    fn a_series_is_counted_once_and_its_samples_each() {
        check(&["__name__"], ENTRIES, &["up: 2/4", "load: 1/1", "build_info: 1/1"]);
    }

    #[test]
    fn a_label_that_is_missing_is_a_group_of_its_own() {
        check(&["job"], ENTRIES, &["db: 2/4", "api: 1/1", ": 1/1"]);
    }

    #[test]
    fn several_labels_make_combinations() {
        check(
            &["job", "__name__"],
            ENTRIES,
            &["db|up: 1/3", "api|up: 1/1", "db|load: 1/1", "|build_info: 1/1"],
        );
    }

    #[test]
    fn values_of_a_combination_are_not_run_together() {
        let entries: &[Labels<'_>] = &[&[("a", "xy"), ("b", "z")], &[("a", "x"), ("b", "yz")]];
        check(&["a", "b"], entries, &["x|yz: 1/1", "xy|z: 1/1"]);
    }

    #[test]
    fn the_limit_cuts_groups_and_not_the_total() {
        let counter = count(&["__name__"], ENTRIES, usize::MAX);
        assert_eq!(counter.largest(1).len(), 1);
        assert_eq!((counter.groups(), counter.total()), (3, Counts { series: 4, samples: 6, bytes: 120 }));
    }

    #[test]
    fn labels_that_no_series_has_are_named() {
        let counter = count(&["__name__", "jbo", "job"], ENTRIES, usize::MAX);
        assert_eq!(counter.absent().collect::<Vec<_>>(), ["jbo"]);
        assert_eq!(count(&["jbo"], &[], usize::MAX).absent().count(), 0);
    }

    #[test]
    fn what_there_is_no_memory_for_is_said_to_be_left_out() {
        let counter = count(&["job"], ENTRIES, 0);
        assert_eq!((counter.left_out(), counter.groups(), counter.total()), (6, 0, Counts::default()));
    }
}
