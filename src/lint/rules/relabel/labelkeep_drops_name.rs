//! `labelkeep` without what Prometheus itself needs.

use super::effect::{TOGETHER, may_change, removes};
use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::Action;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/labelkeep-drops-name",
    severity: Severity::Warning,
    summary: "a `labelkeep` that removes the metric name, or the address of a target",
    page: include_str!("../../../../docs/rules/relabel/labelkeep-drops-name.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    let (needed, why): (&[&str], _) = match list.stage {
        Stage::Metric => (&["__name__"], "a sample without a metric name makes the whole scrape fail"),
        Stage::Write => (&["__name__"], "series without a metric name are refused by what receives them"),
        Stage::Target => (
            &["__address__", "__scrape_interval__", "__scrape_timeout__"],
            "a target without an address, interval or timeout is not scraped",
        ),
        Stage::Alertmanager => (&["__address__"], "an Alertmanager without an address is left out"),
        Stage::Alert | Stage::Unknown => return,
    };
    for (at, entry) in list.entries.iter().enumerate().take(TOGETHER) {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::LabelKeep) else { continue };
        let again = |label: &str| {
            let mut after = list.entries[at + 1..].iter();
            after.any(|entry| entry.valid().is_none_or(|it| !removes(it, label) && may_change(it, label)))
        };
        let Some(label) = needed.iter().find(|label| removes(rule, label) && !again(label)) else { continue };
        let regex = entry.text("regex").unwrap_or_default();
        let finding = RULE
            .at(entry.place("regex").span(), format!("this `labelkeep` removes `{label}`"))
            .label(format!("does not match `{label}`"))
            .why(why)
            .help(match list.stage {
                Stage::Metric | Stage::Write => format!("keep it as well: `__name__|{regex}`"),
                _ => format!("keep what begins with `__` as well: `__.+|{regex}`"),
            });
        out.report(finding);
    }
}
