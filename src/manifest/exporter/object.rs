//! Parts that several Kubernetes objects of the project have.

use super::Exporter;
use crate::k8s::Manifest;
use crate::yaml::write::Map;

pub(super) const NAME: &str = "app.kubernetes.io/name";

/// An object with the labels that say what it belongs to.
pub(super) fn object(api_version: &str, kind: &str, name: &str, of: &str) -> Manifest {
    Manifest::new(api_version, kind, name).labels([(NAME, of)])
}

/// An object that a Prometheus looks for by the label of its Helm release.
pub(super) fn monitored(exporter: &Exporter, kind: &str, of: &str) -> Manifest {
    object("monitoring.coreos.com/v1", kind, of, of).labels([("release", &*exporter.release)])
}

pub(super) fn match_name(name: &str) -> Map {
    Map::new().with("matchLabels", labels(name))
}

pub(super) fn labels(name: &str) -> Map {
    Map::new().with(NAME, name)
}

/// The rights of a pod that needs none, by the profile `restricted` of Kubernetes.
pub(super) fn pod_rights() -> Map {
    Map::new()
        .with("runAsNonRoot", true)
        .with("runAsUser", 65534)
        .with("runAsGroup", 65534)
        .with("seccompProfile", Map::new().with("type", "RuntimeDefault"))
}

/// The rights of each container of it.
pub(super) fn container_rights() -> Map {
    Map::new()
        .with("allowPrivilegeEscalation", false)
        .with("readOnlyRootFilesystem", true)
        .with("capabilities", Map::new().with("drop", ["ALL"]))
}

/// What it asks for, and what it may take: a limit of processor time would only make scrapes slow.
pub(super) fn resources(memory: &str) -> Map {
    Map::new()
        .with("requests", Map::new().with("cpu", "10m").with("memory", memory))
        .with("limits", Map::new().with("memory", memory))
}
