//! Maps of strings with places: labels, annotations, selectors.

use std::collections::BTreeMap;

use crate::base::span::Span;
use crate::yaml::{Node, Value};

/// A value and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Placed<T> {
    #[must_use]
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<'d> Placed<&'d str> {
    /// The string under `key` of a mapping; `None` when it is not there or Go reads it as something else.
    #[must_use]
    pub fn of(node: Node<'d>, key: &str) -> Option<Self> {
        let node = node.get(key)?;
        Some(Self::new(node.as_str()?, node.span()))
    }
}

/// One label, or one annotation.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'d> {
    /// As it is in the cluster: Go writes the key `y` as `true`.
    pub key: &'d str,
    pub key_node: Node<'d>,
    pub node: Node<'d>,
}

impl<'d> Pair<'d> {
    /// Its value; `None` when Kubernetes takes it for no string and refuses the object. A null is an empty string.
    #[must_use]
    pub fn value(&self) -> Option<&'d str> {
        match self.node.value()? {
            Value::Str(text) => Some(text),
            Value::Null => Some(""),
            _ => None,
        }
    }
}

/// A mapping of strings, or none.
#[derive(Clone, Copy, Default, Debug)]
pub struct Pairs<'d>(Option<Node<'d>>);

impl<'d> Pairs<'d> {
    /// Reads a mapping; everything else has no pairs.
    #[must_use]
    pub fn new(node: Option<Node<'d>>) -> Self {
        Self(node)
    }

    /// The mapping itself, to say where it is.
    #[must_use]
    pub fn node(&self) -> Option<Node<'d>> {
        self.0
    }

    /// In the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = Pair<'d>> + use<'d> {
        self.0
            .into_iter()
            .flat_map(Node::entries)
            .filter_map(|entry| Some(Pair { key: key(entry.key)?, key_node: entry.key, node: entry.value }))
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<Pair<'d>> {
        self.iter().find(|pair| pair.key == key)
    }

    /// Those whose values are strings, without their places.
    #[must_use]
    pub fn strings(&self) -> BTreeMap<&'d str, &'d str> {
        self.iter().filter_map(|pair| Some((pair.key, pair.value()?))).collect()
    }
}

/// The node under `key`, unless it is a null, which Kubernetes takes for absent.
pub(super) fn present<'d>(node: Node<'d>, key: &str) -> Option<Node<'d>> {
    node.get(key).filter(|node| node.value() != Some(Value::Null))
}

/// A key as JSON has it, where there are only strings.
fn key(node: Node<'_>) -> Option<&str> {
    match node.value()? {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        _ => node.text(),
    }
}
