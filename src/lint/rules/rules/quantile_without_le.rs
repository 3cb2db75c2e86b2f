//! Quantiles of classic histograms whose buckets were put together.

use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Expression, PromRule};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{Expr, ExprKind, MatchOp, uses};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/quantile-without-le",
    severity: Severity::Warning,
    summary: "`histogram_quantile` of buckets that were aggregated without their label `le`",
    page: include_str!("../../../../docs/rules/rules/quantile-without-le.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    let mut open: Vec<&Expr> = expr.parsed.expr.iter().filter(|_| expr.parsed.errors.is_empty()).collect();
    while let Some(node) = open.pop() {
        one(expr, node).into_iter().for_each(|finding| out.report(finding));
        open.extend(node.children());
    }
}

fn one(expr: &Expression<'_>, node: &Expr) -> Option<Finding> {
    let ExprKind::Call(call) = &node.kind else { return None };
    let buckets = match call.name.text.as_str() {
        "histogram_quantile" => call.args.get(1)?,
        "histogram_fraction" => call.args.get(2)?,
        _ => return None,
    };
    let mut inner = buckets;
    while let ExprKind::Paren(next) = &inner.kind {
        inner = next;
    }
    let ExprKind::Aggregate(aggregate) = &inner.kind else { return None };
    // Native histograms have no `le`.
    let classic = uses(inner).selectors.iter().any(|it| {
        let name = it.selector.name.as_ref().map(|name| name.text.as_str());
        let matched =
            it.selector.matchers.iter().find(|it| it.name.text == "__name__" && it.op == MatchOp::Equal);
        name.or(matched.map(|it| it.value.text.as_str())).is_some_and(|name| name.ends_with("_bucket"))
    });
    let keeps = aggregate
        .grouping
        .as_ref()
        .is_some_and(|grouping| grouping.labels.iter().any(|label| label.text == "le") != grouping.without);
    if !classic || keeps || aggregate.args.len() > 1 {
        return None;
    }
    let span = aggregate.grouping.as_ref().map_or(aggregate.op_span, |grouping| grouping.span);
    let help = match &aggregate.grouping {
        Some(grouping) if grouping.without => "leave `le` out of `without`".to_owned(),
        Some(grouping) => {
            let labels: Vec<&str> = grouping.labels.iter().map(|label| label.text.as_str()).collect();
            format!("write `by ({})`", [&labels[..], &["le"]].concat().join(", "))
        }
        None => format!("write `{} by (le) (…)`", aggregate.op.as_str()),
    };
    let name = &call.name.text;
    Some(
        RULE.at(expr.place(span), format!("`{name}` needs the label `le`, which is aggregated away here"))
            .label("without `le`")
            .related(expr.place(call.name.span), "asks for it")
            .why("without `le` no bucket is known, and there is no result")
            .help(help),
    )
}
