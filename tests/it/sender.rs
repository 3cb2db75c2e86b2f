//! What `gen manifests sender` makes, run by the real programs: what is kept arrives and nothing else, the API server
//! takes every object without a word, and every account may do what it must and no more.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use obsctl::manifest::{self, OutFile, Part, Plan, Sender, Spec, output};
use obsctl::wire::Protocol;
use serde_json::{Value, json};

use crate::manifest::{by_id, description, document, objects, pairs, stdout, write};
use crate::manifest_cluster::{Ground, in_folder};
use crate::support::http::{self, Server};
use crate::support::process::{self, Process};
use crate::support::prometheus::Prometheus;
use crate::support::receiver::{Captured, Receiver};
use crate::support::{peers, wait};

const NAME: &str = "sender";
const HEADER: &str = "Made by a test.";

fn sender(text: &str, namespace: Option<&str>) -> Sender {
    Spec::parse(text, namespace).unwrap().sender.unwrap()
}

/// Everything for the agent of `testdata/manifest/sender`, in a namespace.
fn agent(namespace: &str) -> Plan {
    Part::Sender(&sender(&description("sender"), Some(namespace))).plan()
}

fn fragment(files: &[OutFile], name: &str) -> String {
    files.iter().find(|file| file.path == name).unwrap().text.clone()
}

/// The agent's `prometheus.yml`.
fn config(plan: &Plan) -> String {
    let map = plan.manifests.iter().find(|it| it.id().kind == "ConfigMap").unwrap().to_json();
    map["data"]["prometheus.yml"].as_str().unwrap().to_owned()
}

/// The names of series that arrived.
fn names(captured: &Captured, protocol: Protocol) -> BTreeSet<String> {
    captured.traffic(protocol).samples.keys().map(|(labels, _)| labels["__name__"].clone()).collect()
}

/// Stops the receiver when all `wanted` names have arrived; all that did.
#[track_caller]
fn arrived(receiver: Receiver, protocol: Protocol, wanted: &[&str]) -> Captured {
    let mut following = receiver.follow();
    wait::until("what is kept", Duration::from_secs(60), || {
        let names = names(following.read_on(), protocol);
        let missing: Vec<&&str> = wanted.iter().filter(|name| !names.contains(**name)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} missing, there are {names:?}")) }
    });
    receiver.stop()
}

#[test]
fn a_prometheus_with_the_fragment_sends_what_is_kept_and_nothing_else() {
    let Some([prometheus]) = peers::find(NAME, [peers::PROMETHEUS]) else { return };
    for (word, protocol) in [("1.0", Protocol::V1), ("2.0", Protocol::V2)] {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::start(&folder.path().join("capture"));
        let text = format!(
            "sender:\n  url: http://{}/api/v1/write\n  protocol: '{word}'\n  external-labels: {{cluster: test}}\n  \
             keep: [prometheus_build_info, 'go_gc_*', 'up{{job=\"kept\",cluster=\"test\"}}', 'net_*{{dialer_name=~\"def.*\"}}']\n  \
             drop: [go_gc_duration_seconds_sum, 'go_gc_duration_seconds{{quantile=~\"0|1\"}}']\n  rate: 1000\n",
            receiver.address
        );
        let plan = Part::Sender(&sender(&text, None)).plan();
        let fragment = fragment(&output::fragments(&plan, HEADER), "remote-write.yaml");
        let _prometheus = Prometheus::start(&prometheus, "", |address| {
            let job = |name: &str| {
                format!(
                    "- job_name: {name}\n  scrape_interval: 1s\n  static_configs: [{{targets: ['{address}']}}]\n"
                )
            };
            format!("{fragment}scrape_configs:\n{}{}", job("kept"), job("other"))
        });
        let wanted = [
            "prometheus_build_info",
            "up",
            "go_gc_duration_seconds",
            "go_gc_duration_seconds_count",
            "net_conntrack_dialer_conn_attempted_total",
        ];
        let captured = arrived(receiver, protocol, &wanted);
        let other = if protocol == Protocol::V1 { Protocol::V2 } else { Protocol::V1 };
        assert_eq!(names(&captured, other), BTreeSet::new(), "the other version");
        for (labels, _) in captured.traffic(protocol).samples.keys() {
            let label = |name: &str| labels.get(name).map(String::as_str).unwrap_or_default();
            assert_eq!(label("cluster"), "test", "{labels:?}");
            let kept = match label("__name__") {
                "up" => label("job") == "kept",
                "prometheus_build_info" => true,
                "go_gc_duration_seconds_sum" => false,
                "go_gc_duration_seconds" => !["0", "1"].contains(&label("quantile")),
                name if name.starts_with("net_") => label("dialer_name").starts_with("def"),
                name => name.starts_with("go_gc_"),
            };
            assert!(kept, "{labels:?} arrived");
        }
    }
}

