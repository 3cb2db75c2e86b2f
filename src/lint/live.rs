//! A world that is a live cluster: which kinds lint reads there, and what it may say of those that it could not read.
//!
//! A kind that was not read is unknown, not absent. Rules that say that something is not there ask [`Live::hides`] first.

use std::collections::BTreeSet;

use crate::k8s::Kind;

/// What of a live cluster is not in the world.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Live {
    /// Kinds of which objects may be there that were not read.
    pub unread: BTreeSet<Kind>,
    /// The one namespace that was read; `None`: all of them were.
    pub only: Option<String>,
}

/// The kinds that rules look at; Secrets are one of them, and for whoever reads the cluster to decide.
pub const KINDS: [Kind; 24] = [
    Kind::Namespace,
    Kind::Service,
    Kind::Pod,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
    Kind::Role,
    Kind::RoleBinding,
    Kind::ClusterRole,
    Kind::ClusterRoleBinding,
    Kind::Alertmanager,
    Kind::PodMonitor,
    Kind::Probe,
    Kind::Prometheus,
    Kind::PrometheusAgent,
    Kind::PrometheusRule,
    Kind::ScrapeConfig,
    Kind::ServiceMonitor,
    Kind::ThanosRuler,
    Kind::Application,
];

/// What makes pods, and pods.
pub(super) const PODS: &[Kind] =
    &[Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob];
/// What scrapes.
pub(super) const SCRAPERS: &[Kind] = &[Kind::Prometheus, Kind::PrometheusAgent];
/// What evaluates rules.
pub(super) const RULERS: &[Kind] = &[Kind::Prometheus, Kind::ThanosRuler];
/// Everything that selects by labels and namespaces.
pub(super) const SELECTING: &[Kind] = &[Kind::Prometheus, Kind::PrometheusAgent, Kind::ThanosRuler];
/// What grants rights.
pub(super) const GRANTS: &[Kind] =
    &[Kind::Role, Kind::RoleBinding, Kind::ClusterRole, Kind::ClusterRoleBinding];
/// Where a Prometheus may be told to read annotations.
pub(super) const CONFIGURES: &[Kind] =
    &[Kind::Prometheus, Kind::PrometheusAgent, Kind::ScrapeConfig, Kind::ConfigMap];
/// What monitors refer to by name and key.
const REFERRED: &[Kind] = &[Kind::Secret, Kind::ConfigMap];

/// Rules that are silent where one of these kinds is not known in full.
const NEEDS: [(&str, &[Kind]); 10] = [
    ("annotation/annotation-unused", CONFIGURES),
    ("operator/nil-vs-empty-selector", SELECTING),
    ("reference/monitor-not-selected", SCRAPERS),
    ("reference/namespace-not-covered", &[Kind::Service]),
    ("reference/no-pod-matches", PODS),
    ("reference/no-service-matches", &[Kind::Service]),
    ("reference/rbac", GRANTS),
    ("reference/rule-not-selected", RULERS),
    ("reference/secret-ref", REFERRED),
    ("reference/service-selects-no-pod", PODS),
];

/// The rules that say less, or nothing, for want of one of these kinds.
#[must_use]
pub fn silenced(unread: &BTreeSet<Kind>) -> Vec<&'static str> {
    let lacks = |kinds: &[Kind]| kinds.iter().any(|kind| unread.contains(kind));
    NEEDS.iter().filter(|(_, kinds)| lacks(kinds)).map(|(rule, _)| *rule).collect()
}

impl Live {
    /// Whether objects of one of `kinds` may be in these namespaces, and not in the world. `None`: in any namespace.
    #[must_use]
    pub fn hides(&self, kinds: &[Kind], namespaces: Option<&[&str]>) -> bool {
        let outside = |only: &String| {
            namespaces.is_none_or(|namespaces| namespaces.iter().any(|namespace| namespace != only))
        };
        kinds.iter().any(|kind| self.unread.contains(kind)) || self.only.as_ref().is_some_and(outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_hidden() {
        let all = Live { unread: BTreeSet::from([Kind::Secret]), only: None };
        assert!(all.hides(&[Kind::Service, Kind::Secret], Some(&["a"])));
        assert!(!all.hides(&[Kind::Service], None));
        let one = Live { unread: BTreeSet::new(), only: Some("a".to_owned()) };
        assert!(!one.hides(&[Kind::Service], Some(&["a"])));
        assert!(one.hides(&[Kind::Service], Some(&["a", "b"])) && one.hides(&[Kind::Service], None));
    }

    #[test]
    fn every_rule_that_is_named_is_there() {
        let every: BTreeSet<Kind> = KINDS.into_iter().collect();
        let named = silenced(&every);
        assert_eq!(named.len(), NEEDS.len());
        assert!(named.iter().all(|name| crate::lint::rule(name).is_some()), "{named:?}");
        assert_eq!(silenced(&BTreeSet::from([Kind::Secret])), ["reference/secret-ref"]);
    }
}
