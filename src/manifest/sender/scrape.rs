//! What the agent scrapes: kube-state-metrics and the kubelets, each for the metrics that are kept of it, and for these alone.

use super::super::kept::{Profile, Spelling, known};
use super::super::spec::Sender;
use super::remote_write::{external_labels, list};
use super::states;
use crate::yaml::write::{Map, Value};

/// What the account of a pod is known by.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const RESOURCE: &str = "/metrics/resource";
const CADVISOR: &str = "/metrics/cadvisor";

/// Labels of `up` that say what a node is: of which label of the node, and what it is called.
const NODE_LABELS: [(&[&str], &str); 3] = [
    (&["node_kubernetes_io_instance_type"], "instance_type"),
    (&["topology_kubernetes_io_zone"], "zone"),
    (&["karpenter_sh_capacity_type", "eks_amazonaws_com_capacityType"], "capacity_type"),
];

/// The agent's `prometheus.yml`.
pub(super) fn config(sender: &Sender) -> Map {
    let global = Map::new()
        .with("scrape_interval", &*sender.agent.interval)
        .with_opt("external_labels", external_labels(sender));
    let mut jobs: Vec<Map> =
        (!states::kept(sender).is_empty()).then(|| states_job(sender)).into_iter().collect();
    let resource: Vec<&str> = known::kubelet(RESOURCE).collect();
    // What both paths have is taken from the one that costs less and has no rows of cgroups.
    let cadvisor: Vec<&str> = known::kubelet(CADVISOR).filter(|name| !resource.contains(name)).collect();
    if is_scraped(sender, &resource) {
        jobs.push(kubelet_job(sender, "kubelet-resource", RESOURCE, &resource, Vec::new()));
    }
    if is_scraped(sender, &cadvisor) {
        let shared: Vec<&str> = known::kubelet(CADVISOR).filter(|name| resource.contains(name)).collect();
        jobs.push(kubelet_job(sender, "kubelet-cadvisor", CADVISOR, &cadvisor, cadvisor_rules(&shared)));
    }
    Map::new()
        .with("global", global)
        .with("scrape_configs", jobs)
        .with("remote_write", list(sender, Spelling::Plain))
}

/// Whether the agent looks for nodes.
pub(super) fn needs_nodes(sender: &Sender) -> bool {
    let names: Vec<&str> = known::kubelet(RESOURCE).chain(known::kubelet(CADVISOR)).collect();
    is_scraped(sender, &names)
}

fn is_scraped(sender: &Sender, names: &[&str]) -> bool {
    names.iter().any(|name| sender.kept.may_keep(name))
}

fn states_job(sender: &Sender) -> Map {
    let names: Vec<&str> = states::kept(sender).iter().map(|(_, metric)| metric.name).collect();
    let mut job = Map::new().with("job_name", "kube-state-metrics").with("honor_labels", true);
    if sender.agent.kube_state_metrics.is_some() {
        let address = format!("{}:{}", states::name(sender), states::PORT);
        job.set("static_configs", [Map::new().with("targets", [address])]);
    } else {
        let by_label = "__meta_kubernetes_service_label_app_kubernetes_io_name";
        let by_port = "__meta_kubernetes_endpointslice_port_name";
        let keep = Map::new()
            .with("source_labels", [by_label, by_port])
            .with("regex", "kube-state-metrics;http(-metrics)?")
            .with("action", "keep");
        job.set("kubernetes_sd_configs", [Map::new().with("role", "endpointslice")]);
        job.set("relabel_configs", [keep]);
    }
    job.with_opt("metric_relabel_configs", scrape_rules(sender, &names, Vec::new(), Vec::new()))
}

/// What the kubelet of each node has at `path`; samples carry times of their own, and end with their container.
fn kubelet_job(sender: &Sender, job: &str, path: &str, names: &[&str], first: Vec<Map>) -> Map {
    let tls = Map::new()
        .with("ca_file", format!("{ACCOUNT}/ca.crt"))
        .with_opt("insecure_skip_verify", (!sender.agent.verify_kubelet).then_some(true));
    let of_node = |labels: &[&str]| -> Vec<String> {
        labels.iter().map(|label| format!("__meta_kubernetes_node_label_{label}")).collect()
    };
    let mut relabel =
        vec![Map::new().with("source_labels", ["__meta_kubernetes_node_name"]).with("target_label", "node")];
    let mut last = Vec::new();
    if sender.profile == Some(Profile::Cost) && path == RESOURCE {
        relabel.extend(NODE_LABELS.iter().map(|(labels, target)| {
            Map::new()
                .with("source_labels", of_node(labels))
                .with_opt("separator", (labels.len() > 1).then_some(""))
                .with("target_label", *target)
        }));
        // They stay on `up`, which no rule of a scrape reaches.
        let targets: Vec<&str> = NODE_LABELS.iter().map(|(_, target)| *target).collect();
        last.push(Map::new().with("regex", targets.join("|")).with("action", "labeldrop"));
    }
    Map::new()
        .with("job_name", job)
        .with("scheme", "https")
        .with("metrics_path", path)
        .with("track_timestamps_staleness", true)
        .with("authorization", Map::new().with("credentials_file", format!("{ACCOUNT}/token")))
        .with("tls_config", tls)
        .with("kubernetes_sd_configs", [Map::new().with("role", "node")])
        .with("relabel_configs", relabel)
        .with_opt("metric_relabel_configs", scrape_rules(sender, names, first, last))
}

/// Rows of cgroups that are no pod's, and what `/metrics/resource` has too.
fn cadvisor_rules(shared: &[&str]) -> Vec<Map> {
    let drop = |labels: &[&str], regex: String| {
        Map::new().with("source_labels", labels.to_vec()).with("regex", regex).with("action", "drop")
    };
    vec![drop(&["__name__"], shared.join("|")), drop(&["__name__", "pod"], "container_.*;".to_owned())]
}

fn scrape_rules(sender: &Sender, names: &[&str], first: Vec<Map>, last: Vec<Map>) -> Option<Value> {
    let kept = sender.kept.scrape_rules(names.iter().copied(), &sender.external_labels);
    let mut all = first;
    all.extend(kept.iter().map(|rule| rule.to_map(Spelling::Plain)));
    all.extend(last);
    Value::from(all).filled()
}
