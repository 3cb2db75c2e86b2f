//! Expressions whose parts do not fit together.

use super::{foreign, promql_syntax};
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::ErrorKind;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/promql-type",
    severity: Severity::Error,
    summary: "an expression whose operands or arguments are of the wrong type",
    page: include_str!("../../../../docs/rules/rules/promql-type.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    if foreign::find(expr.text(), &expr.parsed).is_some() {
        return;
    }
    for err in expr.parsed.errors.iter().filter(|err| err.kind == ErrorKind::Type) {
        out.report(promql_syntax::finding(&RULE, rule, expr, err));
    }
}
