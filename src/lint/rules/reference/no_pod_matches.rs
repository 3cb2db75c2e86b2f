//! PodMonitors whose selector fits the labels of no pods.

use super::unmatched::{self, Words};
use crate::diagnostic::{Finding, Severity};
use crate::k8s::Kind;
use crate::lint::live;
use crate::lint::model::{Item, Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/no-pod-matches",
    severity: Severity::Warning,
    summary: "a PodMonitor that selects no pods",
    page: include_str!("../../../../docs/rules/reference/no-pod-matches.md"),
    opt_in: false,
    check: Check::World(check),
};

const WORDS: Words = Words {
    what: "pod",
    kinds: live::PODS,
    why: "nothing is scraped, and neither Prometheus nor the operator reports that",
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for monitor in model.graph.of(Kind::PodMonitor) {
        let links = model.graph.pods_of(monitor);
        unmatched::check(&RULE, &WORDS, model, monitor, &links, None, out);
    }
}

/// The finding of a PodMonitor that does not even select the pods of the nearest link.
pub(in crate::lint) fn finding<'w>(
    model: &Model<'w>,
    monitor: &Item<'w>,
    link: &Link<'_, 'w>,
    severity: Severity,
) -> Finding {
    unmatched::finding(&RULE, &WORDS, model, monitor, unmatched::by_labels(link), severity)
}
