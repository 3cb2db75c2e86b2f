//! Where a receiver is found: by senders, by its StatefulSet, by Prometheus.

use super::super::names;
use super::super::owner::selector;
use super::super::spec::Receiver;
use super::{PORT, PORT_NAME, labels, owner};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

pub(super) fn manifests(receiver: &Receiver) -> [Manifest; 3] {
    let owner = owner(receiver);
    [
        owner.object("v1", "Service", &receiver.name).labels(labels(receiver)).with("spec", spec(receiver)),
        // Without the labels that the monitor chooses by: every pod would be scraped twice.
        owner
            .object("v1", "Service", &headless(receiver))
            .with("spec", spec(receiver).with("clusterIP", "None")),
        monitor(receiver),
    ]
}

/// The Service that gives each pod a name of its own.
pub(super) fn headless(receiver: &Receiver) -> String {
    names::of(&receiver.name, "headless")
}

fn spec(receiver: &Receiver) -> Map {
    let port = Map::new().with("name", PORT_NAME).with("port", PORT).with("targetPort", PORT_NAME);
    let pods: Map = labels(receiver).into_iter().collect();
    Map::new().with("selector", pods).with("ports", [port])
}

/// `job` is the Service's name, as the operator makes it where nothing else is said.
fn monitor(receiver: &Receiver) -> Manifest {
    let endpoint = Map::new().with("port", PORT_NAME).with("path", "/metrics");
    let spec = Map::new().with("selector", selector(&labels(receiver))).with("endpoints", [endpoint]);
    owner(receiver).object("monitoring.coreos.com/v1", "ServiceMonitor", &receiver.name).with("spec", spec)
}
