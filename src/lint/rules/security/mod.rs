//! Credentials where many people read them, and connections that anybody can read or take over.
//!
//! No message repeats a credential. What a template or a reloader fills in later (`${PASSWORD}`) is none.

mod plain;
mod plain_http;
mod toml;
mod url;
mod verify;

use crate::diagnostic::Severity;
use crate::k8s::Object;
use crate::lint::Kind;
use crate::lint::kind::Holder;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::walk;
use crate::lint::schema::Root;
use crate::yaml::{Kind as Shape, Node};

/// A rule of this family.
macro_rules! reading {
    ($id:ident, $name:literal, $severity:ident, $summary:literal) => {
        found_in_reading!($id, "security", $name, $severity, $summary);
    };
}

reading!(
    ANNOTATION_HOST,
    "annotation-host",
    Error,
    "an annotation that sends the collector where it must not go"
);
reading!(ANNOTATION_OPTION, "annotation-option", Error, "an option that an annotation may not set");
reading!(
    ANNOTATION_REFERENCE,
    "annotation-reference",
    Error,
    "text that Telegraf would replace by one of its secrets"
);
reading!(INSECURE_SKIP_VERIFY, "insecure-skip-verify", Warning, "TLS that takes any certificate");
reading!(PLAIN_CREDENTIAL, "plain-credential", Warning, "a password, token or key that is written out");
reading!(PLAIN_HTTP_CREDENTIALS, "plain-http-credentials", Warning, "credentials that are sent without TLS");
reading!(SECRET_IN_CONFIGMAP, "secret-in-configmap", Warning, "a credential in a ConfigMap or annotation");
reading!(URL_USERINFO, "url-userinfo", Warning, "a URL with a user name or password in it");

/// All of this family in one document, that stands in `holder`.
pub(in crate::lint) fn check(kind: Kind, root: Node<'_>, holder: Holder, out: &mut Out<'_>) {
    match kind {
        Kind::Prometheus | Kind::Jobs => {
            let file = if kind == Kind::Jobs { Root::Jobs } else { Root::Prometheus };
            plain::check_file(file, root, holder, out);
            walk::nodes(root, &mut |node| check_node(node, Some(holder), out));
        }
        Kind::Targets => walk::nodes(root, &mut |node| url::check(node, out)),
        Kind::Object => Object::flatten(root).iter().for_each(|object| check_object(object, out)),
        _ => {}
    }
}

fn check_object(object: &Object<'_>, out: &mut Out<'_>) {
    use crate::k8s::Kind::{
        Alertmanager, Application, ConfigMap, PodMonitor, Probe, Prometheus, PrometheusAgent, ScrapeConfig,
        ServiceMonitor, ThanosRuler,
    };
    toml::check_annotations(object, out);
    match object.kind() {
        ConfigMap => toml::check_config_map(object, out),
        Prometheus | PrometheusAgent | ServiceMonitor | PodMonitor | Probe | ScrapeConfig | Alertmanager
        | ThanosRuler => {
            let Some(spec) = object.spec() else { return };
            walk::nodes(spec, &mut |node| check_node(node, None, out));
        }
        Application => object.spec().into_iter().for_each(|spec| {
            walk::nodes(spec, &mut |node| url::check(node, out));
        }),
        _ => {}
    }
}

/// What one node shows by itself; `holder` is that of a file, `None` for objects.
fn check_node(node: Node<'_>, holder: Option<Holder>, out: &mut Out<'_>) {
    match node.kind() {
        Shape::Scalar => url::check(node, out),
        Shape::Sequence => {}
        Shape::Mapping => {
            plain_http::check(node, out);
            for entry in node.entries().filter(|entry| !entry.merged) {
                verify::check(entry, out);
                plain::check_entry(entry, holder, out);
            }
        }
    }
}

/// Whether something else is put in the place of a text before it is used: `${X}`, `$(X)`, `<x>`, `%x%`, `{{ x }}`.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.contains("${")
        || text.contains("$(")
        || text.contains("{{")
        || [("<", ">"), ("%", "%"), ("__", "__")]
            .iter()
            .any(|(open, end)| text.len() > 2 && text.starts_with(open) && text.ends_with(end))
        || text.strip_prefix('$').is_some_and(|name| !name.contains('$') && is_word(name))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_later_is_no_secret() {
        for text in ["${P}", "$(P)", "$PASSWORD", "<secret>", "%PASSWORD%", "{{ .p }}", "pre${P}", "__P__"] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["p", "pa$$word", "$2y$10$abc", "<", "p%"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
