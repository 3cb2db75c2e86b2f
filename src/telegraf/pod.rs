//! The annotations of influxdata/telegraf-operator, which adds a sidecar to pods: which keys it knows, and what their
//! values may be. It passes over most faults in silence, or leaves the pod without a sidecar.

use toml_edit::Document;

use super::duration;
use super::sink::{Sink, rule, shown};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Safety};
use crate::k8s::schema::is_quantity;

/// What all its keys begin with, and ours by default.
pub(super) const PREFIX: &str = "telegraf.influxdata.com/";

/// What a value is.
#[derive(Clone, Copy)]
enum Form {
    Port,
    Ports,
    Path,
    Scheme,
    Duration,
    Version,
    Bool,
    Toml,
    Quantity,
    Mounts,
    /// Any text but none.
    Text,
}

const KEYS: [(&str, Form); 26] = [
    ("port", Form::Port),
    ("ports", Form::Ports),
    ("path", Form::Path),
    ("scheme", Form::Scheme),
    ("interval", Form::Duration),
    ("metric-version", Form::Version),
    ("namepass", Form::Text),
    ("inputs", Form::Toml),
    ("internal", Form::Bool),
    ("class", Form::Text),
    ("image", Form::Text),
    ("secret-env", Form::Text),
    ("configmap-env", Form::Text),
    ("volume-mounts", Form::Mounts),
    ("requests-cpu", Form::Quantity),
    ("requests-memory", Form::Quantity),
    ("limits-cpu", Form::Quantity),
    ("limits-memory", Form::Quantity),
    ("istio-class", Form::Text),
    ("istio-image", Form::Text),
    ("istio-requests-cpu", Form::Quantity),
    ("istio-requests-memory", Form::Quantity),
    ("istio-limits-cpu", Form::Quantity),
    ("istio-limits-memory", Form::Quantity),
    ("istio-metric-version", Form::Version),
    ("pod", Form::Text), // its own label on the Secrets that it makes
];

/// Keys that end with a name of the user's.
const OPEN: [&str; 5] =
    ["env-literal-", "env-fieldref-", "env-configmapkeyref-", "env-secretkeyref-", "global-tag-literal-"];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(name, _)| *name)
}

/// Whether the operator knows `name`, which stands behind [`PREFIX`].
pub(super) fn is_known(name: &str) -> bool {
    names().any(|known| known == name)
        || OPEN.iter().any(|open| name.strip_prefix(open).is_some_and(|rest| !rest.is_empty()))
}

/// Gives what is wrong with the value of a known key.
pub(super) fn check(name: &str, held: &str, sink: &mut Sink) {
    let form = KEYS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form);
    let whole = Span::new(0, held.len());
    let shown = shown(held);
    let mut fault = |what: &str, why: &'static str, help: &str| {
        let message = format!("`{shown}` is not {what}");
        sink.push(Finding::error(rule::VALUE, whole, message).why(why).help(help));
    };
    match form {
        Some(Form::Port) if !is_port(held) => {
            fault("a port", UNREACHABLE, "write one number from 1 to 65535; several go under `ports`");
        }
        Some(Form::Ports) => ports(held, sink),
        Some(Form::Path) if !held.starts_with('/') => {
            fault("a path", UNREACHABLE, "begin it with `/`");
        }
        Some(Form::Scheme) if !matches!(held, "http" | "https") => {
            fault("a scheme", UNREACHABLE, "write `http` or `https`");
        }
        Some(Form::Version) if !matches!(held, "1" | "2") => {
            fault("a metric version", "telegraf-operator takes only numbers", "write `\"1\"` or `\"2\"`");
        }
        Some(Form::Bool) if !is_go_bool(held) => {
            fault("a truth value", "telegraf-operator passes over it", "write `\"true\"` or `\"false\"`");
        }
        Some(Form::Text) if held.trim().is_empty() => {
            fault("a value", "it says nothing", "remove the annotation")
        }
        Some(Form::Quantity) if !is_quantity(held) => {
            let finding = Finding::error(rule::QUANTITY, whole, format!("`{shown}` is not a quantity"));
            let finding = finding.why("telegraf-operator takes its default in silence");
            sink.push(finding.help("write for example `500m` for half a core, `128Mi` for memory"));
        }
        Some(Form::Duration) => interval(held, &shown, sink),
        Some(Form::Toml) => toml(held, sink),
        Some(Form::Mounts) => mounts(held, sink),
        _ => {}
    }
}

