//! Whose objects are made: what all of them have.

use super::names;
use crate::k8s::Manifest;
use crate::yaml::write::Map;

/// What is installed: its name, where, and what labels its objects have besides our own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'o> {
    pub(super) name: &'o str,
    pub(super) namespace: &'o str,
    pub(super) labels: &'o [(String, String)],
}

impl Owner<'_> {
    /// An object in the owner's namespace.
    pub(super) fn object(&self, api_version: &str, kind: &str, name: &str) -> Manifest {
        self.cluster_object(api_version, kind, name).namespace(self.namespace)
    }

    /// An object of no namespace.
    pub(super) fn cluster_object(&self, api_version: &str, kind: &str, name: &str) -> Manifest {
        Manifest::new(api_version, kind, name).labels(names::labels(self.name, self.labels))
    }

    /// A Deployment of one pod with these labels, by which it and its Service are found.
    pub(super) fn deployment(&self, name: &str, labels: Vec<(String, String)>, pod: Pod) -> Manifest {
        let spec = Map::new()
            .with("replicas", 1)
            .with_opt("strategy", pod.alone.then(|| Map::new().with("type", "Recreate")))
            .with("selector", selector(&labels))
            .with("template", self.template(&labels, pod.spec, pod.annotations));
        self.object("apps/v1", "Deployment", name).labels(labels).with("spec", spec)
    }

    /// A StatefulSet whose pods have these labels, by which they and their Services are found; `own` is what its spec
    /// has besides.
    pub(super) fn stateful_set(
        &self,
        name: &str,
        labels: Vec<(String, String)>,
        pod: Map,
        own: Map,
    ) -> Manifest {
        let mut spec = Map::new()
            .with("selector", selector(&labels))
            .with("template", self.template(&labels, pod, None));
        spec.append(own);
        self.object("apps/v1", "StatefulSet", name).labels(labels).with("spec", spec)
    }

    fn template(&self, labels: &[(String, String)], pod: Map, annotations: Option<Map>) -> Map {
        let all: Map =
            names::labels(self.name, self.labels).into_iter().chain(labels.iter().cloned()).collect();
        let metadata = Map::new().with("labels", all).with_opt("annotations", annotations);
        Map::new().with("metadata", metadata).with("spec", pod)
    }
}

/// The pod of a Deployment.
pub(super) struct Pod {
    pub(super) spec: Map,
    pub(super) annotations: Option<Map>,
    /// Whether two of them at a time, as while one takes the place of the other, would do harm.
    pub(super) alone: bool,
}

/// Whatever has all of these labels.
pub(super) fn selector(labels: &[(String, String)]) -> Map {
    match_labels(labels.iter().cloned().collect())
}

/// `{matchLabels: …}`.
pub(super) fn match_labels(labels: Map) -> Map {
    Map::new().with("matchLabels", labels)
}
