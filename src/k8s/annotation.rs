//! `prometheus.io/*` annotations: what they ask for, where they stand, and what is wrong with them.
//!
//! They are a convention, not an API: a relabel rule of whoever runs Prometheus reads them. What is checked here are the
//! rules that every copy of that convention shares. Their values are read by rules that match whole strings, so that
//! `True` is not `true`, and a rule that does not match leaves its default standing without a word.

use std::borrow::Cow;

use super::Kind;
use super::object::Object;
use super::pairs::{Pair, Pairs, Placed};
use super::template::{PodTemplate, job_template};
use crate::base::edit::Edit;
use crate::base::suggest;
use crate::base::text::{clip, escape};
use crate::diagnostic::{Finding, Safety, Severity};
use crate::yaml::{Node, Style, Value};

const NOT_STRING: &str = "annotation/annotation-not-string";
const BAD_VALUE: &str = "annotation/annotation-value";
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
const SHOWN_MAX: usize = 60;

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
            "scrape" => scrape(pair.node, value).map(|value| self.scrape = Some(Placed::new(value, span))),
            "port" => port(value).map(|value| self.port = Some(Placed::new(value, span))),
            "path" => path(value).map(|value| self.path = Some(Placed::new(value, span))),
            "scheme" => scheme(value).map(|value| self.scheme = Some(Placed::new(value, span))),
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

/// Why a value does nothing, and what was meant.
struct Wrong {
    severity: Severity,
    rule: &'static str,
    why: &'static str,
    meant: Option<Cow<'static, str>>,
}

impl Wrong {
    fn finding(self, pair: Pair<'_>, value: &str) -> Finding {
        let span = pair.node.span();
        let message = format!("annotation `{}` is `{}`, and must be {}", pair.key, shown(value), self.rule);
        let finding = Finding::new(BAD_VALUE, self.severity, span, message).why(self.why);
        match self.meant {
            Some(meant) => {
                let edit = Edit::replace(span, quoted(&meant));
                finding.help(format!("write `\"{meant}\"`")).fix(
                    "correct the value",
                    Safety::Safe,
                    vec![edit],
                )
            }
            None => finding,
        }
    }
}

fn scrape(node: Node<'_>, value: &str) -> Result<bool, Wrong> {
    let written = match node.value() {
        Some(Value::Bool(value)) => return Ok(value),
        _ => value,
    };
    let meant = match written.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some("true"),
        "false" | "no" | "off" | "0" => Some("false"),
        _ => None,
    };
    match written {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Wrong {
            severity: Severity::Error,
            rule: "`true` or `false`",
            why: "the rule that reads it keeps only targets whose value is exactly `true`",
            meant: meant.map(Cow::Borrowed),
        }),
    }
}

fn port(value: &str) -> Result<u16, Wrong> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|port: &u16| digits && *port > 0)
    };
    let trimmed = number(value.trim().trim_start_matches(':'));
    number(value).ok_or_else(|| Wrong {
        severity: Severity::Error,
        rule: "one port number, 1 to 65535",
        why: "the rule that reads it replaces the port of the address only by digits; else the target keeps the port it had",
        meant: trimmed.map(|port| Cow::Owned(port.to_string())),
    })
}

fn path(value: &str) -> Result<&str, Wrong> {
    let wrong = |severity, rule, why, meant| Err(Wrong { severity, rule, why, meant });
    let trimmed = value.trim();
    if trimmed.is_empty() {
        let why = "an empty one is ignored, and the default path is scraped";
        return wrong(Severity::Warning, "a path that begins with `/`", why, None);
    }
    if trimmed.contains("://") {
        let why = "it becomes a part of the URL behind the host";
        return wrong(Severity::Error, "a path, without scheme and host", why, None);
    }
    if trimmed.contains('?') {
        let why = "the `?` is escaped, and no such path exists; parameters have annotations of their own, `prometheus.io/param_NAME`";
        return wrong(Severity::Error, "a path without a query", why, None);
    }
    if trimmed != value || !value.starts_with('/') {
        let spaces = trimmed != value;
        let (severity, why) = match spaces {
            true => (Severity::Error, "blanks are escaped, and no such path exists"),
            false => (
                Severity::Warning,
                "Prometheus adds the `/` by itself; not every reader of the annotation does",
            ),
        };
        let meant = format!("/{}", trimmed.trim_start_matches('/'));
        return wrong(severity, "a path that begins with `/`", why, Some(Cow::Owned(meant)));
    }
    Ok(value)
}