const UNREACHABLE: &str = "the sidecar asks for metrics at an address where there are none";

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// What Go's `strconv.ParseBool` takes.
fn is_go_bool(text: &str) -> bool {
    ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"].contains(&text)
}

fn ports(held: &str, sink: &mut Sink) {
    let mut at = 0;
    for port in held.split(',') {
        let span = Span::new(at, at + port.len());
        at = span.end + 1;
        if is_port(port) {
            continue;
        }
        let shown = shown(port);
        let finding = Finding::error(rule::VALUE, span, format!("`{shown}` is not a port"));
        let finding = finding.why(UNREACHABLE);
        let trimmed = port.trim();
        sink.push(match is_port(trimmed) {
            // It is put into the URL with its spaces.
            true => finding.help("write no spaces between ports").fix(
                "remove the spaces",
                Safety::Safe,
                vec![Edit::replace(span, trimmed)],
            ),
            false => finding.help("write numbers from 1 to 65535 with commas between them"),
        });
    }
}

fn interval(held: &str, shown: &str, sink: &mut Sink) {
    let whole = Span::new(0, held.len());
    let Err(fault) = duration::parse(held) else { return };
    let finding = Finding::error(rule::DURATION, whole, format!("`{shown}` is not a duration"));
    let finding = finding.why("the sidecar ends with an error at its start");
    let finding = finding.help("write it as Go does: `30s`, `1m30s`");
    sink.push(match fault {
        duration::Fault::Unit => {
            finding.fix("take it as seconds", Safety::Unsafe, vec![Edit::insert(held.len(), "s")])
        }
        duration::Fault::Form | duration::Fault::Range => finding,
    });
}

fn toml(held: &str, sink: &mut Sink) {
    const WHY: &str = "the pod is made without a sidecar";
    let document = match Document::parse(held.to_owned()) {
        Ok(document) => document,
        Err(err) => {
            let span = err.span().map_or(Span::new(0, held.len()), Span::from);
            let message = format!("not TOML: {}", err.message().replace('\n', ", "));
            return sink.push(Finding::error(rule::TOML, span, message).why(WHY).help("correct the syntax"));
        }
    };
    if document.as_table().is_empty() {
        let finding = Finding::warning(rule::TOML, Span::new(0, held.len()), "there is no plugin in it");
        return sink.push(finding.why("it does nothing").help("write `[[inputs.NAME]]`, or remove it"));
    }
    for (name, item) in document.as_table().iter() {
        let key = document.as_table().key(name).and_then(toml_edit::Key::span);
        let span = key.map(Span::from).unwrap_or_default();
        if !["inputs", "processors", "aggregators", "outputs"].contains(&name) {
            let finding =
                Finding::error(rule::TOML, span, format!("`{}` is not a kind of plugin", shown(name)));
            let finding = finding.why("Telegraf ends at what it does not know");
            sink.push(finding.help("write `[[inputs.NAME]]`"));
            continue;
        }
        for (plugin, item) in item.as_table_like().into_iter().flat_map(|table| table.iter()) {
            if item.is_table_like() || item.is_array_of_tables() {
                continue;
            }
            let message = format!("`{name}.{}` is not a plugin's table", shown(plugin));
            let finding = Finding::error(rule::TOML, span, message).why("Telegraf ends at it");
            sink.push(finding.help(format!("write the head of a plugin's table, `[[{name}.NAME]]`")));
        }
    }
}

