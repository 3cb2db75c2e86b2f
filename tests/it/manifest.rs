//! What `gen manifests` makes, held against what was made before, against lint, and against the programs that read it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use obsctl::lint::{Options, World};
use obsctl::manifest::app::plan;
use obsctl::manifest::{self, App, OutFile, Part, Plan, Spec, example, output};
use serde_json::Value;

use crate::support::peers;

const HEADER: &str = "Made by `obsctl gen manifests -f obsctl.yaml`: change what it reads, not this.";

/// Descriptions of applications, and the folder of `testdata/manifest/` with what is made of them.
fn descriptions() -> [(&'static str, String); 3] {
    [("example", example().to_owned()), ("small", description("small")), ("wide", description("wide"))]
}

/// These, and those of senders and of a receiver.
fn all_descriptions() -> Vec<(&'static str, String)> {
    let others = ["sender", "sender-prometheus", "receiver"].map(|name| (name, description(name)));
    descriptions().into_iter().chain(others).collect()
}

pub(crate) fn description(name: &str) -> String {
    fs::read_to_string(testdata(name).join("obsctl.yaml")).unwrap()
}

fn app(text: &str, namespace: Option<&str>) -> App {
    Spec::parse(text, namespace).unwrap().app.unwrap()
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/manifest").join(name)
}

/// Everything that is made, by its path: objects in one file, as all three formats say the same.
fn made(text: &str) -> BTreeMap<String, String> {
    let spec = Spec::parse(text, None).unwrap();
    let parts = spec.parts(None);
    let plan = manifest::plan(&parts);
    let below = |folder: &'static str| move |file: OutFile| (format!("{folder}/{}", file.path), file.text);
    let fragments = output::fragments(&plan, HEADER).into_iter().map(below("fragments"));
    let mut files: BTreeMap<String, String> = fragments.collect();
    if plan.manifests.is_empty() {
        return files;
    }
    files.insert("manifests.yaml".to_owned(), output::one_text(&plan, HEADER));
    let objects: Vec<String> = output::yaml(&plan, HEADER).into_iter().map(|file| file.path).collect();
    let kustomize = output::kustomize(&plan, HEADER).into_iter().filter(|file| !objects.contains(&file.path));
    files.extend(kustomize.map(below("kustomize")));
    files.extend(output::chart(parts[0], HEADER).into_iter().map(below("chart")));
    files
}

#[test]
fn what_is_made_is_what_was_made_before() {
    let mut wrong = Vec::new();
    for (name, text) in all_descriptions() {
        let folder = testdata(name);
        let files = made(&text);
        if std::env::var_os("UPDATE").is_some() {
            for old in ["manifests.yaml", "kustomize", "chart", "fragments"].map(|it| folder.join(it)) {
                let _ = if old.is_dir() { fs::remove_dir_all(old) } else { fs::remove_file(old) };
            }
            write(&folder, files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        }
        for (path, text) in files {
            assert!(!text.contains("obsctl0"), "{name}/{path}: a hole is left");
            let golden = fs::read_to_string(folder.join(&path)).unwrap_or_default();
            if golden != text {
                wrong.push(format!("{name}/{path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} differ; UPDATE=1 rewrites them: read the diff");
}

#[test]
fn the_same_description_makes_the_same_bytes() {
    for (_, text) in all_descriptions() {
        assert_eq!(made(&text), made(&text));
    }
}

/// The objects beside those that they are made for.
#[test]
fn lint_finds_no_fault_in_what_is_made() {
    for (name, text) in all_descriptions() {
        let beside = fs::read_to_string(testdata(name).join("beside.yaml")).unwrap();
        let mut world = World::new(Options { complete: true, ..Options::default() });
        world.add("beside.yaml", beside);
        for (path, text) in made(&text).into_iter().filter(|(path, _)| !path.starts_with("chart/templates")) {
            if Path::new(&path).extension().is_some_and(|it| it == "yaml") {
                world.add(&path, text);
            }
        }
        let findings: Vec<String> = world
            .check()
            .into_iter()
            .flat_map(|it| {
                it.findings
                    .iter()
                    .map(|f| format!("{}: {} {}", it.name, f.rule, f.message))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(findings, Vec::<String>::new(), "{name}");
    }
}

/// Objects by kind and name, as an API server reads them.
pub(crate) type Objects = BTreeMap<String, Value>;

pub(crate) fn objects(plan: &Plan) -> Objects {
    plan.manifests.iter().map(|it| (it.id().to_string(), it.to_json())).collect()
}

/// Objects of a stream of YAML, read by the real kubectl.
fn read(kubectl: &Path, text: &str) -> Objects {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("all.yaml"), text).unwrap();
    let kustomization =
        r#"{"apiVersion":"kustomize.config.k8s.io/v1beta1","kind":"Kustomization","resources":["all.yaml"]}"#;
    fs::write(folder.path().join("kustomization.yaml"), kustomization).unwrap();
    let yaml = stdout(Command::new(kubectl).arg("kustomize").arg(folder.path()));
    by_id(&yaml)
}

/// Objects of YAML without surprises: what kubectl or helm wrote.
pub(crate) fn by_id(text: &str) -> Objects {
    use obsctl::yaml::{Budget, File};
    let file = File::parse(text.to_owned(), &Budget::default());
    assert_eq!(file.faults(), []);
    let roots = file.documents().iter().filter_map(|document| document.root());
    let objects = roots.filter(|root| root.get("kind").is_some()).map(json);
    objects
        .map(|object| {
            let text = |pointer: &str| {
                object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let namespace = match text("/metadata/namespace") {
                none if none.is_empty() => none,
                namespace => format!("{namespace}/"),
            };
            (format!("{} {namespace}{}", text("/kind"), text("/metadata/name")), object)
        })
        .collect()
}

/// The one document of a text.
pub(crate) fn document(text: &str) -> Value {
    use obsctl::yaml::{Budget, File};
    let file = File::parse(text.to_owned(), &Budget::default());
    json(file.documents()[0].root().unwrap())
}

fn json(node: obsctl::yaml::Node<'_>) -> Value {
    use obsctl::yaml::{Kind, Value as Scalar};
    match node.kind() {
        Kind::Sequence => node.items().map(json).collect(),
        Kind::Mapping => {
            node.entries().map(|it| (it.key.text().unwrap().to_owned(), json(it.value))).collect()
        }
        Kind::Scalar => match node.value().unwrap() {
            Scalar::Bool(value) => value.into(),
            Scalar::Int(value) => i64::try_from(value).unwrap().into(),
            Scalar::Str(text) => text.into(),
            other => panic!("{other:?} in a manifest"),
        },
    }
}

pub(crate) fn stdout(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

pub(crate) fn write<'f>(folder: &Path, files: impl IntoIterator<Item = (&'f str, &'f str)>) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

pub(crate) fn pairs(files: &[OutFile]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|file| (file.path.as_str(), file.text.as_str()))
}

/// Namespaces that a template could spoil: what looks like a number, and one whose uid must be cut.
const NAMESPACES: [&str; 4] =
    ["shop-eu", "1e3", "null", "a-namespace-with-a-name-of-sixty-three-characters-which-is-most"];

#[test]
fn kustomize_builds_the_same_objects() {
    let Some([kubectl]) = peers::find("manifest", [peers::KUBECTL]) else { return };
    for ((_, text), namespace) in descriptions().iter().zip(NAMESPACES).cycle().take(6) {
        let plan = plan(&app(text, Some(namespace)));
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), pairs(&output::kustomize(&plan, HEADER)));
        let built = by_id(&stdout(Command::new(&kubectl).arg("kustomize").arg(folder.path())));
        assert_eq!(built, objects(&plan), "{namespace}");
        assert_eq!(read(&kubectl, &output::one_text(&plan, HEADER)), objects(&plan), "{namespace}");
    }
}

#[test]
fn the_component_puts_the_exporter_beside_gunicorn() {
    let Some([kubectl]) = peers::find("manifest", [peers::KUBECTL]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&app(example(), None));
    write(&folder.path().join("monitoring"), pairs(&output::kustomize(&plan, HEADER)));
    let kustomization = "resources: [web.yaml, monitoring]\ncomponents: [monitoring/sidecars]\n";
    let web = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, env: [{name: DEBUG, value: 'no'}]}]
";
    write(folder.path(), [("kustomization.yaml", kustomization), ("web.yaml", web)]);
    let built = by_id(&stdout(Command::new(&kubectl).arg("kustomize").arg(folder.path())));
    assert_eq!(built.len(), objects(&plan).len() + 1);
    let spec = &built["Deployment shop/web"]["spec"]["template"]["spec"];
    let containers = spec["containers"].as_array().unwrap();
    let names: Vec<&str> = containers.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"web") && names.contains(&"statsd-exporter") && names.len() == 2, "{names:?}");
    let env = &containers.iter().find(|it| it["name"] == "web").unwrap()["env"];
    assert_eq!(env.as_array().unwrap().len(), 2, "{env}");
    assert_eq!(spec["volumes"][0]["configMap"]["name"], "shop-web-statsd");
}

#[test]
fn helm_renders_the_same_objects_in_every_namespace() {
    let Some([helm]) = peers::find("manifest", [peers::HELM]) else { return };
    for (_, text) in descriptions() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), pairs(&output::chart(Part::App(&app(&text, None)), HEADER)));
        let run = |args: &[&str]| {
            let mut command = Command::new(&helm);
            stdout(command.env("HOME", folder.path()).args(args).arg(folder.path()))
        };
        let linted = run(&["lint", "--strict"]);
        assert!(linted.contains("0 chart(s) failed"), "{linted}");
        for namespace in NAMESPACES {
            let rendered = by_id(&run(&["template", "--namespace", namespace, "monitoring"]));
            assert_eq!(rendered, objects(&plan(&app(&text, Some(namespace)))), "{namespace}");
        }
        let set =
            ["template", "-n", "a", "--set", "prometheus.replicas=2,prometheus.retention=1w", "monitoring"];
        let rendered = by_id(&run(&set));
        let spec = &rendered["Prometheus a/shop"]["spec"];
        assert_eq!((&spec["replicas"], &spec["retention"]), (&Value::from(2), &Value::from("1w")));
    }
}

