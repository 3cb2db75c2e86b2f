//! The Services that a ServiceMonitor selects.

use super::case::{Case, Clue, Link};
use super::{State, Step};
use crate::base::edit::Edit;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::{Kind, Namespaces, ServicePort};
use crate::lint::model::{self, Item};
use crate::lint::rules::reference::{
    label_edits, listed, name_span, namespace_not_covered, no_service_matches, wanted,
};
use crate::yaml::{Node, Value};

/// A Service with those of its ports that are meant.
pub(super) struct Chosen<'g, 'w> {
    pub(super) service: &'g Item<'w>,
    pub(super) ports: Vec<ServicePort<'w>>,
}

/// What makes the pods; `None` is unknown.
pub(super) type Pods<'g, 'w> = Option<Vec<&'g Item<'w>>>;

/// The Services, and how it is with the link to them.
pub(super) fn link<'g, 'w>(
    case: &Case<'g, 'w>,
    prometheus: Option<&'g Item<'w>>,
    monitor: &'g Item<'w>,
) -> (Link, Vec<&'g Item<'w>>) {
    let links = case.model.graph.services_of(monitor);
    let holding: Vec<&Item<'w>> = links.iter().filter(|link| link.holds()).map(|link| link.to).collect();
    if let Some(broken) = ignored(prometheus, monitor, &holding) {
        return (broken, Vec::new());
    }
    if !holding.is_empty() {
        let says = format!("it selects {}", titles(&holding));
        return (Link::holds(Step::Service, says), holding);
    }
    (unmatched(case, monitor, &links), Vec::new())
}

/// `Service `a/b`, and 2 more`.
pub(super) fn titles(items: &[&Item<'_>]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => one.title(),
        [first, others @ ..] => format!("{} and {} more", first.title(), others.len()),
    }
}

fn unmatched<'w>(case: &Case<'_, 'w>, monitor: &Item<'w>, links: &[model::Link<'_, 'w>]) -> Link {
    if case.hides(&[Kind::Service]) {
        return Link::unknown(Step::Service, "not every Service could be read");
    }
    // A Service for such pods where it looks is nearer than one with the right labels anywhere.
    let is_meant = no_service_matches::by_pods(links).is_some();
    if !is_meant && let Some(broken) = elsewhere(case, monitor, links, Step::Service) {
        return broken;
    }
    let near = no_service_matches::finding(case.model, monitor, links, Severity::Error);
    // A Service of another namespace is no sign of anything.
    let near = near.filter(|(link, _)| case.is_complete(&[Kind::Service]) || link.outside.is_none());
    let Some((link, finding)) = near else { return missing(case, monitor) };
    let mut other = Clue::side(finding.rule, link.to.source, name_span(link.to), "the nearest");
    if let Some(wanted) = wanted(&link.misses)
        && link.outside.is_none()
        && let Some(edits) = label_edits(&link.to.object, &wanted)
    {
        let title = format!("give the Service {}", listed(&wanted));
        other.finding = other.finding.fix(title, Safety::Unsafe, edits);
    }
    Link::broken(Step::Service, Clue::new(monitor.source, finding), Some(other))
}

fn missing(case: &Case<'_, '_>, monitor: &Item<'_>) -> Link {
    let says = "there is no Service where it looks";
    match case.absence(&[Kind::Service]) {
        State::Unknown => Link::unknown(Step::Service, format!("{says} in what was given")),
        _ => {
            let rule = no_service_matches::RULE.name;
            let finding = Finding::new(rule, Severity::Error, name_span(monitor), says)
                .label("selects nothing")
                .why("a ServiceMonitor goes by Services, and by the labels that they have themselves")
                .help("make a Service for the pods");
            Link::broken(Step::Service, Clue::new(monitor.source, finding), None)
        }
    }
}

/// That what has the labels is in a namespace where the monitor does not look.
pub(super) fn elsewhere<'w>(
    case: &Case<'_, 'w>,
    monitor: &Item<'w>,
    links: &[model::Link<'_, 'w>],
    step: Step,
) -> Option<Link> {
    let link = namespace_not_covered::meant(links)?;
    let mut finding = namespace_not_covered::finding(case.model, monitor, link, Severity::Error)?;
    if finding.fix.is_none()
        && let Some(edit) = one_more(monitor, link.to.namespace()?)
    {
        finding = finding.fix("look there too", Safety::Unsafe, vec![edit]);
    }
    let other = Clue::side(finding.rule, link.to.source, name_span(link.to), "what has the labels");
    Some(Link::broken(step, Clue::new(monitor.source, finding), Some(other)))
}

/// The edit that adds a namespace to those that are listed.
fn one_more(monitor: &Item<'_>, namespace: &str) -> Option<Edit> {
    let list = monitor.object.spec()?.get("namespaceSelector")?.get("matchNames")?;
    let first = list.items().next()?;
    let text = match list.indent() {
        Some(indent) => format!("{namespace}\n{}- ", " ".repeat(indent)),
        None => format!("{namespace}, "),
    };
    Some(Edit::insert(first.full_span().start, text))
}

/// That the Prometheus keeps its monitors to their own namespaces, and all that is selected is elsewhere.
pub(super) fn ignored(
    prometheus: Option<&Item<'_>>,
    monitor: &Item<'_>,
    holding: &[&Item<'_>],
) -> Option<Link> {
    let spec = prometheus?.object.spec()?;
    let entry = spec.entry("ignoreNamespaceSelectors")?;
    let is_far =
        |item: &&Item<'_>| Namespaces::Own.cover(monitor.namespace(), item.namespace(), None) == Some(false);
    if entry.value.value() != Some(Value::Bool(true)) || holding.is_empty() || !holding.iter().all(is_far) {
        return None;
    }
    let source = prometheus?.source;
    let selector = monitor.object.spec().and_then(|spec: Node<'_>| spec.get("namespaceSelector"));
    let rule = "why/namespace-selector-ignored";
    let message =
        format!("{} ignores `namespaceSelector`: {} is not looked for", prometheus?.title(), titles(holding));
    let finding = Finding::new(
        rule,
        Severity::Error,
        selector.map_or(name_span(monitor), |it| it.span()),
        message,
    )
    .label("not looked at")
    .why("with `ignoreNamespaceSelectors: true` a monitor sees its own namespace alone")
    .help("move the monitor to the namespace of what it selects, or set `ignoreNamespaceSelectors: false`");
    let mut other = Clue::side(rule, source, entry.value.span(), "this is why");
    let edit = Edit::replace(entry.value.span(), "false");
    other.finding = other.finding.fix("let monitors choose namespaces", Safety::Unsafe, vec![edit]);
    let step = if monitor.object.kind() == Kind::PodMonitor { Step::Pods } else { Step::Service };
    Some(Link::broken(step, Clue::new(monitor.source, finding), Some(other)))
}
