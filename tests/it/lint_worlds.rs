//! What belongs together: a chart or a kustomization in a tree is a world of its own, and so is what they render.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::peers::{self, HELM, KUBECTL};

const RULE: &str = "\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: web, namespace: web}
spec:
  groups:
    - name: web
      rules:
        - {record: \"job:up:sum\", expr: sum by (job) (up)}
";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: \"web:1\", ports: [{name: http, containerPort: 80}]}]
";

/// The annotations of a pod, in the wrong place; no whole Deployment.
const PATCH: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {prometheus.io/scrape: \"true\"}
spec:
  replicas: 2
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}]
";

const MONITOR: &str = "\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: metrics}]
";

/// A base and two overlays, each with the same rule, and a patch.
fn kustomizations() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("base/kustomization.yaml", "resources: [deployment.yaml, service.yaml]\n");
    put("base/deployment.yaml", DEPLOYMENT);
    put("base/service.yaml", SERVICE);
    for overlay in ["live", "test"] {
        put(
            &format!("overlays/{overlay}/kustomization.yml"),
            "namespace: web\nresources: [../../base, rule.yaml, monitor.yaml]\npatches:\n  - path: ./a-patch.yaml\n",
        );
        put(&format!("overlays/{overlay}/rule.yaml"), RULE);
        put(&format!("overlays/{overlay}/monitor.yaml"), MONITOR);
        put(&format!("overlays/{overlay}/a-patch.yaml"), PATCH);
    }
    folder
}

/// Exit status, stdout and stderr of lint.
fn lint(folder: &Path, args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    command.arg("lint").args(args).args(["-o", "compact"]).current_dir(folder);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("obsctl starts");
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).expect("it reads");
    let done = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[test]
fn overlays_of_one_base_do_not_see_each_other() {
    let folder = kustomizations();
    let (status, out, err) = lint(folder.path(), &[".", "--complete", "--fail-on", "warning"], "");
    assert_eq!((status, out.as_str()), (0, ""), "{err}");
    let how = "./overlays/live: a kustomization, its patches are passed over: \
               `kubectl kustomize ./overlays/live | obsctl lint -`";
    assert!(err.contains(how), "{err}");

    // Without kustomizations, the same files are one world, and the patches are objects like any other.
    for name in
        ["base/kustomization.yaml", "overlays/live/kustomization.yml", "overlays/test/kustomization.yml"]
    {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let (status, out, _) = lint(folder.path(), &["."], "");
    assert_eq!(status, 1);
    for expect in [
        "overlays/test/rule.yaml:8:20: warning[rules/duplicate-rule]",
        "a-patch.yaml:6:1: error[yaml/missing-field]",
    ] {
        assert!(out.contains(expect), "{expect}\n{out}");
    }
}

#[test]
fn fixes_are_made_in_every_world() {
    let folder = kustomizations();
    let wrong = MONITOR
        .replace("metrics}]", "http, interval: 30s, relabelings: [{source_labels: [a], targetLabel: b}]}]");
    for overlay in ["live", "test"] {
        fs::write(folder.path().join(format!("overlays/{overlay}/monitor.yaml")), &wrong).unwrap();
    }
    let (status, out, err) = lint(folder.path(), &[".", "--fix"], "");
    assert!(err.contains("2 fixes made in 2 files"), "{err}");
    assert_eq!((status, out.as_str()), (0, ""));
    for overlay in ["live", "test"] {
        let text =
            fs::read_to_string(folder.path().join(format!("overlays/{overlay}/monitor.yaml"))).unwrap();
        assert_eq!(text, wrong.replace("source_labels", "sourceLabels"));
    }
}

#[test]
fn a_patch_that_is_named_is_read() {
    let folder = kustomizations();
    let (status, out, _) = lint(folder.path(), &["overlays/live/a-patch.yaml"], "");
    assert_eq!(status, 1);
    assert!(out.contains("a-patch.yaml:6:1: error[yaml/missing-field]"), "{out}");
}

#[test]
fn what_kustomize_builds_is_one_world() {
    let Some([kubectl]) = peers::find("lint of kustomize's output", [KUBECTL]) else { return };
    let folder = kustomizations();
    let built = Command::new(kubectl)
        .args(["kustomize", "overlays/live"])
        .current_dir(folder.path())
        .output()
        .expect("kubectl runs");
    let built = String::from_utf8(built.stdout).unwrap();
    let (_, out, err) = lint(folder.path(), &["-"], &built);
    // The Service comes from the base, the monitor from the overlay, the annotation from the patch.
    assert!(out.contains("reference/port-not-on-service"), "{out}{err}\n{built}");
    assert!(out.contains("annotation/annotation-wrong-level"), "{out}{err}\n{built}");
    let line = 1 + built.lines().position(|line| line.contains("port: metrics")).unwrap();
    assert!(out.contains(&format!("<stdin>:{line}:")), "{out}");
}

#[test]
fn what_helm_renders_names_its_templates() {
    let Some([helm]) = peers::find("lint of helm's output", [HELM]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let chart = folder.path().join("chart");
    fs::create_dir_all(chart.join("templates")).unwrap();
    let put = |name: &str, text: &str| fs::write(chart.join(name), text).unwrap();
    put("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    put("values.yaml", "port: metrics\n");
    put("templates/service.yaml", SERVICE);
    put("templates/monitor.yaml", &MONITOR.replace("port: metrics", "port: {{ .Values.port }}"));
    let rendered = Command::new(helm)
        .args(["template", "release", "chart"])
        .current_dir(folder.path())
        .output()
        .expect("helm runs");
    let rendered = String::from_utf8(rendered.stdout).unwrap();
    let args = ["lint", "-", "--fail-on", "warning"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    let mut child = command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(rendered.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let out = String::from_utf8(done.stdout).unwrap();
    assert_eq!(done.status.code(), Some(1), "{out}\n{rendered}");
    assert!(out.contains("reference/port-not-on-service"), "{out}");
    assert!(out.contains("# Source: web/templates/monitor.yaml"), "{out}");
    // A tree with the chart: its templates are passed over, and that is said.
    let (status, out, err) = lint(folder.path(), &["."], "");
    assert_eq!((status, out.as_str()), (0, ""));
    assert!(err.contains("`helm template ./chart | obsctl lint -`"), "{err}");
}
