//! One object as a cluster serves it, and as YAML that people know from `kubectl get -o yaml`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::k8s::Kind;
use crate::yaml::write::{self, Map};

/// One object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Served {
    pub kind: Kind,
    pub namespace: Option<String>,
    pub name: String,
    pub labels: BTreeMap<String, String>,
    /// As `kubectl get -o yaml` shows it, without `status`, `managedFields`, what kubectl last applied, and those values
    /// of Secrets that were not to be kept.
    pub yaml: String,
    /// What made it, where something did.
    pub(super) owner: Option<Owner>,
    /// The labels that it gives its pods.
    pub(super) template: Option<BTreeMap<String, String>>,
    /// A pod or Job that has done its work.
    pub(super) finished: bool,
}

/// The controller of an object, in its namespace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Owner {
    pub(super) kind: String,
    pub(super) name: String,
}

/// What pods carry beside the labels of their template.
pub(super) const OF_CONTROLLER: [&str; 8] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/cronjob-scheduled-timestamp",
];

/// `item` of a list of this kind. `keeps` says which values of a Secret, in plain text, are kept.
pub(super) fn served(
    kind: Kind,
    api_version: &str,
    mut item: serde_json::Map<String, Json>,
    keeps: fn(&str) -> bool,
) -> Served {
    let metadata = item.get("metadata");
    let text = |key: &str| metadata.and_then(|metadata| metadata.get(key)?.as_str()).map(str::to_owned);
    let (namespace, name) = (text("namespace"), text("name").unwrap_or_default());
    let labels = strings(metadata.and_then(|metadata| metadata.get("labels")));
    let owner = owner(&item);
    let template = template(kind, &item);
    let phase = item.get("status").and_then(|status| status.get("phase")?.as_str());
    let finished = kind == Kind::Pod && matches!(phase, Some("Succeeded" | "Failed"));

    item.insert("apiVersion".to_owned(), api_version.into());
    item.insert("kind".to_owned(), kind.name().into());
    item.remove("status");
    if let Some(Json::Object(metadata)) = item.get_mut("metadata") {
        metadata.remove("managedFields");
        if let Some(Json::Object(annotations)) = metadata.get_mut("annotations") {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
        // They stand in the template too, where whoever mends them looks.
        let copied = |it: &Owner| ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"].contains(&&*it.kind);
        let empty = metadata.get("annotations").and_then(Json::as_object).is_some_and(|it| it.is_empty());
        if empty || (kind == Kind::Pod && owner.as_ref().is_some_and(copied)) {
            metadata.remove("annotations");
        }
    }
    leave_out_values(kind, &mut item, keeps);
    let yaml = write::document(&Map::from_json(item), None);
    Served { kind, namespace, name, labels, yaml, owner, template, finished }
}

/// Empties values that nobody looks at: binary ones, and those of Secrets but for what `keeps` says.
fn leave_out_values(kind: Kind, item: &mut serde_json::Map<String, Json>, keeps: fn(&str) -> bool) {
    let key = match kind {
        Kind::Secret => "data",
        Kind::ConfigMap => "binaryData",
        _ => return,
    };
    let Some(Json::Object(values)) = item.get_mut(key) else { return };
    for value in values.values_mut() {
        let kept = kind == Kind::Secret && value.as_str().and_then(decoded).is_some_and(|text| keeps(&text));
        if !kept {
            *value = "".into();
        }
    }
}

fn decoded(text: &str) -> Option<String> {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).ok()?).ok()
}

fn owner(item: &serde_json::Map<String, Json>) -> Option<Owner> {
    let references = item.get("metadata")?.get("ownerReferences")?.as_array()?;
    let controls = |reference: &&Json| reference.get("controller").and_then(Json::as_bool) == Some(true);
    let reference = references.iter().find(controls)?;
    let text = |key: &str| Some(reference.get(key)?.as_str()?.to_owned());
    Some(Owner { kind: text("kind")?, name: text("name")? })
}

fn template(kind: Kind, item: &serde_json::Map<String, Json>) -> Option<BTreeMap<String, String>> {
    let spec = item.get("spec")?;
    let spec = if kind == Kind::CronJob { spec.get("jobTemplate")?.get("spec")? } else { spec };
    Some(strings(spec.get("template")?.get("metadata")?.get("labels")))
}

fn strings(node: Option<&Json>) -> BTreeMap<String, String> {
    let pairs = node.and_then(Json::as_object).into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, item: Json, expect: &str) {
        let Json::Object(item) = item else { panic!("an object") };
        let served = served(kind, "v1", item, |text| text.contains("scrape_configs:"));
        assert_eq!(served.yaml, expect);
    }

    #[test]
    fn what_nobody_wrote_is_left_out() {
        let applied = "kubectl.kubernetes.io/last-applied-configuration";
        check(
            Kind::Service,
            serde_json::json!({
                "metadata": {"name": "a", "namespace": "shop", "managedFields": [{}], "annotations": {applied: "{}"}},
                "spec": {"ports": [{"port": 80, "weight": 0.5, "big": u64::MAX, "none": null}], "on": true},
                "status": {"x": 1},
            }),
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  namespace: shop\nspec:\n  \"on\": true\n  ports:\n  - big: \
             18446744073709551615\n    port: 80\n    weight: 0.5\n",
        );
    }

    #[test]
    fn values_of_secrets_are_dropped_as_they_come() {
        let config = "c2NyYXBlX2NvbmZpZ3M6IFtdCg=="; // `scrape_configs: []`
        check(
            Kind::Secret,
            serde_json::json!({"metadata": {"name": "a"}, "data": {"password": "Y2FuYXJ5", "p.yml": config, "odd": "!"}}),
            &format!(
                "apiVersion: v1\ndata:\n  odd: \"\"\n  p.yml: {config}\n  password: \"\"\nkind: Secret\nmetadata:\n  name: a\n"
            ),
        );
        check(
            Kind::ConfigMap,
            serde_json::json!({"metadata": {"name": "a"}, "data": {"x": "y"}, "binaryData": {"z": "AAEC"}}),
            "apiVersion: v1\nbinaryData:\n  z: \"\"\ndata:\n  x: \"y\"\nkind: ConfigMap\nmetadata:\n  name: a\n",
        );
    }
}