#[test]
fn promtool_takes_the_fragment_and_the_agents_configuration() {
    let Some([promtool]) = peers::find(NAME, [peers::PROMTOOL]) else { return };
    let check = |text: &str, args: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        // promtool looks whether files are there.
        let at = folder.path().display().to_string();
        let text =
            text.replace("/etc/prometheus/secrets", &at).replace("/var/run/secrets/kubernetes.io", &at);
        let files = ["metrics-example/bearer", "metrics-example/user", "metrics-example/password"];
        write(folder.path(), files.map(|file| (file, "x")));
        write(folder.path(), ["serviceaccount/token", "serviceaccount/ca.crt"].map(|file| (file, "x")));
        write(folder.path(), [("prometheus.yml", text.as_str())]);
        let mut command = Command::new(&promtool);
        let said =
            stdout(command.args(["check", "config"]).args(args).arg(folder.path().join("prometheus.yml")));
        assert!(said.contains("is valid prometheus config file syntax"), "{said}");
    };
    check(&config(&agent("monitoring")), &["--agent"]);
    let plan = Part::Sender(&sender(&description("sender-prometheus"), None)).plan();
    check(&fragment(&output::fragments(&plan, HEADER), "remote-write.yaml"), &[]);
}

#[test]
fn kustomize_and_helm_make_the_same_objects() {
    let Some([kubectl, helm]) = peers::find(NAME, [peers::KUBECTL, peers::HELM]) else { return };
    let chart = in_folder(&output::chart(Part::Sender(&sender(&description("sender"), None)), HEADER));
    let run =
        |args: &[&str]| stdout(Command::new(&helm).env("HOME", chart.path()).args(args).arg(chart.path()));
    let linted = run(&["lint", "--strict"]);
    assert!(linted.contains("0 chart(s) failed"), "{linted}");
    for namespace in ["monitoring", "1e3", "null"] {
        let plan = agent(namespace);
        assert_eq!(
            by_id(&run(&["template", "--namespace", namespace, "metrics"])),
            objects(&plan),
            "{namespace}"
        );
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), pairs(&output::kustomize(&plan, HEADER)));
        let built = stdout(Command::new(&kubectl).arg("kustomize").arg(folder.path()));
        assert_eq!(by_id(&built), objects(&plan), "{namespace}");
    }
    let set =
        ["template", "-n", "a", "--set", "agent.image=x,kube-state-metrics.resources.limits.memory=1Gi", "m"];
    let rendered = by_id(&run(&set));
    let container =
        |name: &str| &rendered[&format!("Deployment a/{name}")]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container("metrics")["image"], "x");
    assert_eq!(container("metrics-kube-state-metrics")["resources"]["limits"]["memory"], "1Gi");
}

