//! Which pods say something that the workload which made them does not.
//!
//! A large cluster has ten thousand pods, and most are copies of a template that is read anyway. What is kept: pods that
//! nothing else here stands for, and those that carry labels of their own, by which Services may select them.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use super::served::{OF_CONTROLLER, Owner, Served};
use crate::k8s::Kind;

/// Pods of one list that are alike: the same controller, the same labels. The first stands for all.
#[derive(Default)]
pub(super) struct Seen {
    alike: HashSet<String>,
}

impl Seen {
    /// Whether no pod like it was there before. Pods without a controller are never alike.
    pub(super) fn is_new(&mut self, item: &serde_json::Map<String, Json>) -> bool {
        let Some(metadata) = item.get("metadata") else { return true };
        let owners = metadata.get("ownerReferences").and_then(Json::as_array);
        if owners.is_none_or(Vec::is_empty) {
            return true;
        }
        let phase = item.get("status").and_then(|status| status.get("phase"));
        let mut labels = metadata.get("labels").cloned().unwrap_or_default();
        if let Json::Object(labels) = &mut labels {
            labels.retain(|key, _| !OF_CONTROLLER.contains(&key.as_str()));
        }
        let namespace = metadata.get("namespace");
        self.alike.insert(serde_json::json!([namespace, owners, labels, phase]).to_string())
    }
}

/// Takes out pods that have ended, pods that are what a workload among `objects` says, and Jobs of CronJobs.
pub(super) fn leave_out_explained(objects: &mut Vec<Served>) {
    let mut templates: BTreeMap<(Kind, Option<String>, String), BTreeMap<String, String>> = BTreeMap::new();
    for object in objects.iter() {
        if let Some(template) = &object.template {
            let key = (object.kind, object.namespace.clone(), object.name.clone());
            templates.insert(key, template.clone());
        }
    }
    objects.retain(|object| {
        let by = object.owner.as_ref().and_then(|owner| {
            let (kind, name) = maker(object, owner)?;
            templates.get(&(kind, object.namespace.clone(), name))
        });
        match object.kind {
            Kind::Job => by.is_none(),
            Kind::Pod => !object.finished && by.is_none_or(|template| !explains(template, &object.labels)),
            _ => true,
        }
    });
}

/// The object among those that are read which a controller's name leads to.
fn maker(object: &Served, owner: &Owner) -> Option<(Kind, String)> {
    let kind = match owner.kind.as_str() {
        // ReplicaSets are not read: their name is that of the Deployment with the hash of the template.
        "ReplicaSet" => {
            let hash = object.labels.get("pod-template-hash")?;
            let name = owner.name.strip_suffix(hash.as_str())?.strip_suffix('-')?;
            return Some((Kind::Deployment, name.to_owned()));
        }
        "StatefulSet" => Kind::StatefulSet,
        "DaemonSet" => Kind::DaemonSet,
        "Job" => Kind::Job,
        "CronJob" => Kind::CronJob,
        _ => return None,
    };
    Some((kind, owner.name.clone()))
}

/// Whether a pod has the labels of the template and none beside them but those that every controller adds.
fn explains(template: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    let own = |key: &String| OF_CONTROLLER.contains(&key.as_str());
    template.iter().all(|(key, value)| labels.get(key) == Some(value))
        && labels.keys().all(|key| template.contains_key(key) || own(key))
}
