//! `prometheus.io/*` annotations: what they ask for, where they stand, and what is wrong with them.
//!
//! They are a convention, not an API: a relabel rule of whoever runs Prometheus reads them. What is checked here are the
//! rules that every copy of that convention shares. Their values are read by rules that match whole strings, so that
//! `True` is not `true`, and a rule that does not match leaves its default standing without a word.

#[cfg(test)]
mod tests;
mod value;

use self::value::{quoted, shown};
use super::kind::Kind;
use super::object::Object;
use super::pairs::{Pair, Pairs, Placed};
use super::template::{PodTemplate, job_template};
use crate::base::edit::Edit;
use crate::base::suggest;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{Style, Value};

const NOT_STRING: &str = "annotation/annotation-not-string";
const TYPO: &str = "annotation/annotation-key-typo";

const PREFIX: &str = "prometheus.io/";
const PARAM: &str = "param_";
/// What stands behind the prefix in the conventions in use, `-` and `.` as `_`.
const KNOWN: [&str; 11] = [
    "scrape",
    "scrape_slow",
    "port",
    "path",
    "scheme",
    "interval",
    "scrape_interval",
    "scrape_timeout",
    "timeout",
    "probe",
    "job",
];

/// What the annotations of one place ask for: only what is well-formed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PrometheusIo<'d> {
    pub scrape: Option<Placed<bool>>,
    pub port: Option<Placed<u16>>,
    pub path: Option<Placed<&'d str>>,
    pub scheme: Option<Placed<Scheme>>,
    /// `param_NAME`: query parameters of the scrape.
    pub params: Vec<(&'d str, Placed<&'d str>)>,
    /// All other keys below `prometheus.io/`, as written.
    pub others: Vec<(&'d str, Placed<&'d str>)>,
}

/// How a target is scraped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    Http,
    Https,
}

/// Where annotations stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// On a Pod, or on the template of pods: targets of the pod role have them.
    Pod,
    /// On the metadata of a workload, or on the Jobs of a CronJob: no target has them.
    Workload,
    /// On an object of another kind: a Service, an Ingress, a Namespace.
    Object,
    /// Directly under `metadata`, where Kubernetes has no such field.
    Metadata,
}

/// The annotations of an object at each level where there are any.
#[must_use]
pub fn levels<'d>(object: &Object<'d>) -> Vec<(Level, Pairs<'d>)> {
    let template = PodTemplate::of(object);
    let own = match (object.kind(), template) {
        (Kind::Pod, _) => Level::Pod,
        (_, Some(_)) => Level::Workload,
        _ => Level::Object,
    };
    let jobs = job_template(object).filter(|_| object.kind() == Kind::CronJob);
    let of_jobs = jobs.and_then(|jobs| jobs.get("metadata")?.get("annotations"));
    let below = template.filter(|_| object.kind() != Kind::Pod).map(|template| template.annotations());
    [
        (own, object.annotations()),
        (Level::Workload, Pairs::new(of_jobs)),
        (Level::Pod, below.unwrap_or_default()),
        (Level::Metadata, Pairs::new(object.metadata())),
    ]
    .into_iter()
    .filter(|(level, pairs)| match level {
        Level::Metadata => pairs.iter().any(|pair| pair.key.contains('/')),
        _ => pairs.iter().next().is_some(),
    })
    .collect()
}

/// Labels or annotations (`what`: `label`, `annotation`) whose values Kubernetes does not take for strings. It refuses
/// the whole object.
#[must_use]
pub fn not_strings(pairs: Pairs<'_>, what: &str) -> Vec<Finding> {
    pairs.iter().filter(|pair| pair.value().is_none()).map(|pair| not_string(pair, what)).collect()
}

