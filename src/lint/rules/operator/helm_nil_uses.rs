//! Values of kube-prometheus-stack in which an empty selector does not select everything.

use crate::diagnostic::{Safety, Severity};
use crate::lint::Kind;
use crate::lint::model::Model;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::reference::before_first;
use crate::yaml::{Kind as Shape, Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/helm-nil-uses",
    severity: Severity::Warning,
    summary: "an empty selector in Helm values, which the chart replaces by the release's label",
    page: include_str!("../../../../docs/rules/operator/helm-nil-uses.md"),
    opt_in: false,
    check: Check::World(check),
};

const SELECTORS: [&str; 5] =
    ["serviceMonitorSelector", "podMonitorSelector", "probeSelector", "scrapeConfigSelector", "ruleSelector"];
/// The chart under which its values stand when it is a dependency of another.
const CHART: &str = "kube-prometheus-stack";

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in model.documents.iter().filter(|document| document.kind == Kind::HelmValues) {
        let root = document.root.get(CHART).unwrap_or(document.root);
        let Some(spec) = root.get("prometheus").and_then(|it| it.get("prometheusSpec")) else { continue };
        for selector in SELECTORS {
            if let Some(finding) = one(spec, selector) {
                out.report_in(document.source, finding);
            }
        }
    }
}

fn one(spec: Node<'_>, selector: &str) -> Option<crate::diagnostic::Finding> {
    let entry = spec.entry(selector)?;
    if entry.value.kind() != Shape::Mapping || entry.value.entries().next().is_some() {
        return None;
    }
    let switch = format!("{selector}NilUsesHelmValues");
    let set = spec.get(&switch);
    if set.and_then(Node::value) == Some(Value::Bool(false)) {
        return None;
    }
    let finding = RULE
        .at(entry.value.span(), format!("`{selector}: {{}}` does not select all: `{switch}` is true"))
        .label("replaced by `release: NAME`")
        .why("the chart takes an empty selector for none and selects by the label of its release alone")
        .help(format!("add `{switch}: false`"));
    Some(match set {
        // Somebody has read of it, and may have meant it so.
        Some(node) => {
            let mut finding = finding.related(node.span(), "this is why");
            finding.severity = Severity::Info;
            finding
        }
        None => match before_first(spec, &[format!("{switch}: false")]) {
            Some(edit) => finding.fix(format!("add `{switch}: false`"), Safety::Unsafe, vec![edit]),
            None => finding,
        },
    })
}
