//! What `gen manifests app` makes, on a real API server: taken without a word, understood by the real Prometheus
//! operator, invisible from one install to the next, and with no right too many or too few.

use std::fs;
use std::io::Read as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use base64::Engine as _;
use obsctl::manifest::app::{Plan, plan};
use obsctl::manifest::{Part, Spec, example, output};

use crate::dashboard::discovered::labels_by_job;
use crate::manifest::write;
use crate::support::cluster::Cluster;
use crate::support::process::{self, Process};
use crate::support::{http, peers, wait, workload};

const HEADER: &str = "Made by a test.";

/// The example in a namespace, for a Prometheus whose configuration the promtool at hand can read.
fn made(namespace: &str) -> Plan {
    let text = example().replace("# version: v3.5.3", "version: v3.5.3");
    plan(&Spec::parse(&text, Some(namespace)).unwrap().app.unwrap())
}

/// Programs and the cluster for a test, and namespaces of its own.
pub(crate) struct Ground {
    pub(crate) cluster: std::sync::Arc<Cluster>,
    pub(crate) kubectl: PathBuf,
}

impl Ground {
    pub(crate) fn new(test: &str, namespaces: &[&str]) -> Option<Self> {
        let [kubectl] = peers::find(test, [peers::KUBECTL])?;
        let cluster = Cluster::shared(test)?;
        cluster.install_crds(test)?;
        for namespace in namespaces {
            cluster.kubectl(&["create", "namespace", namespace], "");
        }
        Some(Self { cluster, kubectl })
    }

    pub(crate) fn run(&self, program: &Path, kubeconfig: &Path, args: &[&str]) -> Output {
        // Helm keeps what it caches below the home folder.
        let home = self.cluster.kubeconfig.parent().unwrap();
        Command::new(program).env("KUBECONFIG", kubeconfig).env("HOME", home).args(args).output().unwrap()
    }

    /// Runs it as an administrator; it must succeed and say nothing on stderr but that versions differ.
    #[track_caller]
    pub(crate) fn silent(&self, program: &Path, args: &[&str]) -> String {
        let done = self.run(program, &self.cluster.kubeconfig, args);
        let said = String::from_utf8_lossy(&done.stderr);
        let warnings: Vec<&str> = said.lines().filter(|line| !line.contains("version difference")).collect();
        assert!(done.status.success() && warnings.is_empty(), "{args:?}: {said}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// What `prometheus.yaml` the operator made for the install.
    pub(crate) fn configuration(&self, namespace: &str) -> String {
        wait::until("the operator's configuration", Duration::from_secs(60), || {
            let path = "jsonpath={.data.prometheus\\.yaml\\.gz}";
            let args =
                ["get", "secret", "prometheus-shop", "--ignore-not-found", "-n", namespace, "-o", path];
            match self.cluster.kubectl(&args, "") {
                text if text.is_empty() => Err(format!("none in {namespace}")),
                text => Ok(unpacked(&text)),
            }
        })
    }
}

fn unpacked(text: &str) -> String {
    let packed = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let mut plain = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut plain).unwrap();
    plain
}

pub(crate) fn in_folder(files: &[obsctl::manifest::OutFile]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    folder
}

#[test]
fn the_api_server_takes_all_three_formats_without_a_word() {
    let name = "manifest_cluster";
    let Some([helm]) = peers::find(name, [peers::HELM]) else { return };
    let Some(ground) = Ground::new(name, &["gen-yaml", "gen-kustomize", "gen-helm"]) else { return };
    let kubectl = ground.kubectl.clone();
    let plan = made("gen-yaml");
    let count = plan.manifests.len();
    let folder = in_folder(&output::yaml(&plan, HEADER));
    let path = folder.path().display().to_string();
    let apply = ["apply", "--server-side", "-R", "-f", &path];
    assert_eq!(ground.silent(&kubectl, &apply).matches("serverside-applied").count(), count);
    // Applied again nothing changes, which a server-side dry run says beforehand.
    assert_eq!(ground.silent(&kubectl, &["diff", "--server-side", "-R", "-f", &path]), "");

    let folder = in_folder(&output::kustomize(&made("gen-kustomize"), HEADER));
    let path = folder.path().display().to_string();
    let said = ground.silent(&kubectl, &["apply", "--server-side", "-k", &path]);
    assert_eq!(said.matches("serverside-applied").count(), count);

    let made = Spec::parse(example(), None).unwrap().app.unwrap();
    let folder = in_folder(&output::chart(Part::App(&made), HEADER));
    let path = folder.path().display().to_string();
    let said = ground.silent(&helm, &["install", "monitoring", &path, "-n", "gen-helm"]);
    assert!(
        said.contains("STATUS: deployed") && said.contains("monitored in the namespace gen-helm"),
        "{said}"
    );
    let kinds = "prometheus,servicemonitor,podmonitor,prometheusrule,role,rolebinding,networkpolicy";
    let names = |namespace: &str| ground.cluster.kubectl(&["get", kinds, "-n", namespace, "-o", "name"], "");
    assert_eq!(names("gen-helm"), names("gen-yaml"));
    assert_eq!(names("gen-kustomize"), names("gen-yaml"));
}

#[test]
fn the_operator_gives_each_install_its_own_targets() {
    let name = "manifest_cluster";
    let peers = [peers::PROMETHEUS_OPERATOR, peers::PROMTOOL, peers::PROMETHEUS];
    let Some([operator, promtool, prometheus]) = peers::find(name, peers) else { return };
    let namespaces = ["gen-one", "gen-two"];
    let Some(ground) = Ground::new(name, &namespaces) else { return };
    for namespace in namespaces {
        let text = output::one_text(&made(namespace), HEADER);
        ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &text);
    }
    let mut command = Command::new(operator);
    command.env("KUBECONFIG", &ground.cluster.kubeconfig);
    command.arg(format!("--namespaces={}", namespaces.join(",")));
    command.arg(format!("--web.listen-address={}", process::free_address()));
    let _operator = Process::start(command);

