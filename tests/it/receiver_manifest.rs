//! What `gen manifests receiver` makes, in the hands of the real programs: all formats say the same objects, the API server
//! takes them without a word, the operator scrapes them, its own program runs with what its container is given, and each
//! alert fires when it should.

use std::process::Command;
use std::time::Duration;

use obsctl::manifest::{Part, Plan, Receiver, Spec, output};
use serde_json::{Value, json};

use crate::manifest::{by_id, description, objects, pairs, stdout, write};
use crate::manifest_cluster::{Ground, in_folder};
use crate::support::http;
use crate::support::process::{self, Process};
use crate::support::receiver::{listening, obsctl};
use crate::support::{peers, wait};

const NAME: &str = "receiver_manifest";
const HEADER: &str = "Made by a test.";

fn receiver(text: &str, namespace: &str) -> Receiver {
    Spec::parse(text, Some(namespace)).unwrap().receiver.unwrap()
}

fn plan(namespace: &str) -> Plan {
    Part::Receiver(&receiver(&description("receiver"), namespace)).plan()
}

fn object(plan: &Plan, kind: &str) -> Value {
    plan.manifests.iter().find(|it| it.id().kind == kind).unwrap().to_json()
}

#[test]
fn kustomize_and_helm_make_the_same_objects() {
    let Some([kubectl, helm]) = peers::find(NAME, [peers::KUBECTL, peers::HELM]) else { return };
    let described = receiver(&description("receiver"), "monitoring");
    let chart = in_folder(&output::chart(Part::Receiver(&described), HEADER));
    let run =
        |args: &[&str]| stdout(Command::new(&helm).env("HOME", chart.path()).args(args).arg(chart.path()));
    let linted = run(&["lint", "--strict"]);
    assert!(linted.contains("0 chart(s) failed"), "{linted}");
    for namespace in ["monitoring", "1e3", "null"] {
        let plan = plan(namespace);
        let rendered = by_id(&run(&["template", "--namespace", namespace, "receiver"]));
        assert_eq!(rendered, objects(&plan), "{namespace}");
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), pairs(&output::kustomize(&plan, HEADER)));
        let built = stdout(Command::new(&kubectl).arg("kustomize").arg(folder.path()));
        assert_eq!(by_id(&built), objects(&plan), "{namespace}");
    }
    let set = "replicas=3,image=x,resources.limits.memory=1Gi";
    let rendered = by_id(&run(&["template", "-n", "a", "--set", set, "r"]));
    let spec = &rendered["StatefulSet a/receiver"]["spec"];
    let container = &spec["template"]["spec"]["containers"][0];
    assert_eq!(
        (&spec["replicas"], &container["image"], &container["resources"]["limits"]["memory"]),
        (&json!(3), &json!("x"), &json!("1Gi"))
    );
}

#[test]
fn the_api_server_takes_all_three_formats_without_a_word() {
    let Some([helm]) = peers::find(NAME, [peers::HELM]) else { return };
    let Some(ground) = Ground::new(NAME, &["recv-yaml", "recv-kustomize", "recv-helm"]) else { return };
    let kubectl = ground.kubectl.clone();
    let made = plan("recv-yaml");
    let count = made.manifests.len();
    let folder = in_folder(&output::yaml(&made, HEADER));
    let path = folder.path().display().to_string();
    let apply = ["apply", "--server-side", "-R", "-f", &path];
    assert_eq!(ground.silent(&kubectl, &apply).matches("serverside-applied").count(), count);
    assert_eq!(ground.silent(&kubectl, &["diff", "--server-side", "-R", "-f", &path]), "");

    let folder = in_folder(&output::kustomize(&plan("recv-kustomize"), HEADER));
    let path = folder.path().display().to_string();
    let said = ground.silent(&kubectl, &["apply", "--server-side", "-k", &path]);
    assert_eq!(said.matches("serverside-applied").count(), count);

    let described = receiver(&description("receiver"), "any");
    let folder = in_folder(&output::chart(Part::Receiver(&described), HEADER));
    let path = folder.path().display().to_string();
    let said = ground.silent(&helm, &["install", "receiver", &path, "-n", "recv-helm"]);
    assert!(
        said.contains("STATUS: deployed") && said.contains("http://receiver.recv-helm.svc:9201/api/v1/write"),
        "{said}"
    );
    let kinds = "service,statefulset,poddisruptionbudget,servicemonitor,prometheusrule";
    let of = |namespace: &str| {
        ground.cluster.kubectl(
            &["get", kinds, "-l", "app.kubernetes.io/part-of=receiver", "-n", namespace, "-o", "name"],
            "",
        )
    };
    assert_eq!(of("recv-yaml").lines().count(), count);
    assert_eq!(of("recv-helm"), of("recv-yaml"));
    assert_eq!(of("recv-kustomize"), of("recv-yaml"));
}

