//! Jobs of `additionalScrapeConfigs` whose names are there already.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::k8s::Kind as ObjectKind;
use crate::lint::Kind;
use crate::lint::model::{Document, Item, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/duplicate-job",
    severity: Severity::Error,
    summary: "a job of `additionalScrapeConfigs` whose name another job has",
    page: include_str!("../../../../docs/rules/operator/duplicate-job.md"),
    opt_in: false,
    check: Check::World(check),
};

const WHY: &str = "Prometheus refuses to load the whole configuration that the operator makes of it";

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let lists: Vec<_> = model.documents.iter().filter_map(|it| Some((it.source, jobs(it)?))).collect();
    if lists.is_empty() {
        return;
    }
    let generated: BTreeMap<String, &Item<'_>> = model
        .graph
        .items()
        .iter()
        .flat_map(|item| names(item).into_iter().map(move |it| (it, item)))
        .collect();
    for (source, list) in lists {
        for node in list.items().filter_map(|job| job.get("job_name")) {
            let Some(name) = node.text() else { continue };
            if let Some(item) = generated.get(name) {
                let message =
                    format!("job `{name}` has the name that the operator gives to {}", item.title());
                out.report_in(source, RULE.at(node.span(), message).why(WHY).help("give it another name"));
            }
        }
    }
}

/// The list of jobs that a document is, as a Secret has it, or has in Helm values.
fn jobs<'w>(document: &Document<'w>) -> Option<Node<'w>> {
    match document.kind {
        Kind::Jobs => Some(document.root),
        _ => None,
    }
}

/// The names of the jobs that the operator makes of an object; none where its namespace is not known.
fn names(item: &Item<'_>) -> Vec<String> {
    let (prefix, endpoints) = match item.object.kind() {
        ObjectKind::ServiceMonitor => ("serviceMonitor", Some("endpoints")),
        ObjectKind::PodMonitor => ("podMonitor", Some("podMetricsEndpoints")),
        ObjectKind::Probe => ("probe", None),
        ObjectKind::ScrapeConfig => ("scrapeConfig", None),
        _ => return Vec::new(),
    };
    let Some(namespace) = item.namespace() else { return Vec::new() };
    let base = format!("{prefix}/{namespace}/{}", item.name());
    let Some(endpoints) = endpoints else { return vec![base] };
    let list = item.object.spec().and_then(|spec| spec.get(endpoints));
    (0..list.into_iter().flat_map(Node::items).count()).map(|index| format!("{base}/{index}")).collect()
}
