//! Every label or annotation of a Kubernetes object as a label of each series.

use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::Action;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "cost/labelmap-all",
    severity: Severity::Warning,
    summary: "a `labelmap` that makes labels of all labels or annotations of an object",
    page: include_str!("../../../../docs/rules/cost/labelmap-all.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

/// Labels of discovery by what they are of, and whether they change while the series goes on or with every rollout.
const FAMILIES: [(&str, &str, Severity); 8] = [
    ("__meta_kubernetes_pod_annotation_", "annotations of the pod", Severity::Warning),
    ("__meta_kubernetes_pod_label_", "labels of the pod", Severity::Warning),
    ("__meta_kubernetes_service_annotation_", "annotations of the Service", Severity::Warning),
    ("__meta_kubernetes_node_annotation_", "annotations of the node", Severity::Warning),
    ("__meta_kubernetes_ingress_annotation_", "annotations of the Ingress", Severity::Warning),
    ("__meta_kubernetes_node_label_", "labels of the node", Severity::Info),
    ("__meta_kubernetes_service_label_", "labels of the Service", Severity::Info),
    ("__meta_kubernetes_ingress_label_", "labels of the Ingress", Severity::Info),
];

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    if list.stage != Stage::Target {
        return;
    }
    for entry in &list.entries {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::LabelMap) else { continue };
        // To labels that a target keeps to itself, nothing is added.
        if entry.replacement().starts_with("__") {
            continue;
        }
        // Names that nobody lists one by one.
        let all = |prefix: &str| {
            ["zq", "x_9", "pod_template_hash"]
                .iter()
                .all(|end| rule.regex().is_match(&format!("{prefix}{end}")))
        };
        let Some((_, what, severity)) = FAMILIES.iter().find(|(prefix, ..)| all(prefix)) else { continue };
        let mut finding = RULE
            .at(entry.place("regex").span(), format!("all {what} become labels of every series"))
            .label("matches any name")
            .why("one that is new or changes starts every series of the target anew, and all of them take memory")
            .help("name those that are asked for: `…_(app|team|version)`");
        finding.severity = *severity;
        out.report(finding);
    }
}
