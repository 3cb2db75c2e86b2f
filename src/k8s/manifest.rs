//! Objects to be written: what every generator hands out, and what is applied to a cluster.

use super::kind::{Kind, current_group};
use super::object::{Id, group_of};
use crate::yaml::write::{self, Map, Value};

/// An object to be written. What is not set is left out; nothing in it is ever null.
///
/// It is written in the order in which people read objects: `apiVersion`, `kind`, `metadata` (name, namespace, labels,
/// annotations), then the rest in the order in which it was set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest {
    api_version: String,
    kind: String,
    name: String,
    namespace: Option<String>,
    labels: Map,
    annotations: Map,
    body: Map,
    comment: Option<String>,
}

impl Manifest {
    #[must_use]
    pub fn new(api_version: &str, kind: &str, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: None,
            labels: Map::new(),
            annotations: Map::new(),
            body: Map::new(),
            comment: None,
        }
    }

    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Adds labels to those there are; one that is there already is replaced.
    #[must_use]
    pub fn labels<K: Into<String>, V: Into<String>>(
        mut self,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.labels.extend(labels.into_iter().map(|(key, value)| (key, value.into())));
        self
    }

    /// Adds annotations to those there are; one that is there already is replaced.
    #[must_use]
    pub fn annotations<K: Into<String>, V: Into<String>>(
        mut self,
        annotations: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.annotations.extend(annotations.into_iter().map(|(key, value)| (key, value.into())));
        self
    }

    /// Sets what stands beside `metadata`: `spec`, `data`, `rules`, `subjects` …
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body.set(key, value);
        self
    }

    /// Lines above the object, without `#`: how it was made, what to mind.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of(group_of(&self.api_version), &self.kind)
    }

    /// Which object it is.
    #[must_use]
    pub fn id(&self) -> Id<'_> {
        Id {
            group: current_group(group_of(&self.api_version), &self.kind),
            kind: &self.kind,
            namespace: self.namespace.as_deref(),
            name: &self.name,
        }
    }

    /// All of it, in the order in which it is written.
    #[must_use]
    pub fn to_map(&self) -> Map {
        let filled = |map: &Map| Value::Map(map.clone()).filled();
        let metadata = Map::new()
            .with("name", &*self.name)
            .with_opt("namespace", self.namespace.as_deref())
            .with_opt("labels", filled(&self.labels))
            .with_opt("annotations", filled(&self.annotations));
        let mut map = Map::new()
            .with("apiVersion", &*self.api_version)
            .with("kind", &*self.kind)
            .with("metadata", metadata);
        map.append(self.body.clone());
        map
    }

    /// As an API server reads it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.to_map().to_json()
    }

    /// One YAML document, without `---`.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        write::document(&self.to_map(), self.comment.as_deref())
    }
}

/// Manifests in one text that `kubectl apply -f` takes, in the order given: see [`super::sort_for_apply`].
#[must_use]
pub fn stream(manifests: &[Manifest]) -> String {
    let maps: Vec<Map> = manifests.iter().map(Manifest::to_map).collect();
    let comments = manifests.iter().map(|manifest| manifest.comment.as_deref());
    write::stream(maps.iter().zip(comments))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Manifest {
        let port = Map::new().with("name", "metrics").with("port", 9102).with("targetPort", "metrics");
        let spec = Map::new().with("selector", Map::new().with("app", "api")).with("ports", [port]);
        Manifest::new("v1", "Service", "api")
            .namespace("shop")
            .labels([("app", "api"), ("version", "1.0")])
            .with("spec", spec)
    }

    fn config() -> Manifest {
        let toml = "# made for shop\n[agent]\n  interval = \"10s\"\n";
        let data = Map::new()
            .with("telegraf.conf", toml)
            .with("regex", r"^(.+):\d+$")
            .with("odd", "a \nb")
            .comment("odd", "ends with a space");
        Manifest::new("v1", "ConfigMap", "api")
            .annotations([("prometheus.io/scrape", "true"), ("note", "größe: 5")])
            .with("data", data)
            .comment("generated; edit the source instead\nsecond line")
    }

    #[test]
    fn objects_stand_in_the_order_in_which_people_read_them() {
        let golden = include_str!("../../testdata/manifest/stream.yaml");
        assert_eq!(stream(&[service(), config()]), golden);
    }

    #[test]
    fn what_is_not_set_is_left_out() {
        let manifest = Manifest::new("v1", "Namespace", "a");
        assert_eq!(manifest.to_yaml(), "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n");
        assert!(!config().to_json().to_string().contains("null"));
    }

    #[test]
    fn json_is_the_same_object() {
        let expect = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "api", "namespace": "shop", "labels": {"app": "api", "version": "1.0"}},
            "spec": {
                "selector": {"app": "api"},
                "ports": [{"name": "metrics", "port": 9102, "targetPort": "metrics"}],
            },
        });
        assert_eq!(service().to_json(), expect);
    }

    #[test]
    fn ids_know_the_group_and_not_the_version() {
        let id = |version| Manifest::new(version, "Deployment", "a").namespace("n").id().to_string();
        assert_eq!([id("apps/v1"), id("extensions/v1beta1")], ["Deployment n/a", "Deployment n/a"]);
        let manifest = Manifest::new("extensions/v1beta1", "Deployment", "a");
        assert_eq!((manifest.id().group, manifest.kind()), ("apps", Kind::Deployment));
    }

    #[test]
    fn a_label_set_twice_is_there_once() {
        let manifest = Manifest::new("v1", "Pod", "a").labels([("x", "1")]).labels([("y", "2"), ("x", "3")]);
        assert_eq!(manifest.to_json()["metadata"]["labels"], serde_json::json!({"x": "3", "y": "2"}));
    }
}
