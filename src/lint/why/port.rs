//! The ports that an endpoint of a monitor means: of Services, and of containers.

use super::Step;
use super::case::{Case, Clue, Link};
use super::service::{Chosen, Pods, titles};
use crate::base::edit::Edit;
use crate::base::suggest;
use crate::diagnostic::{Finding, Fix, Safety};
use crate::k8s::{ContainerPort, Kind, Placed, PortFilter, ServicePort, Target};
use crate::lint::model::Item;
use crate::lint::rules::reference::target_port_not_on_pod::{self as container, DROPPED, NOWHERE};
use crate::lint::rules::reference::{before_first, port_not_on_service};
use crate::relabel::{Labels, Outcome, RuleSpec, Rules};
use crate::yaml::{Node, Style};

/// The Services that have the port of an endpoint, with a link where the endpoint goes by ports of Services.
pub(super) fn of_services<'g, 'w>(
    case: &Case<'g, 'w>,
    monitor: &'g Item<'w>,
    endpoint: Node<'w>,
    services: &[&'g Item<'w>],
) -> (Option<Link>, Vec<Chosen<'g, 'w>>) {
    let all = |service: &&'g Item<'w>| {
        let ports = service.object.spec().into_iter().flat_map(ServicePort::of_spec).collect();
        Chosen { service, ports }
    };
    let mut chosen: Vec<Chosen<'g, 'w>> = services.iter().map(all).collect();
    let Some(Placed { value: PortFilter::Service(name), .. }) = PortFilter::of_service_monitor(endpoint)
    else {
        return (None, chosen);
    };
    let Some(node) = endpoint.get("port").filter(|_| !services.is_empty()) else {
        return (None, chosen);
    };
    for service in &mut chosen {
        service.ports.retain(|port| fits(name, port.name.map_or("", |name| name.value)));
    }
    chosen.retain(|service| !service.ports.is_empty());
    if chosen.is_empty() {
        return (Some(broken(case, monitor, services, name, node)), chosen);
    }
    let having: Vec<&Item<'w>> = chosen.iter().map(|it| it.service).collect();
    (Some(Link::holds(Step::Port, format!("{} has the port `{name}`", titles(&having)))), chosen)
}

/// Whether the operator's `keep` keeps a port of this name: it takes what is written for a regular expression.
pub(super) fn fits(written: &str, name: &str) -> bool {
    let spec = RuleSpec {
        source_labels: Some(vec!["port".to_owned()]),
        regex: Some(written.to_owned()),
        action: Some("keep".to_owned()),
        ..RuleSpec::default()
    };
    let mut labels = Labels::new();
    labels.assign([("port", name)]);
    Rules::read([spec], crate::base::version::Version::NEWEST)
        .is_ok_and(|rules| rules.apply(&mut labels) == Outcome::Kept)
}

fn broken<'w>(
    case: &Case<'_, 'w>,
    monitor: &Item<'w>,
    services: &[&Item<'w>],
    name: &str,
    node: Node<'w>,
) -> Link {
    if let Some(clue) = quoted(case, monitor, node) {
        return Link::broken(Step::Port, clue, None);
    }
    let Some(finding) = port_not_on_service::finding(case.model, monitor, services, name, node) else {
        return Link::unknown(Step::Port, format!("{} has no port that `{name}` fits", titles(services)));
    };
    // The one that the finding is about: the first that has ports.
    let ports =
        |service: &&&Item<'w>| service.object.spec().into_iter().flat_map(ServicePort::of_spec).next();
    let Some((service, port)) = services.iter().find_map(|it| Some((it, ports(&it)?))) else {
        return Link::broken(Step::Port, Clue::new(monitor.source, finding), None);
    };
    let mut other = Clue::side(finding.rule, service.source, port.node.span(), "its ports");
    if port.name.is_none()
        && service.source != monitor.source
        && let Some(edit) = before_first(port.node, &[format!("name: {name}")])
    {
        other.finding = other.finding.fix(format!("name the port `{name}`"), Safety::Unsafe, vec![edit]);
    }
    Link::broken(Step::Port, Clue::new(monitor.source, finding), Some(other))
}

/// That a number stands where a name is needed.
fn quoted(case: &Case<'_, '_>, monitor: &Item<'_>, node: Node<'_>) -> Option<Clue> {
    let of_port = |finding: &Finding| finding.rule == "operator/port-kind" && finding.span == node.span();
    let finding = case.of(monitor, of_port).next()?;
    Some(Clue::new(monitor.source, finding.clone()))
}

