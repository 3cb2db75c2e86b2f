//! Alerting and recording rules, of rule files and of PrometheusRule objects.

use crate::base::span::Span;
use crate::lint::Options;
use crate::promql::{self, ParseOptions, Parsed};
use crate::yaml::{Node, ValueMap};

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
    pub(in crate::lint) expr: Option<Expression<'w>>,
}

/// A rule's expression, read.
pub(in crate::lint) struct Expression<'w> {
    pub(in crate::lint) node: Node<'w>,
    pub(in crate::lint) parsed: Parsed,
    map: ValueMap,
}

impl PromRule<'_> {
    pub(in crate::lint) fn is_alert(&self) -> bool {
        self.node.entry("alert").is_some()
    }
}

impl Expression<'_> {
    /// Where a stretch of the expression stands in the file.
    pub(in crate::lint) fn place(&self, span: Span) -> Span {
        self.map.span(span)
    }
}

/// The groups under `node`.
pub(super) fn groups<'w>(node: Node<'w>, options: &Options) -> Vec<Group<'w>> {
    let groups = node.get("groups").into_iter().flat_map(Node::items);
    groups
        .map(|group| {
            let rules = group.get("rules").into_iter().flat_map(Node::items);
            let rules = rules.map(|node| PromRule { node, group, expr: expression(node, options) });
            Group { node: group, rules: rules.collect() }
        })
        .collect()
}

fn expression<'w>(rule: Node<'w>, options: &Options) -> Option<Expression<'w>> {
    let node = rule.get("expr")?;
    let options = ParseOptions { version: options.prometheus, features: options.features };
    let parsed = promql::parse(node.text()?, &options);
    Some(Expression { node, parsed, map: node.value_map()? })
}
