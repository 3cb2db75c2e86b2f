//! The values of `prometheus.io/*` annotations, read as the rules of the convention read them.

use std::borrow::Cow;

use super::Scheme;
use crate::base::edit::Edit;
use crate::base::text::{clip, escape};
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::pairs::Pair;
use crate::yaml::{Node, Value};

pub(super) const BAD_VALUE: &str = "annotation/annotation-value";

const SHOWN_MAX: usize = 60;

/// Why a value does nothing, and what was meant.
pub(super) struct Wrong {
    severity: Severity,
    rule: &'static str,
    why: &'static str,
    meant: Option<Cow<'static, str>>,
}

impl Wrong {
    pub(super) fn finding(self, pair: Pair<'_>, value: &str) -> Finding {
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

pub(super) fn scrape(node: Node<'_>, value: &str) -> Result<bool, Wrong> {
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

pub(super) fn port(value: &str) -> Result<u16, Wrong> {
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

pub(super) fn path(value: &str) -> Result<&str, Wrong> {
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

pub(super) fn scheme(value: &str) -> Result<Scheme, Wrong> {
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

pub(super) fn shown(text: &str) -> String {
    escape(&clip(text, SHOWN_MAX)).into_owned()
}

/// As a YAML string; what is given has no control characters but those that it escapes.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
