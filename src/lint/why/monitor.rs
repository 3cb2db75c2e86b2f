//! The chains of monitors, and of objects that a Prometheus only has to select.

use super::case::{Case, Link};
use super::service::Pods;
use super::{dropped, pods, port, rights, selected, service};
use crate::lint::model::Item;
use crate::yaml::Node;

/// A part of the world that alone is asked about: one Service, or what makes some pods.
#[derive(Clone, Copy)]
pub(super) struct Scope<'g, 'w> {
    pub(super) service: Option<&'g Item<'w>>,
    pub(super) pods: Option<&'g Item<'w>>,
}

/// An object that a Prometheus has to select and to take, and no more can be said.
pub(super) fn alone<'g, 'w>(case: &Case<'g, 'w>, item: &'g Item<'w>) -> Vec<Link> {
    selected::links(case, item).0
}

/// A ServiceMonitor, down to the pods; with a scope, only as far as that is concerned.
pub(super) fn of_services<'g, 'w>(
    case: &Case<'g, 'w>,
    monitor: &'g Item<'w>,
    scope: Option<Scope<'g, 'w>>,
) -> Vec<Link> {
    let (mut links, prometheus) = selected::links(case, monitor);
    let (link, mut services) = service::link(case, prometheus, monitor);
    if let Some(service) = scope.and_then(|scope| scope.service) {
        services.retain(|it| std::ptr::eq(*it, service));
    }
    links.push(link);
    let endpoints: Vec<Node<'w>> = monitor.endpoints().collect();
    let mut seen = Vec::new();
    for endpoint in &endpoints {
        let (link, ports) = port::of_services(case, monitor, *endpoint, &services);
        links.extend(link);
        let made = pods::of_services(case, &ports);
        // Several endpoints lead to the same Services.
        if !seen.contains(&made.link.says) {
            seen.push(made.link.says.clone());
            links.push(made.link);
        }
        let makers = within(made.pods, scope);
        links.push(port::of_containers(case, monitor, *endpoint, &ports, &makers));
        links.extend(dropped::of_endpoint(case, prometheus, monitor, *endpoint, &ports, &makers));
    }
    links.push(rights::link(case, prometheus, monitor));
    in_order(links)
}

/// A PodMonitor, down to the pods.
pub(super) fn of_pods<'g, 'w>(
    case: &Case<'g, 'w>,
    monitor: &'g Item<'w>,
    scope: Option<Scope<'g, 'w>>,
) -> Vec<Link> {
    let (mut links, prometheus) = selected::links(case, monitor);
    let made = pods::of_monitor(case, prometheus, monitor);
    links.push(made.link);
    let makers = within(made.pods, scope);
    for endpoint in monitor.endpoints() {
        links.push(port::of_containers(case, monitor, endpoint, &[], &makers));
        links.extend(dropped::of_endpoint(case, prometheus, monitor, endpoint, &[], &makers));
    }
    links.push(rights::link(case, prometheus, monitor));
    in_order(links)
}

fn within<'g, 'w>(makers: Pods<'g, 'w>, scope: Option<Scope<'g, 'w>>) -> Pods<'g, 'w> {
    match (makers, scope.and_then(|scope| scope.pods)) {
        (Some(makers), Some(one)) => Some(makers.into_iter().filter(|it| std::ptr::eq(*it, one)).collect()),
        (makers, _) => makers,
    }
}

/// By step, whatever the number of endpoints.
fn in_order(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_by_key(|link| link.step);
    links
}
