//! `receiver`: what receives remote write and keeps every request, on a volume of its own for each replica.
//!
//! Replicas share nothing: a request is kept by the one that answered it. Nothing is asked of the API server, so there is
//! no account and no right.

mod rules;
mod service;
mod workload;

use super::names;
use super::owner::Owner;
use super::plan::Plan;
use super::spec::Receiver;
use crate::k8s::{Manifest, sort_for_apply};

/// The port of everything: requests, probes, metrics.
const PORT: u16 = 9201;
const PORT_NAME: &str = "http";

/// Everything for one install.
#[must_use]
pub(super) fn plan(receiver: &Receiver) -> Plan {
    let mut manifests: Vec<Manifest> = service::manifests(receiver).into();
    manifests.extend(workload::manifests(receiver));
    manifests.push(rules::manifest(receiver));
    sort_for_apply(&mut manifests);
    Plan { manifests, ..Plan::default() }
}

/// Whose the objects are.
fn owner(receiver: &Receiver) -> Owner<'_> {
    Owner { name: &receiver.name, namespace: &receiver.namespace, labels: &receiver.labels }
}

/// Of the pods and of the Service, by which both are found.
fn labels(receiver: &Receiver) -> Vec<(String, String)> {
    names::exporter("obsctl-receiver", &receiver.name)
}
