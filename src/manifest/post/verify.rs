//! Holds a text with additions against the one without: but for the additions, both say the same.

use super::present::has_entries;
use crate::base::span::Span;
use crate::manifest::app::Patch;
use crate::yaml::{Budget, Entry, File, Kind, Node, Style};

/// Where, in `before`, a document begins that does not say the same in `after`, or that nothing can be said of.
pub(super) fn first_difference(before: &File, after: &str, patches: &[Patch]) -> Option<Span> {
    let after = File::parse(after, &Budget::default());
    let mut others = after.documents().iter().filter_map(|document| document.root());
    let mut roots = before.documents().iter().filter_map(|document| document.root());
    let differs = |root: &Node<'_>| others.next().is_none_or(|other| !Additions(patches).same(*root, other));
    roots.find(differs).map(Node::span)
}

fn own(node: Node<'_>) -> Vec<Entry<'_>> {
    node.entries().filter(|entry| !entry.merged).collect()
}

/// All that may be there besides.
struct Additions<'p>(&'p [Patch]);

impl Additions<'_> {
    /// As deep as the budget lets documents be.
    fn same(&self, before: Node<'_>, after: Node<'_>) -> bool {
        match (before.kind(), after.kind()) {
            (Kind::Scalar, Kind::Scalar) => self.same_text(before, after),
            (Kind::Scalar, Kind::Sequence) => {
                before.is_null() && after.items().all(|item| self.is_item(item))
            }
            (Kind::Sequence, Kind::Sequence) => {
                let mut others = after.items();
                before.items().all(|item| others.next().is_some_and(|other| self.same(item, other)))
                    && others.all(|item| self.is_item(item))
            }
            (Kind::Mapping, Kind::Mapping) => {
                let (entries, others) = (own(before), own(after));
                let more = others.get(entries.len()..).unwrap_or_default();
                let equal = entries.iter().zip(&others).all(|(entry, other)| {
                    self.same(entry.key, other.key) && self.same(entry.value, other.value)
                });
                let merges = before.merges().zip(after.merges());
                entries.len() <= others.len()
                    && equal
                    && before.merges().count() == after.merges().count()
                    && merges.into_iter().all(|(one, other)| self.same(one.value, other.value))
                    && more.iter().all(|entry| self.is_entry(entry.key, entry.value))
            }
            _ => false,
        }
    }

    fn same_text(&self, before: Node<'_>, after: Node<'_>) -> bool {
        let plain = |node: Node<'_>| node.style() == Some(Style::Plain);
        let (text, other) = (before.text().unwrap_or_default(), after.text().unwrap_or_default());
        let same = text == other && plain(before) == plain(after) && before.tag() == after.tag();
        let text = if before.is_null() { "" } else { text };
        let rest = other.strip_prefix(text.trim_end());
        same || rest.is_some_and(|rest| !self.0.is_empty() && rest.trim() == Patch::argument())
    }

    /// Whether something is an item of a list that is added.
    fn is_item(&self, item: Node<'_>) -> bool {
        let named = |name| item.get("name").and_then(Node::as_str) == Some(name);
        let is_of = |patch: &Patch| has_entries(item, &patch.exporter) || has_entries(item, &patch.volume);
        self.0.iter().any(is_of) || (!self.0.is_empty() && named(Patch::VARIABLE))
    }

    fn is_entry(&self, key: Node<'_>, value: Node<'_>) -> bool {
        match key.text() {
            Some("env" | "volumes") => value.items().all(|item| self.is_item(item)),
            Some("value") => value.as_str() == Some(&*Patch::argument()),
            _ => false,
        }
    }
}
