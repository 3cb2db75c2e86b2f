//! Endpoints of ServiceMonitors that name a port which the selected Services do not have.

use super::far::{name_span, with_other};
use super::label::before_first;
use crate::base::suggest;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::{Kind, Placed, PortFilter, ServicePort, Target, name};
use crate::lint::model::{Item, Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Node, Style};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/port-not-on-service",
    severity: Severity::Warning,
    summary: "an endpoint that names a port which no selected Service has",
    page: include_str!("../../../../docs/rules/reference/port-not-on-service.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for monitor in model.graph.of(Kind::ServiceMonitor) {
        let links = model.graph.services_of(monitor);
        let services: Vec<&Item<'_>> =
            links.iter().filter(|link| Link::holds(link)).map(|link| link.to).collect();
        for endpoint in monitor.endpoints().filter(|_| !services.is_empty()) {
            let Some(Placed { value: PortFilter::Service(port), .. }) =
                PortFilter::of_service_monitor(endpoint)
            else {
                continue;
            };
            let Some(node) = endpoint.get("port") else { continue };
            if let Some(finding) = finding(model, monitor, &services, port, node) {
                out.report_in(monitor.source, finding);
            }
        }
    }
}

/// The finding that none of `services` has a port of this name; `node` is where it is written.
pub(in crate::lint) fn finding<'w>(
    model: &Model<'w>,
    monitor: &Item<'w>,
    services: &[&Item<'w>],
    port: &str,
    node: Node<'w>,
) -> Option<Finding> {
    // The name is a regular expression to the operator; one with more than a name in it is not judged.
    name::dns_label(port).ok()?;
    let ports = |service: &Item<'w>| {
        service.object.spec().into_iter().flat_map(ServicePort::of_spec).collect::<Vec<_>>()
    };
    let named = |found: &ServicePort<'_>| found.name.is_some_and(|name| name.value == port);
    if services.iter().any(|service| ports(service).iter().any(named)) {
        return None;
    }
    let (service, ports) =
        services.iter().map(|service| (*service, ports(service))).find(|it| !it.1.is_empty())?;
    let has = match ports.as_slice() {
        [only] if only.name.is_none() => format!("its only port, {}, has no name", only.port.value),
        all => format!("it has {}", all.iter().map(shown).collect::<Vec<_>>().join(", ")),
    };
    let others = match services.len() {
        1 => String::new(),
        n => format!(" (nor have the other {} that are selected)", n - 1),
    };
    let message = format!("{} has no port named `{port}`: {has}{others}", service.title());
    let mut finding = RULE
        .at(node.span(), message)
        .label("no such port")
        .why("every target is dropped, and neither Prometheus nor the operator reports that");
    if let [only] = ports.as_slice()
        && only.name.is_none()
    {
        finding.help = Some(format!("name the port in the Service: `name: {port}`"));
        if service.source == monitor.source
            && let Some(edit) = before_first(only.node, &[format!("name: {port}")])
        {
            finding = finding.fix(format!("name the port `{port}`"), Safety::Unsafe, vec![edit]);
        }
    } else if let Some(meant) = meant(port, &ports) {
        finding.help = Some(format!("write `port: {meant}`, as the Service calls it"));
        if let Some(edit) = node.rewrite(meant, Style::Plain) {
            finding = finding.fix(format!("write `{meant}`"), Safety::Unsafe, vec![edit]);
        }
    } else {
        finding.help = Some("write the name of one of its ports".to_owned());
    }
    let span = ports.first().map_or(name_span(service), |first| first.node.span());
    Some(with_other(finding, model, monitor.source, service, span, "its ports"))
}

fn shown(port: &ServicePort<'_>) -> String {
    match port.name {
        Some(name) => format!("`{}`", name.value),
        None => format!("{} without a name", port.port.value),
    }
}

/// The name of the port that was meant: the one that sends to a container's port of that name, the one of that number,
/// a misspelt one, or the only one.
fn meant<'w>(port: &str, ports: &[ServicePort<'w>]) -> Option<&'w str> {
    let name = |port: &ServicePort<'w>| port.name.map(|name| name.value);
    let sends = |it: &&ServicePort<'w>| {
        let number = |number: u16| number.to_string() == port;
        number(it.port.value)
            || match it.target.value {
                Target::Name(target) => target == port,
                Target::Number(target) => number(target),
            }
    };
    let near = || suggest::nearest(port, ports.iter().filter_map(name));
    let only = || if let [only] = ports { name(only) } else { None };
    ports.iter().find(sends).and_then(name).or_else(near).or_else(only)
}
