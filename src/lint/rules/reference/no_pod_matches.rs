//! PodMonitors whose selector fits the labels of no pods.

use super::unmatched::{self, Words};
use crate::diagnostic::Severity;
use crate::k8s::Kind;
use crate::lint::live;
use crate::lint::model::Model;
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
