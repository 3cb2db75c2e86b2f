//! Alerting and recording rules, of rule files and of PrometheusRule objects.

use std::time::Duration;

use super::spelling::Spelling;
use crate::base::duration;
use crate::base::span::Span;
use crate::lint::options::Options;
use crate::promql::{self, ParseOptions, Parsed};
use crate::yaml::{Entry, Node, Value, ValueMap};

/// A group of rules.
pub(in crate::lint) struct Group<'w> {
    pub(in crate::lint) node: Node<'w>,
    pub(in crate::lint) rules: Vec<PromRule<'w>>,
}

/// One alerting or recording rule.
pub(in crate::lint) struct PromRule<'w> {
    pub(in crate::lint) node: Node<'w>,
    /// The group it is in.
    pub(in crate::lint) group: Node<'w>,
    pub(in crate::lint) spelling: Spelling,
    pub(in crate::lint) expr: Option<Expression<'w>>,
}

/// A rule's expression, read.
pub(in crate::lint) struct Expression<'w> {
    pub(in crate::lint) node: Node<'w>,
    pub(in crate::lint) parsed: Parsed,
    map: ValueMap,
}

impl<'w> PromRule<'w> {
    /// The name of an alerting rule; nothing written is none.
    pub(in crate::lint) fn alert(&self) -> Option<Named<'w>> {
        named(self.node, "alert")
    }

    /// The name of a recording rule; nothing written is none.
    pub(in crate::lint) fn record(&self) -> Option<Named<'w>> {
        named(self.node, "record")
    }

    /// The entries of `labels` or `annotations`.
    pub(in crate::lint) fn pairs(&self, field: &str) -> impl Iterator<Item = Entry<'w>> {
        self.node.get(field).into_iter().flat_map(Node::entries)
    }

    /// A duration, with its place; `None` when it is not written or wrong.
    pub(in crate::lint) fn duration(&self, field: &str) -> Option<(Node<'w>, Duration)> {
        let node = self.node.get(field)?;
        Some((node, duration::parse(node.text()?).ok()?))
    }

    /// What happens because of a rule that is refused.
    pub(in crate::lint) fn refusal(&self) -> &'static str {
        refusal(self.spelling)
    }
}

/// What happens because of a rule that is refused.
pub(in crate::lint) fn refusal(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::File => "Prometheus refuses the whole rule file, and keeps the rules it had",
        Spelling::Object => "the operator leaves the whole object out, and says so in an Event only",
    }
}

/// A text that is not empty, with the field it is of.
#[derive(Clone, Copy)]
pub(in crate::lint) struct Named<'w> {
    pub(in crate::lint) key: Node<'w>,
    pub(in crate::lint) value: Node<'w>,
    pub(in crate::lint) text: &'w str,
}

fn named<'w>(node: Node<'w>, field: &str) -> Option<Named<'w>> {
    let entry = node.entry(field)?;
    let text = entry.value.text().filter(|text| !text.is_empty())?;
    (entry.value.value() != Some(Value::Null)).then_some(Named { key: entry.key, value: entry.value, text })
}

impl Expression<'_> {
    /// Where a stretch of the expression stands in the file.
    pub(in crate::lint) fn place(&self, span: Span) -> Span {
        self.map.span(span)
    }

    /// Where it stands with the very same bytes, so that it can be edited.
    pub(in crate::lint) fn verbatim(&self, span: Span) -> Option<Span> {
        self.map.verbatim(span)
    }

    pub(in crate::lint) fn text(&self) -> &str {
        self.node.text().unwrap_or_default()
    }
}

/// The groups under `node`.
pub(super) fn groups<'w>(node: Node<'w>, spelling: Spelling, options: &Options) -> Vec<Group<'w>> {
    let groups = node.get("groups").into_iter().flat_map(Node::items);
    groups
        .map(|group| {
            let rules = group.get("rules").into_iter().flat_map(Node::items);
            let rules = rules.map(|node| PromRule { node, group, spelling, expr: expression(node, options) });
            Group { node: group, rules: rules.collect() }
        })
        .collect()
}

fn expression<'w>(rule: Node<'w>, options: &Options) -> Option<Expression<'w>> {
    let node = named(rule, "expr")?.value;
    let options = ParseOptions { version: options.prometheus, features: options.features };
    let parsed = promql::parse(node.text()?, &options);
    Some(Expression { node, parsed, map: node.value_map()? })
}
