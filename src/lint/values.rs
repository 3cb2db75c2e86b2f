//! Parts of Helm values that charts of the Prometheus community make into files and objects of their own.
//!
//! Texts in values are opened by [`super::source`]; here is what stands there as YAML.

use super::kind::Kind;
use crate::yaml::{Kind as Shape, Node};

/// The chart under which its values stand when it is a dependency of another.
const STACK: &str = "kube-prometheus-stack";

/// A part of the values.
#[derive(Clone, Copy)]
pub(super) struct Part<'w> {
    pub(super) kind: Kind,
    pub(super) node: Node<'w>,
    /// Whether it is copied as it is, so that the fields of that file hold.
    pub(super) whole: bool,
    /// The `spec` of the Prometheus that it becomes a part of.
    pub(super) prometheus: Option<Node<'w>>,
}

/// The parts of a document of Helm values.
pub(super) fn parts(root: Node<'_>) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    for base in std::iter::once(root).chain(root.get(STACK)) {
        let spec = base.get("prometheus").and_then(|it| it.get("prometheusSpec"));
        let jobs = spec.and_then(|spec| spec.get("additionalScrapeConfigs"));
        if let Some(node) = jobs.filter(|node| Kind::of(*node) == Kind::Jobs) {
            found.push(Part { kind: Kind::Jobs, node, whole: true, prometheus: spec });
        }
        // These become PrometheusRule objects, with a few fields for their labels.
        let map = base.get("additionalPrometheusRulesMap").into_iter().flat_map(Node::entries);
        let list = base.get("additionalPrometheusRules").into_iter().flat_map(Node::items);
        for node in map.map(|entry| entry.value).chain(list) {
            found.push(Part { kind: Kind::Rules, node, whole: false, prometheus: spec });
        }
        for node in base.get("serverFiles").into_iter().flat_map(Node::entries).map(|entry| entry.value) {
            let kind = Kind::of(node);
            if node.kind() == Shape::Mapping && matches!(kind, Kind::Prometheus | Kind::Rules) {
                found.push(Part { kind, node, whole: true, prometheus: None });
            }
        }
    }
    found
}

/// The endpoints of monitors that the values add.
pub(super) fn endpoints(root: Node<'_>) -> Vec<Node<'_>> {
    const LISTS: [(&str, &str); 2] =
        [("additionalServiceMonitors", "endpoints"), ("additionalPodMonitors", "podMetricsEndpoints")];
    let mut found = Vec::new();
    for prometheus in std::iter::once(root).chain(root.get(STACK)).filter_map(|base| base.get("prometheus")) {
        for (list, field) in LISTS {
            let monitors = prometheus.get(list).into_iter().flat_map(Node::items);
            found.extend(monitors.filter_map(|it| it.get(field)).flat_map(Node::items));
        }
    }
    found
}
