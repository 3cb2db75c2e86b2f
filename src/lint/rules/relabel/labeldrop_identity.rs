//! `labeldrop` of what tells series apart.

use super::effect::{may_change, reads, removes};
use crate::diagnostic::Severity;
use crate::lint::model::{Job, Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::Action;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/labeldrop-identity",
    severity: Severity::Warning,
    summary: "a `labeldrop` of a label that tells series apart",
    page: include_str!("../../../../docs/rules/relabel/labeldrop-identity.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for (at, entry) in list.entries.iter().enumerate() {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::LabelDrop) else { continue };
        // A rule that reads it before may have saved what it says; one that writes it after brings it back.
        let saved = |label: &str| {
            let (before, after) = list.entries.split_at(at);
            before.iter().any(|entry| entry.valid().is_none_or(|it| reads(it, label) && writes(it)))
                || after
                    .iter()
                    .skip(1)
                    .any(|entry| entry.valid().is_none_or(|it| may_change(it, label) && !removes(it, label)))
        };
        let lost = needed(list).iter().find(|(label, _)| removes(rule, label) && !saved(label));
        let Some((label, why)) = lost else { continue };
        let finding = RULE
            .at(entry.place("regex").span(), format!("this `labeldrop` removes `{label}`"))
            .label(format!("matches `{label}`"))
            .why(*why)
            .help(format!(
                "leave `{label}` out of the expression, or drop the series that are not wanted by `drop`"
            ));
        out.report(finding);
    }
}

fn writes(rule: &crate::relabel::Rule) -> bool {
    !matches!(rule.action(), Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual)
}

type Needed = (&'static str, &'static str);

/// Labels without which something is lost for certain, and what that is.
fn needed(list: &Relabeling<'_>) -> &'static [Needed] {
    const NAME: Needed = ("__name__", "a sample without a metric name makes the whole scrape fail");
    const LE: Needed = ("le", "all buckets of a histogram become one series, and their samples duplicates");
    const QUANTILE: Needed =
        ("quantile", "all quantiles of a summary become one series, and their samples duplicates");
    const INSTANCE: Needed =
        ("instance", "the series of all instances become one, and their samples duplicates or out of order");
    const SENT: Needed = ("__name__", "series without a metric name are refused by what receives them");
    const ADDRESS: Needed = ("__address__", "a target without an address is not scraped");
    match list.stage {
        Stage::Metric if list.job.as_ref().is_some_and(is_single) => &[NAME, LE, QUANTILE],
        Stage::Metric => &[NAME, LE, QUANTILE, INSTANCE],
        Stage::Write => &[SENT, LE, QUANTILE, INSTANCE],
        Stage::Target | Stage::Alertmanager => &[ADDRESS],
        Stage::Alert | Stage::Unknown => &[],
    }
}

/// Whether a job has a single target that is written in it: its `instance` tells nothing apart.
fn is_single(job: &Job<'_>) -> bool {
    let discovers = job.node.entries().any(|entry| {
        entry.key.text().is_some_and(|key| key.ends_with("_sd_configs") || key.ends_with("SDConfigs"))
    });
    let Some(groups) = job.get("static_configs") else { return false };
    let targets = groups.items().filter_map(|group| group.get("targets")).flat_map(Node::items);
    !discovers && targets.count() == 1
}