    for (own, other) in [("gen-one", "gen-two"), ("gen-two", "gen-one")] {
        let configuration = ground.configuration(own);
        let mut jobs: Vec<&str> =
            configuration.lines().filter_map(|line| line.trim().strip_prefix("- job_name: ")).collect();
        jobs.sort_unstable();
        let expect = ["podMonitor/NS/shop-web/0"]
            .into_iter()
            .chain(["api", "cache", "db", "front"].map(|it| match it {
                "api" => "serviceMonitor/NS/shop-api/0",
                "cache" => "serviceMonitor/NS/shop-cache/0",
                "db" => "serviceMonitor/NS/shop-db/0",
                _ => "serviceMonitor/NS/shop-front/0",
            }))
            .map(|it| it.replace("NS", own));
        assert_eq!(jobs, expect.collect::<Vec<_>>());
        assert!(!configuration.contains(other), "{own} knows of {other}:\n{configuration}");
        // Every job looks into its own namespace alone.
        assert_eq!(
            configuration.matches(&format!("names:\n      - {own}\n")).count(),
            jobs.len(),
            "{configuration}"
        );

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yaml");
        fs::write(&file, &configuration).unwrap();
        let checked =
            Command::new(&promtool).args(["check", "config", "--syntax-only"]).arg(&file).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

        // The labels that rules and dashboard know targets by.
        for (job, labels) in labels_by_job(&prometheus, &made(own), &configuration, own) {
            let target = job.split("/shop-").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
            let expect = [("job", target), ("namespace", own), ("pod", &format!("{target}-7d9c"))];
            for (name, value) in expect {
                assert_eq!(labels.get(name).map(String::as_str), Some(value), "{job}: {labels:?}");
            }
        }

        let rules = wait::until("the operator's rule files", Duration::from_secs(60), || {
            let args = [
                "get",
                "configmap",
                "prometheus-shop-rulefiles-0",
                "--ignore-not-found",
                "-n",
                own,
                "-o",
                "yaml",
            ];
            match ground.cluster.kubectl(&args, "") {
                text if text.contains("TargetMissing") => Ok(text),
                text => Err(text),
            }
        });
        assert!(rules.contains("GunicornErrors") && !rules.contains(other), "{rules}");
        let warnings = ["get", "events", "-n", own, "--field-selector", "type=Warning", "-o", "yaml"];
        assert!(ground.cluster.kubectl(&warnings, "").contains("items: []"), "the operator warns");
    }
}

