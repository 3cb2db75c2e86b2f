//! `gen manifests --post-render`: held against the patch that the real kubectl applies, and run by the real Helm.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use obsctl::manifest::app::{Plan, plan};
use obsctl::manifest::post::Rendered;
use obsctl::manifest::{Spec, output};
use serde_json::Value;

use crate::manifest::{by_id, document, write};
use crate::support::cluster::Cluster;
use crate::support::peers;

const HEADER: &str = "Made by a test.";

/// A Gunicorn, what `GUNICORN_CMD_ARGS` says already, and a target beside it.
fn spec(cmd_args: &str) -> String {
    let cmd_args = if cmd_args.is_empty() { String::new() } else { format!(", cmd-args: '{cmd_args}'") };
    format!(
        "app:\n  name: shop\n  namespace: shop\n  targets: [{{name: api, port: metrics}}]\n  gunicorn: [{{name: web, \
         deployment: web{cmd_args}}}]\n"
    )
}

fn made(cmd_args: &str) -> Plan {
    plan(&Spec::parse(&spec(cmd_args), None).unwrap().app.unwrap())
}

/// A Deployment whose pod has these lines, six columns deep.
fn deployment(pod: &str) -> String {
    let pod: String = pod.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n{pod}"
    )
}

/// Pods in the shapes that people and templates write, and what `GUNICORN_CMD_ARGS` says in each.
const PODS: [(&str, &str, &str); 14] = [
    ("the dash below its key", "containers:\n- name: web\n  image: w\n", ""),
    (
        "the dash deeper",
        "containers:\n  - name: web\n    image: w\n    env:\n      - name: A\n        value: b\n",
        "",
    ),
    (
        "a wide dash",
        "containers:\n-   image: w\n    name: web\n    env:\n    -   name: A\n        value: b\n",
        "",
    ),
    (
        "several containers",
        "containers:\n- name: first\n  image: f\n- name: web\n  image: w\n- name: last\n  image: l\n",
        "",
    ),
    ("volumes first", "volumes:\n- name: v\n  emptyDir: {}\ncontainers:\n- name: web\n  image: w\n", ""),
    ("volumes last", "containers:\n- name: web\n  image: w\nvolumes:\n  - name: v\n    emptyDir: {}\n", ""),
    ("empty lists", "containers:\n- name: web\n  image: w\n  env: []\nvolumes: []\n", ""),
    ("nothing behind the keys", "containers:\n- name: web\n  image: w\n  env:\nvolumes: # none\n", ""),
    ("null", "containers:\n- name: web\n  image: w\n  env: null\nvolumes: ~\n", ""),
    (
        "brackets",
        "containers: [{name: web, image: w, env: [{name: A, value: b}]}]\nvolumes: [{name: v, emptyDir: {}}]\n",
        "",
    ),
    (
        "arguments in quotes",
        "containers:\n- name: web\n  image: w\n  env:\n  - name: GUNICORN_CMD_ARGS\n    value: \"--workers=4\" # of ours\n  - name: Z\n    value: z\n",
        "--workers=4",
    ),
    (
        "arguments of several lines",
        "containers:\n- name: web\n  image: w\n  env:\n  - name: GUNICORN_CMD_ARGS\n    value: >-\n      --workers=4\n      --threads=2\n",
        "--workers=4 --threads=2",
    ),
    (
        "blocks and comments at the end",
        "containers:\n- name: web\n  image: w\n  args:\n  - |+\n    a\n\n    b\n\n  # of the container\n\n# of the pod\ndnsPolicy: Default\n",
        "",
    ),
    (
        "what Helm leaves",
        "serviceAccountName: web\nsecurityContext:\n  {}\ncontainers:\n  - name: web\n    securityContext:\n      {}\n    image: \"w:1\"\n    ports:\n      - name: http\n        containerPort: 80\n    resources:\n      {}\n",
        "",
    ),
];

/// What the real kubectl makes of a Deployment and the patch; lists that have names by name.
fn patched(kubectl: &Path, deployment: &str, plan: &Plan) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let patch = plan.patches[0].body().to_json().to_string();
    write(folder.path(), [("web.yaml", deployment), ("patch.json", patch.as_str())]);
    let at = |name: &str| folder.path().join(name).display().to_string();
    let done = Command::new(kubectl)
        .args(["patch", "--local", "--type", "strategic", "-o", "yaml", "-f", &at("web.yaml")])
        .args(["--patch-file", &at("patch.json")])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}\n{deployment}", String::from_utf8_lossy(&done.stderr));
    comparable(document(&String::from_utf8(done.stdout).unwrap()))
}

