//! The Prometheus of an install: the object, its account, its Service, and who may ask it.

use super::super::names;
use super::super::pod;
use super::super::spec::App;
use super::{match_labels, object, remote};
use crate::k8s::Manifest;
use crate::yaml::write::{Map, Value};

/// The port of Prometheus, as the operator calls it.
const PORT: &str = "web";

pub(super) fn manifests(app: &App) -> Vec<Manifest> {
    let mut all = vec![object(app, "v1", "ServiceAccount", &name(app)), service(app), prometheus(app)];
    all.extend(app.network_policy.then(|| network_policy(app)));
    all
}

/// Of all objects around it; the Prometheus itself has the application's name.
pub(super) fn name(app: &App) -> String {
    names::of(&app.name, "prometheus")
}

/// Where it answers, within the cluster.
pub(super) fn url(app: &App) -> String {
    format!("http://{}.{}.svc:9090", name(app), app.namespace)
}

fn service(app: &App) -> Manifest {
    let port = Map::new().with("name", PORT).with("port", 9090).with("targetPort", PORT);
    let spec = Map::new().with("selector", names::prometheus_pods(&app.name)).with("ports", [port]);
    object(app, "v1", "Service", &name(app)).with("spec", spec)
}

fn prometheus(app: &App) -> Manifest {
    let said = &app.prometheus;
    let mut spec = Map::new()
        .with_opt("version", said.version.as_deref())
        .with_opt("image", said.image.as_deref())
        .with("replicas", said.replicas)
        .with("serviceAccountName", name(app))
        .with("serviceDiscoveryRole", "EndpointSlice")
        .with("scrapeInterval", &*said.interval)
        .with("evaluationInterval", &*said.interval)
        .with("retention", &*said.retention);
    // Without a namespace selector it is the own namespace too: said, so that nobody widens it by accident.
    for what in ["serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule"] {
        spec.set(format!("{what}Selector"), match_labels(names::chosen(&app.name)));
        let namespace = Map::new().with(names::NAMESPACE_LABEL, &*app.namespace);
        spec.set(format!("{what}NamespaceSelector"), match_labels(namespace));
    }
    let context = Map::new()
        .with("runAsNonRoot", true)
        .with("runAsUser", 1000)
        .with("runAsGroup", 2000)
        .with("fsGroup", 2000)
        .with("seccompProfile", Map::new().with("type", "RuntimeDefault"));
    let spec = spec
        .with("ignoreNamespaceSelectors", !said.cluster_role)
        .with("arbitraryFSAccessThroughSMs", Map::new().with("deny", true))
        .with_opt("resources", pod::resources(&said.resources))
        .with_opt("remoteWrite", remote::writes(app))
        .with_opt("alerting", remote::alerting(app))
        .with_opt("storage", said.storage.as_deref().map(|size| storage(size, said.storage_class.as_deref())))
        .with("securityContext", context);
    object(app, "monitoring.coreos.com/v1", "Prometheus", &app.name).with("spec", spec)
}

fn storage(size: &str, class: Option<&str>) -> Map {
    let requests = Map::new().with("storage", size);
    let spec = Map::new()
        .with_opt("storageClassName", class)
        .with("accessModes", ["ReadWriteOnce"])
        .with("resources", Map::new().with("requests", requests));
    Map::new().with("volumeClaimTemplate", Map::new().with("spec", spec))
}

/// Whoever is in the namespace, and Grafana, may ask; the other installs may not.
fn network_policy(app: &App) -> Manifest {
    let mut from = vec![Map::new().with("podSelector", Map::new())];
    if let Some(namespace) = &app.grafana_namespace {
        let labels = Map::new().with(names::NAMESPACE_LABEL, &**namespace);
        from.push(Map::new().with("namespaceSelector", match_labels(labels)));
    }
    let ports: Vec<Value> = vec![Map::new().with("protocol", "TCP").with("port", PORT).into()];
    let spec = Map::new()
        .with("podSelector", match_labels(names::prometheus_pods(&app.name)))
        .with("policyTypes", ["Ingress"])
        .with("ingress", [Map::new().with("from", from).with("ports", ports)]);
    object(app, "networking.k8s.io/v1", "NetworkPolicy", &name(app)).with("spec", spec)
}