/// Where samples and alerts go, and what Prometheus may do to find who gets them.
#[test]
fn the_operator_sends_samples_and_alerts_where_it_is_told() {
    let name = "manifest_cluster";
    let Some([operator, promtool]) = peers::find(name, [peers::PROMETHEUS_OPERATOR, peers::PROMTOOL]) else {
        return;
    };
    let Some(ground) = Ground::new(name, &["gen-wide", "gen-wide-alerts"]) else { return };
    let text = include_str!("../../testdata/manifest/wide/obsctl.yaml")
        .replace("namespace: monitoring", "namespace: gen-wide-alerts")
        .replace("  prometheus:\n", "  prometheus:\n    version: v3.5.3\n");
    let plan = plan(&Spec::parse(&text, Some("gen-wide")).unwrap().app.unwrap());
    let secrets = "apiVersion: v1
kind: Secret
metadata: {name: metrics, namespace: gen-wide}
stringData: {username: shop, password: secret}
---
apiVersion: v1
kind: Secret
metadata: {name: archive, namespace: gen-wide}
stringData: {token: secret}
";
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], secrets);
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &output::one_text(&plan, HEADER));
    let mut command = Command::new(operator);
    command.env("KUBECONFIG", &ground.cluster.kubeconfig).arg("--namespaces=gen-wide");
    command.arg(format!("--web.listen-address={}", process::free_address()));
    let _operator = Process::start(command);
    let configuration = ground.configuration("gen-wide");
    for expect in [
        "url: https://metrics.example/api/v1/write",
        "protobuf_message: io.prometheus.write.v2.Request",
        "username: shop",
        "url: https://archive.example/write",
        "credentials: secret",
        "alertmanager-operated",
        "- gen-wide-alerts",
    ] {
        assert!(configuration.contains(expect), "no `{expect}` in\n{configuration}");
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), [("prometheus.yaml", configuration.as_str())]);
    let file = folder.path().join("prometheus.yaml");
    let checked =
        Command::new(&promtool).args(["check", "config", "--syntax-only"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let warnings = ["get", "events", "-n", "gen-wide", "--field-selector", "type=Warning", "-o", "yaml"];
    assert!(ground.cluster.kubectl(&warnings, "").contains("items: []"), "the operator warns");
    assert!(may_list(&ground, "gen-wide", "gen-wide-alerts"), "Alertmanager cannot be found");
    assert!(!may_list(&ground, "gen-wide", "default"));
}

/// Whether the account of an install may find targets in another namespace.
fn may_list(ground: &Ground, of: &str, namespace: &str) -> bool {
    let account = format!("--as=system:serviceaccount:{of}:shop-prometheus");
    ["services", "pods", "endpointslices.discovery.k8s.io"].iter().all(|what| {
        let args = ["auth", "can-i", "list", what, "-n", namespace, &account];
        ground.run(&ground.kubectl, &ground.cluster.kubeconfig, &args).status.success()
    })
}

#[test]
fn a_cluster_role_is_each_installs_own() {
    let name = "manifest_cluster";
    let namespaces = ["gen-all-one", "gen-all-two"];
    let Some(ground) = Ground::new(name, &namespaces) else { return };
    let text = include_str!("../../testdata/manifest/small/obsctl.yaml");
    let apply = |namespace: &str, text: &str| {
        let plan = plan(&Spec::parse(text, Some(namespace)).unwrap().app.unwrap());
        ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &output::one_text(&plan, HEADER));
    };
    // A second one takes nothing from the first: server-side apply would say that they are at odds.
    namespaces.iter().for_each(|namespace| apply(namespace, text));
    for namespace in namespaces {
        assert!(may_list(&ground, namespace, "default"), "{namespace}");
        ground.cluster.kubectl(&["get", "clusterrole", &format!("shop-prometheus.{namespace}")], "");
    }
    // What it may not do without being asked for it.
    let plain = text.replace("cluster-role: true", "cluster-role: false");
    ground.cluster.kubectl(&["create", "namespace", "gen-all-none"], "");
    apply("gen-all-none", &plain);
    assert!(!may_list(&ground, "gen-all-none", "default"));
}

