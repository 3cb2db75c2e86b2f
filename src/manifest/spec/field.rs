//! What may stand in `obsctl.yaml`: tables of fields, from which reading, checking and the JSON Schema come alike.

use crate::base::duration;
use crate::k8s::{name, schema};

/// One field of a mapping.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// What it says, in a sentence.
    pub(super) doc: &'static str,
}

/// What stands behind the key.
pub(super) enum Shape {
    Text(Form),
    Integer {
        min: i64,
        max: i64,
    },
    Bool,
    /// Kubernetes labels.
    Labels,
    /// Labels of series.
    SeriesLabels,
    /// A list of texts.
    Texts(Form),
    /// A list of mappings with these fields.
    List(&'static [Field]),
    /// A mapping with these fields.
    Map(&'static [Field]),
}

/// Which texts are taken.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Anything but nothing.
    Any,
    /// Without spaces: an image, a version, a key of a Secret.
    Token,
    /// Letters, digits, `-`, `_` and `.`.
    Word,
    /// A name that is part of other names, of namespaces and of ports.
    DnsLabel,
    /// The name of an object.
    Name,
    /// Of a port of a Service, or of a container.
    PortName,
    /// The key of a label of objects.
    LabelKey,
    /// The path of a URL.
    Path,
    Duration,
    Quantity,
    /// `http://` or `https://`.
    Url,
    /// `host:port`.
    HostPort,
    OneOf(&'static [&'static str]),
}

pub(super) const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, required: true, doc }
}

pub(super) const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, required: false, doc }
}

impl Form {
    /// Why the text is not of this form, to follow on "cannot be `x`: ".
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        let holds = |is: bool, otherwise: &str| if is { Ok(()) } else { Err(otherwise.to_owned()) };
        match self {
            Self::Any => holds(!text.is_empty(), "it is empty"),
            Self::Token => holds(!text.is_empty() && is_url_text(text), "it is empty, or has spaces in it"),
            Self::Word if text.is_empty() => Err("it is empty".to_owned()),
            Self::Word => name::label_value(text).map_err(|err| err.to_string()),
            Self::DnsLabel => name::dns_label(text).map_err(|err| err.to_string()),
            Self::Name => name::subdomain(text).map_err(|err| err.to_string()),
            Self::PortName if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                Err("a port is found by its name, not by its number".to_owned())
            }
            Self::PortName => name::dns_label(text).map_err(|err| err.to_string()),
            Self::LabelKey => name::label_key(text).map_err(|err| err.to_string()),
            Self::Path => {
                holds(text.starts_with('/') && is_url_text(text), "a path begins with `/` and has no spaces")
            }
            Self::Duration => match duration::parse(text) {
                Ok(duration) => holds(!duration.is_zero(), "it is no time at all"),
                Err(err) => Err(err.to_string()),
            },
            Self::Quantity => holds(schema::is_quantity(text), "write it as `100m` or `2Gi`"),
            Self::Url => {
                let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
                let host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
                holds(host && is_url_text(text), "it begins with `http://` or `https://` and a host")
            }
            Self::HostPort => {
                let (host, port) = text.rsplit_once(':').unwrap_or(("", ""));
                let port = port.parse::<u16>().is_ok_and(|port| port > 0);
                holds(!host.is_empty() && is_url_text(host) && port, "write it as `host:port`")
            }
            Self::OneOf(words) => holds(words.contains(&text), &format!("use `{}`", words.join("`, `"))),
        }
    }

    /// The same for a JSON Schema: keyword and value beside `type: string`.
    pub(super) fn keyword(self) -> Option<(&'static str, serde_json::Value)> {
        const DNS_LABEL: &str = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
        const DURATION: &str = "^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
        let pattern = |text: &str| Some(("pattern", text.into()));
        match self {
            Self::Any => pattern("."),
            Self::Token => pattern("^[^ ]+$"),
            Self::Word => pattern("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"),
            Self::DnsLabel => pattern(DNS_LABEL),
            Self::Name => pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"),
            Self::PortName => pattern("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"),
            Self::LabelKey => pattern("^([-a-z0-9.]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"),
            Self::Path => pattern("^/[^ ]*$"),
            Self::Duration => pattern(DURATION),
            Self::Quantity => pattern("^[-+]?[0-9.]+([a-zA-Z]+|[eE][-+]?[0-9]+)?$"),
            Self::Url => pattern("^https?://[^/ ][^ ]*$"),
            Self::HostPort => pattern("^[^ ]+:[0-9]+$"),
            Self::OneOf(words) => Some(("enum", words.into())),
        }
    }
}

fn is_url_text(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'<' | b'>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(form: Form, takes: &[&str], refuses: &[&str]) {
        for text in takes {
            assert_eq!(form.check(text), Ok(()), "{text}");
        }
        for text in refuses {
            assert!(form.check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn forms_take_what_kubernetes_and_prometheus_take() {
        check(Form::DnsLabel, &["a", "web-1"], &["", "Web", "a.b", "-a", &"x".repeat(64)]);
        check(Form::Name, &["a.b"], &["a_b", "a..b"]);
        check(Form::PortName, &["http-metrics", "a-name-of-a-service-port"], &["8080", "a_b", ""]);
        check(Form::LabelKey, &["app", "a.b/c-d"], &["", "a b", "/a"]);
        check(Form::Path, &["/metrics"], &["metrics", "", "/a b"]);
        check(Form::Duration, &["30s", "1h30m"], &["30", "1.5h", "0s", ""]);
        check(Form::Quantity, &["100m", "2Gi", "1"], &["2 Gi", "x", ""]);
        check(Form::Url, &["http://a:80/x"], &["ftp://a", "http://", "http:///x", "a"]);
        check(Form::HostPort, &["a:1", "a.b:6379"], &["a", "a:0", ":1", "a:65536"]);
        check(Form::OneOf(&["a", "b"]), &["a"], &["c", ""]);
        check(Form::Any, &["x y"], &[""]);
        check(Form::Token, &["docker.io/a/b:1@sha256:0"], &["", "a b", "a\nb"]);
        check(Form::Word, &["my_db"], &["", "a b", "a/b"]);
    }
}
