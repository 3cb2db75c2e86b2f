//! The pods of a receiver and their volumes, and how many of them may be missing.

use super::super::owner::selector;
use super::super::pod;
use super::super::spec::Receiver;
use super::{PORT, PORT_NAME, labels, owner, service};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

const PROGRAM: &str = "obsctl";
/// The volume of the capture.
const DATA: &str = "data";
const DATA_FOLDER: &str = "/data";
/// What is in flight is finished within 10 seconds; the rest is for sealing the capture on a slow disk.
const GRACE_SECONDS: i64 = 30;

pub(super) fn manifests(receiver: &Receiver) -> [Manifest; 2] {
    [stateful_set(receiver), disruption_budget(receiver)]
}

/// The names of the volumes' claims, as an expression.
pub(super) fn volume_claims(receiver: &Receiver) -> String {
    format!("{DATA}-{}-[0-9]+", receiver.name)
}

/// As `obsctl receive` reads them.
fn args(receiver: &Receiver) -> Vec<String> {
    let mut args = vec![
        "receive".to_owned(),
        format!("--listen=0.0.0.0:{PORT}"),
        format!("--capture={DATA_FOLDER}"),
        format!("--ack={}", receiver.ack),
        format!("--retain-size={}", receiver.retain_size),
        "--log-format=logfmt".to_owned(),
    ];
    args.extend(receiver.retain_time.iter().map(|time| format!("--retain-time={time}")));
    args
}

fn stateful_set(receiver: &Receiver) -> Manifest {
    let own = Map::new()
        .with("serviceName", service::headless(receiver))
        .with("replicas", receiver.replicas)
        // Replicas wait for nobody: they share nothing.
        .with("podManagementPolicy", "Parallel")
        .with(
            "persistentVolumeClaimRetentionPolicy",
            Map::new().with("whenDeleted", "Retain").with("whenScaled", "Retain"),
        )
        .with("volumeClaimTemplates", [volume_claim(receiver)]);
    owner(receiver).stateful_set(&receiver.name, labels(receiver), pod_spec(receiver), own)
}

fn pod_spec(receiver: &Receiver) -> Map {
    let user = pod::as_nobody();
    let group = user.get("runAsGroup").cloned();
    let container = Map::new()
        .with("name", PROGRAM)
        .with("image", &*receiver.image)
        .with("command", [PROGRAM])
        .with("args", args(receiver))
        .with("ports", [Map::new().with("name", PORT_NAME).with("containerPort", PORT)])
        .with("readinessProbe", pod::probe("/-/ready", PORT_NAME))
        .with("livenessProbe", pod::probe("/-/healthy", PORT_NAME))
        .with_opt("resources", pod::resources(&receiver.resources))
        .with("securityContext", pod::without_rights())
        .with("volumeMounts", [Map::new().with("name", DATA).with("mountPath", DATA_FOLDER)]);
    Map::new()
        .with("automountServiceAccountToken", false)
        // A Service called `obsctl-listen` or the like would set variables that look like flags.
        .with("enableServiceLinks", false)
        .with("terminationGracePeriodSeconds", GRACE_SECONDS)
        .with(
            "securityContext",
            user.with_opt("fsGroup", group).with("fsGroupChangePolicy", "OnRootMismatch"),
        )
        .with("containers", [container])
}

fn volume_claim(receiver: &Receiver) -> Map {
    let requests = Map::new().with("storage", &*receiver.storage);
    let spec = Map::new()
        .with_opt("storageClassName", receiver.storage_class.as_deref())
        .with("accessModes", ["ReadWriteOnce"])
        .with("resources", Map::new().with("requests", requests));
    Map::new().with("metadata", Map::new().with("name", DATA)).with("spec", spec)
}

/// One at a time: with a single replica a drain of its node still goes on, and senders wait.
fn disruption_budget(receiver: &Receiver) -> Manifest {
    let spec = Map::new().with("maxUnavailable", 1).with("selector", selector(&labels(receiver)));
    owner(receiver).object("policy/v1", "PodDisruptionBudget", &receiver.name).with("spec", spec)
}
