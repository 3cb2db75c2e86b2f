//! A Helm chart: each template is an object as the other forms have it, with holes.
//!
//! The namespace is the release's, wherever it stands; replicas, images, sizes and resources are values, whose defaults
//! are what the description says. So a chart installed as it is gives the objects of the other forms, in any
//! namespace. Names are not values: rules, dashboards and selectors would have to follow them.

mod text;

use serde_json::{Value as Json, json};

use super::{OutFile, file, path};
use crate::k8s::Manifest;
use crate::manifest::app::{uid, uid_template};
use crate::manifest::part::Part;
use crate::manifest::spec::{App, Receiver, Sender};
use crate::yaml::write::{self, Map, Value};

/// Stands for the namespace while objects are made; what it is part of is replaced by the release's.
const NAMESPACE: &str = "obsctl0release0namespace";
/// Stand for values, with a number behind.
const HOLE: &str = "obsctl0value0";
/// The values of Prometheus; they come first.
const PROMETHEUS: &str = "prometheus";
const RELEASE: &str = "{{ .Release.Namespace }}";

/// What may be set by a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Text,
    Integer,
    /// A mapping.
    Whole,
}

/// Where a value goes: the kind of object, the way to it in the object (`0` is the first of a list), and what the value
/// is called below the part's own values.
const HOLES: [(&str, &[&str], &str, Sort); 11] = [
    ("Prometheus", &["spec", "version"], "version", Sort::Text),
    ("Prometheus", &["spec", "image"], "image", Sort::Text),
    ("Prometheus", &["spec", "replicas"], "replicas", Sort::Integer),
    ("Prometheus", &["spec", "retention"], "retention", Sort::Text),
    ("Prometheus", &["spec", "resources"], "resources", Sort::Whole),
    (
        "Prometheus",
        &["spec", "storage", "volumeClaimTemplate", "spec", "resources", "requests", "storage"],
        "storage",
        Sort::Text,
    ),
    ("Deployment", &["spec", "template", "spec", "containers", "0", "image"], "image", Sort::Text),
    ("Deployment", &["spec", "template", "spec", "containers", "0", "resources"], "resources", Sort::Whole),
    ("StatefulSet", &["spec", "replicas"], "replicas", Sort::Integer),
    ("StatefulSet", &["spec", "template", "spec", "containers", "0", "image"], "image", Sort::Text),
    ("StatefulSet", &["spec", "template", "spec", "containers", "0", "resources"], "resources", Sort::Whole),
];

/// A value of the chart.
struct Hole {
    /// `prometheus.replicas`, in its parts.
    name: Vec<String>,
    sort: Sort,
    default: Value,
}

/// The chart of what is declared; its namespace plays no part in it.
#[must_use]
pub fn chart(part: Part<'_>, header: &str) -> Vec<OutFile> {
    let namespace = || NAMESPACE.to_owned();
    match part {
        Part::App(app) => chart_of(Part::App(&App { namespace: namespace(), ..app.clone() }), header),
        Part::Sender(sender) => {
            chart_of(Part::Sender(&Sender { namespace: namespace(), ..sender.clone() }), header)
        }
        Part::Receiver(receiver) => {
            chart_of(Part::Receiver(&Receiver { namespace: namespace(), ..receiver.clone() }), header)
        }
    }
}

fn chart_of(part: Part<'_>, header: &str) -> Vec<OutFile> {
    let plan = part.plan();
    let mut holes = Vec::new();
    let templates: Vec<OutFile> =
        plan.manifests.iter().map(|manifest| template(part, manifest, header, &mut holes)).collect();
    holes.sort_by_key(|hole| hole.name.first().is_none_or(|part| part != PROMETHEUS));
    let about = text::about(part, &plan);
    let chart = Map::new()
        .with("apiVersion", "v2")
        .with("name", part.name())
        .with("description", about.description)
        .with("type", "application")
        .with("version", "0.1.0")
        .with("keywords", ["monitoring", "prometheus"]);
    let rows: Vec<(String, String)> =
        holes.iter().map(|hole| (hole.name.join("."), hole.default.to_json().to_string())).collect();
    let text = |path: &str, text: String| OutFile { path: path.to_owned(), text };
    let mut files = vec![
        file("Chart.yaml", &chart, header),
        text("README.md", text::readme(&about.readme, &plan, &rows, header)),
        file("values.yaml", &values(&holes), header),
        text("values.schema.json", format!("{:#}\n", schema(&holes))),
        text("templates/NOTES.txt", about.notes),
    ];
    files.extend(helper(part).map(|(name, body, _)| {
        text("templates/_helpers.tpl", format!("{{{{- define \"{name}\" -}}}}\n{body}{{{{- end }}}}\n"))
    }));
    files.extend(templates);
    files
}

/// A template that others include: its name, its body, and the text that it stands in the place of.
fn helper(part: Part<'_>) -> Option<(String, String, String)> {
    match part {
        Part::App(app) => Some((format!("{}.uid", app.name), uid_template(app), uid(app))),
        Part::Sender(_) | Part::Receiver(_) => None,
    }
}

/// What the values of a workload stand below.
fn values_of(part: Part<'_>, manifest: &Manifest) -> Vec<String> {
    let id = manifest.id();
    let rest = id.name.strip_prefix(&format!("{}-", part.name())).unwrap_or(id.name);
    match part {
        Part::App(_) if id.kind == "Prometheus" => vec![PROMETHEUS.to_owned()],
        Part::App(_) => vec!["exporters".to_owned(), rest.to_owned()],
        Part::Sender(_) if id.name == part.name() => vec!["agent".to_owned()],
        Part::Sender(_) => vec![rest.to_owned()],
        Part::Receiver(_) => Vec::new(),
    }
}

