//! The labels that rules work on: owned, sorted by name, and reusable, so that a stream of label sets costs no
//! allocation once the buffers have grown.

/// A set of labels. Values are never empty: in Prometheus a label without a value is no label.
#[derive(Clone, Default, Debug)]
pub struct Labels {
    /// Sorted by name, names unique.
    entries: Vec<Entry>,
    /// Entries out of use, kept for their buffers.
    spare: Vec<Entry>,
    /// How many labels were set since [`assign`](Self::assign).
    changes: u64,
    /// Of all names and values.
    bytes: usize,
    /// Buffers for the rules.
    pub(super) scratch: Scratch,
}

#[derive(Clone, Default, Debug)]
pub(super) struct Scratch {
    pub(super) source: String,
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Clone, Default, Debug)]
struct Entry {
    name: String,
    value: String,
    /// 0: as it was given. Else when it was added, by which `labelmap` goes.
    added: u64,
}

impl Labels {
    /// No labels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts again with these labels, in any order. Empty values count as absent; of a name that is there twice
    /// the first counts.
    pub fn assign<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        self.spare.append(&mut self.entries);
        self.changes = 0;
        for (name, value) in pairs {
            let mut entry = self.spare.pop().unwrap_or_default();
            entry.fill(name, value, 0);
            self.entries.push(entry);
        }
        self.entries.sort_by(|a, b| a.name.cmp(&b.name)); // stable: the first of a name stays the first
        self.entries.dedup_by(|later, first| later.name == first.name);
        self.entries.retain(|entry| !entry.value.is_empty());
        self.bytes = self.entries.iter().map(Entry::len).sum();
    }

    /// The value of `name`; empty where it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.find(name).map_or("", |at| &self.entries[at].value)
    }

    /// Sets a label. An empty value deletes it.
    pub fn set(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.delete(name);
            return;
        }
        self.changes += 1;
        match self.find(name) {
            Ok(at) => {
                let entry = &mut self.entries[at];
                self.bytes = self.bytes - entry.value.len() + value.len();
                if entry.value != value {
                    value.clone_into(&mut entry.value);
                }
                if entry.added == 0 {
                    entry.added = self.changes;
                }
            }
            Err(at) => {
                let mut entry = self.spare.pop().unwrap_or_default();
                entry.fill(name, value, self.changes);
                self.bytes += entry.len();
                self.entries.insert(at, entry);
            }
        }
    }

    /// Deletes a label, if it is there.
    pub fn delete(&mut self, name: &str) {
        if let Ok(at) = self.find(name) {
            let entry = self.entries.remove(at);
            self.bytes -= entry.len();
            self.spare.push(entry);
        }
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (&*entry.name, &*entry.value))
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Names and values, sorted by name.
    #[must_use]
    pub fn to_vec(&self) -> Vec<(&str, &str)> {
        self.iter().collect()
    }

    /// Bytes of all names and values.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Deletes the labels whose name `doomed` picks.
    pub(super) fn delete_where(&mut self, doomed: impl Fn(&str) -> bool) {
        if !self.entries.iter().any(|entry| doomed(&entry.name)) {
            return;
        }
        let (spare, bytes) = (&mut self.spare, &mut self.bytes);
        for entry in self.entries.extract_if(.., |entry| doomed(&entry.name)) {
            *bytes -= entry.len();
            spare.push(entry);
        }
    }

    /// Indexes into [`iter`](Self::iter), in the order in which Prometheus walks them: labels as they were given by
    /// name, then the others as they were added.
    pub(super) fn walk(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|&at| self.entries[at].added);
        order
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.name.as_str().cmp(name))
    }
}

impl Entry {
    fn fill(&mut self, name: &str, value: &str, added: u64) {
        name.clone_into(&mut self.name);
        value.clone_into(&mut self.value);
        self.added = added;
    }

    fn len(&self) -> usize {
        self.name.len() + self.value.len()
    }
}

impl PartialEq for Labels {
    /// Same names, same values.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Labels {}

impl From<&[(&str, &str)]> for Labels {
    fn from(pairs: &[(&str, &str)]) -> Self {
        let mut labels = Self::new();
        labels.assign(pairs.iter().copied());
        labels
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Labels {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self::from(&pairs[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(labels: &Labels, expect: &[(&str, &str)]) {
        assert_eq!(labels.to_vec(), expect);
        let bytes: usize = expect.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert_eq!(labels.bytes(), bytes);
    }

    #[test]
    fn sorts_and_takes_the_first_of_a_name() {
        let mut labels = Labels::from([("b", "2"), ("a", "1"), ("b", "3"), ("c", "")]);
        check(&labels, &[("a", "1"), ("b", "2")]);
        labels.assign([("é", "x"), ("z", "y"), ("d", ""), ("d", "later")]);
        check(&labels, &[("z", "y"), ("é", "x")]);
    }

    #[test]
    fn sets_and_deletes() {
        let mut labels = Labels::from([("b", "2")]);
        labels.set("a", "1");
        labels.set("c", "3");
        labels.set("b", "22");
        check(&labels, &[("a", "1"), ("b", "22"), ("c", "3")]);
        assert_eq!((labels.get("b"), labels.get("x")), ("22", ""));
        labels.set("b", "");
        labels.delete("x");
        check(&labels, &[("a", "1"), ("c", "3")]);
        labels.delete_where(|name| name == "a");
        check(&labels, &[("c", "3")]);
    }

    #[test]
    fn walks_what_was_given_before_what_was_added() {
        let mut labels = Labels::from([("m", "1"), ("n", "1"), ("z", "1")]);
        let walked = |labels: &Labels| -> String {
            let names: Vec<&str> = labels.iter().map(|(name, _)| name).collect();
            labels.walk().into_iter().map(|at| names[at]).collect()
        };
        labels.set("b", "1");
        labels.set("a", "1");
        labels.set("m", "1"); // now added, though its value is the same
        assert_eq!(walked(&labels), "nzbam");
        labels.set("b", "2"); // keeps its place
        labels.set("n", "");
        labels.set("n", "1");
        assert_eq!(walked(&labels), "zbamn");
    }
}
