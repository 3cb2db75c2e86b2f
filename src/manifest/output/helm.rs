//! A Helm chart: each template is an object as the other forms have it, with holes.
//!
//! The namespace is the release's, wherever it stands; replicas, images, sizes and resources are values, whose defaults
//! are what the description says. So a chart installed as it is gives the objects of the other forms, in any
//! namespace. Names are not values: rules, dashboards and selectors would have to follow them.

use serde_json::{Value as Json, json};

use super::{OutFile, file, path};
use crate::k8s::Manifest;
use crate::manifest::app::{self, Plan, uid, uid_template};
use crate::manifest::spec::{Alertmanager, App};
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
const HOLES: [(&str, &[&str], &str, Sort); 8] = [
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
];

/// A value of the chart.
struct Hole {
    /// `prometheus.replicas`, in its parts.
    name: Vec<String>,
    sort: Sort,
    default: Value,
}

/// The chart of an application; its namespace plays no part in it.
#[must_use]
pub fn chart(app: &App, header: &str) -> Vec<OutFile> {
    let app = App { namespace: NAMESPACE.to_owned(), ..app.clone() };
    let plan = app::plan(&app);
    let mut holes = Vec::new();
    let templates: Vec<OutFile> =
        plan.manifests.iter().map(|manifest| template(&app, manifest, header, &mut holes)).collect();
    holes.sort_by_key(|hole| hole.name.first().is_none_or(|part| part != PROMETHEUS));
    let chart = Map::new()
        .with("apiVersion", "v2")
        .with("name", &*app.name)
        .with(
            "description",
            format!("Monitoring of {} in its namespace, by a Prometheus of its own", app.name),
        )
        .with("type", "application")
        .with("version", "0.1.0")
        .with("keywords", ["monitoring", "prometheus"]);
    let text = |path: &str, text: String| OutFile { path: path.to_owned(), text };
    let mut files = vec![
        file("Chart.yaml", &chart, header),
        text("README.md", readme(&app, &plan, &holes, header)),
        file("values.yaml", &values(&holes), header),
        text("values.schema.json", format!("{:#}\n", schema(&holes))),
        text("templates/NOTES.txt", notes(&app, &plan)),
        text("templates/_helpers.tpl", helpers(&app)),
    ];
    files.extend(templates);
    files
}

fn helper(app: &App) -> String {
    format!("{}.uid", app.name)
}

fn helpers(app: &App) -> String {
    format!("{{{{- define \"{}\" -}}}}\n{}{{{{- end }}}}\n", helper(app), uid_template(app))
}

/// The object as a template; its holes are added to `holes`.
fn template(app: &App, manifest: &Manifest, header: &str, holes: &mut Vec<Hole>) -> OutFile {
    let id = manifest.id();
    let part: Vec<String> = match id.kind {
        "Prometheus" => vec![PROMETHEUS.to_owned()],
        _ => vec![
            "exporters".to_owned(),
            id.name.strip_prefix(&format!("{}-", app.name)).unwrap_or(id.name).to_owned(),
        ],
    };
    let first = holes.len();
    let mut object = Value::Map(manifest.to_map());
    for (_, way, name, sort) in HOLES.iter().filter(|(kind, ..)| *kind == id.kind) {
        let token = format!("{HOLE}{}", holes.len());
        let (put, old) = put(&object, way, &token);
        if let Some(default) = old {
            object = put;
            let name = part.iter().cloned().chain([(*name).to_owned()]).collect();
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
    text = text
        .replace(&uid(app), &format!("{{{{ include \"{}\" . }}}}", helper(app)))
        .replace(WHOLE, "{{ .Release.Namespace | quote }}")
        .replace(NAMESPACE, RELEASE);
    OutFile { path: format!("templates/{}", path(manifest)), text }
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

fn readme(app: &App, plan: &Plan, holes: &[Hole], header: &str) -> String {
    let name = &app.name;
    let rights = match (app.prometheus.cluster_role, &app.prometheus.alertmanager) {
        (true, _) => "lists of Services and pods in every namespace, which a ClusterRole gives it".to_owned(),
        (false, Some(Alertmanager { namespace: Some(there), .. })) => {
            format!("rights in that namespace, and in `{there}` to find Alertmanager")
        }
        (false, _) => "no rights beyond that namespace".to_owned(),
    };
    let mut out = format!(
        "# {name}: monitoring\n\n{header}\n\nA Prometheus for {name} in the namespace of the release, and in no other: it needs the Prometheus \
         operator in the cluster, and {rights}.\n\n    helm install {name}-monitoring . --namespace NAMESPACE\n\n\
         One release for each namespace; several namespaces see nothing of each other.\n\n## Values\n\n| value | default |\n|---|---|\n"
    );
    for hole in holes {
        out.push_str(&format!("| `{}` | `{}` |\n", hole.name.join("."), hole.default.to_json()));
    }
    out.push_str("\n## Objects\n\n");
    for manifest in &plan.manifests {
        let id = manifest.id();
        out.push_str(&format!("- {} `{}`\n", id.kind, id.name.replace(NAMESPACE, "NAMESPACE")));
    }
    out
}

fn notes(app: &App, plan: &Plan) -> String {
    let name = &app.name;
    let mut out = format!(
        "{name} is monitored in the namespace {RELEASE}.\n\n  kubectl --namespace {RELEASE} port-forward service/{name}-prometheus 9090\n\n\
         shows its Prometheus at http://127.0.0.1:9090/targets.\n"
    );
    if !plan.patches.is_empty() {
        let names: Vec<&str> = plan.patches.iter().map(|patch| patch.deployment.as_str()).collect();
        out.push_str(&format!(
            "\nThe statsd_exporter beside Gunicorn comes by a patch of {}: `obsctl gen manifests --fragments DIR`\nwrites it.\n",
            names.join(", ")
        ));
    }
    out
}
