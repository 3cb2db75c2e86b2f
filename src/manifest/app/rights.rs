//! What an install's Prometheus may ask the API server for.
//!
//! Discovery needs lists and their changes, of the kinds that its targets are found by, in the namespaces where it
//! looks, and no more. A ClusterRole is not needed for that: it is made for a Prometheus whose monitors name other
//! namespaces.

use super::super::names;
use super::super::spec::{App, Role, Target};
use super::{object, prometheus};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

const GROUP: &str = "rbac.authorization.k8s.io";
const VERSION: &str = "rbac.authorization.k8s.io/v1";

/// Roles and what binds them to the account.
pub(super) fn manifests(app: &App, targets: &[Target]) -> Vec<Manifest> {
    let said = &app.prometheus;
    let name = prometheus::name(app);
    if said.cluster_role {
        let name = names::of_install(&app.name, "prometheus", &app.namespace);
        let whole =
            |kind: &str| Manifest::new(VERSION, kind, &name).labels(names::labels(&app.name, &app.labels));
        let role = whole("ClusterRole").with("rules", rules(true));
        return vec![role, bound(app, whole("ClusterRoleBinding"), "ClusterRole", &name)];
    }
    let alertmanager = said.alertmanager.as_ref();
    let by_service = targets.iter().any(|target| target.role == Role::Service)
        || alertmanager.is_some_and(|it| it.namespace.is_none());
    let role = object(app, VERSION, "Role", &name).with("rules", rules(by_service));
    let mut all = vec![role, bound(app, object(app, VERSION, "RoleBinding", &name), "Role", &name)];
    if let Some(namespace) = alertmanager.and_then(|it| it.namespace.as_deref()) {
        let name = names::of_install(&app.name, "alerting", &app.namespace);
        let there = |kind| object(app, VERSION, kind, &name).namespace(namespace);
        all.push(there("Role").with("rules", rules(true)));
        all.push(bound(app, there("RoleBinding"), "Role", &name));
    }
    all
}

/// What targets of Services, or of pods alone, are found by.
fn rules(by_service: bool) -> Vec<Map> {
    let core: &[&str] = if by_service { &["services", "pods"] } else { &["pods"] };
    let rule = |group: &str, resources: &[&str]| {
        Map::new()
            .with("apiGroups", [group])
            .with("resources", resources.to_vec())
            .with("verbs", ["list", "watch"])
    };
    let mut rules = vec![rule("", core)];
    if by_service {
        rules.push(rule("discovery.k8s.io", &["endpointslices"]));
    }
    rules
}

/// The binding of a role to the account of the install.
fn bound(app: &App, binding: Manifest, kind: &str, role: &str) -> Manifest {
    let role = Map::new().with("apiGroup", GROUP).with("kind", kind).with("name", role);
    let subject = Map::new()
        .with("kind", "ServiceAccount")
        .with("name", prometheus::name(app))
        .with("namespace", &*app.namespace);
    binding.with("roleRef", role).with("subjects", [subject])
}
