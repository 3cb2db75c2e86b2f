//! The kinds of objects that monitoring is about.

use std::fmt;

const CORE: &str = "";
const APPS: &str = "apps";
const BATCH: &str = "batch";
const NETWORKING: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const MONITORING: &str = "monitoring.coreos.com";
const ARGO: &str = "argoproj.io";
/// Where Deployments, DaemonSets, Ingresses and NetworkPolicies were before they had groups of their own.
const EXTENSIONS: &str = "extensions";

macro_rules! kinds {
    ($($kind:ident $group:ident $namespaced:literal),* $(,)?) => {
        /// A kind of object, whatever version its `apiVersion` says.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Kind {
            $($kind,)*
            /// A kind that nothing here knows more about.
            Other,
        }

        impl Kind {
            /// Every kind but [`Kind::Other`].
            pub const KNOWN: &[Self] = &[$(Self::$kind),*];

            /// Its `kind`; empty for [`Kind::Other`].
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)*
                    Self::Other => "",
                }
            }

            /// Its group, the part of `apiVersion` before the `/`; empty for the core group.
            #[must_use]
            pub const fn group(self) -> &'static str {
                match self {
                    $(Self::$kind => $group,)*
                    Self::Other => "",
                }
            }

            /// Whether its objects are in namespaces; unknown of [`Kind::Other`].
            #[must_use]
            pub const fn namespaced(self) -> Option<bool> {
                match self {
                    $(Self::$kind => Some($namespaced),)*
                    Self::Other => None,
                }
            }
        }
    };
}

kinds! {
    Namespace CORE false,
    Service CORE true,
    Endpoints CORE true,
    Pod CORE true,
    ConfigMap CORE true,
    Secret CORE true,
    ServiceAccount CORE true,
    Deployment APPS true,
    StatefulSet APPS true,
    DaemonSet APPS true,
    ReplicaSet APPS true,
    Job BATCH true,
    CronJob BATCH true,
    EndpointSlice DISCOVERY true,
    Ingress NETWORKING true,
    NetworkPolicy NETWORKING true,
    Role RBAC true,
    RoleBinding RBAC true,
    ClusterRole RBAC false,
    ClusterRoleBinding RBAC false,
    CustomResourceDefinition EXTENSION_API false,
    Alertmanager MONITORING true,
    AlertmanagerConfig MONITORING true,
    PodMonitor MONITORING true,
    Probe MONITORING true,
    Prometheus MONITORING true,
    PrometheusAgent MONITORING true,
    PrometheusRule MONITORING true,
    ScrapeConfig MONITORING true,
    ServiceMonitor MONITORING true,
    ThanosRuler MONITORING true,
    Application ARGO true,
    AppProject ARGO true,
}

const DISCOVERY: &str = "discovery.k8s.io";
const EXTENSION_API: &str = "apiextensions.k8s.io";

impl Kind {
    /// What the API and RBAC call its objects: `networkpolicies`; empty for [`Kind::Other`].
    #[must_use]
    pub fn resource(self) -> String {
        let name = self.name().to_ascii_lowercase();
        match name.strip_suffix('y') {
            _ if self == Self::Endpoints || name.is_empty() => name,
            Some(stem) => format!("{stem}ies"),
            None if name.ends_with('s') => format!("{name}es"),
            None => format!("{name}s"),
        }
    }

    /// The kind of this group and name.
    #[must_use]
    pub fn of(group: &str, name: &str) -> Self {
        let group = current_group(group, name);
        let known = Self::KNOWN.iter().find(|kind| kind.name() == name && kind.group() == group);
        known.copied().unwrap_or(Self::Other)
    }
}

/// The group in which a kind is today: `extensions` was split up.
pub(super) fn current_group<'a>(group: &'a str, kind: &str) -> &'a str {
    match (group, kind) {
        (EXTENSIONS, "Deployment" | "DaemonSet" | "ReplicaSet") => APPS,
        (EXTENSIONS, "Ingress" | "NetworkPolicy") => NETWORKING,
        _ => group,
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Other { "another kind" } else { self.name() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_plurals() {
        let found =
            [Kind::Pod, Kind::NetworkPolicy, Kind::Prometheus, Kind::Endpoints, Kind::Ingress, Kind::Other];
        let expect = ["pods", "networkpolicies", "prometheuses", "endpoints", "ingresses", ""];
        assert_eq!(found.map(Kind::resource), expect);
    }
}