fn scheme(value: &str) -> Result<Scheme, Wrong> {
    let meant = match value.trim().trim_end_matches("://").to_ascii_lowercase().as_str() {
        "http" => Some("http"),
        "https" => Some("https"),
        _ => None,
    };
    match value {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        _ => Err(Wrong {
            severity: Severity::Error,
            rule: "`http` or `https`",
            why: "the rule that reads it ignores anything else, and the target is scraped by `http`",
            meant: meant.map(Cow::Borrowed),
        }),
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

fn shown(text: &str) -> String {
    escape(&clip(text, SHOWN_MAX)).into_owned()
}

/// As a YAML string; what is given has no control characters but those that it escapes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::edit::apply;
    use crate::yaml::{Budget, File};

    /// The findings of one annotation `key: value`, each as `rule: message` and what its fix makes of the line.
    #[track_caller]
    fn check(line: &str, expect: &[(&str, &str, &str)]) {
        let file = File::parse(line, &Budget::default());
        let pairs = Pairs::new(file.documents()[0].root());
        let mut findings = not_strings(pairs, "annotation");
        findings.extend(PrometheusIo::read(pairs).1);
        let fixed = |finding: &Finding| {
            let edits = finding.fix.as_ref().map(|fix| fix.edits.clone()).unwrap_or_default();
            apply(line, &edits).expect("edits of the line")
        };
        let found: Vec<_> =
            findings.iter().map(|finding| (finding.rule, &*finding.message, fixed(finding))).collect();
        let found: Vec<_> =
            found.iter().map(|(rule, message, fixed)| (*rule, *message, fixed.as_str())).collect();
        assert_eq!(found, expect);
        assert!(findings.iter().all(|finding| finding.why.is_some()));
    }

    #[test]
    fn well_formed_annotations_are_read() {
        let text = "prometheus.io/scrape: 'true'\nprometheus.io/port: '8080'\nprometheus.io/path: /m\nprometheus.io/scheme: https\nprometheus.io/param_format: text\nprometheus.io/interval: 30s\nother/key: x\n";
        let file = File::parse(text, &Budget::default());
        let (read, findings) = PrometheusIo::read(Pairs::new(file.documents()[0].root()));
        assert_eq!(findings, []);
        assert_eq!(read.scrape.map(|scrape| scrape.value), Some(true));
        assert_eq!(read.port.map(|port| (port.value, port.span.of(text))), Some((8080, "'8080'")));
        assert_eq!(read.path.map(|path| path.value), Some("/m"));
        assert_eq!(read.scheme.map(|scheme| scheme.value), Some(Scheme::Https));
        assert_eq!(
            read.params.iter().map(|(name, value)| (*name, value.value)).collect::<Vec<_>>(),
            [("format", "text")]
        );
        assert_eq!(
            read.others.iter().map(|(name, value)| (*name, value.value)).collect::<Vec<_>>(),
            [("interval", "30s")]
        );
        assert!(PrometheusIo::read(Pairs::default()).0.is_empty());
    }

    #[test]
    fn values_that_are_no_strings_are_quoted_as_they_are_meant() {
        let rule = NOT_STRING;
        check(
            "prometheus.io/scrape: true",
            &[(
                rule,
                "annotation `prometheus.io/scrape` is the truth value `true`, and must be a string",
                "prometheus.io/scrape: \"true\"",
            )],
        );
        check(
            "prometheus.io/port: 8080",
            &[(
                rule,
                "annotation `prometheus.io/port` is the number `8080`, and must be a string",
                "prometheus.io/port: \"8080\"",
            )],
        );
        check(
            "a: 1.50",
            &[(rule, "annotation `a` is the number `1.50`, and must be a string", "a: \"1.50\"")],
        );
        check("a: [b]", &[(rule, "annotation `a` is a list or a mapping, and must be a string", "a: [b]")]);
        check("a: ", &[]);
    }

    #[test]
    fn a_value_that_is_no_string_is_still_read() {
        let file = File::parse("{prometheus.io/scrape: true, prometheus.io/port: 8080}", &Budget::default());
        let (read, _) = PrometheusIo::read(Pairs::new(file.documents()[0].root()));
        assert_eq!(read.scrape.map(|scrape| scrape.value), Some(true));
        assert_eq!(read.port.map(|port| port.value), Some(8080));
    }

    /// One bad value, its rule and what the fix writes.
    #[track_caller]
    fn check_value(name: &str, value: &str, must_be: &str, fixed: Option<&str>) {
        let line = format!("prometheus.io/{name}: '{value}'");
        let message = format!("annotation `prometheus.io/{name}` is `{value}`, and must be {must_be}");
        let fixed = fixed.map_or_else(|| line.clone(), |fixed| format!("prometheus.io/{name}: \"{fixed}\""));
        check(&line, &[(BAD_VALUE, &message, &fixed)]);
    }

    #[test]
    fn values_that_no_rule_takes_are_reported() {
        check_value("scrape", "True", "`true` or `false`", Some("true"));
        check_value("scrape", "off", "`true` or `false`", Some("false"));
        check_value("scrape", "", "`true` or `false`", None);
        check_value("port", "0", "one port number, 1 to 65535", None);
        check_value("port", "65536", "one port number, 1 to 65535", None);
        check_value("port", "http", "one port number, 1 to 65535", None);
        check_value("port", "+80", "one port number, 1 to 65535", None);
        check_value("port", "80,90", "one port number, 1 to 65535", None);
        check_value("port", ":8080 ", "one port number, 1 to 65535", Some("8080"));
        check_value("path", "metrics", "a path that begins with `/`", Some("/metrics"));
        check_value("path", "/metrics ", "a path that begins with `/`", Some("/metrics"));
        check_value("path", "", "a path that begins with `/`", None);
        check_value("path", "/metrics?a=b", "a path without a query", None);
        check_value("path", "http://x/metrics", "a path, without scheme and host", None);
        check_value("scheme", "HTTPS", "`http` or `https`", Some("https"));
        check_value("scheme", "tcp", "`http` or `https`", None);
    }

    #[test]
    fn keys_that_are_nearly_known_are_reported() {
        let near = |found: &str, meant: &str| {
            let message = format!("annotation `{found}` is nearly `{meant}`");
            check(&format!("{found}: 'x'"), &[(TYPO, &message, &format!("{meant}: 'x'"))]);
        };
        near("prometheus.io/scrap", "prometheus.io/scrape");
        near("prometheus.io/Port", "prometheus.io/port");
        near("promethues.io/scrape", "prometheus.io/scrape");
        near("prometheus.io.port", "prometheus.io/port");
        for fine in [
            "prometheus.io/host",
            "prometheus.io/team",
            "prometheus.io/scrape-slow",
            "prometheus.io/param-a",
            "a.io/port",
        ] {
            check(&format!("{fine}: 'x'"), &[]);
        }
    }

    /// At which levels there are annotations, and how many.
    #[track_caller]
    fn check_levels(text: &str, expect: &[(Level, usize)]) {
        let file = File::parse(text, &Budget::default());
        let object = Object::all(&file).pop().expect("an object");
        let found: Vec<_> =
            levels(&object).iter().map(|(level, pairs)| (*level, pairs.iter().count())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn levels_tell_a_workload_from_its_pods() {
        let annotations = "metadata: {annotations: {a: b}}";
        check_levels(&format!("{{apiVersion: v1, kind: Service, {annotations}}}"), &[(Level::Object, 1)]);
        check_levels(&format!("{{apiVersion: v1, kind: Pod, {annotations}}}"), &[(Level::Pod, 1)]);
        check_levels(
            &format!(
                "{{apiVersion: apps/v1, kind: Deployment, {annotations}, spec: {{template: {{{annotations}}}}}}}"
            ),
            &[(Level::Workload, 1), (Level::Pod, 1)],
        );
        check_levels(
            &format!(
                "{{apiVersion: batch/v1, kind: CronJob, spec: {{jobTemplate: {{{annotations}, spec: {{template: {{{annotations}}}}}}}}}}}"
            ),
            &[(Level::Workload, 1), (Level::Pod, 1)],
        );
        check_levels(
            "{apiVersion: v1, kind: Service, metadata: {name: a, prometheus.io/scrape: 'true'}}",
            &[(Level::Metadata, 2)],
        );
        check_levels("{apiVersion: v1, kind: Service, metadata: {name: a}}", &[]);
    }
}
