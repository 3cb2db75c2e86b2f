//! `prometheus.io/port` against the ports that the containers declare.

use crate::base::text::count;
use crate::diagnostic::Severity;
use crate::k8s::{Kind, Object, PodTemplate, PrometheusIo, Protocol};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "annotation/port-vs-containers",
    severity: Severity::Warning,
    summary: "a `prometheus.io/port` that no container declares, or that many ports are rewritten to",
    page: include_str!("../../../../docs/rules/annotation/port-vs-containers.md"),
    opt_in: false,
    check: Check::Object(check),
};

fn check(object: &Object<'_>, out: &mut Out<'_>) {
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
        let finding = crate::diagnostic::Finding { severity: Severity::Info, ..finding };
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
