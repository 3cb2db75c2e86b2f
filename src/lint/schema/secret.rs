//! Where Prometheus's own files hold secrets: the values that it never shows.

use super::Root;
use super::table::{Struct, Table, Type, table};
use crate::yaml::{Kind, Node};

/// A secret that is written out in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret<'d> {
    /// The field's name.
    pub(crate) field: &'static str,
    pub(crate) node: Node<'d>,
    /// The field beside it that names a file to read it from.
    pub(crate) file_field: Option<&'static str>,
}

/// All secrets under `node`, which is the whole of a file of this kind. What is no text, or is empty, is none.
pub(crate) fn secrets(root: Root, node: Node<'_>) -> Vec<Secret<'_>> {
    let table = table();
    let mut found = Vec::new();
    if let Some(kind) = root.kind(table) {
        // The whole of a file is no secret.
        let whole = |node| Secret { field: "", node, file_field: None };
        value(table, node, &kind, &whole, &mut found);
    }
    found
}

fn structure<'d>(table: &'static Table, node: Node<'d>, known: &'static Struct, found: &mut Vec<Secret<'d>>) {
    for entry in node.entries() {
        let Some(name) = entry.key.text() else { continue };
        let Some(field) = known.field(name) else { continue };
        let as_secret = |node| {
            let from_file = match field.name {
                "secrets" => known.field("files"),
                name => known.field(&format!("{name}_file")),
            };
            Secret { field: field.name, node, file_field: from_file.map(|field| field.name) }
        };
        value(table, entry.value, &field.kind, &as_secret, found);
    }
}

fn value<'d>(
    table: &'static Table,
    node: Node<'d>,
    kind: &Type,
    as_secret: &dyn Fn(Node<'d>) -> Secret<'d>,
    found: &mut Vec<Secret<'d>>,
) {
    match (kind, node.kind()) {
        (Type::Struct(at), Kind::Mapping) => structure(table, node, &table.structs[*at], found),
        (Type::Map(inner), Kind::Mapping) => {
            node.entries().for_each(|entry| value(table, entry.value, inner, as_secret, found));
        }
        (Type::List(inner), Kind::Sequence) => {
            node.items().for_each(|item| value(table, item, inner, as_secret, found));
        }
        (Type::Scalar("secret"), Kind::Scalar) if node.as_str().is_some_and(|text| !text.is_empty()) => {
            found.push(as_secret(node));
        }
        _ => {}
    }
}
