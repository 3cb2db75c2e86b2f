//! The structures of a file: which mapping is which type of Prometheus's source.

use super::Root;
use super::table::{Struct, Table, Type, table};
use crate::base::span::Span;
use crate::yaml::{Entry, Kind, Node, Value};

/// One structure where it stands, or the null that stands in its place.
#[derive(Clone, Copy)]
pub(crate) struct Section<'w> {
    /// Package and type in Prometheus's source: `config.ScrapeConfig`.
    pub(crate) kind: &'static str,
    /// The kind of the structure around it; empty for that of the whole file.
    pub(crate) parent: &'static str,
    /// The field that holds it, or the list of it.
    pub(crate) field: &'static str,
    /// Whether it is an item of a list.
    pub(crate) item: bool,
    /// The mapping or the null.
    pub(crate) node: Node<'w>,
    known: &'static Struct,
}

impl<'w> Section<'w> {
    /// The value under `field`; what is null is not there.
    pub(crate) fn get(&self, field: &str) -> Option<Node<'w>> {
        self.node.get(field).filter(|node| !is_null(*node))
    }

    /// The entry of `field`, also where its value is null.
    pub(crate) fn entry(&self, field: &str) -> Option<Entry<'w>> {
        self.node.entry(field)
    }

    /// The entry of `field`, where Go reads something else than the zero of its type from it: `""` of a text, `0` of a
    /// number, `[]` and null are as if nothing stood there, but a structure is there also where it is empty.
    pub(crate) fn filled(&self, field: &str) -> Option<Entry<'w>> {
        let entry = self.entry(field)?;
        let known = self.known.field(field)?;
        Some(entry).filter(|entry| !is_null(entry.value) && !is_zero(entry.value, &known.kind))
    }

    /// The text of `field`, where it is not empty.
    pub(crate) fn text(&self, field: &str) -> Option<&'w str> {
        self.get(field)?.text().filter(|text| !text.is_empty())
    }

    /// Whether nothing stands where the structure belongs.
    pub(crate) fn is_null(&self) -> bool {
        is_null(self.node)
    }

    /// Whether the type has a field of this name, in any version.
    pub(crate) fn knows(&self, field: &str) -> bool {
        self.known.field(field).is_some()
    }

    /// The fields whose values the table calls `word`, where they are written.
    pub(crate) fn of_word(&self, word: &'static str) -> impl Iterator<Item = (&'static str, Node<'w>)> {
        let of_word = self.known.fields.iter().filter(move |field| field.kind == Type::Scalar(word));
        of_word.filter_map(|field| Some((field.name, self.get(field.name)?)))
    }

    /// Where to say that something is missing: its first key, or where it would be.
    pub(crate) fn place(&self) -> Span {
        match self.node.entries().find(|entry| !entry.merged) {
            Some(first) => first.key.span(),
            None => self.node.span(),
        }
    }
}

pub(crate) fn is_null(node: Node<'_>) -> bool {
    node.value() == Some(Value::Null)
}

/// Whether the structure of this name has the field, in any version.
#[cfg(test)]
pub(crate) fn has_field(structure: &str, field: &str) -> bool {
    let known = table().structs.iter().find(|known| known.name == structure);
    known.is_some_and(|known| known.field(field).is_some())
}

fn is_zero(node: Node<'_>, kind: &Type) -> bool {
    match (node.kind(), kind) {
        (_, Type::Struct(_)) => false,
        (Kind::Scalar, Type::Scalar("bool")) => node.value() == Some(Value::Bool(false)),
        (Kind::Scalar, Type::Scalar("int" | "uint" | "float")) => match node.value() {
            Some(Value::Int(number)) => number == 0,
            Some(Value::Float(number)) => number == 0.0,
            _ => false,
        },
        // Any other scalar is a fine text, `0` and `false` too.
        (Kind::Scalar, _) => node.text() == Some(""),
        (Kind::Sequence, _) => node.items().next().is_none(),
        (Kind::Mapping, _) => node.entries().next().is_none(),
    }
}

/// Every structure of `node`, which is the whole of a file of this kind, outer ones first.
pub(crate) fn sections(root: Root, node: Node<'_>) -> Vec<Section<'_>> {
    let table = table();
    let Some(kind) = root.kind(table) else { return Vec::new() };
    let mut walk = Walk { table, found: Vec::new() };
    walk.node(node, &kind, Place { parent: "", field: "", item: false });
    walk.found
}

struct Walk<'w> {
    table: &'static Table,
    found: Vec<Section<'w>>,
}

#[derive(Clone, Copy)]
struct Place {
    parent: &'static str,
    field: &'static str,
    item: bool,
}

impl<'w> Walk<'w> {
    fn node(&mut self, node: Node<'w>, kind: &Type, place: Place) {
        match kind {
            Type::Struct(at) if node.kind() == Kind::Mapping || is_null(node) => {
                let known = &self.table.structs[*at];
                self.found.push(Section {
                    kind: known.name,
                    parent: place.parent,
                    field: place.field,
                    item: place.item,
                    node,
                    known,
                });
                for entry in node.entries() {
                    if let Some(field) = entry.key.text().and_then(|name| known.field(name)) {
                        let place = Place { parent: known.name, field: field.name, item: false };
                        self.node(entry.value, &field.kind, place);
                    }
                }
            }
            Type::List(item) => {
                node.items().for_each(|node| self.node(node, item, Place { item: true, ..place }));
            }
            Type::Map(value) => {
                node.entries().for_each(|entry| self.node(entry.value, value, place));
            }
            Type::Struct(_) | Type::Scalar(_) | Type::Enum(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    #[test]
    fn structures_are_known_by_their_place() {
        let text = "scrape_configs:\n- job_name: a\n  static_configs: [~, {targets: []}]\n  tls_config: {}\nglobal:\n";
        let file = File::parse(text.to_owned(), &Budget::default());
        let root = file.documents()[0].root().expect("a mapping");
        let found: Vec<_> = sections(Root::Prometheus, root)
            .iter()
            .map(|it| format!("{} {} {} {}", it.kind, it.field, it.item, it.is_null()))
            .collect();
        assert_eq!(
            found,
            [
                "config.Config  false false",
                "config.ScrapeConfig scrape_configs true false",
                "discovery/targetgroup.Group static_configs true true",
                "discovery/targetgroup.Group static_configs true false",
                "common/config.TLSConfig tls_config false false",
                "config.GlobalConfig global false true",
            ]
        );
    }
}