/// The object as a template; its holes are added to `holes`.
fn template(part: Part<'_>, manifest: &Manifest, header: &str, holes: &mut Vec<Hole>) -> OutFile {
    let id = manifest.id();
    let below = values_of(part, manifest);
    let first = holes.len();
    let mut object = Value::Map(manifest.to_map());
    for (_, way, name, sort) in HOLES.iter().filter(|(kind, ..)| *kind == id.kind) {
        let token = format!("{HOLE}{}", holes.len());
        let (put, old) = put(&object, way, &token);
        if let Some(default) = old {
            object = put;
            let name = below.iter().cloned().chain([(*name).to_owned()]).collect();
            holes.push(Hole { name, sort: *sort, default });
        }
    }
    let Value::Map(map) = whole_namespaces(&object) else {
        return OutFile { path: path(manifest), text: String::new() };
    };
    let mut text = write::document(&map, Some(header));
    text = text.replace("{{", "{{ \"{{\" }}");
    for (number, hole) in holes.iter().enumerate().skip(first).rev() {
        text = fill(&text, &format!("{HOLE}{number}"), hole);
    }
    if let Some((name, _, replaced)) = helper(part) {
        text = text.replace(&replaced, &format!("{{{{ include \"{name}\" . }}}}"));
    }
    text = text.replace(WHOLE, "{{ .Release.Namespace | quote }}").replace(NAMESPACE, RELEASE);
    // Objects of the whole cluster have the namespace in their names; a file needs none.
    let path = path(manifest).replace(&format!(".{NAMESPACE}"), "");
    OutFile { path: format!("templates/{path}"), text }
}

/// Stands for the namespace where it is the whole of a scalar: it may look like a number.
const WHOLE: &str = "obsctl0whole0namespace";

fn whole_namespaces(value: &Value) -> Value {
    match value {
        Value::String(text) if text == NAMESPACE => WHOLE.into(),
        Value::List(items) => Value::List(items.iter().map(whole_namespaces).collect()),
        Value::Map(map) => {
            Value::Map(map.entries().map(|entry| (entry.key(), whole_namespaces(entry.value()))).collect())
        }
        other => other.clone(),
    }
}

/// The value with `token` at the end of `way`, and what stood there; nothing is changed where the way does not lead on.
fn put(value: &Value, way: &[&str], token: &str) -> (Value, Option<Value>) {
    let Some((step, rest)) = way.split_first() else { return (token.into(), Some(value.clone())) };
    match value {
        Value::Map(map) => {
            let Some(inner) = map.get(step) else { return (value.clone(), None) };
            let (inner, old) = put(inner, rest, token);
            (Value::Map(map.clone().with(*step, inner)), old)
        }
        Value::List(items) => {
            let at = step.parse::<usize>().ok().filter(|at| *at < items.len());
            let Some(at) = at else { return (value.clone(), None) };
            let (inner, old) = put(&items[at], rest, token);
            let mut items = items.clone();
            items[at] = inner;
            (Value::List(items), old)
        }
        _ => (value.clone(), None),
    }
}

/// The text with the action in the place of the token.
fn fill(text: &str, token: &str, hole: &Hole) -> String {
    let plain = |word: &String| word.bytes().all(|b| b.is_ascii_alphanumeric());
    let value = if hole.name.iter().all(plain) {
        format!(".Values.{}", hole.name.join("."))
    } else {
        let words: Vec<String> = hole.name.iter().map(|word| format!("\"{word}\"")).collect();
        format!("(index .Values {})", words.join(" "))
    };
    match hole.sort {
        Sort::Text => text.replace(token, &format!("{{{{ {value} | quote }}}}")),
        Sort::Integer => text.replace(token, &format!("{{{{ {value} }}}}")),
        Sort::Whole => {
            let lines = text.split_inclusive('\n').map(|line| {
                match line.strip_suffix('\n').unwrap_or(line).strip_suffix(token) {
                    Some(key) => {
                        let indent = key.len() - key.trim_start_matches([' ', '-']).len() + 2;
                        let action = format!("{{{{- toYaml {value} | nindent {indent} }}}}");
                        format!("{}\n{:indent$}{action}\n", key.trim_end(), "")
                    }
                    None => line.to_owned(),
                }
            });
            lines.collect()
        }
    }
}

fn values(holes: &[Hole]) -> Map {
    let mut all = Map::new();
    for hole in holes {
        set(&mut all, &hole.name, hole.default.clone());
    }
    all
}

fn set(map: &mut Map, name: &[String], value: Value) {
    match name {
        [] => {}
        [last] => map.set(&**last, value),
        [first, rest @ ..] => {
            let mut inner = match map.get(first) {
                Some(Value::Map(inner)) => inner.clone(),
                _ => Map::new(),
            };
            set(&mut inner, rest, value);
            map.set(&**first, inner);
        }
    }
}

fn schema(holes: &[Hole]) -> Json {
    let mut root =
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}});
    for hole in holes {
        let mut at = &mut root;
        for word in &hole.name {
            at["type"] = "object".into();
            at["additionalProperties"] = false.into();
            at = &mut at["properties"][word];
        }
        *at = match hole.sort {
            Sort::Text => json!({"type": "string", "minLength": 1}),
            Sort::Integer => json!({"type": "integer", "minimum": 1}),
            Sort::Whole => json!({"type": "object"}),
        };
    }
    // Helm itself adds these to what a chart is given.
    root["properties"]["global"] = json!({"type": "object"});
    root
}
