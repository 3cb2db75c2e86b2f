//! Expressions that need a feature flag.

use super::{foreign, promql_syntax};
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::ErrorKind;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/promql-feature-flag",
    severity: Severity::Error,
    summary: "a function or syntax whose feature flag is not on",
    page: include_str!("../../../../docs/rules/rules/promql-feature-flag.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    if foreign::find(expr.text(), &expr.parsed).is_some() {
        return;
    }
    for err in expr.parsed.errors.iter().filter(|err| err.kind == ErrorKind::Feature) {
        out.report(promql_syntax::finding(&RULE, rule, expr, err));
    }
}