#[test]
fn the_api_server_takes_all_three_formats_without_a_word() {
    let Some([helm]) = peers::find(NAME, [peers::HELM]) else { return };
    let Some(ground) = Ground::new(NAME, &["send-yaml", "send-kustomize", "send-helm"]) else { return };
    let kubectl = ground.kubectl.clone();
    let plan = agent("send-yaml");
    let count = plan.manifests.len();
    let folder = in_folder(&output::yaml(&plan, HEADER));
    let path = folder.path().display().to_string();
    let apply = ["apply", "--server-side", "-R", "-f", &path];
    assert_eq!(ground.silent(&kubectl, &apply).matches("serverside-applied").count(), count);
    assert_eq!(ground.silent(&kubectl, &["diff", "--server-side", "-R", "-f", &path]), "");

    let folder = in_folder(&output::kustomize(&agent("send-kustomize"), HEADER));
    let path = folder.path().display().to_string();
    let said = ground.silent(&kubectl, &["apply", "--server-side", "-k", &path]);
    assert_eq!(said.matches("serverside-applied").count(), count);

    let chart = output::chart(Part::Sender(&sender(&description("sender"), None)), HEADER);
    let folder = in_folder(&chart);
    let path = folder.path().display().to_string();
    let said = ground.silent(&helm, &["install", "metrics", &path, "-n", "send-helm"]);
    assert!(said.contains("STATUS: deployed") && said.contains("from the namespace send-helm"), "{said}");
    let kinds = "serviceaccount,configmap,service,deployment";
    let of = |namespace: &str| {
        let all = ground.cluster.kubectl(&["get", kinds, "-n", namespace, "-o", "name"], "");
        all.lines().filter(|name| name.contains("metrics")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("send-helm"), of("send-yaml"));
    assert_eq!(of("send-kustomize"), of("send-yaml"));
    assert!(!of("send-yaml").is_empty());
}

#[test]
fn the_accounts_may_do_what_they_must_and_no_more() {
    let Some(ground) = Ground::new(NAME, &["send-rbac"]) else { return };
    let text = output::one_text(&agent("send-rbac"), HEADER);
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &text);
    // All that the server says they may, but for what everybody may ask of themselves.
    let rights = |name: &str| -> BTreeSet<String> {
        let config = ground.cluster.account("send-rbac", name);
        let done = ground.run(&ground.kubectl, config.path(), &["auth", "can-i", "--list", "--no-headers"]);
        let table = String::from_utf8(done.stdout).unwrap();
        let rows = table.lines().map(|line| line.split("  ").map(str::trim).filter(|it| !it.is_empty()));
        let rows = rows.map(Iterator::collect::<Vec<_>>).filter(|row| row.len() == 4);
        rows.filter(|row| !row[0].starts_with("selfsubject"))
            .map(|row| format!("{} {}", row[0], row[3]))
            .collect()
    };
    let expect = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(rights("metrics"), expect(&["nodes [list watch]", "nodes/metrics [get]"]));
    let listed = [
        "deployments.apps [list watch]",
        "jobs.batch [list watch]",
        "namespaces [list watch]",
        "nodes [list watch]",
        "persistentvolumeclaims [list watch]",
        "persistentvolumes [list watch]",
        "pods [list watch]",
        "services [list watch]",
    ];
    assert_eq!(rights("metrics-kube-state-metrics"), expect(&listed));
    let config = ground.cluster.account("send-rbac", "metrics-kube-state-metrics");
    let get = |what: &str| ground.run(&ground.kubectl, config.path(), &["get", what, "--all-namespaces"]);
    assert!(get("deployments").status.success());
    assert!(String::from_utf8_lossy(&get("secrets").stderr).contains("forbidden"));
}

#[test]
fn the_operator_writes_the_same_remote_write_of_the_patch() {
    let Some([operator]) = peers::find(NAME, [peers::PROMETHEUS_OPERATOR]) else { return };
    let Some(ground) = Ground::new(NAME, &["send-patch"]) else { return };
    let there = "apiVersion: v1
kind: Secret
metadata: {name: metrics-example, namespace: send-patch}
stringData: {user: me, password: of-a-test}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: shop, namespace: send-patch}
spec:
  version: v3.5.3
  serviceMonitorSelector: {}
  externalLabels: {region: eu}
  remoteWrite: [{url: 'http://old.example/write'}]
