//! `sender`: what sends metrics of a cluster by remote write.
//!
//! A Prometheus that is there gets configuration: the same `remote_write` for its own file, for the chart
//! kube-prometheus-stack, and as a patch of the operator's object. Where none is, an agent is made, with a
//! kube-state-metrics that has what is kept and nothing else. Credentials are named, never written.

mod agent;
mod fragment;
mod remote_write;
mod scrape;
mod states;

use super::owner::Owner;
use super::plan::Plan;
use super::spec::{Mode, Sender};
use crate::k8s::sort_for_apply;

/// Everything for one install.
#[must_use]
pub(super) fn plan(sender: &Sender) -> Plan {
    match sender.mode {
        Mode::Prometheus => Plan { fragments: fragment::all(sender), ..Plan::default() },
        Mode::Agent => {
            let mut manifests = agent::manifests(sender);
            manifests.extend(states::manifests(sender));
            sort_for_apply(&mut manifests);
            Plan { manifests, ..Plan::default() }
        }
    }
}

/// Whose the objects are.
fn owner(sender: &Sender) -> Owner<'_> {
    Owner { name: &sender.name, namespace: &sender.namespace, labels: &sender.labels }
}
