//! The statsd_exporter beside a Gunicorn that is in a rendered Deployment: what the patch says, as edits of its text.

use super::present::has_entries;
use super::{Found, fault, no_yaml};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::Finding;
use crate::k8s::{Kind, Object};
use crate::manifest::app::Patch;
use crate::yaml::write::{Map, Value};
use crate::yaml::{Fault, Node};

/// How what cannot be done here is done.
pub(super) const ELSEWHERE: &str =
    "leave the entry of `gunicorn` out here, and apply the patch that `--fragments DIR` writes";

/// The additions to the Deployment that the patch is for; none where all of them are there already.
///
/// # Errors
///
/// Everything in the way, with its place.
pub(super) fn edits(
    objects: &[Object<'_>],
    faults: &[Fault],
    patch: &Patch,
    namespace: &str,
) -> Result<Vec<Edit>, Vec<Finding>> {
    let one = |finding: Box<Finding>| vec![*finding];
    let deployment = find(objects, patch, namespace).map_err(one)?;
    let mut pod = deployment.node();
    stands_alone(pod).map_err(one)?;
    let inside: Vec<Finding> =
        faults.iter().filter(|fault| pod.span().contains(fault.span.start)).map(no_yaml).collect();
    if !inside.is_empty() {
        return Err(inside);
    }
    for key in ["spec", "template", "spec"] {
        pod = step(pod, key, patch).map_err(one)?;
    }
    let containers = step(pod, "containers", patch).map_err(one)?;
    let container = container(pod, containers, patch).map_err(one)?;
    let parts = [
        stands_alone(container).and_then(|()| variable(container, patch)),
        item(pod, "containers", &patch.exporter),
        item(pod, "volumes", &patch.volume),
    ];
    let mut edits = Vec::new();
    let mut findings = Vec::new();
    for part in parts {
        match part {
            Ok(edit) => edits.extend(edit),
            Err(finding) => findings.push(*finding),
        }
    }
    if findings.is_empty() { Ok(edits) } else { Err(findings) }
}

fn find<'o, 'd>(objects: &'o [Object<'d>], patch: &Patch, namespace: &str) -> Found<&'o Object<'d>> {
    let name = &patch.deployment;
    let deployments = || objects.iter().filter(|object| object.kind() == Kind::Deployment);
    let named: Vec<&Object<'_>> =
        deployments().filter(|object| object.name().is_some_and(|it| it.value == name)).collect();
    let mut here = named.iter().filter(|object| object.namespace().is_none_or(|it| it.value == namespace));
    match (here.next(), here.next(), named.first()) {
        (Some(only), None, _) => Ok(only),
        (Some(_), Some(second), _) => {
            let span = second.name().map_or(second.node().span(), |it| it.span);
            let message = format!("the Deployment `{name}` is there twice");
            Err(fault(span, message, "give each a name of its own, or a namespace"))
        }
        (None, _, Some(other)) => {
            let (there, span) = other.namespace().map_or(("", other.node().span()), |it| (it.value, it.span));
            let message = format!(
                "the Deployment `{name}` is in the namespace `{there}`, and this install in `{namespace}`"
            );
            Err(fault(span, message, format!("say `-n {there}`")))
        }
        (None, _, None) => {
            let names = deployments().filter_map(|object| object.name()).map(|it| it.value);
            let message = format!("no Deployment `{name}` is among the manifests");
            let help = among(names, "no Deployment at all", "`deployment` of the description names one");
            Err(fault(Span::new(0, 0), message, help))
        }
    }
}

/// Which names there are, and what to do with them.
fn among<'n>(names: impl Iterator<Item = &'n str>, none: &str, then: &str) -> String {
    const SHOWN: usize = 10;
    let names: Vec<&str> = names.take(SHOWN).collect();
    if names.is_empty() {
        format!("there is {none}")
    } else {
        format!("there are `{}`: {then}", names.join("`, `"))
    }
}

/// The value under a key on the way to what is changed.
fn step<'d>(node: Node<'d>, key: &str, patch: &Patch) -> Found<Node<'d>> {
    let Some(entry) = node.entry(key) else {
        let message = format!("the Deployment `{}` has no `{key}` here", patch.deployment);
        return Err(fault(node.span(), message, "the API server refuses it as it is"));
    };
    match entry.merged {
        true => Err(shared(entry.key.span())),
        false => stands_alone(entry.value).map(|()| entry.value),
    }
}

