//! The pods behind Services, and those that a PodMonitor selects.

use super::case::{Case, Clue, Link};
use super::service::{Chosen, Pods, elsewhere, ignored, titles};
use super::{State, Step};
use crate::base::edit::Edit;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::lint::live;
use crate::lint::model::{self, Item, nearest};
use crate::lint::rules::reference::{name_span, no_pod_matches, service_selects_no_pod};
use crate::yaml::{Node, Style, Value};

/// The link to some pods.
pub(super) struct Made<'g, 'w> {
    pub(super) link: Link,
    pub(super) pods: Pods<'g, 'w>,
}

impl<'g, 'w> Made<'g, 'w> {
    fn without(link: Link) -> Self {
        let pods = (link.state == State::Broken).then(Vec::new);
        Self { link, pods }
    }

    fn of(pods: Vec<&'g Item<'w>>) -> Self {
        if let Some(finding) = no_replicas(&pods) {
            let source = pods.first().map_or(0, |item| item.source);
            return Self::without(Link::broken(Step::Pods, Clue::new(source, finding), None));
        }
        let link = Link::holds(Step::Pods, format!("{} makes them", titles(&pods)));
        Self { link, pods: Some(pods) }
    }
}

/// The pods of those Services that have the port.
pub(super) fn of_services<'g, 'w>(case: &Case<'g, 'w>, services: &[Chosen<'g, 'w>]) -> Made<'g, 'w> {
    let Some(first) = services.first() else {
        return Made::without(Link::unknown(Step::Pods, "no Service leads to any"));
    };
    let mut makers: Vec<&Item<'w>> = Vec::new();
    for service in services {
        for maker in of_service(case, service.service) {
            if !makers.iter().any(|it| std::ptr::eq(*it, maker)) {
                makers.push(maker);
            }
        }
    }
    if makers.is_empty() { Made::without(podless(case, first.service)) } else { Made::of(makers) }
}

/// What makes the pods of one Service.
pub(super) fn of_service<'g, 'w>(case: &Case<'g, 'w>, service: &'g Item<'w>) -> Vec<&'g Item<'w>> {
    let links = case.model.graph.pods_of(service);
    links.iter().filter(|link| link.holds()).map(|link| link.to).collect()
}

/// Why a Service has no pods.
fn podless<'w>(case: &Case<'_, 'w>, service: &Item<'w>) -> Link {
    let spec = service.object.spec();
    let get = |key| spec.and_then(|spec: Node<'w>| spec.get(key));
    if let Some(node) = get("type").filter(|node| node.as_str() == Some("ExternalName")) {
        let message = format!("{} is an external name: it has no endpoints", service.title());
        let finding = Finding::new("why/external-name", Severity::Error, node.span(), message)
            .label("a name in DNS, and no more")
            .why("a ServiceMonitor scrapes the endpoints of a Service, and this one never has any")
            .help("scrape the host by a ScrapeConfig or a Probe, or write a Service without a selector and an EndpointSlice");
        return Link::broken(Step::Pods, Clue::new(service.source, finding), None);
    }
    if get("selector").is_none_or(|selector| selector.entries().next().is_none()) {
        let says = format!("{} has no selector: whoever writes its endpoints knows", service.title());
        return Link::unknown(Step::Pods, says);
    }
    if case.hides(live::PODS) {
        return Link::unknown(Step::Pods, "not everything that makes pods could be read");
    }
    let links = case.model.graph.pods_of(service);
    let here: Vec<_> = links.into_iter().filter(|link| link.outside.is_none()).collect();
    let Some(link) = nearest(&here) else {
        let says = format!("there are no pods in the namespace of {}", service.title());
        return nothing(case, service, service_selects_no_pod::RULE.name, says);
    };
    let finding = service_selects_no_pod::finding(case.model, service, link, Severity::Error);
    broken(service, link, finding)
}

/// The pods that a PodMonitor selects.
pub(super) fn of_monitor<'g, 'w>(
    case: &Case<'g, 'w>,
    prometheus: Option<&'g Item<'w>>,
    monitor: &'g Item<'w>,
) -> Made<'g, 'w> {
    let links = case.model.graph.pods_of(monitor);
    let holding: Vec<&Item<'w>> = links.iter().filter(|link| link.holds()).map(|link| link.to).collect();
    if let Some(link) = ignored(prometheus, monitor, &holding) {
        return Made::without(link);
    }
    if !holding.is_empty() {
        return Made::of(holding);
    }
    if case.hides(live::PODS) {
        return Made::without(Link::unknown(Step::Pods, "not everything that makes pods could be read"));
    }
    if let Some(link) = elsewhere(case, monitor, &links, Step::Pods) {
        return Made::without(link);
    }
    let near = nearest(&links).filter(|link| case.is_complete(live::PODS) || link.outside.is_none());
    Made::without(match near {
        Some(link) => {
            let finding = no_pod_matches::finding(case.model, monitor, link, Severity::Error);
            broken(monitor, link, finding)
        }
        None => {
            let says = "there are no pods where it looks".to_owned();
            nothing(case, monitor, no_pod_matches::RULE.name, says)
        }
    })
}

fn nothing(case: &Case<'_, '_>, from: &Item<'_>, rule: &'static str, says: String) -> Link {
    match case.absence(live::PODS) {
        State::Unknown => Link::unknown(Step::Pods, format!("{says} in what was given")),
        _ => {
            let finding = Finding::new(rule, Severity::Error, name_span(from), says)
                .label("selects nothing")
                .why("without pods there is nothing to scrape")
                .help("run some, or mend the selector");
            Link::broken(Step::Pods, Clue::new(from.source, finding), None)
        }
    }
}

/// Labels of pods cannot be changed alone, as their workload selects by them: the mend is in the selector.
fn broken(from: &Item<'_>, link: &model::Link<'_, '_>, mut finding: Finding) -> Link {
    let selector = from.object.spec().and_then(|spec| spec.get("selector"));
    let edits: Option<Vec<Edit>> = link
        .misses
        .iter()
        .map(|miss| value_of(selector?, miss.requirement.key())?.rewrite(miss.found?, Style::Plain))
        .collect();
    if let (Some(edits), None) = (edits, link.outside) {
        finding = finding.fix("select by the labels that the pods have", Safety::Unsafe, edits);
    }
    let other = Clue::side(finding.rule, link.to.source, name_span(link.to), "the nearest");
    Link::broken(Step::Pods, Clue::new(from.source, finding), Some(other))
}

/// Where a selector says what a label must be.
fn value_of<'w>(selector: Node<'w>, key: &str) -> Option<Node<'w>> {
    selector.get("matchLabels").unwrap_or(selector).get(key)
}

/// That everything that makes the pods is scaled to none.
fn no_replicas(pods: &[&Item<'_>]) -> Option<Finding> {
    let none = |item: &&Item<'_>| {
        let replicas = item.object.spec()?.get("replicas")?;
        (replicas.value() == Some(Value::Int(0))).then_some(replicas.span())
    };
    let spans: Vec<_> = pods.iter().map(none).collect::<Option<_>>()?;
    let (span, item) = (*spans.first()?, pods.first()?);
    let finding =
        Finding::new("why/no-replicas", Severity::Error, span, format!("{} has no replicas", item.title()))
            .label("no pod of it runs")
            .why("without pods there is nothing to scrape")
            .help("set `replicas` to 1 or above");
    Some(finding.fix("run one", Safety::Unsafe, vec![Edit::replace(span, "1")]))
}