fn mounts(held: &str, sink: &mut Sink) {
    let whole = Span::new(0, held.len());
    let message = match serde_json::from_str::<std::collections::BTreeMap<String, String>>(held) {
        Ok(mounts) if mounts.values().all(|path| path.starts_with('/')) => return,
        Ok(_) => "a mount's path does not begin with `/`".to_owned(),
        Err(err) => format!("not a JSON object of strings (line {}, column {})", err.line(), err.column()),
    };
    let finding = Finding::error(rule::VALUE, whole, message).why("the pod is made without a sidecar");
    sink.push(finding.help("write `{\"VOLUME\": \"/PATH\"}`"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, held: &str, expect: &[&str]) {
        assert!(is_known(name), "{name}");
        let mut sink = Sink::default();
        super::check(name, held, &mut sink);
        let findings = sink.placed(&|span| span, &Some);
        let got: Vec<String> = findings
            .iter()
            .map(|finding| format!("{} {:?}: {}", finding.rule, finding.span.of(held), finding.message))
            .collect();
        assert_eq!(got, expect, "{name}: {held}");
    }

    #[test]
    fn values_that_work_are_silent() {
        for (name, held) in [
            ("port", "8080"),
            ("ports", "8080,9090"),
            ("path", "/metrics"),
            ("scheme", "https"),
            ("interval", "30s"),
            ("metric-version", "2"),
            ("internal", "T"),
            ("class", "infra"),
            ("limits-cpu", "750m"),
            ("inputs", "[[inputs.cpu]]\n  percpu = true\n[[inputs.redis]]\n  servers = [\"tcp://a:1\"]\n"),
            ("volume-mounts", "{\"logs\": \"/var/log\"}"),
            ("env-secretkeyref-TOKEN", "secret.key"),
            ("global-tag-literal-tier", ""),
        ] {
            check(name, held, &[]);
        }
        assert!(!is_known("env-literal-") && !is_known("input"));
    }

    #[test]
    fn values_that_do_not_work_are_told_in_their_place() {
        check("port", "http", &["annotation/annotation-value \"http\": `http` is not a port"]);
        check("port", "8080,9090", &["annotation/annotation-value \"8080,9090\": `8080,9090` is not a port"]);
        check(
            "ports",
            "1, 2,x",
            &[
                "annotation/annotation-value \" 2\": ` 2` is not a port",
                "annotation/annotation-value \"x\": `x` is not a port",
            ],
        );
        check("path", "metrics", &["annotation/annotation-value \"metrics\": `metrics` is not a path"]);
        check("scheme", "tcp", &["annotation/annotation-value \"tcp\": `tcp` is not a scheme"]);
        check("interval", "30", &["annotation/duration \"30\": `30` is not a duration"]);
        check("metric-version", "v2", &["annotation/annotation-value \"v2\": `v2` is not a metric version"]);
        check("internal", "yes", &["annotation/annotation-value \"yes\": `yes` is not a truth value"]);
        check("limits-cpu", "800x", &["annotation/quantity \"800x\": `800x` is not a quantity"]);
        check("class", " ", &["annotation/annotation-value \" \": ` ` is not a value"]);
        check(
            "volume-mounts",
            "{\"a\": 1}",
            &[
                "annotation/annotation-value \"{\\\"a\\\": 1}\": not a JSON object of strings (line 1, column 7)",
            ],
        );
        check(
            "volume-mounts",
            "{\"a\": \"b\"}",
            &[
                "annotation/annotation-value \"{\\\"a\\\": \\\"b\\\"}\": a mount's path does not begin with `/`",
            ],
        );
    }

    #[test]
    fn toml_is_held_to_the_shape_of_plugins() {
        check("inputs", "input = 1", &["annotation/nested-toml \"input\": `input` is not a kind of plugin"]);
        check(
            "inputs",
            "[inputs]\ncpu = 1",
            &["annotation/nested-toml \"inputs\": `inputs.cpu` is not a plugin's table"],
        );
        check("inputs", "# none", &["annotation/nested-toml \"# none\": there is no plugin in it"]);
        let mut sink = Sink::default();
        super::check("inputs", "[[inputs.cpu]]\npercpu = yes\n", &mut sink);
        let findings = sink.placed(&|span| span, &Some);
        assert_eq!((findings.len(), findings[0].rule), (1, rule::TOML));
        assert!(findings[0].span.start >= 15, "{findings:?}");
    }
}