/// Without what kubectl adds to any object, and with named lists by name.
fn comparable(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| *item = comparable(item.take()));
            items.sort_by_key(|item| item["name"].to_string());
        }
        Value::Object(object) => {
            object.retain(|key, value| {
                *value = comparable(value.take());
                let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty) && key != "emptyDir";
                !(value.is_null() || is_empty || key == "creationTimestamp")
            });
        }
        _ => {}
    }
    value
}

/// The text with everything added.
fn added(text: &str, plan: &Plan) -> String {
    Rendered::new(text.to_owned())
        .unwrap()
        .with(plan, "shop", HEADER)
        .unwrap_or_else(|err| panic!("{err:?}\n{text}"))
}

#[test]
fn what_is_added_is_what_the_patch_does() {
    let Some([kubectl]) = peers::find("post_render", [peers::KUBECTL]) else { return };
    for (name, pod, cmd_args) in PODS {
        let plan = made(cmd_args);
        let text = deployment(pod);
        let expect = patched(&kubectl, &text, &plan);
        let around = format!(
            "# Source: a\nkind: ConfigMap\napiVersion: v1\nmetadata: {{name: a}}\n---\n{text}---\n---\nkind: x\n"
        );
        for given in [text.clone(), text.trim_end().to_owned(), text.replace('\n', "\r\n"), around] {
            let output = added(&given, &plan);
            let file = obsctl::yaml::File::parse(output.clone(), &obsctl::yaml::Budget::default());
            assert_eq!(file.faults(), [], "{name}:\n{output}");
            let objects = by_id(&output);
            let web = objects.get("Deployment web").unwrap_or_else(|| panic!("{name}:\n{output}"));
            assert_eq!(comparable(web.clone()), expect, "{name}:\n{output}");
            for (id, object) in plan.manifests.iter().map(|it| (it.id().to_string(), it.to_json())) {
                assert_eq!(objects.get(&id), Some(&object), "{name}: {id}");
            }
            assert_eq!(added(&output, &plan), output, "{name}: a second run changes something");
        }
    }
}