fn not_string(pair: Pair<'_>, what: &str) -> Finding {
    let found = match pair.node.value() {
        Some(Value::Bool(value)) => format!("the truth value `{value}`"),
        Some(Value::Int(_) | Value::Float(_)) => {
            format!("the number `{}`", shown(pair.node.text().unwrap_or_default()))
        }
        _ => "a list or a mapping".to_owned(),
    };
    let message = format!("{what} `{}` is {found}, and must be a string", shown(pair.key));
    let finding = Finding::error(NOT_STRING, pair.node.span(), message)
        .label("no string")
        .why("Kubernetes refuses the whole object");
    let meant = match (pair.key.strip_prefix(PREFIX), pair.node.value()) {
        // Quoted as written, `on` would be a string that no rule takes for `true`.
        (Some("scrape"), Some(Value::Bool(value))) => Some(value.to_string()),
        (Some("port"), Some(Value::Int(value))) => Some(value.to_string()),
        _ => pair.node.text().map(str::to_owned),
    };
    match meant.filter(|_| pair.node.style() == Some(Style::Plain)) {
        Some(text) => finding.help(format!("write `\"{text}\"`")).fix(
            "quote the value",
            Safety::Safe,
            vec![Edit::replace(pair.node.span(), quoted(&text))],
        ),
        None => finding,
    }
}

impl<'d> PrometheusIo<'d> {
    /// Reads the annotations of one place, with what is wrong with their keys and values. Values that are no strings
    /// are read as what they say; [`not_strings`] reports them.
    #[must_use]
    pub fn read(annotations: Pairs<'d>) -> (Self, Vec<Finding>) {
        let mut read = Self::default();
        let mut findings = Vec::new();
        for pair in annotations.iter() {
            match pair.key.strip_prefix(PREFIX) {
                Some(name) => findings.extend(read.take(name, pair)),
                None => findings.extend(misspelt_prefix(pair)),
            }
        }
        (read, findings)
    }

    /// Whether no annotation was read at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn take(&mut self, name: &'d str, pair: Pair<'d>) -> Option<Finding> {
        let value = pair.value().or_else(|| pair.node.text())?;
        let span = pair.node.span();
        let result = match name {
            "scrape" => {
                value::scrape(pair.node, value).map(|value| self.scrape = Some(Placed::new(value, span)))
            }
            "port" => value::port(value).map(|value| self.port = Some(Placed::new(value, span))),
            "path" => value::path(value).map(|value| self.path = Some(Placed::new(value, span))),
            "scheme" => value::scheme(value).map(|value| self.scheme = Some(Placed::new(value, span))),
            _ => {
                let value = Placed::new(value, span);
                match name.strip_prefix(PARAM).filter(|param| !param.is_empty()) {
                    Some(param) => self.params.push((param, value)),
                    None => self.others.push((name, value)),
                }
                return misspelt_name(name, pair);
            }
        };
        result.err().map(|wrong| wrong.finding(pair, value))
    }
}

/// A name below `prometheus.io/` that is nearly one of those in use.
fn misspelt_name(name: &str, pair: Pair<'_>) -> Option<Finding> {
    let plain = name.replace(['-', '.'], "_");
    if KNOWN.contains(&plain.as_str()) || plain.starts_with(PARAM) {
        return None;
    }
    // People have keys of their own here (`prometheus.io/host`): another first letter is another word.
    let first = plain.chars().next().map(|c| c.to_ascii_lowercase());
    let meant = suggest::nearest(&plain, KNOWN.into_iter())?;
    (meant.chars().next() == first).then(|| typo(pair, &format!("{PREFIX}{meant}")))
}

/// A whole key that is nearly one of the four that everybody uses.
fn misspelt_prefix(pair: Pair<'_>) -> Option<Finding> {
    const KEYS: [&str; 4] =
        ["prometheus.io/scrape", "prometheus.io/port", "prometheus.io/path", "prometheus.io/scheme"];
    let meant = suggest::nearest(pair.key, KEYS.into_iter())?;
    Some(typo(pair, meant))
}

fn typo(pair: Pair<'_>, meant: &str) -> Finding {
    let span = pair.key_node.span();
    let message = format!("annotation `{}` is nearly `{meant}`", shown(pair.key));
    let edit = Edit::replace(span, meant);
    Finding::warning(TYPO, span, message)
        .why("nothing reads it under this name")
        .help(format!("did you mean `{meant}`?"))
        .fix(format!("rename it to `{meant}`"), Safety::Unsafe, vec![edit])
}
