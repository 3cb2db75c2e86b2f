//! In which order objects are applied: what others need comes first.

use super::kind::Kind;
use super::manifest::Manifest;

/// Sorts manifests as people apply them: namespaces and definitions, accounts and rights, configuration, Services,
/// workloads, and the monitors of them. What stands at one step keeps its order.
pub fn sort_for_apply(manifests: &mut [Manifest]) {
    manifests.sort_by_key(|manifest| step(manifest.kind()));
}

fn step(kind: Kind) -> u8 {
    match kind {
        Kind::Namespace => 0,
        Kind::CustomResourceDefinition => 1,
        Kind::ServiceAccount => 2,
        Kind::ClusterRole | Kind::Role => 3,
        Kind::ClusterRoleBinding | Kind::RoleBinding => 4,
        Kind::Secret | Kind::ConfigMap => 5,
        Kind::NetworkPolicy => 6,
        Kind::Service | Kind::Endpoints | Kind::EndpointSlice => 7,
        Kind::Pod
        | Kind::Deployment
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::ReplicaSet
        | Kind::Job
        | Kind::CronJob => 8,
        Kind::Ingress => 9,
        Kind::Other => 10,
        Kind::Prometheus | Kind::PrometheusAgent | Kind::Alertmanager | Kind::ThanosRuler => 11,
        Kind::ServiceMonitor
        | Kind::PodMonitor
        | Kind::Probe
        | Kind::ScrapeConfig
        | Kind::PrometheusRule
        | Kind::AlertmanagerConfig => 12,
        Kind::AppProject => 13,
        Kind::Application => 14,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kinds: &[(&str, &str)], expect: &str) {
        let manifest = |(index, (version, kind)): (usize, &(&str, &str))| {
            Manifest::new(version, kind, &index.to_string())
        };
        let mut manifests: Vec<Manifest> = kinds.iter().enumerate().map(manifest).collect();
        sort_for_apply(&mut manifests);
        let names: Vec<String> = manifests.iter().map(|manifest| manifest.id().to_string()).collect();
        assert_eq!(names.join(", "), expect);
    }

    #[test]
    fn what_others_need_comes_first() {
        check(
            &[
                ("argoproj.io/v1alpha1", "Application"),
                ("monitoring.coreos.com/v1", "ServiceMonitor"),
                ("apps/v1", "Deployment"),
                ("v1", "Service"),
                ("v1", "ConfigMap"),
                ("rbac.authorization.k8s.io/v1", "RoleBinding"),
                ("rbac.authorization.k8s.io/v1", "Role"),
                ("v1", "ServiceAccount"),
                ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
                ("v1", "Namespace"),
            ],
            "Namespace 9, CustomResourceDefinition 8, ServiceAccount 7, Role 6, RoleBinding 5, ConfigMap 4, Service 3, \
             Deployment 2, ServiceMonitor 1, Application 0",
        );
    }

    #[test]
    fn equals_keep_their_order() {
        check(&[("v1", "Secret"), ("v1", "ConfigMap"), ("v1", "Secret")], "Secret 0, ConfigMap 1, Secret 2");
    }
}
