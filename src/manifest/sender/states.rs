//! The kube-state-metrics of a sender: the resources, the metrics and the labels that are kept, and the right to list
//! these resources.

use super::super::kept::known::{self, Metric, Origin};
use super::super::owner::Pod;
use super::super::spec::{KubeStateMetrics, Sender};
use super::super::{names, pod, rbac};
use super::owner;
use crate::k8s::Manifest;
use crate::yaml::write::Map;

/// Of the metrics.
pub(super) const PORT: u16 = 8080;
const PORT_NAME: &str = "http-metrics";
/// Of its own metrics, where it also says whether it is ready.
const OWN_PORT: u16 = 8081;
const OWN_PORT_NAME: &str = "telemetry";
const PROGRAM: &str = "kube-state-metrics";

pub(super) fn manifests(sender: &Sender) -> Vec<Manifest> {
    let Some(said) = sender.agent.kube_state_metrics.as_ref().filter(|_| !kept(sender).is_empty()) else {
        return Vec::new();
    };
    let name = name(sender);
    let mut all = vec![owner(sender).object("v1", "ServiceAccount", &name)];
    all.extend(rbac::cluster_role(&owner(sender), &name, rules(sender)));
    all.extend([service(sender, &name), deployment(sender, said, &name)]);
    all
}

pub(super) fn name(sender: &Sender) -> String {
    names::of(&sender.name, PROGRAM)
}

/// The metrics that are kept, each with its resource.
///
/// Whoever lists Secrets has read them. That right is not asked for by a glob that happens to have their metrics too.
pub(super) fn kept(sender: &Sender) -> Vec<(&'static Origin, &'static Metric)> {
    let origins = known::KUBE_STATE_METRICS.iter();
    let all = origins.flat_map(|origin| origin.metrics.iter().map(move |metric| (origin, metric)));
    all.filter(|(origin, metric)| {
        sender.kept.may_keep(metric.name) && (origin.name != "secrets" || sender.kept.names("kube_secret"))
    })
    .collect()
}

/// Keys of labels for `--metric-labels-allowlist`, of resources whose labels are kept: `pods=[a,b]`.
pub(super) fn labels_allowlist(sender: &Sender) -> Option<Vec<String>> {
    let is_kept = |resource: &str| {
        let metric = format!("kube_{}_labels", resource.trim_end_matches('s'));
        sender.kept.may_keep(&metric)
    };
    let lists = sender.object_labels.iter().filter(|(resource, _)| is_kept(resource));
    let lists: Vec<String> =
        lists.map(|(resource, keys)| format!("{resource}=[{}]", keys.join(","))).collect();
    (!lists.is_empty()).then_some(lists)
}

/// The resources, each once.
fn resources(sender: &Sender) -> Vec<&'static Origin> {
    let mut origins: Vec<&Origin> = kept(sender).into_iter().map(|(origin, _)| origin).collect();
    origins.dedup_by_key(|origin| origin.name);
    origins
}

/// By group, the core one first.
fn rules(sender: &Sender) -> Vec<Map> {
    let resources = resources(sender);
    let mut groups: Vec<&str> = resources.iter().map(|origin| origin.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let rule = |group: &str| {
        let of_group = resources.iter().filter(|origin| origin.group == group);
        rbac::follow(group, &of_group.map(|origin| origin.name).collect::<Vec<_>>())
    };
    groups.into_iter().map(rule).collect()
}

fn args(sender: &Sender) -> Vec<String> {
    let kept = kept(sender);
    let resources: Vec<&str> = resources(sender).iter().map(|origin| origin.name).collect();
    // Expressions are searched for: an end at both sides makes a name of it.
    let metrics: Vec<String> = kept.iter().map(|(_, metric)| format!("^{}$", metric.name)).collect();
    let opt_in: Vec<String> = kept
        .iter()
        .filter(|(_, metric)| metric.opt_in)
        .map(|(_, metric)| format!("^{}$", metric.name))
        .collect();
    let mut args = vec![
        format!("--port={PORT}"),
        format!("--telemetry-port={OWN_PORT}"),
        format!("--resources={}", resources.join(",")),
        format!("--metric-allowlist={}", metrics.join(",")),
    ];
    args.extend((!opt_in.is_empty()).then(|| format!("--metric-opt-in-list={}", opt_in.join(","))));
    args.extend(
        labels_allowlist(sender).map(|lists| format!("--metric-labels-allowlist={}", lists.join(","))),
    );
    args
}

fn labels(name: &str) -> Vec<(String, String)> {
    names::exporter(PROGRAM, name)
}

fn service(sender: &Sender, name: &str) -> Manifest {
    let port = Map::new().with("name", PORT_NAME).with("port", PORT).with("targetPort", PORT_NAME);
    let selector: Map = labels(name).into_iter().collect();
    let spec = Map::new().with("selector", selector).with("ports", [port]);
    owner(sender).object("v1", "Service", name).labels(labels(name)).with("spec", spec)
}

fn deployment(sender: &Sender, said: &KubeStateMetrics, name: &str) -> Manifest {
    let port = |name: &str, number: u16| Map::new().with("name", name).with("containerPort", number);
    let container = Map::new()
        .with("name", PROGRAM)
        .with("image", &*said.image)
        .with("args", args(sender))
        .with("ports", [port(PORT_NAME, PORT), port(OWN_PORT_NAME, OWN_PORT)])
        .with("readinessProbe", pod::probe("/readyz", OWN_PORT_NAME))
        .with("livenessProbe", pod::probe("/livez", PORT_NAME))
        .with_opt("resources", pod::resources(&said.resources))
        .with("securityContext", pod::without_rights());
    let spec = Map::new()
        .with("serviceAccountName", name)
        .with("securityContext", pod::as_nobody())
        .with("containers", [container]);
    owner(sender).deployment(name, labels(name), Pod { spec, annotations: None, alone: false })
}