";
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], there);
    let text = description("sender-prometheus").replace("patch: k8s", "patch: shop");
    let plan = Part::Sender(&sender(&text, Some("send-patch"))).plan();
    let folder = in_folder(&output::fragments(&plan, HEADER));
    let patch = folder.path().join("patch-prometheus-shop.yaml").display().to_string();
    let args = ["patch", "prometheus", "shop", "-n", "send-patch", "--type", "merge", "--patch-file", &patch];
    ground.silent(&ground.kubectl, &args);

    let mut command = Command::new(operator);
    command.env("KUBECONFIG", &ground.cluster.kubeconfig).arg("--namespaces=send-patch");
    command.arg(format!("--web.listen-address={}", process::free_address()));
    let _operator = Process::start(command);
    let written = document(&ground.configuration("send-patch"));
    let plain = document(&fs::read_to_string(folder.path().join("remote-write.yaml")).unwrap());
    let [entry] = written["remote_write"].as_array().unwrap().as_slice() else { panic!("{written}") };
    let expect = &plain["remote_write"][0];
    for field in ["url", "name", "send_exemplars", "write_relabel_configs", "queue_config"] {
        assert_eq!(entry[field], expect[field], "{field}");
    }
    assert_eq!(entry["basic_auth"], json!({"username": "me", "password": "of-a-test"}));
    let labels = &written["global"]["external_labels"];
    assert_eq!((&labels["region"], &labels["env"]), (&json!("eu"), &json!("prod")), "labels are merged");
    let warnings = ["get", "events", "-n", "send-patch", "--field-selector", "type=Warning", "-o", "yaml"];
    assert!(ground.cluster.kubectl(&warnings, "").contains("items: []"), "the operator warns");
}

