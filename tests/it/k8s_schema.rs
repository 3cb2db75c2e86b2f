//! `k8s::schema` held against a real kube-apiserver: thousands of changed examples, each judged by both.
//!
//! The examples (`testdata/k8s/`) are valid; a change breaks a name, a type, a value, or adds a field of the tables with
//! a value that fits or does not. The server is asked by a dry run with strict validation of fields. What it accepts must
//! be clean; what it refuses for its schema must be found, at the same path; what it refuses for reasons beyond schemas
//! is counted and shown. `OBSCTL_SCHEMA_CHANGES` says how many changes are made of each example (40).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use obsctl::diagnostic::Severity;
use obsctl::k8s::schema::{self, Versions};
use obsctl::yaml::{Budget, File, Node, Value as Scalar};
use serde_json::{Map, Value, json};

use super::support::cluster::{Cluster, Connection};
use super::support::peers;

mod change;

/// What both say of one object.
struct Verdict {
    /// Messages of our errors.
    ours: Vec<String>,
    /// Why the server refuses it: code, fields that are named, message.
    server: Option<(u64, Vec<String>, String)>,
}

#[test]
fn every_example_is_clean_and_every_kind_has_one() {
    let table = include_str!("../../src/k8s/schema/tables.txt");
    let kinds = table.lines().filter(|line| line.starts_with("core ") || line.starts_with("custom"));
    let examples = examples();
    assert_eq!(examples.len(), kinds.count());
    for (name, example) in examples {
        let kind = (example["apiVersion"].as_str().unwrap(), example["kind"].as_str().unwrap());
        assert!(schema::knows(kind.0, kind.1), "{name}");
        let text = std::fs::read_to_string(folder().join(&name)).unwrap();
        assert_eq!(errors(&text), Vec::<String>::new(), "{name}");
    }
}

/// What is wrong with manifests that are published: part of the path, part of the message.
///
/// They are no whole objects: a patch for kustomize, and pieces that a guide shows.
const KNOWN_FAULTS: [(&str, &str); 2] = [
    ("argocd-application-controller-statefulset.yaml", "`spec.selector` is missing"),
    ("user-guides/scrapeclass/", "is missing"),
];

