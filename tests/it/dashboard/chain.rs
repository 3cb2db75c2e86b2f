//! What `gen manifests` makes of a shop, run as processes: the same arguments, variables, mappings, labels and rules. What
//! a cluster gives is said by hand: addresses, and what discovery knows of pods and Services.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use obsctl::manifest::app::{Plan, plan};
use obsctl::manifest::{Spec, output};
use serde_json::{Map, Value, json};

use super::backend::{self, Backend, PASSWORD, USER};
use super::discovered;
use crate::manifest::document;
use crate::support::process::{self, Process};
use crate::support::prometheus::Prometheus;
use crate::support::{http, peers, workload};

/// Between two scrapes, thirty in earnest; postgres_exporter takes one to say that its server is gone.
pub(super) const INTERVAL_SECONDS: u64 = 2;
const NAMESPACE: &str = "shop-eu";
/// Keys of Secrets, as the description names them by default.
const SECRETS: [(&str, &str); 2] = [("username", USER), ("password", PASSWORD)];

const DESCRIPTION: &str = "app:
  name: shop
  prometheus: {interval: 2s}
  gunicorn:
    - {name: front, deployment: front-end, cmd-args: --workers=2}
    - {name: back, deployment: back-end, selector: {tier: back}}
";
const POSTGRES: &str = "  postgres: [{name: db, address: 'db:5432', ssl-mode: disable, secret: db}]\n";
const REDIS: &str = "  redis: [{name: cache, address: 'cache:6379', secret: cache}]\n";
const NGINX: &str = "  nginx: [{name: edge, url: 'http://edge:8080/stub_status'}]\n";

/// The programs of the parts that every chain has, and of those that are here.
struct Programs {
    prometheus: PathBuf,
    gunicorn: PathBuf,
    statsd: PathBuf,
    postgres: Option<[PathBuf; 4]>,
    redis: Option<[PathBuf; 2]>,
    nginx: Option<[PathBuf; 2]>,
}

impl Programs {
    fn find(test: &str) -> Option<Self> {
        let [prometheus, statsd] = peers::find(test, [peers::PROMETHEUS, peers::STATSD_EXPORTER])?;
        let [gunicorn] = peers::find(test, [peers::GUNICORN])?;
        let part = |part: &str| format!("{test}: the part {part}");
        let postgres = [peers::POSTGRES, peers::INITDB, peers::PGBENCH, peers::POSTGRES_EXPORTER];
        Some(Self {
            prometheus,
            gunicorn,
            statsd,
            postgres: peers::find(&part("PostgreSQL"), postgres),
            redis: peers::find(&part("Redis"), [peers::REDIS, peers::REDIS_EXPORTER]),
            nginx: peers::find(&part("nginx"), [peers::NGINX, peers::NGINX_EXPORTER]),
        })
    }

    fn description(&self) -> String {
        let parts = [
            (self.postgres.is_some(), POSTGRES),
            (self.redis.is_some(), REDIS),
            (self.nginx.is_some(), NGINX),
        ];
        parts.iter().filter(|(here, _)| *here).fold(DESCRIPTION.to_owned(), |text, (_, part)| text + part)
    }
}

/// Everything that runs, gone with the value.
pub(super) struct Chain {
    plan: Plan,
    pub(super) prometheus: Prometheus,
    /// What users ask: nginx, or the front end.
    door: SocketAddr,
    gunicorns: Vec<Backend>,
    sidecars: Vec<Process>,
    postgres: Option<(Backend, PathBuf)>,
    redis: Option<Backend>,
    nginx: Option<Backend>,
    _exporters: Vec<Process>,
    _folder: tempfile::TempDir,
}