/// A kubeconfig of the generated account.
fn kubeconfig_of_account(ground: &Ground, namespace: &str, folder: &Path) -> PathBuf {
    let token = ground.cluster.kubectl(&["create", "token", "shop-prometheus", "-n", namespace], "");
    let config = fs::read_to_string(&ground.cluster.kubeconfig).unwrap();
    let (before, rest) = config.split_once("token: ").unwrap();
    let (_, behind) = rest.split_once('}').unwrap();
    let file = folder.join("kubeconfig");
    fs::write(&file, format!("{before}token: {}}}{behind}", token.trim())).unwrap();
    file
}

#[test]
fn the_account_may_do_what_discovery_needs_and_no_more() {
    let name = "manifest_cluster";
    let Some(ground) = Ground::new(name, &["gen-rbac", "gen-rbac-other"]) else { return };
    ground
        .cluster
        .kubectl(&["apply", "--server-side", "-f", "-"], &output::one_text(&made("gen-rbac"), HEADER));
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = kubeconfig_of_account(&ground, "gen-rbac", folder.path());
    let may = |verb: &str, what: &str, namespace: &str| {
        let args = ["auth", "can-i", verb, what, "-n", namespace];
        ground.run(&ground.kubectl, &kubeconfig, &args).status.success()
    };
    for what in ["pods", "services", "endpointslices.discovery.k8s.io"] {
        for verb in ["list", "watch"] {
            assert!(may(verb, what, "gen-rbac"), "{verb} {what}");
            assert!(!may(verb, what, "gen-rbac-other"), "{verb} {what} elsewhere");
        }
        for verb in ["get", "create", "delete", "patch"] {
            assert!(!may(verb, what, "gen-rbac"), "{verb} {what}");
        }
    }
    for what in ["secrets", "configmaps", "endpoints", "nodes", "namespaces"] {
        assert!(!may("list", what, "gen-rbac"), "list {what}");
    }
    // The rights are enough in earnest, too.
    let list = |namespace| ground.run(&ground.kubectl, &kubeconfig, &["get", "services", "-n", namespace]);
    assert!(list("gen-rbac").status.success());
    assert!(String::from_utf8_lossy(&list("gen-rbac-other").stderr).contains("forbidden"));
}

/// The scrape_configs for a Prometheus without the operator, with the rights of the generated account.
#[test]
fn a_prometheus_without_the_operator_finds_the_targets() {
    let name = "manifest_cluster";
    let Some([prometheus]) = peers::find(name, [peers::PROMETHEUS]) else { return };
    let Some(ground) = Ground::new(name, &["gen-plain"]) else { return };
    let made = made("gen-plain");
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &output::one_text(&made, HEADER));
    // Nothing here makes slices or runs pods: what a controller would say of the Service is said by hand.
    let running = "apiVersion: v1
kind: Service
metadata: {name: api, namespace: gen-plain, labels: {app: api}}
spec: {selector: {app: api}, ports: [{name: http, port: 80}, {name: http-metrics, port: 9102}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: api-1, namespace: gen-plain, labels: {kubernetes.io/service-name: api}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.7], conditions: {ready: true}}]
ports: [{name: http, port: 8080, protocol: TCP}, {name: http-metrics, port: 9102, protocol: TCP}]
";
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], running);
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = kubeconfig_of_account(&ground, "gen-plain", folder.path());
    let fragments = output::fragments(&made, HEADER);
    let scrape = &fragments.iter().find(|file| file.path == "scrape-configs.yaml").unwrap().text;
    let place = format!("  - kubeconfig_file: {}\n    role:", kubeconfig.display());
    write(
        folder.path(),
        [
            ("scrape-configs.yaml", scrape.replace("  - role:", &place).as_str()),
            ("prometheus.yml", "scrape_config_files: [scrape-configs.yaml]\n"),
        ],
    );
    let address = process::free_address();
    let mut command = Command::new(prometheus);
    command.arg("--config.file").arg(folder.path().join("prometheus.yml"));
    command.arg("--storage.tsdb.path").arg(folder.path().join("data"));
    command.arg(format!("--web.listen-address={address}"));
    let prometheus = Process::start(command);
    let targets = wait::until("a target", Duration::from_secs(60), || {
        let answer = http::get(address, "/api/v1/targets?state=active").map_err(|err| err.to_string())?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if text.contains("192.0.2.7") {
            Ok(text)
        } else {
            Err(format!("{text}\n{}", prometheus.lines().join("\n")))
        }
    });
    let targets: serde_json::Value = serde_json::from_str(&targets).unwrap();
    let active = targets["data"]["activeTargets"].as_array().unwrap();
    assert_eq!(active.len(), 1, "one port of the two: {targets}");
    let expect = serde_json::json!({"instance": "192.0.2.7:9102", "job": "api", "namespace": "gen-plain"});
    assert_eq!(active[0]["labels"], expect);
    assert!(!prometheus.lines().join("\n").contains("forbidden"), "{}", prometheus.lines().join("\n"));
}

