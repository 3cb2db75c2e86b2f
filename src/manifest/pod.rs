//! What pods have in common, whoever's they are.

use super::spec::Resources;
use crate::yaml::write::{Map, Value};

/// An account that is nobody's, in every image.
const NOBODY: i64 = 65_534;

/// `{requests: …, limits: …}`; `None` when it would be empty.
pub(super) fn resources(resources: &Resources) -> Option<Value> {
    let amounts = |amounts: &[(&str, String)]| {
        let map: Map = amounts.iter().map(|(what, amount)| (*what, amount.as_str())).collect();
        Value::Map(map).filled()
    };
    let map = Map::new()
        .with_opt("requests", amounts(&resources.requests))
        .with_opt("limits", amounts(&resources.limits));
    Value::Map(map).filled()
}

/// Of a container that needs no rights at all.
pub(super) fn without_rights() -> Map {
    Map::new()
        .with("allowPrivilegeEscalation", false)
        .with("readOnlyRootFilesystem", true)
        .with("capabilities", Map::new().with("drop", ["ALL"]))
}

/// Of a pod whose containers all run as nobody.
pub(super) fn as_nobody() -> Map {
    Map::new()
        .with("runAsNonRoot", true)
        .with("runAsUser", NOBODY)
        .with("runAsGroup", NOBODY)
        .with("seccompProfile", Map::new().with("type", "RuntimeDefault"))
}

/// `{name: …, value: …}`.
pub(super) fn env(name: &str, value: impl Into<Value>) -> Map {
    Map::new().with("name", name).with("value", value)
}

/// A variable that a Secret holds.
pub(super) fn env_of_secret(name: &str, secret: &str, key: &str) -> Map {
    let reference = Map::new().with("name", secret).with("key", key);
    Map::new().with("name", name).with("valueFrom", Map::new().with("secretKeyRef", reference))
}

/// A probe by HTTP of a port by name.
pub(super) fn probe(path: &str, port: &str) -> Map {
    Map::new().with("httpGet", Map::new().with("path", path).with("port", port))
}

/// A volume of the files of a ConfigMap.
pub(super) fn config_volume(name: &str, config_map: &str) -> Map {
    Map::new().with("name", name).with("configMap", Map::new().with("name", config_map))
}

/// Where a container finds a volume that it may only read.
pub(super) fn mount(name: &str, path: &str) -> Map {
    Map::new().with("name", name).with("mountPath", path).with("readOnly", true)
}

/// A volume of the files of a Secret.
pub(super) fn secret_volume(name: &str, secret: &str) -> Map {
    Map::new().with("name", name).with("secret", Map::new().with("secretName", secret))
}