/// A chart with a CRD, a hook, a Deployment without monitoring and a Service.
fn chart(folder: &Path) {
    let web = deployment("containers:\n  - name: web\n    image: {{ .Values.image | quote }}\n    env: []\n");
    let hook = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hook\n  annotations: {\"helm.sh/hook\": pre-install}\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: api\n  labels: {app.kubernetes.io/name: api}\nspec:\n  \
                   selector: {app: api}\n  ports: [{name: metrics, port: 9102}]\n";
    write(
        folder,
        [
            ("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
            ("chart/values.yaml", "image: web:1\n"),
            ("chart/templates/web.yaml", web.as_str()),
            ("chart/templates/hook.yaml", hook),
            ("chart/templates/service.yaml", service),
        ],
    );
    let app = Spec::parse(&spec(""), None).unwrap().app.unwrap();
    let description = spec("");
    let command = env!("CARGO_BIN_EXE_obsctl");
    // Written by the program, which makes the script one that can be run.
    fs::write(folder.join("obsctl.yaml"), &description).unwrap();
    let done = Command::new(command)
        .args(["gen", "manifests", "app", "--format", "post-renderer", "--out", "renderer"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let header = output::header("obsctl gen manifests app -f obsctl.yaml --format post-renderer");
    for file in output::post_renderer(&app.name, &description, &header) {
        assert_eq!(fs::read_to_string(folder.join("renderer").join(&file.path)).unwrap(), file.text);
    }
}

/// A Helm with a home of its own, and how it is told of the renderer.
struct Helm {
    program: PathBuf,
    folder: tempfile::TempDir,
    renderer: Vec<String>,
}

impl Helm {
    /// As a plugin, which only Helm 4 takes, or as a script.
    fn new(program: PathBuf, plugin: bool, namespace: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        chart(folder.path());
        let mut helm = Self { program, folder, renderer: Vec::new() };
        let script = helm.folder.path().join("renderer/post-render.sh").display().to_string();
        let mut renderer = script;
        if plugin {
            let folder = helm.folder.path().join("renderer").display().to_string();
            let said = helm.run(None, &["plugin", "install", &folder]);
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            renderer = "shop-monitoring".to_owned();
        }
        let args =
            ["--post-renderer", &renderer, "--post-renderer-args", "-n", "--post-renderer-args", namespace];
        helm.renderer = args.map(str::to_owned).to_vec();
        helm
    }

    fn run(&self, cluster: Option<&Cluster>, args: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path()).env("HOME", self.folder.path());
        command.env("OBSCTL", env!("CARGO_BIN_EXE_obsctl"));
        if let Some(cluster) = cluster {
            command.env("KUBECONFIG", &cluster.kubeconfig);
        }
        command.args(args).args(&self.renderer).output().unwrap()
    }
}

/// What Helm renders and installs by the renderer: everything is there, and Gunicorn has its exporter.
#[track_caller]
fn check_helm(cluster: &Cluster, helm: &Helm, namespace: &str) {
    let template = helm.run(None, &["template", "shop", "chart", "-n", namespace]);
    let said = String::from_utf8_lossy(&template.stderr).into_owned();
    assert!(template.status.success(), "{said}");
    let rendered = by_id(&String::from_utf8(template.stdout).unwrap());
    assert!(rendered.contains_key(&format!("Prometheus {namespace}/shop")), "{:?}", rendered.keys());

    let install = helm.run(Some(cluster), &["install", "shop", "chart", "-n", namespace]);
    assert!(install.status.success(), "{}", String::from_utf8_lossy(&install.stderr));
    let kinds = "deployment,service,configmap,prometheus,servicemonitor,podmonitor,prometheusrule,role,rolebinding,networkpolicy";
    let names = cluster.kubectl(&["get", kinds, "-n", namespace, "-o", "name"], "");
    for name in [
        "deployment.apps/web",
        "configmap/hook",
        "configmap/shop-web-statsd",
        "prometheus.monitoring.coreos.com/shop",
        "servicemonitor.monitoring.coreos.com/shop-api",
        "podmonitor.monitoring.coreos.com/shop-web",
        "rolebinding.rbac.authorization.k8s.io/shop-prometheus",
    ] {
        assert!(names.lines().any(|line| line == name), "{name} is not there:\n{names}");
    }
    let path =
        "jsonpath={.spec.template.spec.containers[*].name} {.spec.template.spec.containers[0].env[0].value}";
    let web = cluster.kubectl(&["get", "deployment", "web", "-n", namespace, "-o", path], "");
    assert_eq!(web, "web statsd-exporter --statsd-host=127.0.0.1:9125");
    // An upgrade renders anew, and finds everything as it was.
    let upgrade = helm.run(Some(cluster), &["upgrade", "shop", "chart", "-n", namespace]);
    assert!(upgrade.status.success(), "{}", String::from_utf8_lossy(&upgrade.stderr));
    assert_eq!(cluster.kubectl(&["get", kinds, "-n", namespace, "-o", "name"], ""), names);
}

#[test]
fn helm_3_installs_with_the_script() {
    let name = "post_render";
    let Some([helm]) = peers::find(name, [peers::HELM]) else { return };
    let Some(cluster) = Cluster::shared(name) else { return };
    if cluster.install_crds(name).is_none() {
        return;
    }
    cluster.kubectl(&["create", "namespace", "post-three"], "");
    check_helm(&cluster, &Helm::new(helm, false, "post-three"), "post-three");
}

#[test]
fn helm_4_installs_with_the_plugin() {
    let name = "post_render";
    let Some([helm]) = peers::find(name, [peers::HELM_4]) else { return };
    let Some(cluster) = Cluster::shared(name) else { return };
    if cluster.install_crds(name).is_none() {
        return;
    }
    cluster.kubectl(&["create", "namespace", "post-four"], "");
    check_helm(&cluster, &Helm::new(helm, true, "post-four"), "post-four");
}

/// Runs the program on a text; its status, stdout and stderr.
fn run(folder: &Path, args: &[&str], text: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_obsctl"))
        .args(["gen", "manifests", "app", "--post-render"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn the_namespace_is_that_of_the_flag_of_the_manifests_or_of_the_description() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), [("obsctl.yaml", spec("").as_str())]);
    let text = deployment("containers:\n- name: web\n");
    let namespaces = |args: &[&str], text: &str| {
        let (status, out, err) = run(folder.path(), args, text);
        assert_eq!(status, Some(0), "{err}");
        let objects = by_id(&out);
        let prometheus = objects.keys().find_map(|id| id.strip_prefix("Prometheus ")).unwrap();
        prometheus.split_once('/').unwrap().0.to_owned()
    };
    let said = text.replace("  name: web\nspec", "  name: web\n  namespace: eu\nspec");
    assert_eq!(namespaces(&[], &text), "shop");
    assert_eq!(namespaces(&[], &said), "eu");
    assert_eq!(namespaces(&["-n", "us"], &text), "us");
    let (status, out, err) = run(folder.path(), &["-n", "us"], &said);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(
        err.contains("in the namespace `eu`, and this install in `us`") && err.contains("stdin:5:14"),
        "{err}"
    );
}
