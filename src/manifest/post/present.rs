//! Whether something that is to be added is there already.

use super::{Found, fault};
use crate::k8s::{Manifest, Object};
use crate::yaml::write::{Map, Value};
use crate::yaml::{Kind, Node, Value as Scalar};

/// Whether an object is among those that were rendered; what else it has there (Helm adds annotations) does not matter.
///
/// # Errors
///
/// An object of this name that says something else.
pub(super) fn is_there(objects: &[Object<'_>], manifest: &Manifest) -> Found<bool> {
    let wanted = manifest.id();
    let same = |object: &&Object<'_>| object.id().is_some_and(|id| id.may_be(&wanted));
    let Some(object) = objects.iter().find(same) else { return Ok(false) };
    if has_entries(object.node(), &manifest.to_map()) {
        return Ok(true);
    }
    let message = format!("{wanted} is there already, and says something else");
    let span = object.name().map_or(object.node().span(), |name| name.span);
    Err(fault(
        span,
        message,
        "leave it out of what is rendered, or give the entry of the description another name",
    ))
}

/// Whether a mapping has these entries, and whatever else.
pub(super) fn has_entries(node: Node<'_>, wanted: &Map) -> bool {
    node.kind() == Kind::Mapping
        && wanted.entries().all(|entry| node.get(entry.key()).is_some_and(|value| has(value, entry.value())))
}

fn has(node: Node<'_>, wanted: &Value) -> bool {
    match wanted {
        Value::Map(map) => has_entries(node, map),
        Value::List(items) => {
            node.kind() == Kind::Sequence
                && node.items().count() == items.len()
                && node.items().zip(items).all(|(node, item)| has(node, item))
        }
        Value::String(text) => node.as_str() == Some(text),
        Value::Bool(value) => node.value() == Some(Scalar::Bool(*value)),
        Value::Integer(value) => node.value() == Some(Scalar::Int(i128::from(*value))),
        Value::Number(number) => node.text() == Some(&*number.to_string()),
    }
}
