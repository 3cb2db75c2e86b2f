//! The labels that targets have before relabeling, as far as objects say them.
//!
//! A real pod has an address, a node and an identifier, which nobody writes: rules that go by those cannot be judged.

use crate::k8s::{ContainerPort, Kind, Object, Pairs, PodTemplate, Protocol, ServicePort};
use crate::lint::model::Item;

/// One target.
#[derive(Clone, Default)]
pub(super) struct Target {
    /// Names and values.
    pub(super) labels: Vec<(String, String)>,
}

/// Stands for the address of a pod that has none yet.
const ADDRESS: &str = "10.0.0.1";

/// Labels that are there in a cluster, and that no object says beforehand.
const UNSAID: [&str; 10] = [
    "__meta_kubernetes_pod_ip",
    "__meta_kubernetes_pod_host_ip",
    "__meta_kubernetes_pod_node_name",
    "__meta_kubernetes_pod_uid",
    "__meta_kubernetes_pod_container_id",
    "__meta_kubernetes_pod_deployment_name",
    "__meta_kubernetes_pod_job_name",
    "__meta_kubernetes_pod_cronjob_name",
    "__meta_kubernetes_service_cluster_ip",
    "__meta_kubernetes_service_loadbalancer_ip",
];
/// The beginnings of such names.
const UNSAID_BEFORE: [&str; 6] = [
    "__meta_kubernetes_node_",
    "__meta_kubernetes_namespace_",
    "__meta_kubernetes_pod_controller_",
    "__meta_kubernetes_endpoint_node",
    "__meta_kubernetes_endpointslice_endpoint_",
    "__meta_kubernetes_endpoints_",
];

impl Target {
    /// Whether the value of a label is that of a real target.
    pub(super) fn knows(&self, label: &str) -> bool {
        let is_there = self.labels.iter().any(|(name, _)| name == label);
        is_there || !(UNSAID.contains(&label) || UNSAID_BEFORE.iter().any(|it| label.starts_with(it)))
    }

    fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.labels.push((name.into(), value.into()));
    }

    fn pairs(&mut self, of: &str, what: &str, pairs: Pairs<'_>) {
        for (key, value) in pairs.strings() {
            let key = sanitized(key);
            self.set(format!("__meta_kubernetes_{of}_{what}_{key}"), value);
            self.set(format!("__meta_kubernetes_{of}_{what}present_{key}"), "true");
        }
    }

    /// What a pod has, whatever the role.
    fn pod(&mut self, maker: &Item<'_>) {
        let Some(template) = PodTemplate::of(&maker.object) else { return };
        self.pairs("pod", "label", template.labels());
        self.pairs("pod", "annotation", template.annotations());
        self.set("__meta_kubernetes_pod_phase", "Running");
        self.set("__meta_kubernetes_pod_ready", "true");
        if maker.object.kind() == Kind::Pod {
            self.set("__meta_kubernetes_pod_name", maker.name());
        }
        if let Some(namespace) = maker.namespace() {
            self.set("__meta_kubernetes_namespace", namespace);
        }
    }

    fn container(&mut self, port: &ContainerPort<'_>) {
        self.set("__meta_kubernetes_pod_container_name", port.container);
        self.set("__meta_kubernetes_pod_container_init", "false");
        self.set("__meta_kubernetes_pod_container_port_name", port.name.map_or("", |name| name.value));
        self.set("__meta_kubernetes_pod_container_port_number", port.number.value.to_string());
        self.set("__meta_kubernetes_pod_container_port_protocol", protocol(port.protocol));
    }

    fn address(&mut self, port: u16) {
        self.set("__address__", format!("{ADDRESS}:{port}"));
    }

    fn service(&mut self, service: &Object<'_>) {
        self.set("__meta_kubernetes_service_name", service.name().map_or("", |name| name.value));
        self.pairs("service", "label", service.labels());
        self.pairs("service", "annotation", service.annotations());
    }
}

/// The targets of role `pod`: one for each port of a container, and one for a container without any.
pub(super) fn of_pod(maker: &Item<'_>) -> Vec<Target> {
    let Some(template) = PodTemplate::of(&maker.object) else { return Vec::new() };
    let mut targets = Vec::new();
    for container in template.containers().chain(template.sidecars()) {
        let ports: Vec<_> = ContainerPort::of_container(container).collect();
        for port in &ports {
            let mut target = Target::default();
            target.pod(maker);
            target.container(port);
            target.address(port.number.value);
            targets.push(target);
        }
        if ports.is_empty() {
            let mut target = Target::default();
            target.pod(maker);
            let name = container.get("name").and_then(crate::yaml::Node::as_str).unwrap_or_default();
            target.set("__meta_kubernetes_pod_container_name", name);
            target.set("__address__", ADDRESS);
            targets.push(target);
        }
    }
    targets
}

/// The targets of role `endpoints` (with `slices`: `endpointslice`) of one Service and what makes its pods: one for each
/// of its ports, and one for each other port of the containers.
pub(super) fn of_endpoints(service: &Item<'_>, maker: &Item<'_>, slices: bool) -> Vec<Target> {
    let role = if slices { "endpointslice" } else { "endpoint" };
    let declared = PodTemplate::of(&maker.object).map(|template| template.ports()).unwrap_or_default();
    let base = || {
        let mut target = Target::default();
        target.pod(maker);
        target.service(&service.object);
        target
    };
    let mut targets = Vec::new();
    let mut seen = Vec::new();
    for port in service.object.spec().into_iter().flat_map(ServicePort::of_spec) {
        let Some(number) = port.resolve(&declared) else { continue };
        let mut target = base();
        target.address(number);
        let name = port.name.map_or("", |name| name.value);
        target.set(format!("__meta_kubernetes_{role}_port_name"), name);
        target.set(format!("__meta_kubernetes_{role}_port_protocol"), protocol(port.protocol));
        target.set(format!("__meta_kubernetes_{role}_address_target_kind"), "Pod");
        match slices {
            true => target.set("__meta_kubernetes_endpointslice_endpoint_conditions_ready", "true"),
            false => target.set("__meta_kubernetes_endpoint_ready", "true"),
        }
        if let Some(port) = declared.iter().find(|it| it.number.value == number) {
            target.container(port);
        }
        seen.push(number);
        targets.push(target);
    }
    // What endpoints a Service without ports leads to is nothing, and so are their other ports.
    if seen.is_empty() {
        return targets;
    }
    for port in declared.iter().filter(|port| !seen.contains(&port.number.value)) {
        let mut target = base();
        target.address(port.number.value);
        target.container(port);
        targets.push(target);
    }
    targets
}

/// The targets of role `service`: one for each port.
pub(super) fn of_service(service: &Item<'_>) -> Vec<Target> {
    let ports = service.object.spec().into_iter().flat_map(ServicePort::of_spec);
    let targets = ports.map(|port| {
        let mut target = Target::default();
        target.service(&service.object);
        let namespace = service.namespace().unwrap_or("default");
        target.set("__meta_kubernetes_namespace", namespace);
        target.set("__address__", format!("{}.{namespace}.svc:{}", service.name(), port.port.value));
        target.set("__meta_kubernetes_service_port_name", port.name.map_or("", |name| name.value));
        target.set("__meta_kubernetes_service_port_number", port.port.value.to_string());
        target.set("__meta_kubernetes_service_port_protocol", protocol(port.protocol));
        target
    });
    targets.collect()
}

/// What Prometheus makes of the key of a label or an annotation.
pub(super) fn sanitized(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

const fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    }
}
