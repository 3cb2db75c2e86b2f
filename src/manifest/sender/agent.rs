//! The agent: a Prometheus that scrapes, keeps what it could not send yet, and has no queries and no rules.

use super::super::owner::Pod;
use super::super::spec::Sender;
use super::super::{names, pod, rbac};
use super::remote_write::SECRETS_FOLDER;
use super::{owner, scrape, states};
use crate::k8s::Manifest;
use crate::yaml::write::{self, Map};

const PROGRAM: &str = "prometheus-agent";
const PORT: u16 = 9090;
const PORT_NAME: &str = "web";
const CONFIG: &str = "config";
const CONFIG_FOLDER: &str = "/etc/prometheus/config";
const CONFIG_FILE: &str = "prometheus.yml";
/// What was not sent yet; it ends with the pod.
const DATA: &str = "data";
const DATA_FOLDER: &str = "/prometheus";
const SECRET: &str = "secret";

pub(super) fn manifests(sender: &Sender) -> Vec<Manifest> {
    let name = sender.name.as_str();
    let config = write::document(&scrape::config(sender), None);
    let mut all = vec![owner(sender).object("v1", "ServiceAccount", name)];
    let rules = rules(sender);
    if !rules.is_empty() {
        all.extend(rbac::cluster_role(&owner(sender), name, rules));
    }
    all.push(deployment(sender, &config));
    all.push(
        owner(sender)
            .object("v1", "ConfigMap", &names::of(name, CONFIG))
            .with("data", Map::new().with(CONFIG_FILE, config)),
    );
    all
}

/// Nodes are found and asked, and a kube-state-metrics that is there is found; nothing else.
fn rules(sender: &Sender) -> Vec<Map> {
    let mut rules = Vec::new();
    if scrape::needs_nodes(sender) {
        rules.push(rbac::follow("", &["nodes"]));
        rules.push(rbac::rule("", &["nodes/metrics"], &["get"]));
    }
    if sender.agent.kube_state_metrics.is_none() && !states::kept(sender).is_empty() {
        rules.push(rbac::follow("", &["services", "pods"]));
        rules.push(rbac::follow("discovery.k8s.io", &["endpointslices"]));
    }
    rules
}

fn deployment(sender: &Sender, config: &str) -> Manifest {
    let name = sender.name.as_str();
    let mut mounts =
        vec![pod::mount(CONFIG, CONFIG_FOLDER), Map::new().with("name", DATA).with("mountPath", DATA_FOLDER)];
    let mut volumes = vec![
        pod::config_volume(CONFIG, &names::of(name, CONFIG)),
        Map::new().with("name", DATA).with("emptyDir", Map::new()),
    ];
    if let Some(secret) = &sender.secret {
        mounts.push(pod::mount(SECRET, &format!("{SECRETS_FOLDER}/{}", secret.name)));
        volumes.push(pod::secret_volume(SECRET, &secret.name));
    }
    let container = Map::new()
        .with("name", PROGRAM)
        .with("image", &*sender.agent.image)
        .with(
            "args",
            vec![
                "--agent".to_owned(),
                format!("--config.file={CONFIG_FOLDER}/{CONFIG_FILE}"),
                format!("--storage.agent.path={DATA_FOLDER}"),
                format!("--web.listen-address=:{PORT}"),
            ],
        )
        .with("ports", [Map::new().with("name", PORT_NAME).with("containerPort", PORT)])
        .with("readinessProbe", pod::probe("/-/ready", PORT_NAME))
        .with("livenessProbe", pod::probe("/-/healthy", PORT_NAME))
        .with_opt("resources", pod::resources(&sender.agent.resources))
        .with("securityContext", pod::without_rights())
        .with("volumeMounts", mounts);
    let spec = Map::new()
        .with("serviceAccountName", name)
        .with("securityContext", pod::as_nobody())
        .with("containers", [container])
        .with("volumes", volumes);
    // A new configuration is a new pod; two at a time would send everything twice.
    let checksum = format!("{:08x}", crc32c::crc32c(config.as_bytes()));
    let annotations = Some(Map::new().with("checksum/config", checksum));
    owner(sender).deployment(name, names::exporter(PROGRAM, name), Pod { spec, annotations, alone: true })
}