#[test]
fn the_operator_scrapes_each_pod_once_and_takes_the_rules() {
    let Some([operator]) = peers::find(NAME, [peers::PROMETHEUS_OPERATOR]) else { return };
    let namespace = "recv-operator";
    let Some(ground) = Ground::new(NAME, &[namespace]) else { return };
    let prometheus = "apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: shop, namespace: recv-operator}
spec:
  version: v3.5.3
  serviceMonitorSelector: {matchLabels: {release: main}}
  ruleSelector: {matchLabels: {release: main}}
";
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], prometheus);
    let text = output::one_text(&plan(namespace), HEADER);
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &text);
    let mut command = Command::new(operator);
    command.env("KUBECONFIG", &ground.cluster.kubeconfig).arg(format!("--namespaces={namespace}"));
    command.arg(format!("--web.listen-address={}", process::free_address()));
    let _operator = Process::start(command);
    let configuration = ground.configuration(namespace);
    let jobs: Vec<&str> =
        configuration.lines().filter_map(|line| line.trim().strip_prefix("- job_name: ")).collect();
    assert_eq!(jobs, ["serviceMonitor/recv-operator/receiver/0"]);
    // Of both Services, the labels of one alone are those that the job keeps.
    let made = plan(namespace);
    let chosen = object(&made, "ServiceMonitor")["spec"]["selector"]["matchLabels"].clone();
    let services = made.manifests.iter().filter(|it| it.id().kind == "Service").map(|it| it.to_json());
    let has = |service: &Value| {
        let labels = &service["metadata"]["labels"];
        chosen.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value)
    };
    let scraped: Vec<Value> = services.filter(has).map(|it| it["metadata"]["name"].clone()).collect();
    assert_eq!(scraped, ["receiver"]);
    let rules = wait::until("the operator's rule files", Duration::from_secs(60), || {
        let args = ["get", "configmap", "prometheus-shop-rulefiles-0", "--ignore-not-found", "-n", namespace];
        let text = ground.cluster.kubectl(&[&args[..], &["-o", "yaml"]].concat(), "");
        if text.contains("ReceiverDown") { Ok(text) } else { Err(text) }
    });
    assert!(rules.contains("ReceiverVolumeNearlyFull"), "{rules}");
    let warnings = ["get", "events", "-n", namespace, "--field-selector", "type=Warning", "-o", "yaml"];
    assert!(ground.cluster.kubectl(&warnings, "").contains("items: []"), "the operator warns");
}

/// The container's own command, where only folder and address are others.
#[test]
fn the_program_runs_with_what_its_container_is_given() {
    let set = object(&plan("monitoring"), "StatefulSet");
    let container = &set["spec"]["template"]["spec"]["containers"][0];
    let folder = tempfile::tempdir().unwrap();
    let args: Vec<String> = container["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arg| match arg.as_str().unwrap() {
            "--listen=0.0.0.0:9201" => "--listen=127.0.0.1:0".to_owned(),
            "--capture=/data" => format!("--capture={}", folder.path().display()),
            other => other.to_owned(),
        })
        .collect();
    let mut command = obsctl();
    command.args(&args);
    let mut process = Process::start(command);
    let address = process.wait_for("its address", listening);
    for probe in ["readinessProbe", "livenessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().unwrap();
        assert_eq!(http::get(address, path).unwrap().status(), 200, "{probe}");
    }
    // A series without a name, which is refused: both families begin with their first label values.
    let headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "identity")];
    let answer = http::request("POST", address, "/api/v1/write", &headers, &[0x0a, 0]).unwrap();
    assert_eq!(answer.status(), 400, "{}", String::from_utf8_lossy(&answer.body));
    let page = http::get(address, "/metrics").unwrap();
    let page = String::from_utf8(page.body).unwrap();
    // Every metric that an alert asks for is one that it has; those of the kubelet are not its own.
    let rules = object(&plan("monitoring"), "PrometheusRule").to_string();
    let asked = rules.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    for metric in asked.filter(|word| word.starts_with("obsctl_") && word.ends_with("_total")) {
        let family = metric.trim_end_matches("_total");
        assert!(page.contains(&format!("# TYPE {family} counter")), "{metric} is not in\n{page}");
    }
    let (status, log) = process.terminate();
    assert!(status.success(), "{log:?}");
}