impl Chain {
    /// All of it, or `None` (said loudly) without Gunicorn, statsd_exporter and Prometheus.
    pub(super) fn start(test: &str) -> Option<Self> {
        let programs = Programs::find(test)?;
        let app = Spec::parse(&programs.description(), Some(NAMESPACE))
            .expect("a description")
            .app
            .expect("an application");
        let plan = plan(&app);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut targets = Vec::new();
        let (mut gunicorns, mut sidecars, mut exporters) = (Vec::new(), Vec::new(), Vec::new());

        for (job, label) in [("back", ("tier", "back")), ("front", ("app.kubernetes.io/name", "front-end"))] {
            let behind = gunicorns.last().map(|back: &Backend| back.address);
            let (gunicorn, sidecar, address) = gunicorn(&plan, &programs, job, behind, folder.path());
            gunicorns.push(gunicorn);
            sidecars.push(sidecar);
            let pod = format!("{job}-7d9c");
            targets.push((
                job,
                address,
                discovered::of_pod(false, NAMESPACE, &pod, [label], "statsd-metrics"),
            ));
        }
        let front = gunicorns.last().expect("two were started").address;
        let mut exporter = |binary: &Path, job: &'static str, here: (&str, String)| {
            let (process, address) = exporter(&plan, binary, job, here);
            exporters.push(process);
            targets.push((job, address, discovered::of_exporter(&plan, NAMESPACE, job)));
        };
        let postgres = programs.postgres.as_ref().map(|[server, initdb, pgbench, binary]| {
            let server = backend::postgres(server, initdb);
            exporter(binary, "db", ("db:5432", server.address.to_string()));
            (server, pgbench.clone())
        });
        let redis = programs.redis.as_ref().map(|[server, binary]| {
            let server = backend::redis(server);
            exporter(binary, "cache", ("cache:6379", server.address.to_string()));
            server
        });
        let nginx = programs.nginx.as_ref().map(|[server, binary]| {
            let server = backend::nginx(server, front);
            exporter(binary, "edge", ("edge:8080", server.address.to_string()));
            server
        });
        let prometheus = prometheus(&plan, &programs.prometheus, &targets, folder.path());
        let door = nginx.as_ref().map_or(front, |nginx| nginx.address);
        Some(Self {
            plan,
            prometheus,
            door,
            gunicorns,
            sidecars,
            postgres,
            redis,
            nginx,
            _exporters: exporters,
            _folder: folder,
        })
    }

    pub(super) fn dashboard(&self) -> Value {
        let map = object(&self.plan, "ConfigMap", "shop-dashboard");
        let file = map["data"][format!("shop_{NAMESPACE}.json")].as_str().expect("a file");
        serde_json::from_str(file).expect("JSON")
    }

    /// Three requests through the front end, of which one fails, and one of everything that a database does.
    pub(super) fn traffic(&self) {
        let asked = [("/", 200), ("/missing", 404), ("/fail", 503)];
        for (path, status) in asked {
            assert_eq!(http::get(self.door, path).expect("it answers").status(), status, "{path}");
        }
        if let Some((server, pgbench)) = &self.postgres {
            backend::transactions(pgbench, server);
        }
    }

    /// Each rule's name and expression, once Prometheus has evaluated all of them without an error.
    pub(super) fn rules(&self) -> Result<Vec<(String, String)>, String> {
        let answer = http::get(self.prometheus.address, "/api/v1/rules").map_err(|err| err.to_string())?;
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let groups = answer["data"]["groups"].as_array().expect("groups").iter();
        let mut rules = Vec::new();
        for rule in groups.flat_map(|group| group["rules"].as_array().expect("rules")) {
            if rule["health"] != "ok" {
                return Err(rule.to_string());
            }
            let text = |name: &str| rule[name].as_str().expect("a text").to_owned();
            rules.push((text("name"), text("query")));
        }
        let fragment = fragment(&self.plan, "rules.yaml");
        let written: usize = fragment["groups"]
            .as_array()
            .expect("groups")
            .iter()
            .map(|it| it["rules"].as_array().map_or(0, Vec::len))
            .sum();
        if rules.len() == written { Ok(rules) } else { Err(format!("{} of {written} rules", rules.len())) }
    }

    /// Kills each server and one sidecar; the alerts that must now hold.
    pub(super) fn break_everything(&mut self) -> Vec<&'static str> {
        self.gunicorns.clear();
        self.sidecars.pop();
        let gone = [
            (self.nginx.take(), "NginxDown"),
            (self.redis.take(), "RedisDown"),
            (self.postgres.take().map(|(server, _)| server), "PostgresDown"),
        ];
        let mut alerts = vec!["TargetDown"];
        alerts.extend(gone.into_iter().filter_map(|(server, alert)| server.map(|_| alert)));
        alerts
    }
}