#[test]
fn helm_refuses_values_that_the_chart_does_not_have() {
    let Some([helm]) = peers::find("manifest", [peers::HELM]) else { return };
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), pairs(&output::chart(Part::App(&app(example(), None)), HEADER)));
    for set in ["prometheus.replica=2", "prometheus.replicas=many", "exporters.other.image=x"] {
        let mut command = Command::new(&helm);
        let done = command
            .env("HOME", folder.path())
            .args(["template", "x", "--set", set])
            .arg(folder.path())
            .output();
        let done = done.unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(
            !done.status.success() && said.contains("values don't meet the specifications"),
            "{set}: {said}"
        );
    }
}

/// Configuration for a Prometheus without the operator.
#[test]
fn promtool_takes_the_fragments() {
    let Some([promtool]) = peers::find("manifest", [peers::PROMTOOL]) else { return };
    for (_, text) in descriptions() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), pairs(&output::fragments(&plan(&app(&text, None)), HEADER)));
        let config = "scrape_config_files: [scrape-configs.yaml]\nrule_files: [rules.yaml]\n";
        write(folder.path(), [("prometheus.yml", config)]);
        let said = stdout(
            Command::new(&promtool).args(["check", "config"]).arg(folder.path().join("prometheus.yml")),
        );
        assert!(said.contains("rules found"), "{said}");
        // There are no Secrets here.
        let whole = folder.path().join("prometheus.yaml");
        stdout(Command::new(&promtool).args(["check", "config", "--syntax-only"]).arg(whole));
    }
}
