//! Kubernetes objects: any YAML is judged, every finding has its place, and whatever is asked of an object is in it.

use super::annotation::check_finding;
use crate::base::span::Span;
use crate::k8s::schema::{self, Versions};
use crate::k8s::{
    ContainerPort, Fault, Field, Labels, Namespaces, Object, Placed, PodTemplate, PortFilter, PrometheusIo,
    Reading, Selector, ServicePort, levels, nearest, not_strings,
};
use crate::yaml::{Budget, File, Node};

/// Nodes of one document that are taken for selectors and containers.
const NODES_MAX: usize = 200;

pub(super) fn k8s(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check_line(text);
    let file = File::parse(text, &Budget { nodes: 5_000, ..Budget::default() });
    for root in file.documents().iter().filter_map(|document| document.root()) {
        for operator in [None, Some((0, 50)), Some((0, 80)), Some((1, 0))] {
            let findings = schema::check(root, &Versions { operator });
            assert!(findings.is_sorted_by_key(|finding| finding.span.start), "{text:?}");
            findings.iter().for_each(|finding| check_finding(finding, text));
        }
        let mut left = NODES_MAX;
        check_nodes(root, text, &mut left);
    }
    let objects = Object::all(&file);
    for object in &objects {
        check_object(object, &objects, text);
    }
}

/// A selector in one line says what is wrong where, or chooses as its requirements say.
fn check_line(text: &str) {
    let labels: Labels<'_> = [("app", "web"), ("n", "7")].into();
    match Selector::parse(text) {
        Err(fault) => inside(fault.span, text),
        Ok(selector) => {
            assert_eq!(selector.matches(&labels), selector.misses(&labels).is_empty());
            for requirement in selector.requirements() {
                inside(requirement.span(), text);
                assert!(requirement.values().is_sorted() && !requirement.key().is_empty());
            }
            assert!(nearest(&selector, [((), labels)]).is_some());
        }
    }
}

fn check_object(object: &Object<'_>, all: &[Object<'_>], text: &str) {
    let places = [object.name(), object.generate_name(), object.namespace(), Some(object.kind_name())];
    for placed in places.into_iter().flatten() {
        inside(placed.span, text);
    }
    assert_eq!(object.id().is_some(), object.name().is_some());
    for (_, pairs) in levels(object) {
        for finding in PrometheusIo::read(pairs).1.iter().chain(&not_strings(pairs, "annotation")) {
            check_finding(finding, text);
        }
    }
    let mut ports = Vec::new();
    if let Some(template) = PodTemplate::of(object) {
        ports = template.ports();
        ports.iter().for_each(|port| inside(port.number.span, text));
        template.service_account().iter().for_each(|account| inside(account.span, text));
        assert!(template.volumes().count() <= text.len());
        let containers = template.containers().chain(template.init_containers()).chain(template.sidecars());
        assert!(containers.count() <= 3 * text.len());
    }
    for service in object.spec().into_iter().flat_map(ServicePort::of_spec) {
        inside(service.port.span, text);
        inside(service.target.span, text);
        let _ = service.resolve(&ports);
    }
    for field in Field::of(object.kind()) {
        let choice = field.read(object);
        check_faults(&choice.faults, text);
        for other in all.iter().take(4) {
            let namespace = |object: &Object<'_>| object.namespace().map(|placed| placed.value.to_owned());
            if let Some(namespaces) = &choice.namespaces {
                let _ = namespaces.cover(namespace(object).as_deref(), namespace(other).as_deref(), None);
            }
        }
    }
}

/// Every node taken for a selector, a container and an endpoint.
fn check_nodes(node: Node<'_>, text: &str, left: &mut usize) {
    let Some(less) = left.checked_sub(1) else { return };
    *left = less;
    for Reading { selector, faults } in [Selector::read(node), Selector::read_map(node)] {
        check_faults(&faults, text);
        assert_eq!(selector.is_none(), faults.iter().any(|fault| fault.value.is_fatal()), "{faults:?}");
    }
    let (_, faults) = Namespaces::of_monitor(Some(node));
    check_faults(&faults, text);
    ContainerPort::of_container(node).for_each(|port| inside(port.number.span, text));
    for filter in [PortFilter::of_service_monitor(node), PortFilter::of_pod_monitor(node)] {
        filter.iter().for_each(|filter| inside(filter.span, text));
    }
    node.items().for_each(|item| check_nodes(item, text, left));
    node.entries().for_each(|entry| check_nodes(entry.value, text, left));
}

fn check_faults(faults: &[Placed<Fault>], text: &str) {
    for fault in faults {
        inside(fault.span, text);
        assert!(!fault.value.to_string().is_empty());
    }
}

#[track_caller]
fn inside(span: Span, text: &str) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
}
