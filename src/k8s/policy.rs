//! NetworkPolicies: whether they let a connection between two pods through.
//!
//! Policies only add to each other: pods that none selects for a direction are open in it, and to the others comes what any
//! one of those that select them lets through. Addresses of pods are not known here, so an `ipBlock` may mean them. Source:
//! `NetworkPolicySpec` of the Kubernetes API.

use super::kind::Kind;
use super::namespaces::Namespaces;
use super::object::Object;
use super::pairs::present;
use super::ports::{ContainerPort, Protocol, Target};
use super::selector::{Labels, Selector};
use crate::yaml::{Kind as Shape, Node, Value};

/// Seen from the pods that a policy selects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// The field of `spec` with its rules.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    fn peers(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct End<'p, 'd> {
    /// `None` is unknown.
    pub namespace: Option<&'d str>,
    /// Those of its namespace, where they are known.
    pub namespace_labels: Option<&'p Labels<'d>>,
    pub labels: &'p Labels<'d>,
}

/// A connection by TCP.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'p, 'd> {
    pub from: End<'p, 'd>,
    pub to: End<'p, 'd>,
    /// The number on the pod.
    pub port: u16,
    /// What the pod declares.
    pub ports: &'p [ContainerPort<'d>],
}

/// What a policy has to do with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It does not select the pod, or not for this direction.
    Elsewhere,
    /// It selects the pod, and lets it through.
    Lets,
    /// It selects the pod, and does not.
    Stops,
    /// Something that counts is not known.
    Unknown,
}

/// A policy, read.
#[derive(Debug)]
pub struct NetworkPolicy<'d> {
    namespace: Option<&'d str>,
    /// `None` where it is refused.
    pods: Option<Selector>,
    spec: Option<Node<'d>>,
}

impl<'d> NetworkPolicy<'d> {
    /// `None` of other kinds.
    #[must_use]
    pub fn of(object: &Object<'d>) -> Option<Self> {
        if object.kind() != Kind::NetworkPolicy {
            return None;
        }
        let spec = object.spec();
        let pods = match spec.and_then(|spec| present(spec, "podSelector")) {
            Some(node) => Selector::read(node).selector,
            None => Some(Selector::everything()),
        };
        Some(Self { namespace: object.namespace().map(|it| it.value), pods, spec })
    }

    /// What it has to do with a connection that leaves or reaches a pod.
    #[must_use]
    pub fn verdict(&self, direction: Direction, connection: &Connection<'_, 'd>) -> Verdict {
        let (own, peer) = match direction {
            Direction::Ingress => (connection.to, connection.from),
            Direction::Egress => (connection.from, connection.to),
        };
        let Some(pods) = &self.pods else { return Verdict::Unknown };
        if !self.is_for(direction) || !pods.matches(own.labels) {
            return Verdict::Elsewhere;
        }
        match self.namespace.zip(own.namespace) {
            None => return Verdict::Unknown,
            Some((here, there)) if here != there => return Verdict::Elsewhere,
            Some(_) => {}
        }
        let rules = self.spec.and_then(|spec| spec.get(direction.field())).into_iter().flat_map(Node::items);
        let lets = any(rules.map(|rule| {
            let peers = list(rule, direction.peers());
            let ports = list(rule, "ports");
            let peer = any_or_all(peers, |node| self.means(node, &peer));
            let port = any_or_all(ports, |node| means_port(node, connection));
            both(peer, port)
        }));
        match lets {
            Some(true) => Verdict::Lets,
            Some(false) => Verdict::Stops,
            None => Verdict::Unknown,
        }
    }

    /// Without `policyTypes` it is for what comes in, and for what goes out where it has rules for that.
    fn is_for(&self, direction: Direction) -> bool {
        let Some(spec) = self.spec else { return direction == Direction::Ingress };
        match present(spec, "policyTypes").filter(|types| types.items().next().is_some()) {
            Some(types) => types.items().any(|it| it.as_str() == Some(direction.word())),
            None => {
                direction == Direction::Ingress
                    || spec.get(direction.field()).is_some_and(|rules| rules.items().next().is_some())
            }
        }
    }

    /// Whether one of `from` or `to` means a pod.
    fn means(&self, node: Node<'d>, pod: &End<'_, 'd>) -> Option<bool> {
        if node.kind() != Shape::Mapping || present(node, "ipBlock").is_some() {
            return None;
        }
        let namespaces = match present(node, "namespaceSelector") {
            None => Namespaces::Own,
            Some(selector) => match Selector::read(selector).selector? {
                all if all.requirements().is_empty() => Namespaces::All,
                some => Namespaces::Labelled(some),
            },
        };
        let labels = match present(node, "podSelector") {
            None => true,
            Some(selector) => Selector::read(selector).selector?.matches(pod.labels),
        };
        both(Some(labels), namespaces.cover(self.namespace, pod.namespace, pod.namespace_labels))
    }
}

