//! References to keys of Secrets and ConfigMaps that are not there, or in another namespace.

use super::far::{name_span, severity, with_other};
use crate::base::span::Span;
use crate::base::suggest;
use crate::diagnostic::Severity;
use crate::k8s::{Kind, Placed};
use crate::lint::model::{Item, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Kind as Shape, Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/secret-ref",
    severity: Severity::Warning,
    summary: "a reference to a Secret or ConfigMap, or a key of one, that is not there",
    page: include_str!("../../../../docs/rules/reference/secret-ref.md"),
    opt_in: false,
    check: Check::World(check),
};

const KINDS: [Kind; 6] = [
    Kind::ServiceMonitor,
    Kind::PodMonitor,
    Kind::Probe,
    Kind::ScrapeConfig,
    Kind::Prometheus,
    Kind::PrometheusAgent,
];

/// A `{name, key}` of a Secret or ConfigMap.
struct Reference<'w> {
    kind: Kind,
    name: Placed<&'w str>,
    key: Placed<&'w str>,
}

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for item in KINDS.iter().flat_map(|kind| model.graph.of(*kind)) {
        for reference in item.object.spec().map(references).unwrap_or_default() {
            one(model, item, &reference, out);
        }
    }
}

/// Everything in a `spec` that has the shape of a key selector. One that says it is optional is none.
fn references(spec: Node<'_>) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut open = vec![("", spec)];
    while let Some((under, node)) = open.pop() {
        match node.kind() {
            Shape::Sequence => open.extend(node.items().map(|item| (under, item))),
            Shape::Mapping => {
                let known = |key: &str| ["name", "key", "optional"].contains(&key);
                let only = node.entries().all(|entry| entry.key.text().is_some_and(known));
                let optional = node.get("optional").and_then(Node::value) == Some(Value::Bool(true));
                match (Placed::of(node, "name"), Placed::of(node, "key")) {
                    (Some(name), Some(key)) if only && !optional => {
                        let of_map = ["configMap", "configMapKeyRef"].contains(&under);
                        let kind = if of_map { Kind::ConfigMap } else { Kind::Secret };
                        found.push(Reference { kind, name, key });
                    }
                    _ => open.extend(
                        node.entries().map(|entry| (entry.key.text().unwrap_or_default(), entry.value)),
                    ),
                }
            }
            Shape::Scalar => {}
        }
    }
    found
}

fn one<'w>(model: &Model<'w>, item: &Item<'w>, reference: &Reference<'w>, out: &mut Out<'_>) {
    let Reference { kind, name, key } = reference;
    let same: Vec<&Item<'w>> = model.graph.of(*kind).filter(|it| it.name() == name.value).collect();
    let here = |it: &&&Item<'w>| match (it.namespace(), item.namespace()) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    if let Some(found) = same.iter().find(here) {
        if let Some(keys) = keys(found)
            && !keys.contains(&key.value)
        {
            let message = format!("{kind} `{}` has no key `{}`", name.value, key.value);
            let help = match suggest::nearest(key.value, keys.iter().copied()) {
                Some(near) => format!("write `key: {near}`"),
                None => format!("it has `{}`", keys.join("`, `")),
            };
            report(model, item, found, (key.span, message, help), Severity::Warning, out);
        }
        return;
    }
    if let Some(found) = same.first() {
        let Some(severity) = severity(out.options, true) else { return };
        let message = format!(
            "{kind} `{}` is in namespace `{}`, not in `{}`",
            name.value,
            found.namespace().unwrap_or_default(),
            item.namespace().unwrap_or_default()
        );
        let help = "put it into the namespace of the object that refers to it".to_owned();
        report(model, item, found, (name.span, message, help), severity, out);
        return;
    }
    // Another object of that name may be what makes it: a sealed or external Secret, a certificate.
    let made = model.graph.items().iter().any(|it| it.object.kind() == Kind::Other && makes(it, name.value));
    // Of a part of the files, none at all says that they are kept elsewhere.
    let any = out.options.live.is_some() || model.graph.of(*kind).next().is_some();
    let hidden = out.options.hides(&[*kind], item.namespace().as_slice().into());
    if out.options.complete && any && !made && !hidden {
        let message = format!("there is no {kind} `{}`", name.value);
        out.report_in(
            item.source,
            RULE.at(name.span, message).label("not there").why(why(item)).help("write it, or mend the name"),
        );
    }
}

fn report<'w>(
    model: &Model<'w>,
    item: &Item<'w>,
    found: &Item<'w>,
    (span, message, help): (Span, String, String),
    severity: Severity,
    out: &mut Out<'_>,
) {
    let mut finding = RULE.at(span, message).why(why(item)).help(help);
    finding.severity = severity;
    out.report_in(
        item.source,
        with_other(finding, model, item.source, found, name_span(found), "it is here"),
    );
}

fn why(item: &Item<'_>) -> &'static str {
    match item.object.kind() {
        Kind::Prometheus | Kind::PrometheusAgent => {
            "the operator makes no configuration, or the pod does not start"
        }
        _ => "the operator leaves the whole object out, and says so in an Event only",
    }
}

/// The keys of a Secret or ConfigMap; `None` where a controller fills it.
fn keys<'w>(item: &Item<'w>) -> Option<Vec<&'w str>> {
    let node = item.object.node();
    let token = node.get("type").and_then(Node::as_str) == Some("kubernetes.io/service-account-token");
    let maps = ["data", "stringData", "binaryData"].into_iter().filter_map(|key| node.get(key));
    let keys: Vec<&str> = maps.flat_map(Node::entries).filter_map(|entry| entry.key.text()).collect();
    (!keys.is_empty() && !token).then_some(keys)
}

fn makes(item: &Item<'_>, name: &str) -> bool {
    let spec = item.object.spec();
    let named = |path: &[&str]| {
        let node = path.iter().try_fold(spec?, |node, key| node.get(key))?;
        node.as_str()
    };
    item.name() == name
        || named(&["secretName"]) == Some(name)
        || named(&["target", "name"]) == Some(name)
        || named(&["secretTemplate", "name"]) == Some(name)
}