pub(super) fn object(plan: &Plan, kind: &str, name: &str) -> Value {
    let found = plan.manifests.iter().find(|it| it.id().kind == kind && it.id().name == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}")).to_json()
}

fn fragment(plan: &Plan, name: &str) -> Value {
    let files = output::fragments(plan, "Made by a test.");
    document(&files.iter().find(|file| file.path == name).expect("a fragment").text)
}

/// A Gunicorn as its patched Deployment has it, its sidecar, and where that has metrics.
fn gunicorn(
    plan: &Plan,
    programs: &Programs,
    job: &str,
    behind: Option<SocketAddr>,
    folder: &Path,
) -> (Backend, Process, SocketAddr) {
    let patch = plan.patches.iter().find(|it| it.deployment == format!("{job}-end")).expect("a patch");
    let body = patch.body().to_json();
    let spec = &body["spec"]["template"]["spec"];
    let mapping =
        object(plan, "ConfigMap", spec["volumes"][0]["configMap"]["name"].as_str().expect("a name"));
    let mounted = folder.join(job);
    std::fs::create_dir(&mounted).expect("the folder is ours");
    for (name, text) in mapping["data"].as_object().expect("files") {
        std::fs::write(mounted.join(name), text.as_str().expect("a text")).expect("the folder is ours");
    }
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has free ports");
    let statsd = socket.local_addr().expect("it is bound");
    drop(socket);
    let web = process::free_address();
    let replace = [
        ("127.0.0.1:9125", statsd.to_string()),
        ("=:9102", format!("={web}")),
        ("/etc/statsd-exporter", mounted.display().to_string()),
    ];
    let sidecar = Process::start(workload::command(&programs.statsd, &spec["containers"][1], &[], &replace));
    http::wait_ready(web, "/metrics");
    let command = workload::command(&programs.gunicorn, &spec["containers"][0], &[], &replace);
    (backend::gunicorn(command, behind), sidecar, web)
}

/// An exporter as its Deployment has it, for a server that is somewhere else here, and where it has metrics.
fn exporter(plan: &Plan, binary: &Path, job: &str, here: (&str, String)) -> (Process, SocketAddr) {
    let deployment = object(plan, "Deployment", &format!("shop-{job}"));
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let address = process::free_address();
    let mut command = workload::command(binary, container, &SECRETS, &[here]);
    command.arg(format!("--web.listen-address={address}"));
    let process = Process::start(command);
    http::wait_ready(address, container["readinessProbe"]["httpGet"]["path"].as_str().expect("a probe"));
    (process, address)
}

/// A Prometheus with the generated scrape_configs and rules; targets are named instead of discovered, and relabeled as
/// discovered ones.
fn prometheus(
    plan: &Plan,
    binary: &Path,
    targets: &[(&str, SocketAddr, Map<String, Value>)],
    folder: &Path,
) -> Prometheus {
    let mut scrape = fragment(plan, "scrape-configs.yaml");
    discovered::name_targets(&mut scrape, |job| {
        let of_job = |target: &&(&str, SocketAddr, _)| job == format!("{NAMESPACE}/shop-{}", target.0);
        let (_, address, labels) = targets.iter().find(of_job).expect("a target of the job");
        (address.to_string(), labels.clone())
    });
    let write = |name: &str, value: &Value| {
        std::fs::write(folder.join(name), value.to_string()).expect("the folder is ours");
        folder.join(name).display().to_string()
    };
    let scrape = write("scrape-configs.yaml", &scrape);
    let rules = write("rules.yaml", &fragment(plan, "rules.yaml"));
    let config = json!({
        "global": {"evaluation_interval": format!("{INTERVAL_SECONDS}s")},
        "scrape_config_files": [scrape],
        "rule_files": [rules],
    });
    Prometheus::start(binary, "", |_| config.to_string())
}
