//! The relabel rules that the operator writes before those of a monitor.
//!
//! Those that keep what the selector of a monitor selects are left out: targets are made of nothing else here.

use super::target::sanitized;
use crate::k8s::{Kind, Object, PortFilter, Target};
use crate::relabel::RuleSpec;
use crate::yaml::{Node, Value};

/// The rules of one endpoint of a monitor. `slices`: targets are found by EndpointSlices.
pub(super) fn rules(monitor: &Object<'_>, endpoint: Node<'_>, slices: bool) -> Vec<RuleSpec> {
    let Some(spec) = monitor.spec() else { return Vec::new() };
    let of_pods = monitor.kind() == Kind::PodMonitor;
    let mut rules = vec![copy("job", "__tmp_prometheus_job_name")];
    rules.extend(port(endpoint, of_pods, slices));
    if !of_pods {
        let role = if slices { "endpointslice" } else { "endpoint" };
        let target = |part: &str| format!("__meta_kubernetes_{role}_address_target_{part}");
        for (kind, label) in [("Node", "node"), ("Pod", "pod")] {
            let sources = vec![target("kind"), target("name")];
            let regex = Some(format!("{kind};(.*)"));
            rules.push(RuleSpec { source_labels: Some(sources), regex, ..copy("", label) });
        }
        rules.push(copy("__meta_kubernetes_service_name", "service"));
    }
    rules.push(copy("__meta_kubernetes_namespace", "namespace"));
    rules.push(copy("__meta_kubernetes_pod_name", "pod"));
    rules.push(copy("__meta_kubernetes_pod_container_name", "container"));
    if endpoint.get("filterRunning").and_then(Node::value) != Some(Value::Bool(false)) {
        rules.push(filter("drop", "__meta_kubernetes_pod_phase", "(Failed|Succeeded)"));
    }
    let labels = |key: &str| {
        let names = spec.get(key).into_iter().flat_map(Node::items).filter_map(Node::as_str);
        names.map(sanitized).collect::<Vec<_>>()
    };
    for (key, of) in [("targetLabels", "service"), ("podTargetLabels", "pod")] {
        for label in labels(key) {
            rules.push(filled(&format!("__meta_kubernetes_{of}_label_{label}"), &label));
        }
    }
    let name = format!(
        "{}/{}",
        monitor.namespace().map_or("", |it| it.value),
        monitor.name().map_or("", |it| it.value)
    );
    rules.push(match of_pods {
        true => {
            RuleSpec { replacement: Some(name), target_label: Some("job".to_owned()), ..RuleSpec::default() }
        }
        false => copy("__meta_kubernetes_service_name", "job"),
    });
    if let Some(label) = spec.get("jobLabel").and_then(Node::as_str) {
        let of = if of_pods { "pod" } else { "service" };
        rules.push(filled(&format!("__meta_kubernetes_{of}_label_{}", sanitized(label)), "job"));
    }
    let port = ["port", "portNumber", "targetPort"].into_iter().find_map(|key| endpoint.get(key)?.text());
    rules.extend(port.map(|port| RuleSpec {
        replacement: Some(port.to_owned()),
        target_label: Some("endpoint".to_owned()),
        ..RuleSpec::default()
    }));
    rules
}

/// The `keep` of the port that is meant.
fn port(endpoint: Node<'_>, of_pods: bool, slices: bool) -> Option<RuleSpec> {
    let chosen = match of_pods {
        true => PortFilter::of_pod_monitor(endpoint),
        false => PortFilter::of_service_monitor(endpoint),
    };
    let container = "__meta_kubernetes_pod_container_port";
    Some(match chosen?.value {
        PortFilter::Service(name) if slices => {
            filter("keep", "__meta_kubernetes_endpointslice_port_name", name)
        }
        PortFilter::Service(name) => filter("keep", "__meta_kubernetes_endpoint_port_name", name),
        PortFilter::Container(Target::Name(name)) => filter("keep", &format!("{container}_name"), name),
        PortFilter::Container(Target::Number(number)) => {
            filter("keep", &format!("{container}_number"), &number.to_string())
        }
    })
}

fn copy(from: &str, to: &str) -> RuleSpec {
    let target_label = Some(to.to_owned());
    RuleSpec { source_labels: Some(vec![from.to_owned()]), target_label, ..RuleSpec::default() }
}

fn filled(from: &str, to: &str) -> RuleSpec {
    RuleSpec { regex: Some("(.+)".to_owned()), replacement: Some("${1}".to_owned()), ..copy(from, to) }
}

fn filter(action: &str, label: &str, regex: &str) -> RuleSpec {
    RuleSpec {
        source_labels: Some(vec![label.to_owned()]),
        regex: Some(regex.to_owned()),
        action: Some(action.to_owned()),
        ..RuleSpec::default()
    }
}