/// A receiver that nothing is wrong with, every 30 seconds.
const HEALTHY: [(&str, &str); 6] = [
    (r#"up{namespace="monitoring", job="receiver", instance="a"}"#, "1x80"),
    (r#"obsctl_capture_failures_total{namespace="monitoring", job="receiver", instance="a"}"#, "3x80"),
    (
        r#"obsctl_receive_requests_total{namespace="monitoring", job="receiver", instance="a", code="204"}"#,
        "0+100x80",
    ),
    (
        r#"obsctl_receive_requests_total{namespace="monitoring", job="receiver", instance="a", code="503"}"#,
        "0+1x80",
    ),
    (
        r#"kubelet_volume_stats_available_bytes{namespace="monitoring", persistentvolumeclaim="data-receiver-0"}"#,
        "20x80",
    ),
    (
        r#"kubelet_volume_stats_capacity_bytes{namespace="monitoring", persistentvolumeclaim="data-receiver-0"}"#,
        "100x80",
    ),
];

/// Which alerts fire at these times, where these series are beside or instead of healthy ones; one of no values is not
/// there.
#[track_caller]
fn check(changes: &[(&str, &str)], expect: &[(&str, &[&str])]) {
    let Some([promtool]) = peers::find(NAME, [peers::PROMTOOL]) else { return };
    let text = description("receiver").replace("replicas: 2", "ack: memory");
    let made = Part::Receiver(&receiver(&text, "monitoring")).plan();
    let unchanged = HEALTHY.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let series: Vec<Value> = unchanged
        .chain(changes)
        .filter(|(_, values)| !values.is_empty())
        .map(|(series, values)| json!({"series": series, "values": values}))
        .collect();
    let tests = expect.iter().map(|(at, firing)| {
        let sample = |alert: &&str| json!({"labels": format!("{{alertname=\"{alert}\"}}"), "value": 1});
        json!({
            "expr": "count by (alertname) (ALERTS{alertstate=\"firing\"})",
            "eval_time": at,
            "exp_samples": firing.iter().map(sample).collect::<Vec<_>>(),
        })
    });
    let test =
        json!({"interval": "30s", "input_series": series, "promql_expr_test": tests.collect::<Vec<_>>()});
    let file =
        json!({"rule_files": ["rules.yaml"], "evaluation_interval": "30s", "tests": [test]}).to_string();
    let folder = tempfile::tempdir().unwrap();
    let rules = object(&made, "PrometheusRule")["spec"].to_string();
    write(folder.path(), [("rules.yaml", rules.as_str()), ("test.yaml", file.as_str())]);
    let done =
        Command::new(promtool).args(["test", "rules"]).arg(folder.path().join("test.yaml")).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{changes:?}: {}", String::from_utf8_lossy(&said));
}

#[test]
fn alerts_fire_when_they_should_and_not_before() {
    let of = |metric: &str, more: &str| {
        format!(r#"{metric}{{namespace="monitoring", job="receiver", instance="a"{more}}}"#)
    };
    check(&[], &[("0m", &[]), ("6m", &[]), ("40m", &[])]);
    check(&[(HEALTHY[0].0, "0x80")], &[("4m30s", &[]), ("6m", &["ReceiverDown"])]);
    check(&[(HEALTHY[0].0, "")], &[("9m30s", &[]), ("11m", &["ReceiverMissing"])]);
    check(&[(HEALTHY[1].0, "0+1x80")], &[("5m", &[]), ("7m", &["ReceiverCannotWrite"])]);
    // A single failure passes.
    check(&[(HEALTHY[1].0, "0x10 1x70")], &[("8m", &[]), ("40m", &[])]);
    check(&[(HEALTHY[3].0, "0+10x80")], &[("9m30s", &[]), ("12m", &["ReceiverTurnsSendersAway"])]);
    check(&[(HEALTHY[4].0, "9x80")], &[("14m30s", &[]), ("16m", &["ReceiverVolumeNearlyFull"])]);
    let refused = of("obsctl_receive_rejected_series_total", r#", rule="duplicate-label""#);
    check(&[(&refused, "0+1x80")], &[("14m30s", &[]), ("17m", &["ReceiverRefusesSeries"])]);
    let lost = of("obsctl_capture_lost_requests_total", "");
    check(&[(&lost, "0x10 5x70")], &[("5m", &[]), ("7m", &["ReceiverLosesRequests"]), ("40m", &[])]);
    // What happens elsewhere is not its business.
    check(&[(&refused.replace("monitoring", "other"), "0+1x80")], &[("17m", &[])]);
}
