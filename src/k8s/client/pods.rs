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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k8s::client::served::served;

    /// Objects of JSON, each with its kind; which are left, by name.
    #[track_caller]
    fn check(objects: &[(Kind, Json)], expect: &[&str]) {
        let mut seen = Seen::default();
        let mut kept = Vec::new();
        for (kind, object) in objects {
            let object = object.as_object().expect("an object").clone();
            if *kind != Kind::Pod || seen.is_new(&object) {
                kept.push(served(*kind, "v1", object, |_| false));
            }
        }
        leave_out_explained(&mut kept);
        let names: Vec<&str> = kept.iter().map(|object| object.name.as_str()).collect();
        assert_eq!(names, expect);
    }

    fn workload(kind: Kind, name: &str) -> (Kind, Json) {
        let template = serde_json::json!({"metadata": {"labels": {"app": "a"}}});
        (
            kind,
            serde_json::json!({"metadata": {"name": name, "namespace": "n"}, "spec": {"template": template}}),
        )
    }

    fn pod(name: &str, owner: (&str, &str), labels: Json) -> (Kind, Json) {
        let owner =
            serde_json::json!([{"kind": owner.0, "name": owner.1, "uid": owner.1, "controller": true}]);
        let metadata =
            serde_json::json!({"name": name, "namespace": "n", "labels": labels, "ownerReferences": owner});
        (Kind::Pod, serde_json::json!({"metadata": metadata, "status": {"phase": "Running"}}))
    }

    #[test]
    fn copies_of_a_template_are_left_out() {
        let labels = || serde_json::json!({"app": "a", "pod-template-hash": "5d4"});
        let own = || serde_json::json!({"app": "a", "pod-template-hash": "5d4", "role": "primary"});
        let of = ("ReplicaSet", "web-5d4");
        check(
            &[
                workload(Kind::Deployment, "web"),
                pod("copy", of, labels()),
                pod("primary", of, own()),
                pod("another primary", of, own()),
            ],
            &["web", "primary"],
        );
        // What makes them is not read: one stands for all.
        check(&[pod("one", of, labels()), pod("two", of, labels())], &["one"]);
        let other = || serde_json::json!({"app": "a"});
        check(
            &[pod("one", ("Rollout", "x"), other()), pod("two", ("Rollout", "y"), other())],
            &["one", "two"],
        );
    }

    #[test]
    fn pods_of_a_set_are_told_apart_by_their_names() {
        let labels = |name| serde_json::json!({"app": "a", "statefulset.kubernetes.io/pod-name": name});
        let of = ("StatefulSet", "db");
        check(
            &[
                workload(Kind::StatefulSet, "db"),
                pod("db-0", of, labels("db-0")),
                pod("db-1", of, labels("db-1")),
            ],
            &["db", "db-0", "db-1"],
        );
    }

    #[test]
    fn what_has_ended_is_left_out() {
        let mut done = pod("done", ("Other", "x"), serde_json::json!({}));
        done.1["status"]["phase"] = "Succeeded".into();
        let mut job = workload(Kind::Job, "j-1");
        job.1["metadata"]["ownerReferences"] =
            serde_json::json!([{"kind": "CronJob", "name": "j", "controller": true}]);
        let mut cron = workload(Kind::CronJob, "j");
        cron.1["spec"] = serde_json::json!({"jobTemplate": {"spec": cron.1["spec"]}});
        check(&[done, job, cron], &["j"]);
        let bare = serde_json::json!({"metadata": {"name": "bare", "namespace": "n"}});
        check(&[(Kind::Pod, bare)], &["bare"]);
    }
}