/// What a kubelet says at `/metrics/resource` and `/metrics/cadvisor`: metrics that are kept, and others.
const RESOURCE: &str = "container_cpu_usage_seconds_total{container=\"web\",namespace=\"a\",pod=\"web-1\"} 5
container_memory_working_set_bytes{container=\"web\",namespace=\"a\",pod=\"web-1\"} 1e+06
container_start_time_seconds{container=\"web\",namespace=\"a\",pod=\"web-1\"} 1.7e+09
container_swap_usage_bytes{container=\"web\",namespace=\"a\",pod=\"web-1\"} 0
node_cpu_usage_seconds_total 50
resource_scrape_error 0
";
const CADVISOR: &str = "container_cpu_usage_seconds_total{container=\"\",id=\"/\",namespace=\"\",pod=\"\"} 99
container_cpu_usage_seconds_total{container=\"web\",id=\"/x\",namespace=\"a\",pod=\"web-1\"} 99
container_network_receive_bytes_total{interface=\"eth0\",namespace=\"a\",pod=\"web-1\"} 7
container_network_receive_bytes_total{interface=\"eth0\",namespace=\"\",pod=\"\"} 70
container_network_transmit_bytes_total{interface=\"eth0\",namespace=\"a\",pod=\"web-1\"} 8
container_network_transmit_errors_total{interface=\"eth0\",namespace=\"a\",pod=\"web-1\"} 0
machine_cpu_cores 4
";

fn kubelet() -> Server {
    Server::start(|request| {
        let path = request.first_line.split(' ').nth(1).unwrap_or_default();
        let body = match path {
            "/metrics/resource" => RESOURCE,
            "/metrics/cadvisor" => CADVISOR,
            _ => return (404, Vec::new(), Vec::new()),
        };
        let is_allowed = request.header("authorization") == Some("Bearer of-a-test");
        let status = if is_allowed { 200 } else { 401 };
        (status, vec![("Content-Type", "text/plain; version=0.0.4".to_owned())], body.as_bytes().to_vec())
    })
}

/// A node whose kubelet is at this port, and a pod that runs there.
fn workload(ground: &Ground, namespace: &str, port: u16) {
    let node = format!(
        "apiVersion: v1
kind: Node
metadata: {{name: {namespace}, labels: {{node.kubernetes.io/instance-type: m5.large, topology.kubernetes.io/zone: eu-1, other: x}}}}
status:
  addresses: [{{type: InternalIP, address: 127.0.0.1}}]
  capacity: {{cpu: '4', memory: 16Gi, pods: '110'}}
  daemonEndpoints: {{kubeletEndpoint: {{Port: {port}}}}}
"
    );
    ground.cluster.kubectl(&["create", "-f", "-"], &node);
    let pod = format!(
        "apiVersion: v1
kind: ServiceAccount
metadata: {{name: default, namespace: {namespace}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web-1, namespace: {namespace}, labels: {{team: blue, other: x}}}}
spec:
  nodeName: {namespace}
  containers: [{{name: web, image: web, resources: {{requests: {{cpu: 250m, ephemeral-storage: 1Gi}}}}}}]
"
    );
    ground.cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &pod);
    let running = r#"{"status":{"phase":"Running"}}"#;
    let args =
        ["patch", "pod", "web-1", "-n", namespace, "--subresource=status", "--type=merge", "-p", running];
    ground.cluster.kubectl(&args, "");
}

/// The generated kube-state-metrics, as its account, on ports of its own.
fn state_metrics(
    ground: &Ground,
    plan: &Plan,
    namespace: &str,
    program: &Path,
) -> (Process, std::net::SocketAddr) {
    let account = ground.cluster.account(namespace, "metrics-kube-state-metrics");
    let (address, own) = (process::free_address(), process::free_address());
    let deployment = plan
        .manifests
        .iter()
        .find(|it| it.id().kind == "Deployment" && it.id().name == "metrics-kube-state-metrics")
        .unwrap()
        .to_json();
    let mut command = Command::new(program);
    for arg in deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap() {
        let arg = arg.as_str().unwrap();
        command.arg(match arg.split_once('=').unwrap() {
            ("--port", _) => format!("--port={}", address.port()),
            ("--telemetry-port", _) => format!("--telemetry-port={}", own.port()),
            _ => arg.to_owned(),
        });
    }
    command.args(["--host=127.0.0.1", "--telemetry-host=127.0.0.1", "--kubeconfig"]).arg(account.path());
    let process = Process::start(command);
    http::wait_ready(address, "/livez");
    http::wait_ready(own, "/readyz");
    drop(account); // it was read
    (process, address)
}

/// The generated configuration for this place: no TLS, and a kubeconfig in the place of what a pod is given.
fn here(config: &str, folder: &Path, kubeconfig: &Path, states: Option<std::net::SocketAddr>) -> PathBuf {
    let token = folder.join("token");
    fs::write(&token, "of-a-test").unwrap();
    let mut text = config
        .replace("scheme: https", "scheme: http")
        .replace("scrape_interval: 60s", "scrape_interval: 1s")
        .replace("/var/run/secrets/kubernetes.io/serviceaccount/token", &token.display().to_string())
        .replace(
            "      - role: node",
            &format!("      - role: node\n        kubeconfig_file: {}", kubeconfig.display()),
        )
        .replace("  - role: node", &format!("  - role: node\n    kubeconfig_file: {}", kubeconfig.display()));
    let tls = "  tls_config:\n    ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n";
    text = text.replace(tls, "");
    if let Some(states) = states {
        text = text.replace("metrics-kube-state-metrics:8080", &states.to_string());
    }
    let file = folder.join("prometheus.yml");
    fs::write(&file, text).unwrap();
    file
}

/// Everything of the agent but its containers: real discovery with the rights of its account, a kubelet that says more
/// than is kept, and the real kube-state-metrics where it is here.
#[test]
fn the_agent_sends_what_is_kept_of_the_whole_cluster() {
    let Some([prometheus, program]) = peers::find(NAME, [peers::PROMETHEUS, peers::KUBE_STATE_METRICS])
    else {
        return;
    };
    let namespace = "send-agent";
    let Some(ground) = Ground::new(NAME, &[namespace]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(&folder.path().join("capture"));
    let text = description("sender")
        .replace(
            "https://metrics.example.org/api/v1/write",
            &format!("http://{}/api/v1/write", receiver.address),
        )
        .replace("  secret: {name: metrics-example, token-key: bearer}\n", "");
    let plan = Part::Sender(&sender(&text, Some(namespace))).plan();
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &output::one_text(&plan, HEADER));
    let kubelet = kubelet();
    workload(&ground, namespace, kubelet.address.port());
    let (states, states_address) = state_metrics(&ground, &plan, namespace, &program);

    let kubeconfig = ground.cluster.account(namespace, "metrics");
    let file = here(&config(&plan), folder.path(), kubeconfig.path(), Some(states_address));
    let address = process::free_address();
    let mut command = Command::new(prometheus);
    command.arg("--agent").arg("--config.file").arg(&file);
    command.arg("--storage.agent.path").arg(folder.path().join("data"));
    command.arg(format!("--web.listen-address={address}"));
    let prometheus = Process::start(command);
    let wanted = [
        "kube_node_info",
        "kube_node_labels",
        "kube_node_status_capacity",
        "kube_pod_info",
        "kube_pod_labels",
        "kube_pod_owner",
        "kube_pod_status_phase",
        "kube_pod_container_resource_requests",
        "kube_namespace_labels",
        "kube_deployment_status_replicas",
        "container_cpu_usage_seconds_total",
        "container_memory_working_set_bytes",
        "container_start_time_seconds",
        "container_network_receive_bytes_total",
        "container_network_transmit_bytes_total",
        "up",
    ];
    let captured = arrived(receiver, Protocol::V2, &wanted);
    let log = [prometheus.lines(), states.lines()].concat().join("\n");
    assert!(!log.contains("forbidden"), "{log}");
    for (labels, _) in captured.traffic(Protocol::V2).samples.keys() {
        check_series(labels, namespace, &log);
    }
    let values = |name: &str| -> BTreeSet<u64> {
        let all = captured.traffic(Protocol::V2).samples.iter();
        all.filter(|((labels, _), _)| labels["__name__"] == name).map(|(_, value)| *value).collect()
    };
    // Only that of `/metrics/resource`, though the other path has it too.
    assert_eq!(values("container_cpu_usage_seconds_total"), BTreeSet::from([5f64.to_bits()]));
}

/// One series that arrived is one that was kept.
#[track_caller]
fn check_series(labels: &std::collections::BTreeMap<String, String>, namespace: &str, log: &str) {
    let label = |name: &str| labels.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(label("cluster"), "shop-1", "{labels:?}");
    match label("__name__") {
        "up" if label("job") == "kubelet-resource" => {
            assert_eq!((label("instance_type"), label("zone")), ("m5.large", "eu-1"));
        }
        "up" => assert!(["kube-state-metrics", "kubelet-cadvisor"].contains(&label("job")), "{labels:?}"),
        "kube_pod_status_phase" => assert_eq!(label("phase"), "Running", "{labels:?}"),
        "kube_pod_labels" if label("namespace") == namespace => {
            assert_eq!((label("label_team"), label("label_other")), ("blue", ""), "{labels:?}");
        }
        "kube_node_labels" => assert_eq!(label("label_other"), "", "{labels:?}"),
        "kube_node_status_capacity" => assert!(["cpu", "memory"].contains(&label("resource")), "{labels:?}"),
        "kube_pod_container_resource_requests" => assert_eq!(label("resource"), "cpu", "{labels:?}"),
        "kube_deployment_status_condition" => assert_ne!(label("status"), "unknown", "{labels:?}"),
        "container_network_receive_bytes_total" | "container_network_transmit_bytes_total" => {
            assert_eq!((label("pod"), label("instance_type")), ("web-1", ""), "{labels:?}");
        }
        "container_cpu_usage_seconds_total"
        | "container_memory_working_set_bytes"
        | "container_start_time_seconds" => {
            assert_eq!((label("pod"), label("zone")), ("web-1", ""), "{labels:?}");
        }
        "kube_node_info"
        | "kube_pod_info"
        | "kube_pod_owner"
        | "kube_pod_labels"
        | "kube_pod_nodeselectors"
        | "kube_job_owner"
        | "kube_namespace_labels"
        | "kube_persistentvolume_capacity_bytes"
        | "kube_persistentvolumeclaim_info"
        | "kube_service_spec_type"
        | "kube_pod_init_container_resource_requests"
        | "kube_pod_spec_volumes_persistentvolumeclaims_info" => {}
        name => assert!(name.starts_with("kube_deployment_status_"), "{labels:?} arrived\n{log}"),
    }
}

/// It says nothing of resources that there are no objects of; of these there are some.
const THERE: [&str; 6] =
    ["kube_deployment_", "kube_namespace_", "kube_node_", "kube_pod_", "kube_role_", "kube_service_"];

/// The table of metrics is that of the program: with `kube_*` kept, it has every family and no other.
#[test]
fn kube_state_metrics_has_what_the_table_says() {
    let Some([program]) = peers::find(NAME, [peers::KUBE_STATE_METRICS]) else { return };
    let namespace = "send-table";
    let Some(ground) = Ground::new(NAME, &[namespace]) else { return };
    let text = "sender: {name: metrics, url: 'http://a.example', mode: agent, keep: ['kube_*', 'kube_secret_*'], object-labels: \
                {pods: [a], nodes: [a], namespaces: [a]}}";
    let plan = Part::Sender(&sender(text, Some(namespace))).plan();
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &output::one_text(&plan, HEADER));
    workload(&ground, namespace, 1);
    let (states, address) = state_metrics(&ground, &plan, namespace, &program);
    let body = wait::until("all resources", Duration::from_secs(30), || {
        let answer = http::get(address, "/metrics").map_err(|err| err.to_string())?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let are_there = THERE.iter().all(|name| body.contains(&format!("\n{name}")));
        if are_there { Ok(body) } else { Err(body) }
    });
    let families: BTreeSet<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    let deployment = plan.manifests.iter().rfind(|it| it.id().kind == "Deployment").unwrap().to_json();
    let args = deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
    let list = args.iter().filter_map(Value::as_str).find_map(|arg| arg.strip_prefix("--metric-allowlist="));
    let table: BTreeSet<&str> =
        list.unwrap().split(',').map(|name| name.trim_start_matches('^').trim_end_matches('$')).collect();
    let log = states.lines().join("\n");
    assert!(!log.contains("forbidden"), "{log}");
    assert_eq!(families.difference(&table).collect::<Vec<_>>(), Vec::<&&str>::new());
    for of in THERE {
        let both = [&families, &table]
            .map(|names| names.iter().filter(|name| name.starts_with(of)).collect::<Vec<_>>());
        assert_eq!(both[0], both[1]);
    }
}

#[test]
fn two_parts_of_one_file_are_made_together() {
    let text = format!("{}\n{}", description("small"), description("sender"));
    let spec = Spec::parse(&text, None).unwrap();
    let both = manifest::plan(&spec.parts(None)).manifests.len();
    let counts = spec.parts(None).iter().map(|part| part.plan().manifests.len()).sum::<usize>();
    assert_eq!(both, counts);
    assert_eq!(spec.parts(Some(manifest::Kind::Sender)).len(), 1);
}
