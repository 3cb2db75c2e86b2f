//! ObjectMeta: names, labels and annotations by Kubernetes' own rules of syntax.

use super::table::Kind;
use crate::base::span::Span;
use crate::diagnostic::Finding;
use crate::yaml::{self, Node, Value};

const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;
const RULE: &str = "yaml/invalid-name";
/// Kinds that take any name that can be a part of a path.
const PATH_KINDS: [&str; 6] =
    ["ClusterRole", "ClusterRoleBinding", "Event", "PodDisruptionBudget", "Role", "RoleBinding"];

/// What is wrong in the metadata of a `kind`, or of a template in it; `root` is the place of the object's own.
pub(super) fn check(node: Node<'_>, kind: &Kind, root: Option<Span>, path: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(place) = root {
        findings.extend(name(node, kind, place));
        let namespace = text(node, "namespace").filter(|(_, name)| !name.is_empty() && !is_label(name));
        findings.extend(namespace.map(|(value, name)| bad(value, "metadata.namespace", name, LABEL_WORDS)));
        for item in node.get("finalizers").into_iter().flat_map(Node::items) {
            let name = if item.value() == Some(Value::Null) { Some("") } else { item.as_str() };
            if let Some(name) = name.filter(|name| !is_qualified(name)) {
                findings.push(bad(item, "metadata.finalizers", name, KEY_WORDS));
            }
        }
    }
    let entries = |field: &str| node.get(field).into_iter().flat_map(Node::entries);
    for entry in entries("labels") {
        let Some(key) = entry.key.text() else { continue };
        if !is_qualified(key) {
            findings.push(bad(entry.key, &format!("{path}.labels"), key, KEY_WORDS));
        }
        if let Some(value) = entry.value.as_str().filter(|value| !is_label_value(value)) {
            findings.push(bad(entry.value, &format!("{path}.labels[{key}]"), value, VALUE_WORDS));
        }
    }
    for entry in entries("annotations") {
        // Annotations may have capitals in the prefix of their keys.
        let Some(key) = entry.key.text().filter(|key| !is_qualified(&key.to_ascii_lowercase())) else {
            continue;
        };
        findings.push(bad(entry.key, &format!("{path}.annotations"), key, KEY_WORDS));
    }
    findings
}

const LABEL_WORDS: &str = "at most 63 of `a-z`, `0-9` and `-`, with a letter or digit first and last";
const NAME_WORDS: &str = "at most 253 of `a-z`, `0-9`, `-` and `.`, with a letter or digit first and last";
const KEY_WORDS: &str = "at most 63 letters, digits, `-`, `_` and `.`, behind a domain and `/` or alone";
const VALUE_WORDS: &str =
    "at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last";

/// An object without a name; `place` stands for where it should be.
pub(super) fn nameless(place: Span) -> Finding {
    Finding::error("yaml/missing-field", place, "`metadata.name` is missing")
        .label("needs `name`")
        .why("the API server refuses the object")
        .help("add `metadata.name`")
}

fn name(node: Node<'_>, kind: &Kind, place: Span) -> Option<Finding> {
    let generated = text(node, "generateName").is_some_and(|(_, prefix)| !prefix.is_empty());
    let set = node.get("name").filter(|value| value.value() != Some(Value::Null) && value.text() != Some(""));
    let Some(value) = set else {
        return (!generated).then(|| nameless(place));
    };
    let name = value.as_str()?; // another type is said elsewhere
    let (holds, words) = match kind.name {
        "Namespace" | "Service" => (is_label(name), LABEL_WORDS),
        _ if kind.core && PATH_KINDS.contains(&kind.name) => {
            let part = ![".", ".."].contains(&name) && !name.contains(['/', '%']);
            (part, "a part of a path, without `/` and `%`")
        }
        _ => (is_subdomain(name), NAME_WORDS),
    };
    (!holds).then(|| bad(value, "metadata.name", name, words))
}

fn text<'d>(node: Node<'d>, field: &str) -> Option<(Node<'d>, &'d str)> {
    let value = node.get(field)?;
    Some((value, value.as_str()?))
}

fn bad(node: yaml::Node<'_>, what: &str, text: &str, words: &str) -> Finding {
    let text = crate::base::text::clip(text, 80);
    let text = crate::base::text::escape(&text);
    Finding::error(RULE, node.span(), format!("`{what}`: `{text}` is not {words}"))
        .why("the API server refuses the object")
}

/// A label of RFC 1123.
fn is_label(text: &str) -> bool {
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let inner = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    text.len() <= LABEL_MAX && inner && edge(text.as_bytes().first()) && edge(text.as_bytes().last())
}

/// A subdomain of RFC 1123: its labels may be as long as all of it.
fn is_subdomain(text: &str) -> bool {
    let part = |part: &str| {
        let edge =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let inner =
            part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        inner && edge(part.as_bytes().first()) && edge(part.as_bytes().last())
    };
    text.len() <= NAME_MAX && text.split('.').all(part)
}

/// A key of labels and annotations.
fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && !name.is_empty() && is_label_value(name),
        None => !key.is_empty() && is_label_value(key),
    }
}

/// The value of a label; may be empty.
fn is_label_value(value: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let inner = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    value.len() <= LABEL_MAX && inner && edge(value.as_bytes().first()) && edge(value.as_bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(is: impl Fn(&str) -> bool, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(is(text), "{text:?}");
        }
        for text in no {
            assert!(!is(text), "{text:?}");
        }
    }

    #[test]
    fn names_follow_their_syntax() {
        let (long, longer) = ("a".repeat(63), "a".repeat(64));
        check(is_label, &["a", "a-1", &long], &["", "-a", "a-", "A", "a.b", "a_b", "ü", &longer]);
        check(is_subdomain, &["a", "a.b-c.d", &longer], &["", "a..b", ".a", "a.-b", "A.b", &"a".repeat(254)]);
        check(
            is_qualified,
            &["a", "A_b.c", "x.y/Z"],
            &["", "/a", "a/", "a/b/c", "X/a", "-a", "a b", &longer],
        );
        check(is_label_value, &["", "a", "A.b_c-1", &long], &["-a", "a.", "a b", "a/b", &longer]);
    }
}
