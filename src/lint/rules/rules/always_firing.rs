//! Alerts whose expression holds whenever there is data.

use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{Binary, BinaryOp, Expr, ExprKind, MatchOp, VectorSelector};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/always-firing",
    severity: Severity::Warning,
    summary: "an alert whose expression compares nothing, so that it fires whenever there is data",
    page: include_str!("../../../../docs/rules/rules/always-firing.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let (Some(alert), Some(expr)) = (rule.alert(), &rule.expr) else { return };
    let Some(tree) = expr.parsed.expr.as_ref().filter(|_| expr.parsed.errors.is_empty()) else { return };
    if is_constant(tree) || may_be_empty(tree) {
        return; // of constants are made alerts that are meant to fire, to watch the way they take
    }
    let finding = RULE.at(
        alert.value.span(),
        format!("`{}` fires whenever its expression has data, whatever the value", alert.text),
    );
    let finding = finding.label("fires always").related(expr.place(tree.span), "compares nothing");
    out.report(match bool_comparison(tree) {
        Some(binary) => finding
            .why(
                "with `bool` a comparison that does not hold gives 0 instead of nothing, and 0 fires as well",
            )
            .help(format!("leave out `bool` behind `{}`", binary.op.as_str())),
        None => finding
            .why("an alert fires for every series that its expression gives; a value of 0 is one too")
            .help("compare with a bound, such as `> 0`"),
    });
}

/// Whether no series is asked for.
pub(super) fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) => true,
        ExprKind::Selector(_) | ExprKind::Range(_) | ExprKind::String(_) => false,
        ExprKind::Call(call) if call.args.is_empty() => false, // `time()` and the like change
        _ => expr.children().into_iter().all(is_constant),
    }
}

/// Whether there can be data of which the expression makes nothing.
fn may_be_empty(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => false,
        ExprKind::Selector(selector) => is_condition(selector),
        ExprKind::Range(range) => is_condition(&range.selector),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::And | BinaryOp::Unless => true,
            BinaryOp::Or => may_be_empty(&binary.lhs) && may_be_empty(&binary.rhs),
            op if op.is_comparison() && !binary.returns_bool => true,
            _ => may_be_empty(&binary.lhs) || may_be_empty(&binary.rhs),
        },
        ExprKind::Call(call) if call.name.text.starts_with("absent") => true,
        _ => expr.children().into_iter().any(may_be_empty),
    }
}

/// Whether that a series exists says something by itself: an alert, a recorded condition, one state of an object.
fn is_condition(selector: &VectorSelector) -> bool {
    let name = selector.name.as_ref().map_or("", |name| name.text.as_str());
    name.is_empty()
        || name == "ALERTS"
        || name.contains(':')
        || name.ends_with("_info")
        || selector
            .matchers
            .iter()
            .any(|matcher| matcher.op == MatchOp::NotEqual || matcher.op == MatchOp::NotMatches)
}

fn bool_comparison(expr: &Expr) -> Option<&Binary> {
    match &expr.kind {
        ExprKind::Binary(binary) if binary.returns_bool => Some(binary),
        ExprKind::Paren(inner) => bool_comparison(inner),
        _ => None,
    }
}
