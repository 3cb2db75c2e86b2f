//! Expressions that are no PromQL, or that another version reads.

use super::foreign;
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Expression, PromRule};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::yaml::VERSION_SKEW;
use crate::promql::{Error, ErrorKind};

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
    if foreign::find(expr.text(), &expr.parsed).is_some() {
        return; // one finding says it all
    }
    for err in &expr.parsed.errors {
        match err.kind {
            ErrorKind::Syntax => out.report(finding(&RULE, rule, expr, err)),
            ErrorKind::Version => {
                let label = format!("not in {}", out.options.prometheus);
                out.report(finding(&VERSION_SKEW, rule, expr, err).label(label));
            }
            ErrorKind::Type | ErrorKind::Feature => {}
        }
    }
}

/// An error of the expression as a finding of a rule.
pub(super) fn finding(of: &Rule, rule: &PromRule<'_>, expr: &Expression<'_>, err: &Error) -> Finding {
    let mut finding = of.at(expr.place(err.span), err.message.clone()).label("here").why(rule.refusal());
    finding.help.clone_from(&err.help);
    finding
}
