//! Ports of monitors and Services that the containers of the selected pods do not declare.

use super::far::with_other;
use crate::base::span::Span;
use crate::base::suggest;
use crate::diagnostic::{Finding, Severity};
use crate::k8s::{ContainerPort, Kind, Placed, PortFilter, ServicePort, Target, name};
use crate::lint::model::{Item, Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/target-port-not-on-pod",
    severity: Severity::Warning,
    summary: "a port that no container of the selected pods declares",
    page: include_str!("../../../../docs/rules/reference/target-port-not-on-pod.md"),
    opt_in: false,
    check: Check::World(check),
};

/// Of a monitor: it chooses among the ports that are declared.
pub(in crate::lint) const DROPPED: &str =
    "every target is dropped: a monitor chooses among the ports that containers declare, and adds none";
/// Of a Service: a name is looked up.
pub(in crate::lint) const NOWHERE: &str =
    "the Service has no endpoint for this port, so nothing is reached through it or scraped";

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for monitor in model.graph.of(Kind::ServiceMonitor) {
        let services = model.graph.services_of(monitor);
        let services = services.iter().filter(|link| link.holds()).map(|link| link.to);
        let pods: Vec<_> = services.flat_map(|service| makers(model, service)).collect();
        for filter in monitor.endpoints().filter_map(PortFilter::of_service_monitor) {
            if let Placed { value: PortFilter::Container(target), span } = filter {
                report(model, monitor, &pods, target, span, DROPPED, out);
            }
        }
    }
    for monitor in model.graph.of(Kind::PodMonitor) {
        let pods = makers(model, monitor);
        for filter in monitor.endpoints().filter_map(PortFilter::of_pod_monitor) {
            if let Placed { value: PortFilter::Container(target), span } = filter {
                report(model, monitor, &pods, target, span, DROPPED, out);
            }
        }
    }
    for service in model.graph.of(Kind::Service) {
        let pods = makers(model, service);
        for port in service.object.spec().into_iter().flat_map(ServicePort::of_spec) {
            if let Target::Name(_) = port.target.value {
                report(model, service, &pods, port.target.value, port.target.span, NOWHERE, out);
            }
        }
    }
}

/// What makes the pods that a Service or PodMonitor selects.
fn makers<'g, 'w>(model: &'g Model<'w>, from: &'g Item<'w>) -> Vec<&'g Item<'w>> {
    model.graph.pods_of(from).iter().filter(|link| Link::holds(link)).map(|link| link.to).collect()
}

fn report<'w>(
    model: &Model<'w>,
    from: &Item<'w>,
    pods: &[&Item<'w>],
    target: Target<'_>,
    span: Span,
    why: &'static str,
    out: &mut Out<'_>,
) {
    if let Some((maker, span_of, finding)) = missing(pods, target, span) {
        let (other, label) = span_of;
        let finding = finding.why(why);
        out.report_in(from.source, with_other(finding, model, from.source, maker, other, label));
    }
}

/// The finding that none of `pods` declares the port, with one of them and a place of it that shows what is there.
/// `None` too where it is not known what they declare.
pub(in crate::lint) fn missing<'g, 'w>(
    pods: &[&'g Item<'w>],
    target: Target<'_>,
    span: Span,
) -> Option<(&'g Item<'w>, (Span, &'static str), Finding)> {
    // The operator takes a name for a regular expression; one with more than a name in it is not judged.
    let plain = !matches!(target, Target::Name(text) if name::dns_label(text).is_err());
    let ports = |item: &Item<'w>| item.pods.as_ref().and_then(|pods| pods.ports.clone());
    let all = pods.iter().map(|item| ports(item)).collect::<Option<Vec<_>>>()?;
    let maker = pods.first().filter(|_| plain)?;
    if all.iter().flatten().any(|port| target.is(port)) {
        return None;
    }
    let declared: Vec<ContainerPort<'w>> = all.into_iter().flatten().collect();
    let other = declared.first().map_or(super::far::name_span(maker), |port| port.node.span());
    let label = if declared.is_empty() { "the pods" } else { "what is declared" };
    Some((maker, (other, label), finding(maker, &declared, target, span)))
}

fn finding(maker: &Item<'_>, declared: &[ContainerPort<'_>], target: Target<'_>, span: Span) -> Finding {
    let (shown, names) = match target {
        Target::Name(name) => (format!("named `{name}`"), true),
        Target::Number(number) => (number.to_string(), false),
    };
    let known: Vec<String> = declared
        .iter()
        .map(|port| match port.name {
            Some(name) => format!("`{}` ({})", name.value, port.number.value),
            None => format!("{} without a name", port.number.value),
        })
        .collect();
    let known = if known.is_empty() {
        "they declare no ports".to_owned()
    } else {
        format!("they declare {}", known.join(", "))
    };
    let near = match target {
        Target::Name(name) => {
            let all = declared.iter().filter_map(|port| port.name.map(|name| name.value));
            suggest::nearest(name, all)
        }
        Target::Number(_) => None,
    };
    let help = match near {
        Some(near) => format!("write `{near}`"),
        None if names => "name the port in the container's `ports`, or choose one that is there".to_owned(),
        None => "declare the port in the container's `ports`, or choose one that is there".to_owned(),
    };
    RULE.at(span, format!("no container of {} declares a port {shown}: {known}", maker.title()))
        .label("no such port")
        .help(help)
}
