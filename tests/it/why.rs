//! The cases of testdata/why on a real control plane: `obsctl why --cluster` names the same broken link there, and
//! prometheus-operator has a job for a monitor exactly where the chain holds as far as it decides.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::lint_operator::unpacked;
use crate::support::cluster::Cluster;
use crate::support::process::{self, Process};
use crate::support::{peers, wait};

/// A world of a case: what is asked, and what is said of it from files.
struct World {
    /// Its own, so that no Prometheus of another one selects its monitors.
    number: usize,
    name: String,
    objects: String,
    target: String,
    /// Step and rule of the first broken link.
    broken: Option<(String, String)>,
}

/// Causes that the API server sees first: it refuses the object, or drops the field.
const OF_SERVER: [&str; 5] = [
    "yaml/unknown-field",
    "yaml/wrong-type",
    "operator/cr-schema",
    "operator/selector-type",
    "annotation/annotation-not-string",
];
/// Selectors that the server refuses by rules beyond its schema, and questions about all of a cluster, where other worlds
/// are too.
const NOT_HERE: [&str; 6] = [
    "invalid-selector",
    "invalid-prometheus-selector",
    "annotation-unused",
    "no-service",
    "nothing-scrapes",
    "pod-from-below",
];
/// The namespaces of cases.
const NAMESPACES: [&str; 3] = ["monitoring", "shop", "store"];

/// Worlds that are in the cluster at the same time.
const ROUND: usize = 16;

/// Every world of objects alone that the API server takes as it is.
fn worlds() -> Vec<World> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/why");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let mut found: Vec<World> = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&file).unwrap();
        for part in text.split("```yaml").skip(1) {
            let (yaml, rest) = part.split_once('\n').unwrap().1.split_once("```\n").unwrap();
            let target = between(rest, "```ask\n", "\n```").unwrap().to_owned();
            let chain = between(rest, "```chain\n", "```").unwrap();
            let broken = chain.lines().find_map(broken);
            let of_server = broken.as_ref().is_some_and(|(_, rule)| OF_SERVER.contains(&rule.as_str()));
            let objects = yaml.split("---\n").all(|document| document.starts_with("apiVersion: "));
            if objects
                && !of_server
                && !NOT_HERE.contains(&name.as_str())
                && target.contains('/')
                && !target.starts_with("metric")
            {
                let number = found.len();
                found.push(World { number, name: name.clone(), objects: own(yaml, number), target, broken });
            }
        }
    }
    found
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

/// Step and rule of a line of a chain that says that a link is broken.
fn broken(line: &str) -> Option<(String, String)> {
    let (step, rest) = line.strip_prefix("broken ")?.split_once(": ")?;
    let (rule, _) = rest.rsplit_once('[')?.1.split_once(' ')?;
    Some((step.to_owned(), rule.to_owned()))
}

