//! Rules that read days of samples every few seconds.

use std::time::Duration;

use crate::base::duration;
use crate::base::span::Span;
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{DurationExpr, DurationKind, Expr, ExprKind};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "cost/query-cost",
    severity: Severity::Info,
    summary: "a rule that reads the same samples a thousand times and more",
    page: include_str!("../../../../docs/rules/cost/query-cost.md"),
    opt_in: true,
    check: Check::PromRule(check),
};

/// How often each sample is read from which on it is worth a word: a day, each minute, is 1,440.
const TIMES: f64 = 1000.0;

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expression) = &rule.expr else { return };
    let Some(expr) = &expression.parsed.expr else { return };
    let interval = rule.group.get("interval").and_then(|node| duration::parse(node.text()?).ok());
    let every = interval.filter(|it| !it.is_zero()).unwrap_or(Duration::from_secs(60)).as_secs_f64();
    let Some((range, span)) = longest(expr) else { return };
    let times = range / every;
    if times < TIMES {
        return;
    }
    let finding = RULE
        .at(expression.place(span), format!("every sample is read {times:.0} times, by one evaluation after the other"))
        .label("a long range")
        .why(format!("the group is evaluated each {every:.0}s, and each time the whole range is read again"))
        .help("put the rule into a group with a longer `interval`, or build it of a recording rule with a short range");
    out.report(finding);
}

/// The longest range of the expression in seconds, a subquery's with the range within.
fn longest(expr: &Expr) -> Option<(f64, Span)> {
    let mut found: Option<(f64, Span)> = None;
    let mut open = vec![(expr, 0.0)];
    while let Some((expr, outer)) = open.pop() {
        let here = match &expr.kind {
            ExprKind::Range(range) => seconds(&range.range),
            ExprKind::Subquery(subquery) => seconds(&subquery.range),
            _ => 0.0,
        };
        if here > 0.0 && found.is_none_or(|(longest, _)| outer + here > longest) {
            found = Some((outer + here, expr.span));
        }
        open.extend(expr.children().into_iter().map(|child| (child, outer + here)));
    }
    found
}

fn seconds(duration: &DurationExpr) -> f64 {
    match &duration.kind {
        DurationKind::Literal(number) => number.value,
        _ => 0.0,
    }
}
