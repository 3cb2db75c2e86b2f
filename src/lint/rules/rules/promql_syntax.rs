//! Expressions that Prometheus does not read.

use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/promql-syntax",
    severity: Severity::Error,
    summary: "an expression that is no PromQL",
    page: include_str!("../../../../docs/rules/rules/promql-syntax.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    for err in &expr.parsed.errors {
        let mut finding = RULE
            .at(expr.place(err.span), err.message.clone())
            .label("here")
            .why("Prometheus refuses the whole rule file, and keeps the rules it had");
        finding.help.clone_from(&err.help);
        out.report(finding);
    }
}
