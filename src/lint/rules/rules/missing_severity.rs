//! Alerts that nobody can tell to be urgent.

use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/missing-severity",
    severity: Severity::Info,
    summary: "an alert without the label `severity`",
    page: include_str!("../../../../docs/rules/rules/missing-severity.md"),
    opt_in: true,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(alert) = rule.alert() else { return };
    let inherited = rule.group.get("labels").is_some_and(|labels| labels.entry("severity").is_some());
    if !inherited && !rule.pairs("labels").any(|entry| entry.key.text() == Some("severity")) {
        out.report(
            RULE.at(alert.value.span(), format!("`{}` has no label `severity`", alert.text))
                .label("how urgent?")
                .why("routes of Alertmanager go by it: without it the alert takes the default one")
                .help("add `labels: {severity: ...}` with a word that your routes know"),
        );
    }
}