#[test]
fn a_dry_run_of_the_server_shows_what_would_change() {
    let name = "manifest_cluster";
    let Some(ground) = Ground::new(name, &["gen-diff"]) else { return };
    let path = format!("{}:{}", ground.kubectl.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let diff = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
        command.args([
            "gen",
            "manifests",
            "app",
            "--name",
            "shop",
            "-n",
            "gen-diff",
            "--target",
            "api:metrics",
        ]);
        command
            .args(["--diff", "--cluster", "--kubeconfig"])
            .arg(&ground.cluster.kubeconfig)
            .env("PATH", &path);
        command.output().unwrap()
    };
    let first = diff();
    let text = String::from_utf8_lossy(&first.stdout);
    assert_eq!(first.status.code(), Some(1), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(text.contains("+kind: Prometheus\n"), "{text}");
    let spec = "app: {name: shop, namespace: gen-diff, targets: [{name: api, port: metrics}]}";
    let plan = plan(&Spec::parse(spec, None).unwrap().app.unwrap());
    ground.cluster.kubectl(&["apply", "--server-side", "-f", "-"], &output::one_text(&plan, HEADER));
    let second = diff();
    assert_eq!((second.status.code(), String::from_utf8_lossy(&second.stdout).as_ref()), (Some(0), ""));
}

/// What Gunicorn sends, through the real statsd_exporter with the generated mapping.
#[test]
fn the_exporter_makes_gunicorns_metrics_of_what_gunicorn_sends() {
    let Some([exporter]) = peers::find("manifest_cluster", [peers::STATSD_EXPORTER]) else { return };
    let plan = made("shop");
    let mapping = plan.manifests.iter().find(|it| it.id().name == "shop-web-statsd").unwrap().to_json();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), [("mapping.yaml", mapping["data"]["mapping.yaml"].as_str().unwrap())]);
    let (statsd, web) =
        (UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), process::free_address());
    let patch = plan.patches[0].body().to_json();
    let replace = [
        ("127.0.0.1:9125", statsd.to_string()),
        ("=:9102", format!("={web}")),
        ("/etc/statsd-exporter", folder.path().display().to_string()),
    ];
    let container = &patch["spec"]["template"]["spec"]["containers"][1];
    let command = workload::command(&exporter, container, &[], &replace);
    let _exporter = Process::start(command);
    http::wait_ready(web, "/metrics");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // As `gunicorn/instrument/statsd.py` writes them, with and without a prefix.
    let lines = [
        "gunicorn.requests:1|c|@1.0",
        "gunicorn.request.duration:120.5|ms",
        "gunicorn.request.status.200:1|c|@1.0",
        "shop.gunicorn.request.status.503:1|c|@1.0",
        "gunicorn.log.error:1|c|@1.0",
        "gunicorn.workers:4|g",
    ];
    let wanted = [
        "gunicorn_requests_total 1",
        "gunicorn_request_duration_seconds_sum 0.1205",
        "gunicorn_request_duration_seconds_bucket{le=\"0.25\"} 1",
        "gunicorn_request_duration_seconds_bucket{le=\"0.1\"} 0",
        "gunicorn_responses_total{status=\"200\"} 1",
        "gunicorn_responses_total{status=\"503\"} 1",
        "gunicorn_log_messages_total{level=\"error\"} 1",
        "gunicorn_workers 4",
    ];
    for line in lines {
        socket.send_to(line.as_bytes(), statsd).unwrap();
    }
    wait::until("all metrics", Duration::from_secs(20), || {
        let answer = http::get(web, "/metrics").map_err(|err| err.to_string())?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let missing: Vec<_> = wanted.iter().filter(|it| !text.lines().any(|line| line == **it)).collect();
        let ours = || text.lines().filter(|it| it.starts_with("gunicorn")).collect::<Vec<_>>().join("\n");
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} missing in\n{}", ours())) }
    });
}
