//! `prometheus.io/port` against the ports that the containers declare.

use crate::base::text::count;
use crate::diagnostic::{Finding, Severity};
use crate::k8s::{Kind, Object, PodTemplate, PrometheusIo, Protocol};
use crate::lint::model::{Model, Relabeling, Stage};
use crate::lint::registry::{self, Check};
use crate::lint::report::Out;
use crate::relabel::{Action, Rule};

pub(in crate::lint) const RULE: registry::Rule = registry::Rule {
    name: "annotation/port-vs-containers",
    severity: Severity::Warning,
    summary: "a `prometheus.io/port` that no container declares, or that many ports are rewritten to",
    page: include_str!("../../../../docs/rules/annotation/port-vs-containers.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let repeats = model.documents.iter().flat_map(|it| &it.relabelings).any(repeats);
    for document in &model.documents {
        out.source = document.source;
        document.objects.iter().for_each(|object| check_object(object, repeats, out));
    }
}

/// Whether the list makes a target of each port of a pod, all with the address that the annotation names: its port
/// becomes that of the address, and a label that differs from port to port stays.
fn repeats(list: &Relabeling<'_>) -> bool {
    let rules = || list.entries.iter().filter_map(|entry| entry.valid());
    let reads = |rule: &Rule, part: &str| rule.source_labels().iter().any(|label| label.contains(part));
    let is_port = "_pod_annotation_prometheus_io_port";
    let of_port = "_meta_kubernetes_pod_container_port_n";
    let replaces = |rule: &&Rule| rule.action() == Action::Replace;
    list.stage == Stage::Target
        && rules().filter(replaces).any(|it| it.target_label() == "__address__" && reads(it, is_port))
        && rules().filter(replaces).any(|it| !it.target_label().starts_with("__") && reads(it, of_port))
        && !rules().any(|it| !replaces(&it) && reads(it, of_port))
}

/// `repeats`: whether a job scrapes a pod once for each of its ports.
fn check_object(object: &Object<'_>, repeats: bool, out: &mut Out<'_>) {
    let Some(template) = PodTemplate::of(object) else { return };
    let (asked, _) = PrometheusIo::read(template.annotations());
    if !asked.scrape.is_some_and(|scrape| scrape.value) {
        return;
    }
    let mut ports: Vec<_> = template.ports();
    ports.retain(|port| port.protocol == Protocol::Tcp);
    let (Some(port), Some(first)) = (asked.port, ports.first()) else { return };
    let declared = ports.iter().map(|port| port.number.value);
    if declared.clone().all(|number| number != port.value) {
        let shown: Vec<String> = declared.map(|number| number.to_string()).collect();
        let finding = RULE.at(port.span, format!("no container declares port {}", port.value));
        out.report(
            finding
                .label("this port")
                .related(first.number.span, "a declared port")
                .why("if nothing listens there, every scrape fails")
                .help(format!("declare it, or use one of those that are: {}", shown.join(", "))),
        );
    } else if ports.len() > 1 {
        let kind = if object.kind() == Kind::Pod { "pod" } else { "pods" };
        let message = format!(
            "{} of the {kind} become port {}",
            count(ports.len() as u64, "declared port"),
            port.value
        );
        let finding = RULE.at(port.span, message);
        let severity = if repeats { Severity::Warning } else { Severity::Info };
        let finding = Finding { severity, ..finding };
        out.report(
            finding
                .label("for each of them")
                .related(first.number.span, "one of them")
                .why(
                    "a pod is found once for each port; the same metrics are scraped as often, if relabel rules keep a label of \
                     the container or port",
                )
                .help("keep only one, by a rule on `__meta_kubernetes_pod_container_port_number`, or use a PodMonitor"),
        );
    }
}