/// What stands at an anchor or alias, or comes by a merge key, would change everywhere else, too.
fn stands_alone(node: Node<'_>) -> Found<()> {
    match node.alias_of().map(|_| node.span()).or(node.anchor_span()) {
        Some(span) => Err(shared(span)),
        None => Ok(()),
    }
}

fn shared(span: Span) -> Box<Finding> {
    let message = "what is to be added to is shared by an anchor, an alias or a merge key";
    let help = format!("it would change elsewhere, too: {ELSEWHERE}");
    fault(span, message, help)
}

fn cannot(span: Span, key: &str) -> Box<Finding> {
    let message = format!("nothing can be added to `{key}` as it is written here");
    fault(span, message, ELSEWHERE)
}

fn container<'d>(pod: Node<'d>, containers: Node<'d>, patch: &Patch) -> Found<Node<'d>> {
    let name = |item: &Node<'d>| item.get("name").and_then(Node::as_str);
    if let Some(found) = containers.items().find(|item| name(item) == Some(&patch.container)) {
        return Ok(found);
    }
    let message = format!("the Deployment `{}` has no container `{}`", patch.deployment, patch.container);
    let help = among(
        containers.items().filter_map(|item| name(&item)),
        "no container at all",
        "`container` of the description names the one that runs Gunicorn",
    );
    let span = pod.entry("containers").map_or(containers.span(), |entry| entry.key.span());
    Err(fault(span, message, help))
}

/// The variable that has Gunicorn send its metrics: what it says already is kept.
fn variable(container: Node<'_>, patch: &Patch) -> Found<Option<Edit>> {
    let name = |item: &Node<'_>| item.get("name").and_then(Node::as_str) == Some(Patch::VARIABLE);
    let env = container.get("env");
    // Of several with one name the last one counts.
    let Some(variable) = env.and_then(|env| env.items().filter(name).last()) else {
        let span = env.map_or(container.span(), Node::span);
        let edit = container.append_under("env", &patch.variable());
        return edit.map(Some).ok_or_else(|| cannot(span, "env"));
    };
    [env, Some(variable)].into_iter().flatten().try_for_each(stands_alone)?;
    if let Some(from) = variable.entry("valueFrom") {
        let message = format!("`{}` comes from somewhere else, and cannot be extended here", Patch::VARIABLE);
        let help = format!("write it as `value`, or add `{}` where it is kept", Patch::argument());
        return Err(fault(from.key.span(), message, help));
    }
    let Some(value) = variable.entry("value") else {
        let edit = variable.append_entry("value", &Value::from(Patch::argument()));
        return edit.map(Some).ok_or_else(|| cannot(variable.span(), Patch::VARIABLE));
    };
    let text = value.value.text().unwrap_or_default();
    let mut words = text.split_whitespace().skip_while(|word| !word.starts_with(Patch::FLAG));
    match words.next() {
        Some(word) if word == Patch::argument() => Ok(None),
        Some(word) => {
            let message = format!("Gunicorn sends its metrics somewhere already: `{word}`");
            let help = "it sends them to one address alone: remove that, or the entry of `gunicorn` from the description";
            Err(fault(value.value.span(), message, help))
        }
        None => {
            let edit = value.value.append_text(&format!(" {}", Patch::argument()));
            edit.filter(|_| !value.merged)
                .map(Some)
                .ok_or_else(|| cannot(value.value.span(), Patch::VARIABLE))
        }
    }
}

/// An item of a list of the pod, if it is not there yet.
fn item(pod: Node<'_>, list: &str, wanted: &Map) -> Found<Option<Edit>> {
    let Some(Value::String(name)) = wanted.get("name") else { return Ok(None) };
    let named = |item: &Node<'_>| item.get("name").and_then(Node::as_str) == Some(name);
    match pod.get(list).and_then(|items| items.items().find(named)) {
        Some(there) if has_entries(there, wanted) => Ok(None),
        Some(there) => {
            let message = format!("`{list}` has a `{name}` already, and it says something else");
            let span = there.get("name").map_or(there.span(), Node::span);
            Err(fault(span, message, "remove it from what is rendered, or give it another name"))
        }
        None => {
            let span = pod.entry(list).map_or(pod.span(), |entry| entry.key.span());
            pod.append_under(list, wanted).map(Some).ok_or_else(|| cannot(span, list))
        }
    }
}
