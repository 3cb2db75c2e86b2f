//! Whether what is made of many entries is more than an object may be.

use super::app::QUERIES_FILE;
use super::limits::{self, Holder};
use super::plan::Plan;
use crate::base::span::Span;
use crate::diagnostic::Finding;
use crate::k8s::{Kind, Manifest};
use crate::yaml::write::{Map, Value};

/// What is to be said of the sizes of a plan's objects, at the place in the description of what is declared.
///
/// Errors are what no cluster takes, warnings what client-side `kubectl apply` does not. Queries are the description's
/// own: it was checked with them.
#[must_use]
pub fn sizes(plan: &Plan, at: Span) -> Vec<Finding> {
    plan.manifests.iter().filter_map(|manifest| size(manifest, at)).collect()
}

fn size(manifest: &Manifest, at: Span) -> Option<Finding> {
    let holder = match manifest.kind() {
        Kind::ConfigMap => Holder::ConfigMap,
        Kind::PrometheusRule => Holder::PrometheusRule,
        _ => return None,
    };
    let object = manifest.to_map();
    let bytes = match object.get("data") {
        Some(Value::Map(data)) if data.get(QUERIES_FILE).is_some() => return None,
        Some(Value::Map(data)) => of_data(data),
        _ => manifest.to_yaml().len(),
    };
    let id = manifest.id();
    let what = format!("`{} {}`", id.kind, id.name);
    limits::check(holder, &what, bytes, at, "make a second description for a part of the entries")
}

/// Keys count, too.
fn of_data(data: &Map) -> usize {
    let value = |value: &Value| if let Value::String(text) = value { text.len() } else { 0 };
    data.entries().map(|entry| entry.key().len() + value(entry.value())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Spec, app};

    /// What is said of a description with so many entries of a list.
    fn said(list: &str, entry: &str, count: usize) -> Vec<String> {
        let entries: Vec<String> = (0..count).map(|number| format!("{{name: x{number}, {entry}}}")).collect();
        let text = format!("app: {{name: shop, namespace: shop, {list}: [{}]}}", entries.join(", "));
        let spec = Spec::parse(&text, None).expect("a description");
        let found = sizes(&app::plan(spec.app.as_ref().expect("an application")), spec.at);
        assert!(found.iter().all(|it| it.span.of(&text) == "name" && it.help.is_some()));
        let said = |it: Finding| {
            let (what, rest) = it.message.split_once(" has ").expect("a size");
            let limit = rest.split_once(", and ").map_or(String::new(), |(_, limit)| format!(": {limit}"));
            format!("{:?}: {what}{limit}", it.severity)
        };
        found.into_iter().map(said).collect()
    }

    #[track_caller]
    fn check(list: &str, entry: &str, count: usize, expect: &[&str]) {
        assert_eq!(said(list, entry, count), expect);
    }

    #[test]
    fn what_grows_with_entries_has_an_end() {
        let (redis, port) = ("address: 'a:1'", "port: m");
        let board = |rest: &str| format!("{rest}: `ConfigMap shop-dashboard`");
        let rules = |rest: &str| format!("{rest}: `PrometheusRule shop-rules`");
        check("redis", redis, 10, &[]);
        check("redis", redis, 300, &[&board("Warning")]);
        let limits = [": a ConfigMap may have 1.0 MiB", ": the operator takes no more than 512.0 KiB"];
        check("redis", redis, 900, &[&(board("Error") + limits[0]), &(rules("Error") + limits[1])]);
        check("targets", port, 10, &[]);
        check("targets", port, 6000, &[&rules("Warning")]);
        check("targets", port, 10_000, &[&(rules("Error") + limits[1])]);
    }
}
