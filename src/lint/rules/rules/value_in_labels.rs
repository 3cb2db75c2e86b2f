//! Labels of alerts that change with the value.

use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::template::{self, What};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/value-in-labels",
    severity: Severity::Warning,
    summary: "a label of an alert that changes with every value",
    page: include_str!("../../../../docs/rules/rules/value-in-labels.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(alert) = rule.alert() else { return };
    for entry in rule.pairs("labels") {
        let (Some(text), Some(map)) = (entry.value.text(), entry.value.value_map()) else { continue };
        let template = template::parse(text, out.options.prometheus);
        let uses = || template.uses.iter().filter(|it| it.what == What::Value);
        let Some(first) = uses().find(|it| it.shown).or_else(|| uses().next()) else { continue };
        let label = entry.key.text().unwrap_or_default();
        let mut finding = RULE.at(
            map.span(first.span),
            format!("the label `{label}` of `{}` changes with the value", alert.text),
        );
        if first.shown {
            finding = finding
                .label("another value, another alert")
                .why("each new value is a new alert: `for` begins again, and the one before resolves")
                .help("put the value into an annotation; a label says which alert it is");
        } else {
            finding.severity = Severity::Info;
            finding = finding
                .label("decides the label")
                .why("when the value crosses the bound it is another alert, for which `for` begins again")
                .help("make two alerts of it, each with its own bound");
        }
        out.report(finding);
    }
}
