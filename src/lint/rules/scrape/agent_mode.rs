//! What Prometheus does not do as an agent.

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/agent-mode",
    severity: Severity::Error,
    summary: "a section that Prometheus does not take in agent mode",
    page: include_str!("../../../../docs/rules/scrape/agent-mode.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.Config" || !out.options.agent {
        return;
    }
    let entry = |field| section.filled(field);
    let alerting = entry("alerting").filter(|entry| {
        let lists = ["alertmanagers", "alert_relabel_configs"].map(|list| entry.value.get(list));
        lists.into_iter().flatten().any(|list| list.items().next().is_some())
    });
    for entry in [alerting, entry("rule_files"), entry("remote_read")].into_iter().flatten() {
        let name = entry.key.text().unwrap_or_default();
        out.report(
            RULE.at(entry.key.span(), format!("`{name}` is not for agent mode"))
                .label("an agent only scrapes and sends")
                .why(REFUSED)
                .help("remove it here, and have it where queries and rules run"),
        );
    }
}
