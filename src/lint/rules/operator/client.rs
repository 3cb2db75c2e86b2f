//! The HTTP clients of monitors: who they are at the other side, by which TLS, through which proxy.

use crate::k8s::{Kind, Object};
use crate::yaml::{Entry, Node, Value};

/// What happens because of a monitor that is refused.
pub(super) const LEFT_OUT: &str = "the operator leaves the whole object out, and says so in an Event only";

/// A mapping with fields of a client, or a part of them.
#[derive(Clone, Copy)]
pub(super) struct Client<'w> {
    pub(super) node: Node<'w>,
    /// Whether the operator looks at the ways to authenticate itself, and not only Prometheus at what comes of them.
    pub(super) strict: bool,
}

impl<'w> Client<'w> {
    /// The entry of `field`, where it is not null.
    pub(super) fn entry(&self, field: &str) -> Option<Entry<'w>> {
        self.node.entry(field).filter(|entry| entry.value.value() != Some(Value::Null))
    }

    /// The entry of `field`, where something stands in it that is not empty or `false`.
    pub(super) fn filled(&self, field: &str) -> Option<Entry<'w>> {
        let nothing = |node: Node<'w>| match node.value() {
            Some(Value::Bool(set)) => !set,
            Some(_) => node.text() == Some(""),
            None => node.entries().next().is_none() && node.items().next().is_none(),
        };
        self.entry(field).filter(|entry| !nothing(entry.value))
    }

    /// What stands under `field`, as a part of this one.
    pub(super) fn part(&self, field: &str) -> Option<Self> {
        Some(Self { node: self.entry(field)?.value, ..*self })
    }
}

/// The clients of a monitor; those of OAuth 2.0, which fetch tokens, after the ones that they are of.
pub(super) fn clients<'w>(object: &Object<'w>) -> Vec<Client<'w>> {
    let Some(spec) = object.spec() else { return Vec::new() };
    let list = |key: &str| spec.get(key).into_iter().flat_map(Node::items);
    let mut nodes: Vec<Node<'w>> = match object.kind() {
        Kind::ServiceMonitor => list("endpoints").collect(),
        Kind::PodMonitor => list("podMetricsEndpoints").collect(),
        Kind::Probe => std::iter::once(spec).chain(spec.get("prober")).collect(),
        Kind::ScrapeConfig => {
            let discoveries =
                spec.entries().filter(|it| it.key.text().is_some_and(|key| key.ends_with("SDConfigs")));
            std::iter::once(spec).chain(discoveries.flat_map(|it| it.value.items())).collect()
        }
        _ => return Vec::new(),
    };
    let tokens: Vec<Node<'w>> = nodes.iter().filter_map(|node| node.get("oauth2")).collect();
    nodes.extend(tokens);
    let strict = matches!(object.kind(), Kind::ServiceMonitor | Kind::PodMonitor);
    nodes.into_iter().map(|node| Client { node, strict }).collect()
}
