//! Labels whose values do not last.

use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::Action;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "cost/high-churn-label",
    severity: Severity::Warning,
    summary: "a label with a value of its own for each container, rollout or request",
    page: include_str!("../../../../docs/rules/cost/high-churn-label.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

/// Labels of discovery that are new with each pod, container or rollout.
const SOURCES: [(&str, &str); 5] = [
    ("__meta_kubernetes_pod_uid", "each pod"),
    ("__meta_kubernetes_pod_container_id", "each start of a container"),
    ("__meta_kubernetes_pod_label_pod_template_hash", "each rollout"),
    ("__meta_kubernetes_pod_label_controller_revision_hash", "each rollout"),
    ("__meta_docker_container_id", "each container"),
];
/// Labels that by their name have a value for each request or person.
const TARGETS: [(&str, &str); 6] = [
    ("trace_id", "each request"),
    ("span_id", "each request"),
    ("request_id", "each request"),
    ("session_id", "each session"),
    ("user_id", "each user"),
    ("email", "each user"),
];

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::Replace) else { continue };
        let target = rule.target_label();
        let copies = entry.replacement().contains('$') && !target.starts_with("__");
        let (at, each) = match list.stage {
            Stage::Target => {
                let of = |label: &String| SOURCES.iter().find(|(source, _)| source == label);
                let Some((source, each)) = rule.source_labels().iter().find_map(of) else { continue };
                (entry.source(source), each)
            }
            Stage::Metric | Stage::Write if !rule.source_labels().is_empty() => {
                let Some((_, each)) = TARGETS.iter().find(|(name, _)| *name == target) else { continue };
                (entry.place("target_label"), each)
            }
            _ => continue,
        };
        if copies {
            let finding = RULE
                .at(at.span(), format!("`{target}` gets a new value for {each}"))
                .label("never the same for long")
                .why(
                    "every value is a new series of each metric, in memory for hours and in storage for ever",
                )
                .help("leave the label out; logs and traces are for what is single");
            out.report(finding);
        }
    }
}
