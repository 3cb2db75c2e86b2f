//! What an install's Prometheus may ask the API server for.
//!
//! Discovery needs lists and their changes, of the kinds that its targets are found by, in the namespaces where it
//! looks, and no more. A ClusterRole is not needed for that: it is made for a Prometheus whose monitors name other
//! namespaces.

use super::super::owner::Owner;
use super::super::spec::{App, Role, Target};
use super::super::{names, rbac};
use super::{owner, prometheus};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

/// Roles and what binds them to the account.
pub(super) fn manifests(app: &App, targets: &[Target]) -> Vec<Manifest> {
    let said = &app.prometheus;
    let (owner, account) = (owner(app), prometheus::name(app));
    if said.cluster_role {
        return rbac::cluster_role(&owner, &account, rules(true)).into();
    }
    let alertmanager = said.alertmanager.as_ref();
    let by_service = targets.iter().any(|target| target.role == Role::Service)
        || alertmanager.is_some_and(|it| it.namespace.is_none());
    let mut all: Vec<Manifest> = rbac::role(&owner, &account, rules(by_service)).into();
    if let Some(namespace) = alertmanager.and_then(|it| it.namespace.as_deref()) {
        let name = names::of_namespace(&names::of(&app.name, "alerting"), &app.namespace);
        let there = Owner { namespace, ..owner };
        all.extend(rbac::role_elsewhere(&there, &name, rules(true), &owner, &account));
    }
    all
}

/// What targets of Services, or of pods alone, are found by.
fn rules(by_service: bool) -> Vec<Map> {
    let core: &[&str] = if by_service { &["services", "pods"] } else { &["pods"] };
    let mut rules = vec![rbac::follow("", core)];
    if by_service {
        rules.push(rbac::follow("discovery.k8s.io", &["endpointslices"]));
    }
    rules
}
