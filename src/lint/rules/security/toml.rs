//! Credentials in Telegraf's TOML, where it stands in a ConfigMap or an annotation.

use toml_edit::{Document, Item, TableLike, Value};

use super::{INSECURE_SKIP_VERIFY, SECRET_IN_CONFIGMAP};
use crate::base::span::Span;
use crate::k8s::{Object, Pairs, PodTemplate};
use crate::lint::report::Out;
use crate::yaml::Node;

/// Tables in tables in a plugin; Telegraf's own go three deep.
const DEPTH_MAX: usize = 16;

/// Texts of a ConfigMap that configure Telegraf.
pub(super) fn check_config_map(object: &Object<'_>, out: &mut Out<'_>) {
    for entry in object.node().get("data").into_iter().flat_map(Node::entries) {
        check(entry.value, "a ConfigMap", out);
    }
}

/// The annotation that holds plugins for telegraf-operator.
pub(super) fn check_annotations(object: &Object<'_>, out: &mut Out<'_>) {
    let of_pods = PodTemplate::of(object).map(|template| template.annotations());
    let own = object.annotations();
    let is_own = |pairs: &Pairs<'_>| pairs.node().map(Node::span) != own.node().map(Node::span);
    for pairs in std::iter::once(own).chain(of_pods.filter(is_own)) {
        if let Some(pair) = pairs.get("telegraf.influxdata.com/inputs") {
            check(pair.node, "an annotation", out);
        }
    }
}

fn check(value: Node<'_>, place: &str, out: &mut Out<'_>) {
    let (Some(text), Some(map)) = (value.as_str(), value.value_map()) else { return };
    if !["[[inputs.", "[[outputs.", "[[processors."].iter().any(|sign| text.contains(sign)) {
        return;
    }
    // What is no TOML is another finding.
    let Ok(document) = Document::parse(text) else { return };
    let mut found = Vec::new();
    table(document.as_table(), DEPTH_MAX, &mut found);
    for found in found {
        out.report(match found {
            Found::Secret(field, span) => SECRET_IN_CONFIGMAP
                .at(map.span(span), format!("`{field}` is written out in {place}"))
                .label("a credential")
                .why("far more people and programs may read it than a Secret")
                .help("keep it in a Secret, give that to Telegraf as an environment variable, and write `\"${NAME}\"`"),
            Found::SkipVerify(span) => INSECURE_SKIP_VERIFY
                .at(map.span(span), "`insecure_skip_verify` takes any certificate")
                .label("not checked")
                .why("whoever stands between can answer in the target's place, and read what is sent to it")
                .help("remove it, and name the authority that signed the certificate with `tls_ca`"),
        });
    }
}

enum Found {
    Secret(String, Span),
    SkipVerify(Span),
}

fn table(table_like: &dyn TableLike, depth: usize, found: &mut Vec<Found>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for (key, item) in table_like.iter() {
        match item {
            Item::Value(value) => single(key, value, depth, found),
            Item::Table(inner) => table(inner, depth, found),
            Item::ArrayOfTables(list) => list.iter().for_each(|inner| table(inner, depth, found)),
            Item::None => {}
        }
    }
}

fn single(key: &str, value: &Value, depth: usize, found: &mut Vec<Found>) {
    let Some(span) = value.span().map(Span::from) else { return };
    match value {
        Value::String(text) if is_secret(key) && is_written_out(text.value()) => {
            found.push(Found::Secret(key.to_owned(), span));
        }
        Value::Boolean(yes) if key == "insecure_skip_verify" && *yes.value() => {
            found.push(Found::SkipVerify(span));
        }
        Value::InlineTable(inner) => table(inner, depth, found),
        _ => {}
    }
}

fn is_secret(key: &str) -> bool {
    const NAMES: [&str; 13] = [
        "password",
        "token",
        "secret",
        "secret_key",
        "client_secret",
        "api_key",
        "apikey",
        "api_token",
        "auth_token",
        "bearer_token_string",
        "priv_password",
        "auth_password",
        "authorization",
    ];
    NAMES.contains(&key.to_ascii_lowercase().as_str())
}

/// Telegraf takes `$X` and `${X}` from its environment, `@{store:x}` from a store of secrets.
fn is_written_out(text: &str) -> bool {
    !text.is_empty() && !text.contains('$') && !text.contains("@{")
}