/// Whether containers of the pods have the port that the endpoint, or the Service, sends to.
pub(super) fn of_containers<'g, 'w>(
    case: &Case<'g, 'w>,
    monitor: &'g Item<'w>,
    endpoint: Node<'w>,
    services: &[Chosen<'g, 'w>],
    pods: &Pods<'g, 'w>,
) -> Link {
    let step = Step::ContainerPort;
    let Some(pods) = pods.as_ref().filter(|pods| !pods.is_empty()) else {
        return Link::unknown(step, "no pods, no ports");
    };
    let of_pods = monitor.object.kind() == Kind::PodMonitor;
    let filter = match of_pods {
        true => PortFilter::of_pod_monitor(endpoint),
        false => PortFilter::of_service_monitor(endpoint),
    };
    if let Some(Placed { value: PortFilter::Container(target), span }) = filter {
        let node = ["port", "portNumber", "targetPort"].into_iter().filter_map(|key| endpoint.get(key));
        let node = node.into_iter().find(|node| node.span() == span);
        if let Some(clue) = node.and_then(|node| quoted(case, monitor, node)) {
            return Link::broken(step, clue, None);
        }
        return match container::missing(pods, target, span) {
            Some(missing) => undeclared(monitor, pods, target, node, missing, DROPPED),
            None => Link::holds(step, format!("{} declares it", titles(pods))),
        };
    }
    let named = services.iter().flat_map(|it| it.ports.iter().map(move |port| (it.service, port)));
    let missing = named.filter_map(|(service, port)| {
        let Target::Name(_) = port.target.value else { return None };
        let found = container::missing(pods, port.target.value, port.target.span)?;
        Some((service, port, found))
    });
    let missing: Vec<_> = missing.collect();
    let all = services.iter().map(|it| it.ports.len()).sum::<usize>();
    match missing.into_iter().next().filter(|_| all == 1 || services.len() == 1) {
        Some((service, port, found)) => {
            undeclared(service, pods, port.target.value, port.node.get("targetPort"), found, NOWHERE)
        }
        None if of_pods => Link::holds(step, "every port that containers declare"),
        None => Link::holds(step, "the Service sends to a port of the pods"),
    }
}

fn undeclared<'w>(
    from: &Item<'w>,
    pods: &[&Item<'w>],
    target: Target<'_>,
    node: Option<Node<'w>>,
    (maker, (span, label), finding): (&Item<'w>, (crate::base::span::Span, &'static str), Finding),
    why: &'static str,
) -> Link {
    let mut finding = finding.why(why);
    let mut other = Clue::side(finding.rule, maker.source, span, label);
    let declared: Vec<ContainerPort<'w>> =
        pods.iter().filter_map(|item| item.pods.as_ref()?.ports.clone()).flatten().collect();
    match mend(target, node, &declared) {
        Some((Side::Here, fix)) => finding.fix = Some(fix),
        Some((Side::Container, fix)) => other.finding.fix = Some(fix),
        None => {}
    }
    if from.source == maker.source {
        finding = finding.related(span, label);
    }
    Link::broken(Step::ContainerPort, Clue::new(from.source, finding), Some(other))
}

enum Side {
    Here,
    Container,
}

/// What was meant: a name that is near, or the only port there is.
fn mend(target: Target<'_>, node: Option<Node<'_>>, declared: &[ContainerPort<'_>]) -> Option<(Side, Fix)> {
    let fix = |title, edit| Fix { title, safety: Safety::Unsafe, edits: vec![edit] };
    let names: Vec<&str> = declared.iter().filter_map(|port| port.name.map(|name| name.value)).collect();
    match (target, declared) {
        (Target::Name(name), [only]) if only.name.is_none() => {
            let edit = before_first(only.node, &[format!("name: {name}")])?;
            Some((Side::Container, fix(format!("name the container's port `{name}`"), edit)))
        }
        (Target::Name(name), _) => {
            let only = || names.first().copied().filter(|_| declared.len() == 1);
            let meant = suggest::nearest(name, names.iter().copied()).or_else(only)?;
            Some((Side::Here, fix(format!("write `{meant}`"), node?.rewrite(meant, Style::Plain)?)))
        }
        (Target::Number(_), [only]) => {
            let number = only.number.value.to_string();
            let edit = Edit::replace(node?.span(), number.clone());
            Some((Side::Here, fix(format!("write `{number}`"), edit)))
        }
        (Target::Number(_), _) => None,
    }
}
