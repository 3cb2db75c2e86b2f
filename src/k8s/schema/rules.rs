//! The checks that the operator's CRDs write in CEL, by name.

use crate::base::span::Span;
use crate::diagnostic::Finding;
use crate::yaml::{Node, Value};

/// Fields of a PrometheusAgent that cannot be with `mode: DaemonSet`.
const NOT_IN_DAEMON_SET: [&str; 11] = [
    "replicas",
    "storage",
    "persistentVolumeClaimRetentionPolicy",
    "scrapeConfigSelector",
    "probeSelector",
    "scrapeConfigNamespaceSelector",
    "probeNamespaceSelector",
    "serviceMonitorSelector",
    "serviceMonitorNamespaceSelector",
    "additionalScrapeConfigs",
    "shardingStrategy",
];

/// What the rule `name` finds in `node`, the object at `path`.
pub(super) fn check(name: &str, node: Node<'_>, rule: &'static str, path: &str) -> Vec<Finding> {
    let key = |field: &str| {
        node.entry(field).filter(|entry| entry.value.value() != Some(Value::Null)).map(|e| e.key.span())
    };
    let has = |field: &str| key(field).is_some();
    let text = |field: &str| node.get(field).and_then(Node::as_str);
    let finding = |at: Span, message: String| {
        Finding::error(rule, at, message).why("the API server refuses the object")
    };
    let shards = node.get("shards").and_then(|shards| match shards.value() {
        Some(Value::Int(shards)) => Some(shards),
        _ => None,
    });
    let mut findings = Vec::new();
    match name {
        "external-id" => {
            if let (Some(at), false) = (key("externalId"), has("roleArn")) {
                findings.push(finding(at, format!("`{path}.externalId` needs `roleArn` beside it")));
            }
        }
        "rolling-update" => {
            if let (Some(at), true) = (key("rollingUpdate"), text("type") != Some("RollingUpdate")) {
                findings.push(finding(
                    at,
                    format!("`{path}.rollingUpdate` needs `type: RollingUpdate` beside it"),
                ));
            }
        }
        "topology" => {
            if let (Some(at), true) = (key("topology"), text("mode") != Some("Topology")) {
                findings.push(finding(at, format!("`{path}.topology` needs `mode: Topology` beside it")));
            }
        }
        "one-auth" => {
            let mut set =
                ["basicAuth", "authorization", "oauth2"].into_iter().filter_map(|f| Some((f, key(f)?)));
            if let (Some((first, first_at)), Some((second, at))) = (set.next(), set.next()) {
                let message = format!("`{path}.{second}` and `{path}.{first}` exclude each other");
                findings.push(finding(at, message).related(first_at, "the other one"));
            }
        }
        "daemon-set" if text("mode") == Some("DaemonSet") => {
            for (field, at) in NOT_IN_DAEMON_SET.iter().filter_map(|f| Some((f, key(f)?))) {
                findings.push(finding(at, format!("`{path}.{field}` cannot be with `mode: DaemonSet`")));
            }
            if let (Some(at), Some(2..)) = (key("shards"), shards) {
                findings.push(finding(
                    at,
                    format!("`{path}.shards` cannot be more than 1 with `mode: DaemonSet`"),
                ));
            }
        }
        "topology-shards" => {
            let strategy = node.get("shardingStrategy");
            let is_topology = strategy.and_then(|s| s.get("mode")).and_then(Node::as_str) == Some("Topology");
            let values = strategy.and_then(|s| s.get("topology")).and_then(|topology| topology.get("values"));
            let (Some(values), true) = (values, is_topology) else { return findings };
            let count = values.items().count();
            if count > 0 && shards.unwrap_or(1) < count as i128 {
                let message =
                    format!("`{path}.shards` must be at least {count}, one for each value of the topology");
                findings.push(finding(key("shards").unwrap_or(values.span()), message));
            }
        }
        _ => {}
    }
    findings
}
