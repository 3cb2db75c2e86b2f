//! Every label or annotation of a Kubernetes object as a label of each series.

use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::relabel::Discovery;
use crate::relabel::{self, Action, Labels, Outcome, Rules};

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
        let discovery = list.job.as_ref().and_then(Discovery::of);
        // Names that nobody lists one by one. What becomes of them must stay with the target, and the discovery set them.
        let all = |prefix: &str| {
            ["zq", "x_9", "pod_template_hash"].iter().all(|end| adds(rule, &format!("{prefix}{end}")))
                && discovery.as_ref().is_none_or(|discovery| discovery.sets(prefix))
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

/// Whether a label of the target is made of `label`.
fn adds(rule: &relabel::Rule, label: &str) -> bool {
    let mut labels = Labels::new();
    labels.set(label, "value");
    let outcome = Rules::new(vec![rule.clone()]).apply(&mut labels);
    outcome == Outcome::Kept && labels.iter().any(|(name, _)| !name.starts_with("__") && !name.is_empty())
}
