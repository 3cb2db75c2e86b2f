//! Alerts that say nothing to whoever gets them.

use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/missing-annotation",
    severity: Severity::Info,
    summary: "an alert without a `summary` or `description`",
    page: include_str!("../../../../docs/rules/rules/missing-annotation.md"),
    opt_in: true,
    check: Check::PromRule(check),
};

/// One of these says what is the matter.
const TEXTS: [&str; 3] = ["summary", "description", "message"];

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(alert) = rule.alert() else { return };
    let says = |name: &str| TEXTS.contains(&name);
    if !rule.pairs("annotations").any(|entry| entry.key.text().is_some_and(says)) {
        out.report(
            RULE.at(alert.value.span(), format!("`{}` has no `summary` and no `description`", alert.text))
                .label("says nothing but its name")
                .why("whoever is woken has to find out from the expression what is the matter")
                .help("add `annotations: {summary: \"...\"}` that names what is affected, by its labels"),
        );
    }
}
