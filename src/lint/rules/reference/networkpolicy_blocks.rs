//! NetworkPolicies that keep Prometheus from what it scrapes.

use std::collections::BTreeSet;

use super::far::{name_span, severity};
use crate::base::span::Span;
use crate::diagnostic::Severity;
use crate::k8s::{
    Connection, ContainerPort, Direction, End, Kind, NetworkPolicy, Placed, PodTemplate, PortFilter,
    PrometheusIo, ServicePort, Verdict,
};
use crate::lint::model::{Item, Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::reference::with_other;
use crate::yaml::{Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/networkpolicy-blocks",
    severity: Severity::Warning,
    summary: "a NetworkPolicy that keeps Prometheus from what it scrapes",
    page: include_str!("../../../../docs/rules/reference/networkpolicy-blocks.md"),
    opt_in: false,
    check: Check::World(check),
};

/// What is scraped is looked at up to here: a world of thousands of objects that all select each other takes too long.
const SCRAPES_MAX: usize = 2_000;

/// One thing that is scraped.
struct Scrape<'g, 'w> {
    from: &'g Item<'w>,
    to: &'g Item<'w>,
    port: u16,
    /// Who says so, and where.
    asked: (&'g Item<'w>, Span),
}

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let policies = model.graph.of(Kind::NetworkPolicy);
    let policies: Vec<_> =
        policies.filter_map(|item| Some((item, NetworkPolicy::of(&item.object)?))).collect();
    let Some(severity) = severity(out.options, true).filter(|_| !policies.is_empty()) else { return };
    let mut said = BTreeSet::new();
    for scrape in of_monitors(model).into_iter().chain(of_annotations(model)).take(SCRAPES_MAX) {
        for direction in [Direction::Ingress, Direction::Egress] {
            let Some(policy) = blocked(model, &policies, &scrape, direction) else { continue };
            let place = place(policy, direction);
            if said.insert((policy.source, place, scrape.port, name_span(scrape.from), name_span(scrape.to)))
            {
                report(model, policy, &scrape, direction, severity, out);
            }
        }
    }
}