/// Whether one of `ports` means the port of a connection.
fn means_port(node: Node<'_>, connection: &Connection<'_, '_>) -> Option<bool> {
    match present(node, "protocol").map(Node::as_str) {
        None | Some(Some("TCP")) => {}
        Some(_) => return Some(false),
    }
    let number = |key| match present(node, key).and_then(Node::value) {
        Some(Value::Int(number)) => u16::try_from(number).ok(),
        _ => None,
    };
    let Some(written) = present(node, "port") else { return Some(true) };
    if let Some(name) = written.as_str() {
        let tcp = connection.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
        let mut named = tcp.filter(|port| Target::Name(name).is(port));
        return Some(named.any(|port| port.number.value == connection.port));
    }
    let first = number("port")?;
    let last = if present(node, "endPort").is_some() { number("endPort")? } else { first };
    Some((first..=last).contains(&connection.port))
}

fn list<'d>(node: Node<'d>, key: &str) -> Vec<Node<'d>> {
    node.get(key).into_iter().flat_map(Node::items).collect()
}

/// No list, or an empty one, means everything.
fn any_or_all<'d>(items: Vec<Node<'d>>, means: impl Fn(Node<'d>) -> Option<bool>) -> Option<bool> {
    if items.is_empty() { Some(true) } else { any(items.into_iter().map(means)) }
}

fn any(mut verdicts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    verdicts
        .try_fold(Some(false), |known, verdict| match verdict {
            Some(true) => Err(()),
            Some(false) => Ok(known),
            None => Ok(None),
        })
        .unwrap_or(Some(true))
}

fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    /// What a policy in `web` says of a connection from a pod `{app: prom}` in `mon` (of the team `ops`) to port 8080,
    /// `metrics`, of a pod `{app: api}` in `web`; and of the same as one that leaves.
    #[track_caller]
    fn check(spec: &str, direction: Direction, expect: Verdict) {
        let text = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: n, namespace: web}}, spec: {{{spec}}}, \
             container: {{name: a, ports: [{{name: metrics, containerPort: 8080}}, {{name: other, containerPort: 1}}]}}}}"
        );
        let file = File::parse(text, &Budget::default());
        let root = file.documents()[0].root().expect("an object");
        let ports: Vec<_> =
            ContainerPort::of_container(root.get("container").expect("it is there")).collect();
        let policy = NetworkPolicy::of(&Object::new(root).expect("an object")).expect("a policy");
        let (prom, api, team) = (
            Labels::from([("app", "prom")]),
            Labels::from([("app", "api")]),
            Labels::from([("team", "ops")]),
        );
        let far = End { namespace: Some("mon"), namespace_labels: Some(&team), labels: &prom };
        let near = End { namespace: Some("web"), namespace_labels: None, labels: &api };
        let (from, to) = match direction {
            Direction::Ingress => (far, near),
            Direction::Egress => (near, far),
        };
        let connection = Connection { from, to, port: 8080, ports: &ports };
        assert_eq!(policy.verdict(direction, &connection), expect, "{spec}");
    }

    use Direction::{Egress, Ingress};
    use Verdict::{Elsewhere, Lets, Stops, Unknown};

    #[test]
    fn pods_and_types_say_what_it_is_for() {
        check("podSelector: {}", Ingress, Stops);
        check("", Ingress, Stops);
        check("podSelector: {matchLabels: {app: api}}", Ingress, Stops);
        check("podSelector: {matchLabels: {app: db}}", Ingress, Elsewhere);
        check("policyTypes: [Egress]", Ingress, Elsewhere);
        check("policyTypes: [Egress]", Egress, Stops);
        check("podSelector: {}", Egress, Elsewhere);
        check("egress: [{}]", Egress, Lets);
        check("policyTypes: [Ingress], egress: [{}]", Egress, Elsewhere);
        check("podSelector: {matchExpressions: [{key: a, operator: Like}]}", Ingress, Unknown);
    }

    #[test]
    fn peers_are_pods_here_or_namespaces_or_both() {
        check("ingress: [{}]", Ingress, Lets);
        check("ingress: []", Ingress, Stops);
        check("ingress: [{from: []}]", Ingress, Lets);
        check("ingress: [{from: [{podSelector: {}}]}]", Ingress, Stops);
        check("ingress: [{from: [{namespaceSelector: {}}]}]", Ingress, Lets);
        check("ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}]}]", Ingress, Lets);
        check("ingress: [{from: [{namespaceSelector: {matchLabels: {team: dev}}}]}]", Ingress, Stops);
        check(
            "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: mon}}}]}]",
            Ingress,
            Lets,
        );
        let both = "namespaceSelector: {}, podSelector: {matchLabels: {app: other}}";
        check(&format!("ingress: [{{from: [{{{both}}}]}}]"), Ingress, Stops);
        check("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]", Ingress, Unknown);
        check("egress: [{to: [{podSelector: {}}]}]", Egress, Stops);
    }

    #[test]
    fn ports_are_numbers_names_and_ranges() {
        for lets in
            ["{}", "{port: 8080}", "{port: metrics}", "{port: 8000, endPort: 9000}", "{protocol: TCP}"]
        {
            check(&format!("ingress: [{{ports: [{lets}]}}]"), Ingress, Lets);
        }
        for stops in
            ["{port: 80}", "{port: other}", "{port: 8000, endPort: 8079}", "{protocol: UDP, port: 8080}"]
        {
            check(&format!("ingress: [{{ports: [{stops}]}}]"), Ingress, Stops);
        }
        check("ingress: [{ports: [{port: 80}]}, {ports: [{port: 8080}]}]", Ingress, Lets);
        check("ingress: [{from: [{podSelector: {}}]}, {ports: [{port: 8080}]}]", Ingress, Lets);
    }
}
