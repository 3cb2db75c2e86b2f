//! What an expression asks of the data: selectors, names, labels, times.

use super::ast::{DurationExpr, Expr, ExprKind, MatchOp, Name, VectorSelector};
use crate::base::span::Span;

/// Everything in the order of the text.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Uses<'e> {
    pub selectors: Vec<SelectorUse<'e>>,
    /// Names that selectors ask for exactly, outside or inside the braces.
    pub metric_names: Vec<&'e Name>,
    /// Labels in `by`, `without`, `on`, `ignoring`, `group_left` and `group_right`.
    pub labels: Vec<&'e Name>,
    /// Of range selectors and subqueries.
    pub ranges: Vec<&'e DurationExpr>,
    pub offsets: Vec<&'e DurationExpr>,
}

/// One selector.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SelectorUse<'e> {
    pub selector: &'e VectorSelector,
    /// Of the whole selector, with range and modifiers.
    pub span: Span,
    /// None: an instant vector.
    pub range: Option<&'e DurationExpr>,
}

/// Walks over `expr` and gathers what it uses.
#[must_use]
pub fn uses(expr: &Expr) -> Uses<'_> {
    let mut found = Uses::default();
    let mut stack = vec![expr];
    while let Some(expr) = stack.pop() {
        match &expr.kind {
            ExprKind::Selector(selector) => found.selector(selector, expr.span, None),
            ExprKind::Range(range) => {
                found.ranges.push(&range.range);
                found.selector(&range.selector, expr.span, Some(&range.range));
            }
            ExprKind::Subquery(subquery) => {
                found.ranges.push(&subquery.range);
                found.offsets.extend(&subquery.modifiers.offset);
            }
            ExprKind::Binary(binary) => {
                found.labels.extend(binary.matching.iter().flat_map(|matching| &matching.labels));
                found.labels.extend(binary.group.iter().flat_map(|group| &group.labels));
            }
            ExprKind::Aggregate(aggregate) => {
                found.labels.extend(aggregate.grouping.iter().flat_map(|grouping| &grouping.labels));
            }
            _ => {}
        }
        stack.extend(expr.children().into_iter().rev());
    }
    found.selectors.sort_by_key(|it| it.span.start);
    found.metric_names.sort_by_key(|it| it.span.start);
    found.labels.sort_by_key(|it| it.span.start);
    found.ranges.sort_by_key(|it| it.span.start);
    found.offsets.sort_by_key(|it| it.span.start);
    found
}

impl<'e> Uses<'e> {
    fn selector(&mut self, selector: &'e VectorSelector, span: Span, range: Option<&'e DurationExpr>) {
        self.selectors.push(SelectorUse { selector, span, range });
        self.metric_names.extend(&selector.name);
        let named =
            |matcher: &&super::Matcher| matcher.name.text == "__name__" && matcher.op == MatchOp::Equal;
        self.metric_names.extend(selector.matchers.iter().filter(named).map(|matcher| &matcher.value));
        self.offsets.extend(&selector.modifiers.offset);
    }
}