/// A world with names of its own, the namespaces that it needs, and rights for its Prometheus where it is not about them.
fn own(yaml: &str, number: usize) -> String {
    let mut text = yaml.to_owned();
    for namespace in NAMESPACES {
        text = text.replace(&format!("namespace: {namespace}"), &format!("namespace: {namespace}-{number}"));
        text = text.replace(&format!("name: {namespace}\n"), &format!("name: {namespace}-{number}\n"));
        for (before, after) in [("- ", "\n"), ("[", "]")] {
            let found = format!("{before}{namespace}{after}");
            text = text.replace(&found, &format!("{before}{namespace}-{number}{after}"));
        }
    }
    text = text
        .replace("release: k8s", &format!("release: r{number}"))
        .replace("[k8s]", &format!("[r{number}]"));
    text = text.replace(": prometheus\n", &format!(": prometheus-{number}\n"));
    // A job of the file that names the monitor.
    text = text.replace("/shop/web/", &format!("/shop-{number}/web/"));
    // A label of namespaces, or a rule that keeps one.
    text = text.replace("metadata.name: shop\n", &format!("metadata.name: shop-{number}\n"));
    text = text.replace("regex: shop", &format!("regex: shop-{number}"));
    let mut out = String::new();
    for namespace in NAMESPACES {
        let name = format!("{namespace}-{number}");
        if !text.contains(&format!("kind: Namespace\nmetadata:\n  name: {name}\n")) {
            out.push_str(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n---\n"));
        }
    }
    if !text.contains("RoleBinding") {
        out.push_str(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: targets-{number}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: targets}}\n\
             subjects: [{{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"system:serviceaccounts:monitoring-{number}\"}}]\n---\n"
        ));
    }
    out.push_str(&text);
    out
}

const TARGETS: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: targets}
rules:
  - {apiGroups: [\"\"], resources: [services, endpoints, pods], verbs: [get, list, watch]}
  - {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [get, list, watch]}
";

#[test]
fn a_control_plane_and_its_operator_agree_with_the_chains() {
    let name = "why";
    let Some([operator]) = peers::find(name, [peers::PROMETHEUS_OPERATOR]) else { return };
    let Some(cluster) = Cluster::own(name) else { return };
    if cluster.install_crds(name).is_none() {
        return;
    }
    let worlds = worlds();
    assert!(worlds.len() > 60, "{} worlds", worlds.len());
    cluster.kubectl(&["create", "-f", "-"], TARGETS);
    let mut wrong = Vec::new();
    let mut asked = 0;
    // Each question reads the whole cluster: few worlds at a time.
    for round in worlds.chunks(ROUND) {
        let texts: Vec<&str> = round.iter().map(|world| world.objects.as_str()).collect();
        let texts = texts.join("---\n");
        cluster.kubectl(&["create", "-f", "-"], &texts);
        // Everything is there before the operator is, so that the first configuration it writes is the last.
        let operator = run(&operator, &cluster, round);
        for world in round {
            let found = ask(&cluster, world);
            if found != world.broken {
                wrong.push(format!(
                    "{}: {:?} in the cluster, {:?} from files",
                    world.name, found, world.broken
                ));
            }
            let Some(expect) = world.is_taken() else { continue };
            asked += 1;
            let found = is_taken(&cluster, world);
            if found != expect {
                wrong.push(format!("{}: the operator has a job: {found}; {:?}", world.name, world.broken));
            }
        }
        drop(operator);
        cluster.kubectl(&["delete", "--wait=false", "-f", "-"], &texts);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 50, "the operator was asked about {asked} worlds");
}

fn run(operator: &Path, cluster: &Cluster, worlds: &[World]) -> Process {
    let of = |world: &World| NAMESPACES.map(|namespace| format!("{namespace}-{}", world.number));
    let namespaces: Vec<String> = worlds.iter().flat_map(of).collect();
    let mut command = Command::new(operator);
    command.env("KUBECONFIG", &cluster.kubeconfig).arg(format!("--namespaces={}", namespaces.join(",")));
    command.arg(format!("--web.listen-address={}", process::free_address()));
    Process::start(command)
}

/// What `obsctl why --cluster` says is broken.
fn ask(cluster: &Cluster, world: &World) -> Option<(String, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    command.args(["why", &world.target, "--cluster", "--secrets", "-q", "-o", "json"]);
    command.arg("--kubeconfig").arg(&cluster.kubeconfig);
    let namespace = ["shop", "monitoring"].map(|it| format!("{it}-{}", world.number));
    let kind = world.target.split('/').next().unwrap();
    let here = |namespace: &&String| {
        let here = format!("kind: {}\nmetadata:\n  name: web\n  namespace: {namespace}\n", kind_of(kind));
        world.objects.contains(&here)
    };
    command.args(["-n", namespace.iter().find(here).unwrap_or_else(|| panic!("{}", world.objects))]);
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    let chain: Value =
        serde_json::from_slice(&done.stdout).unwrap_or_else(|err| panic!("{}: {err}: {said}", world.name));
    let link = chain["links"].as_array().unwrap().iter().find(|link| link["state"] == "broken")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some((text(&link["step"]), text(&link["cause"]["rule"])))
}

fn kind_of(word: &str) -> &'static str {
    let kinds = BTreeMap::from([
        ("servicemonitor", "ServiceMonitor"),
        ("podmonitor", "PodMonitor"),
        ("rule", "PrometheusRule"),
        ("probe", "Probe"),
        ("scrapeconfig", "ScrapeConfig"),
        ("service", "Service"),
        ("deployment", "Deployment"),
        ("pod", "Deployment"),
    ]);
    kinds[word]
}

impl World {
    /// Whether the operator is expected to have a job for the monitor; `None` where that is not its to decide.
    fn is_taken(&self) -> Option<bool> {
        if !self.target.starts_with("servicemonitor/") && !self.target.starts_with("podmonitor/") {
            return None;
        }
        // Nothing makes a configuration there: without a selector for any kind it is for others to write.
        let of_operator = self.objects.contains("kind: Prometheus\n")
            && self.objects.contains("MonitorSelector:\n")
            && !self.objects.contains("paused: true");
        match &self.broken {
            _ if !of_operator => None,
            Some((step, _)) => Some(step != "prometheus" && step != "object"),
            None => Some(true),
        }
    }
}

/// Whether the configuration that the operator makes has a job for the monitor.
fn is_taken(cluster: &Cluster, world: &World) -> bool {
    let namespace = format!("monitoring-{}", world.number);
    let configuration = wait::until("the operator's configuration", Duration::from_secs(180), || {
        let path = "jsonpath={.data.prometheus\\.yaml\\.gz}";
        let args = ["get", "secret", "prometheus-k8s", "--ignore-not-found", "-n", &namespace, "-o", path];
        match cluster.kubectl(&args, "") {
            text if text.is_empty() => Err(format!("{}: none in {namespace}", world.name)),
            text => Ok(unpacked(&text)),
        }
    });
    let kind = if world.target.starts_with("pod") { "podMonitor" } else { "serviceMonitor" };
    let jobs = ["shop", "monitoring"].map(|it| format!("job_name: {kind}/{it}-{}/web/0\n", world.number));
    // The file that the case adds has a job of the same name.
    jobs.iter().any(|job| configuration.contains(job))
}