#[test]
fn published_manifests_are_clean() {
    let Some(crds) = peers::crds("k8s_schema") else { return };
    let mut files = Vec::new();
    collect(&crds.join("manifests"), &mut files);
    let (mut documents, mut faults) = (0, Vec::new());
    for path in files {
        let file = File::parse(std::fs::read_to_string(&path).unwrap(), &Budget::default());
        let roots: Vec<_> = file.documents().iter().filter_map(|document| document.root()).collect();
        documents += roots.len();
        for finding in roots.into_iter().flat_map(|root| schema::check(root, &Versions::default())) {
            let path = path.strip_prefix(&crds).unwrap().to_string_lossy().into_owned();
            let known =
                |(part, message): &(&str, &str)| path.contains(part) && finding.message.contains(message);
            if finding.severity == Severity::Error && !KNOWN_FAULTS.iter().any(known) {
                faults.push(format!("{path}:{}: {}", file.position(finding.span.start), finding.message));
            }
        }
    }
    eprintln!("{documents} published documents");
    assert!(documents > 400 && faults.is_empty(), "{documents} documents:\n{}", faults.join("\n"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

#[test]
fn verdicts_are_those_of_the_api_server() {
    let Some(cluster) = Cluster::shared("k8s_schema") else { return };
    let Some(()) = cluster.install_crds("k8s_schema") else { return };
    let mut server = cluster.connect();
    let count: u64 = std::env::var("OBSCTL_SCHEMA_CHANGES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let (mut false_alarms, mut missed, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    let (mut accepted, mut refused) = (0, 0);
    let mut beyond = BTreeMap::<String, usize>::new();
    for (name, example) in examples() {
        let mut changes = change::Changes::new(&example);
        for seed in 0..count {
            let Some((what, object)) = changes.make(&example, seed) else { continue };
            let verdict = judge(&mut server, &object);
            let say = |ours: &[String], server: &str| {
                format!("{name} #{seed}: {what}\n    ours: {ours:?}\n    server: {server}")
            };
            match &verdict.server {
                None if verdict.ours.is_empty() => accepted += 1,
                None => false_alarms.push(say(&verdict.ours, "accepts it")),
                Some((_, _, message)) if verdict.ours.is_empty() && is_beyond(&example, message) => {
                    *beyond.entry(reason(message)).or_default() += 1;
                }
                Some((_, _, message)) if verdict.ours.is_empty() => missed.push(say(&[], message)),
                Some((code, fields, message)) => {
                    refused += 1;
                    let inside = |ours: &String| {
                        ours.split('`').nth(1).is_some_and(|path| {
                            message.ends_with(path) || message.contains(&format!("{path},"))
                        })
                    };
                    let named = |field: &String| verdict.ours.iter().any(|ours| same_place(ours, field));
                    // Checks written by hand name places of Go's types, and see first what follows from a fault.
                    let by_hand = !is_custom(&example) && *code == 422;
                    if !by_hand
                        && !fields.is_empty()
                        && !fields.iter().any(named)
                        && !verdict.ours.iter().any(inside)
                    {
                        elsewhere.push(say(&verdict.ours, message));
                    }
                }
            }
        }
    }
    eprintln!("{accepted} accepted and {refused} refused by both; beyond schemas: {beyond:#?}");
    let report = |title: &str, cases: &[String]| {
        format!("{} {title}:\n{}", cases.len(), cases.iter().take(60).cloned().collect::<Vec<_>>().join("\n"))
    };
    let faults: Vec<String> =
        [("false alarms", &false_alarms), ("missed", &missed), ("found at another place", &elsewhere)]
            .into_iter()
            .filter(|(_, cases)| !cases.is_empty())
            .map(|(title, cases)| report(title, cases))
            .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Whether the server refuses it for what no schema says. Custom resources have nothing but their schema.
fn is_beyond(example: &Value, message: &str) -> bool {
    let decoding = [
        "strict decoding",
        "cannot unmarshal",
        "cannot be handled",
        "illegal base64",
        "quantities must",
        "unable to decode",
    ];
    // Inside of the schemas of a CRD a schema, a list of them and a truth value are taken alike.
    let of_schema = message.contains("JSONSchemaProps");
    !is_custom(example) && (of_schema || !decoding.iter().any(|sign| message.contains(sign)))
}

fn is_custom(example: &Value) -> bool {
    example["apiVersion"]
        .as_str()
        .is_some_and(|version| version.contains("coreos") || version.contains("argoproj"))
}

/// A message without its names and values.
fn reason(message: &str) -> String {
    let message = message.split_once("invalid: ").map_or(message, |(_, rest)| rest);
    message
        .split(['[', ']', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        .collect::<String>()
        .chars()
        .take(90)
        .collect()
}

/// Whether our message is about the server's field: that one, one above, or one below it; how a key of a map is written
/// differs.
fn same_place(ours: &str, field: &str) -> bool {
    let plain =
        |text: &str| format!("{}.", text.replace(['[', ']', '"'], ".").replace("..", ".").trim_matches('.'));
    let field = plain(field);
    ours.split('`')
        .skip(1)
        .step_by(2)
        .map(plain)
        .any(|ours| ours.starts_with(&field) || field.starts_with(&ours))
}

/// Messages of the errors that we find in a text.
fn errors(text: &str) -> Vec<String> {
    let file = File::parse(text, &Budget::default());
    assert!(file.faults().is_empty(), "{:?}", file.faults());
    let roots = file.documents().iter().filter_map(|document| document.root());
    let findings = roots.flat_map(|root| schema::check(root, &Versions::default()));
    findings.filter(|finding| finding.severity == Severity::Error).map(|finding| finding.message).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/k8s")
}

/// Every example, by the name of its file.
fn examples() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let file = File::parse(std::fs::read_to_string(&path).unwrap(), &Budget::default());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, plain(file.documents()[0].root().unwrap()))
        })
        .collect()
}

fn plain(node: Node<'_>) -> Value {
    match node.value() {
        Some(Scalar::Null) => Value::Null,
        Some(Scalar::Bool(value)) => value.into(),
        Some(Scalar::Int(value)) => i64::try_from(value).unwrap().into(),
        Some(Scalar::Float(value)) => json!(value),
        Some(Scalar::Str(text) | Scalar::Timestamp(text) | Scalar::Binary(text)) => text.into(),
        None if node.kind() == obsctl::yaml::Kind::Sequence => node.items().map(plain).collect(),
        None => node
            .entries()
            .map(|entry| (entry.key.text().unwrap().to_owned(), plain(entry.value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// What we and the server say of one object.
fn judge(server: &mut Connection, object: &Value) -> Verdict {
    let text = object.to_string();
    let path = format!("{}?dryRun=All&fieldValidation=Strict", url(object));
    let answer = server.request("POST", &path, "application/yaml", text.as_bytes());
    let server = (answer.status() >= 300).then(|| {
        let status: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let message = status["message"].as_str().unwrap_or_default().to_owned();
        assert!(status["kind"] == "Status" && answer.status() != 404, "{path}: {}", answer.first_line);
        let causes = status["details"]["causes"].as_array().into_iter().flatten();
        let mut fields: Vec<String> =
            causes.filter_map(|cause| Some(cause["field"].as_str()?.to_owned())).collect();
        fields.extend(
            message
                .split("unknown field \"")
                .skip(1)
                .filter_map(|rest| Some(rest.split('"').next()?.to_owned())),
        );
        (u64::from(answer.status()), fields, message)
    });
    Verdict { ours: errors(&text), server }
}

/// Where objects of this kind are created.
fn url(object: &Value) -> String {
    let text = |key: &str| object[key].as_str().unwrap();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let plural = match kind.to_lowercase() {
        name if name == "endpoints" => name,
        name if name.ends_with('s') => format!("{name}es"),
        name if name.ends_with('y') => format!("{}ies", &name[..name.len() - 1]),
        name => format!("{name}s"),
    };
    let root = if version.contains('/') { "apis" } else { "api" };
    let cluster =
        ["Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"].contains(&kind);
    let namespace = if cluster { "" } else { "namespaces/default/" };
    format!("/{root}/{version}/{namespace}{plural}")
}
