//! Operators between vectors whose series can never belong together.

use super::label_set::LabelSet;
use crate::base::span::Span;
use crate::base::text::{clip, escape};
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Expression, PromRule};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{Binary, BinaryOp, Expr, ExprKind, ValueType};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/impossible-match",
    severity: Severity::Warning,
    summary: "an operator between vectors of which one cannot have a label that the other has",
    page: include_str!("../../../../docs/rules/rules/impossible-match.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    let mut open: Vec<&Expr> = expr.parsed.expr.iter().filter(|_| expr.parsed.errors.is_empty()).collect();
    while let Some(node) = open.pop() {
        if let ExprKind::Binary(binary) = &node.kind {
            one(expr, binary).into_iter().for_each(|finding| out.report(finding));
        }
        open.extend(node.children());
    }
}

fn one(expr: &Expression<'_>, binary: &Binary) -> Option<Finding> {
    let vector = |side: &Expr| side.value_type() == Some(ValueType::Vector);
    let filled = binary.fill.left.is_some() || binary.fill.right.is_some();
    if binary.op == BinaryOp::Or || filled || !vector(&binary.lhs) || !vector(&binary.rhs) {
        return None;
    }
    let (lhs, rhs) = (LabelSet::of(&binary.lhs), LabelSet::of(&binary.rhs));
    let (label, place, lacking) = match &binary.matching {
        Some(matching) if matching.on => matching.labels.iter().find_map(|label| {
            let (left, right) = (lhs.may_have(&label.text), rhs.may_have(&label.text));
            (left != right).then_some((
                label.text.as_str(),
                label.span,
                if left { &binary.rhs } else { &binary.lhs },
            ))
        })?,
        matching => {
            let ignored = |label: &str| {
                matching.iter().flat_map(|matching| &matching.labels).any(|ignored| ignored.text == label)
            };
            let lacks = |has: &LabelSet<'_>, other: &LabelSet<'_>| {
                let found =
                    has.expected().into_iter().find(|label| !ignored(label) && !other.may_have(label));
                found.map(str::to_owned)
            };
            let (label, lacking) = match lacks(&lhs, &rhs) {
                Some(label) => (label, &binary.rhs),
                None => (lacks(&rhs, &lhs)?, &binary.lhs),
            };
            return Some(finding(expr, binary, &label, binary.op_span, lacking, false));
        }
    };
    Some(finding(expr, binary, label, place, lacking, true))
}

fn finding(
    expr: &Expression<'_>,
    binary: &Binary,
    label: &str,
    place: Span,
    lacking: &Expr,
    on: bool,
) -> Finding {
    let label = escape(&clip(label, 40)).into_owned();
    let op = binary.op.as_str();
    let side = if std::ptr::eq(lacking, &raw const binary.lhs) { "left" } else { "right" };
    let message = format!("`{op}` matches no series: what stands on its {side} has no label `{label}`");
    let why = if binary.op == BinaryOp::Unless {
        "series belong together when the labels they are matched by are the same: `unless` takes nothing away here"
    } else {
        "series belong together when the labels they are matched by are the same: there is no result, ever"
    };
    let help = if on {
        format!("keep `{label}` in the aggregation on the {side}, or leave it out of `on`")
    } else {
        format!(
            "say by which labels they belong together, such as `{op} on (…)`, or keep `{label}` on the {side}"
        )
    };
    RULE.at(expr.place(place), message)
        .label("never matches")
        .related(expr.place(lacking.span), format!("has no `{label}`"))
        .why(why)
        .help(help)
}