/// The first policy that selects the pod, where every one that does stops the connection.
fn blocked<'g, 'w>(
    model: &'g Model<'w>,
    policies: &[(&'g Item<'w>, NetworkPolicy<'w>)],
    scrape: &Scrape<'g, 'w>,
    direction: Direction,
) -> Option<&'g Item<'w>> {
    let end = |item: &'g Item<'w>| {
        let labels = item.namespace().and_then(|name| model.graph.namespace_labels(name));
        Some(End {
            namespace: item.namespace(),
            namespace_labels: labels,
            labels: &item.pods.as_ref()?.labels,
        })
    };
    let ports: &[ContainerPort<'w>] = scrape.to.pods.as_ref()?.ports.as_deref().unwrap_or_default();
    let connection = Connection { from: end(scrape.from)?, to: end(scrape.to)?, port: scrape.port, ports };
    let mut first = None;
    for (item, policy) in policies {
        match policy.verdict(direction, &connection) {
            Verdict::Elsewhere => {}
            Verdict::Stops => first = first.or(Some(*item)),
            Verdict::Lets | Verdict::Unknown => return None,
        }
    }
    first
}

/// What a Prometheus of the operator scrapes by monitors.
fn of_monitors<'g, 'w>(model: &'g Model<'w>) -> Vec<Scrape<'g, 'w>> {
    let mut found = Vec::new();
    let monitors = [Kind::ServiceMonitor, Kind::PodMonitor].into_iter().flat_map(|kind| model.graph.of(kind));
    for monitor in monitors {
        let links = model.graph.selected_by(monitor);
        let all: Vec<_> = links.iter().filter(|link| link.holds()).map(|link| link.from).collect();
        let sources = all.into_iter().filter(|item| !on_host(item.object.spec()));
        let targets = if monitor.object.kind() == Kind::ServiceMonitor {
            of_service_monitor(model, monitor)
        } else {
            of_pod_monitor(model, monitor)
        };
        for from in sources {
            let scrapes = targets.iter().map(|(to, port, span)| Scrape {
                from,
                to,
                port: *port,
                asked: (monitor, *span),
            });
            found.extend(scrapes);
            if found.len() >= SCRAPES_MAX {
                return found;
            }
        }
    }
    found
}

/// A pod's maker, its port, and where that is asked for.
type Targets<'g, 'w> = Vec<(&'g Item<'w>, u16, Span)>;

fn of_service_monitor<'g, 'w>(model: &'g Model<'w>, monitor: &'g Item<'w>) -> Targets<'g, 'w> {
    let mut found = Vec::new();
    for service in holding(&model.graph.services_of(monitor)) {
        let pods = makers(model, service);
        for Placed { value: filter, span } in monitor.endpoints().filter_map(PortFilter::of_service_monitor) {
            let ports: Vec<_> = service.object.spec().into_iter().flat_map(ServicePort::of_spec).collect();
            for maker in &pods {
                let declared = declared(maker);
                match filter {
                    PortFilter::Service(name) => {
                        let named = ports.iter().filter(|port| port.name.is_some_and(|it| it.value == name));
                        found.extend(named.filter_map(|port| Some((*maker, port.resolve(declared)?, span))));
                    }
                    PortFilter::Container(target) => {
                        let meant = declared.iter().filter(|port| target.is(port));
                        found.extend(meant.map(|port| (*maker, port.number.value, span)));
                    }
                }
            }
        }
    }
    found
}

fn of_pod_monitor<'g, 'w>(model: &'g Model<'w>, monitor: &'g Item<'w>) -> Targets<'g, 'w> {
    let mut found = Vec::new();
    for maker in makers(model, monitor) {
        for Placed { value: filter, span } in monitor.endpoints().filter_map(PortFilter::of_pod_monitor) {
            if let PortFilter::Container(target) = filter {
                let meant = declared(maker).iter().filter(|port| target.is(port));
                found.extend(meant.map(|port| (maker, port.number.value, span)));
            }
        }
    }
    found
}

/// What the annotations `prometheus.io/*` ask for, where a Prometheus that nobody operates is in the world.
fn of_annotations<'g, 'w>(model: &'g Model<'w>) -> Vec<Scrape<'g, 'w>> {
    let items = || model.graph.items().iter().filter(|item| item.pods.is_some());
    let templated = || items().filter_map(|item| Some((item, PodTemplate::of(&item.object)?)));
    let servers: Vec<_> =
        templated().filter(|(_, template)| is_prometheus(template)).map(|(item, _)| item).collect();
    let mut found = Vec::new();
    for (to, template) in templated().filter(|(_, template)| !on_host(template.spec())) {
        let (asked, _) = PrometheusIo::read(template.annotations());
        let Some(port) = asked.port.filter(|_| asked.scrape.is_some_and(|scrape| scrape.value)) else {
            continue;
        };
        if found.len() >= SCRAPES_MAX {
            break;
        }
        found.extend(servers.iter().map(|from| Scrape {
            from,
            to,
            port: port.value,
            asked: (to, port.span),
        }));
    }
    found
}

/// Whether it runs Prometheus, by the name of its image.
fn is_prometheus(template: &PodTemplate<'_>) -> bool {
    let named = |image: &str| {
        let name = image.rsplit('/').next().unwrap_or(image);
        name.split([':', '@']).next() == Some("prometheus")
    };
    !on_host(template.spec())
        && template.containers().any(|it| it.get("image").and_then(Node::as_str).is_some_and(named))
}

/// Pods in the network of their node are not what policies are about.
fn on_host(spec: Option<Node<'_>>) -> bool {
    spec.and_then(|spec| spec.get("hostNetwork")).and_then(Node::value) == Some(Value::Bool(true))
}

fn holding<'g, 'w>(links: &[Link<'g, 'w>]) -> Vec<&'g Item<'w>> {
    links.iter().filter(|link| link.holds()).map(|link| link.to).collect()
}

fn makers<'g, 'w>(model: &'g Model<'w>, from: &'g Item<'w>) -> Vec<&'g Item<'w>> {
    let host = |item: &&Item<'_>| on_host(PodTemplate::of(&item.object).and_then(|template| template.spec()));
    holding(&model.graph.pods_of(from)).into_iter().filter(|item| !host(item)).collect()
}

fn declared<'g, 'w>(maker: &'g Item<'w>) -> &'g [ContainerPort<'w>] {
    maker.pods.as_ref().and_then(|pods| pods.ports.as_deref()).unwrap_or_default()
}

/// The rules of the direction, or else the name of the policy.
fn place(policy: &Item<'_>, direction: Direction) -> Span {
    let rules = policy.object.spec().and_then(|spec| spec.entry(direction.field()));
    rules.map_or(name_span(policy), |entry| entry.key.span())
}

fn report<'w>(
    model: &Model<'w>,
    policy: &Item<'w>,
    scrape: &Scrape<'_, 'w>,
    direction: Direction,
    severity: Severity,
    out: &mut Out<'_>,
) {
    let Scrape { from, to, port, asked } = scrape;
    let message = match direction {
        Direction::Ingress => format!("port {port} of {} is closed to {}", to.title(), from.title()),
        Direction::Egress => format!("{} may not connect to port {port} of {}", from.title(), to.title()),
    };
    let (peers, far) = match direction {
        Direction::Ingress => ("from", from),
        Direction::Egress => ("to", to),
    };
    let namespace = far.namespace().unwrap_or_default();
    let mut finding = RULE
        .at(place(policy, direction), message)
        .label("no rule lets it through")
        .why("pods that a policy selects are closed to all that no policy lets through: every scrape times out")
        .help(format!(
            "add a rule with `{peers}: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}]` \
             and `ports: [{{port: {port}}}]`"
        ));
    finding.severity = severity;
    let (by, span) = *asked;
    out.report_in(
        policy.source,
        with_other(finding, model, policy.source, by, span, "it is scraped because of this"),
    );
}
