//! Sets of series that go together: what is kept for a purpose, known by name.

use crate::selector::Selector;

/// What series are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// What a Kubernetes cluster costs, by namespace and workload.
    Cost,
}

/// Labels that kube-state-metrics shows of objects when it is told to: resource, and keys.
pub(in crate::manifest) type ObjectLabels = [(&'static str, &'static [&'static str])];

/// What is kept: from kube-state-metrics (nodes, pods, volumes, load balancers), from the kubelet's `/metrics/resource`
/// (use), and `up`, which carries the instance type of its node.
const COST_KEEP: &[&str] = &[
    "kube_node_info",
    "kube_node_labels",
    "kube_node_status_capacity",
    "kube_pod_info",
    "kube_pod_owner",
    "kube_pod_labels",
    "kube_pod_status_phase",
    "kube_pod_container_resource_requests",
    "kube_pod_init_container_resource_requests",
    "kube_pod_spec_volumes_persistentvolumeclaims_info",
    "kube_job_owner",
    "kube_namespace_labels",
    "kube_persistentvolume_capacity_bytes",
    "kube_persistentvolumeclaim_info",
    "kube_service_spec_type",
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "container_start_time_seconds",
    "up",
];

/// Of these, what says nothing more: phases but `Running`, resources that have no price, Services that cost nothing. The
/// last is for kubelets that are scraped by `/metrics/cadvisor`: cgroups above containers, and pause containers.
const COST_DROP: &[&str] = &[
    r#"kube_pod_status_phase{phase=~"Pending|Succeeded|Failed|Unknown"}"#,
    r#"{__name__=~"kube_.*",resource=~"pods|ephemeral_storage|storage|hugepages_.*|attachable_volumes_.*"}"#,
    r#"kube_service_spec_type{type=~"ClusterIP|NodePort|ExternalName"}"#,
    r#"{__name__=~"container_cpu_usage_seconds_total|container_memory_working_set_bytes|container_start_time_seconds",container=~"|POD"}"#,
];

/// What prices and names of owners hang on.
const COST_LABELS: &ObjectLabels = &[
    (
        "nodes",
        &[
            "node.kubernetes.io/instance-type",
            "topology.kubernetes.io/region",
            "topology.kubernetes.io/zone",
            "karpenter.sh/capacity-type",
            "eks.amazonaws.com/capacityType",
        ],
    ),
    ("pods", &["app.kubernetes.io/name", "app.kubernetes.io/part-of", "pod-template-hash"]),
    ("namespaces", &["kubernetes.io/metadata.name"]),
];

impl Profile {
    pub(in crate::manifest) fn of(word: &str) -> Option<Self> {
        (word == "cost").then_some(Self::Cost)
    }

    pub(in crate::manifest) fn keep(self) -> Vec<Selector> {
        match self {
            Self::Cost => selectors(COST_KEEP),
        }
    }

    pub(in crate::manifest) fn drop(self) -> Vec<Selector> {
        match self {
            Self::Cost => selectors(COST_DROP),
        }
    }

    pub(in crate::manifest) fn object_labels(self) -> &'static ObjectLabels {
        match self {
            Self::Cost => COST_LABELS,
        }
    }
}

fn selectors(texts: &[&str]) -> Vec<Selector> {
    texts.iter().filter_map(|text| Selector::parse(text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selector_is_one() {
        assert_eq!(Profile::Cost.keep().len(), COST_KEEP.len());
        assert_eq!(Profile::Cost.drop().len(), COST_DROP.len());
    }
}
