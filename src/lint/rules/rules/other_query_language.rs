//! LogQL and MetricsQL where PromQL is read.

use super::foreign;
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/other-query-language",
    severity: Severity::Error,
    summary: "an expression in LogQL or MetricsQL, which Prometheus does not read",
    page: include_str!("../../../../docs/rules/rules/other-query-language.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    let Some((span, language)) = foreign::find(expr.text(), &expr.parsed) else { return };
    let (name, sign) = (language.name(), span.of(expr.text()));
    let help = format!("give it to {}, or write it in PromQL", language.home());
    out.report(
        RULE.at(expr.place(span), format!("`{sign}` is {name}, not PromQL"))
            .label(format!("{name} by this"))
            .why(rule.refusal())
            .help(help),
    );
}
