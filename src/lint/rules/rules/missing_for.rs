//! Alerts that fire on the first evaluation.

use super::always_firing::is_constant;
use crate::base::duration;
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{BinaryOp, Expr, ExprKind};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/missing-for",
    severity: Severity::Info,
    summary: "an alert without `for`, which one failed scrape or one odd sample fires",
    page: include_str!("../../../../docs/rules/rules/missing-for.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let (Some(alert), Some(expr)) = (rule.alert(), &rule.expr) else { return };
    let waits = rule.node.get("for").and_then(|node| node.text()).is_some_and(|text| {
        duration::parse(text).is_ok_and(|wait| !wait.is_zero()) // a duration that cannot be read is another finding
            || duration::parse(text).is_err()
    });
    if waits {
        return;
    }
    if expr.parsed.expr.as_ref().is_some_and(is_constant) {
        return; // it fires always, and is meant to: there is nothing to wait for
    }
    let name = alert.text;
    let absent = expr.parsed.expr.as_ref().is_some_and(calls_absent);
    let mut finding = RULE
        .at(alert.value.span(), format!("`{name}` fires on the first evaluation: it has no `for`"))
        .label("no `for`")
        .why("one failed scrape or one late sample is a page, and the next sample resolves it")
        .help("add `for: 5m`, long enough for two scrapes and the delay of the rule");
    if absent {
        // Scrapes fail, and Prometheus restarts, without anything being absent.
        finding.severity = Severity::Warning;
        finding.message = format!("`{name}` fires whenever the metric is missing for one evaluation");
    } else if expr.parsed.expr.as_ref().is_some_and(is_down) {
        finding.severity = Severity::Warning;
        finding.message = format!("`{name}` fires whenever one scrape fails");
    }
    out.report(finding);
}

/// Whether `up == 0` is asked, as it stands: not of an average over time.
fn is_down(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Equal => {
            let is_zero = matches!(&binary.rhs.kind, ExprKind::Number(number) if number.value == 0.0);
            let name = match &binary.lhs.kind {
                ExprKind::Selector(selector) => selector.name.as_ref().map(|name| name.text.as_str()),
                _ => None,
            };
            is_zero && name == Some("up")
        }
        ExprKind::Binary(binary) => is_down(&binary.lhs) || is_down(&binary.rhs),
        ExprKind::Paren(inner) => is_down(inner),
        _ => false,
    }
}

fn calls_absent(expr: &Expr) -> bool {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let ExprKind::Call(call) = &expr.kind
            && call.name.text.starts_with("absent")
        {
            return true;
        }
        open.extend(expr.children());
    }
    false
}
