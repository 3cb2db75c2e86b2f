//! What an annotation holds, whether it was written as YAML or as TOML: texts, numbers, lists and maps with places.

use toml_edit::{Item, Value as Toml};

use super::limits;
use super::sink::{Sink, rule};
use crate::base::span::Span;
use crate::diagnostic::Finding;
use crate::yaml;

/// A value and the bytes it takes.
pub(super) struct Value {
    pub(super) span: Span,
    /// Where the very bytes of a string stand, without quotes; `None` where it has escapes or folded lines.
    pub(super) verbatim: Option<Span>,
    pub(super) data: Data,
}

pub(super) enum Data {
    /// A string.
    Text(String),
    Int(i128),
    /// Nothing: `null`, or an empty value.
    Null,
    List(Vec<Value>),
    Map(Vec<(Key, Value)>),
    /// A truth value, a float, a date: no option takes one.
    Other(&'static str),
}

pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Value {
    /// What it is, with its article.
    pub(super) fn noun(&self) -> &'static str {
        match &self.data {
            Data::Text(_) => "a string",
            Data::Int(_) => "a number",
            Data::Null => "nothing",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
            Data::Other(noun) => noun,
        }
    }

    pub(super) fn of_yaml(node: yaml::Node<'_>, sink: &mut Sink) -> Self {
        Budget { nodes: limits::NODES, said: false, source: "", sink }.yaml(node, limits::DEPTH)
    }

    /// `source` is the text that `item` was read from.
    pub(super) fn of_toml(item: &Item, source: &str, sink: &mut Sink) -> Self {
        Budget { nodes: limits::NODES, said: false, source, sink }.toml_item(item, limits::DEPTH)
    }
}

/// What is left to be read; past it everything is nothing, with one finding.
struct Budget<'s> {
    nodes: usize,
    said: bool,
    /// The text of TOML.
    source: &'s str,
    sink: &'s mut Sink,
}

impl Budget<'_> {
    /// Whether one more value may be read.
    fn spend(&mut self, span: Span, depth: usize) -> bool {
        if self.nodes > 0 && depth > 0 {
            self.nodes -= 1;
            return true;
        }
        if !self.said {
            self.said = true;
            let message = format!(
                "the annotation holds more than {} values, or nests deeper than {}",
                limits::NODES,
                limits::DEPTH
            );
            let finding = Finding::error(rule::SIZE, span, message);
            self.sink.push(finding.label("from here on nothing is read").help("make it smaller"));
        }
        false
    }

    fn yaml(&mut self, node: yaml::Node<'_>, depth: usize) -> Value {
        let span = node.span();
        if !self.spend(span, depth) {
            return Value { span, verbatim: None, data: Data::Null };
        }
        let data = match node.kind() {
            yaml::Kind::Sequence => {
                Data::List(node.items().map_while(|item| self.child(item, depth)).collect())
            }
            yaml::Kind::Mapping => Data::Map(
                node.entries()
                    .map_while(|entry| {
                        let value = self.child(entry.value, depth)?;
                        Some((self.key(entry.key), value))
                    })
                    .collect(),
            ),
            yaml::Kind::Scalar => match node.value() {
                Some(yaml::Value::Str(text) | yaml::Value::Timestamp(text)) => Data::Text(text.to_owned()),
                Some(yaml::Value::Int(number)) => Data::Int(number),
                Some(yaml::Value::Bool(_)) => Data::Other("a truth value"),
                Some(yaml::Value::Binary(_)) => Data::Other("bytes"),
                Some(yaml::Value::Float(_)) => Data::Other("a number with a fraction"),
                Some(yaml::Value::Null) | None => Data::Null,
            },
        };
        let verbatim = node.value_map().and_then(|map| map.verbatim(Span::new(0, map.value_len())));
        Value { span, verbatim, data }
    }

    /// `None` once nothing more may be read.
    fn child(&mut self, node: yaml::Node<'_>, depth: usize) -> Option<Value> {
        (!self.said).then(|| self.yaml(node, depth - 1))
    }

    fn key(&mut self, node: yaml::Node<'_>) -> Key {
        let text = node.text().unwrap_or_else(|| {
            let finding = Finding::error(rule::SCHEMA, node.span(), "a key is a list or a map, not a string");
            self.sink.push(finding.help("write `- NAME: http://HOST:PORT/metrics`"));
            ""
        });
        Key { text: text.to_owned(), span: node.span() }
    }

    fn toml_item(&mut self, item: &Item, depth: usize) -> Value {
        let span = item.span().map(Span::from).unwrap_or_default();
        if !self.spend(span, depth) {
            return Value { span, verbatim: None, data: Data::Null };
        }
        let data = match item {
            Item::None => Data::Null,
            Item::Value(value) => return self.toml(value, span, depth),
            Item::Table(table) => Data::Map(
                table
                    .iter()
                    .map_while(|(name, item)| {
                        let key = Key { text: name.to_owned(), span: key_span(table.key(name)) };
                        (!self.said).then(|| (key, self.toml_item(item, depth - 1)))
                    })
                    .collect(),
            ),
            Item::ArrayOfTables(tables) => Data::List(
                tables
                    .iter()
                    .map_while(|table| {
                        (!self.said).then(|| self.toml_item(&Item::Table(table.clone()), depth - 1))
                    })
                    .collect(),
            ),
        };
        Value { span, verbatim: None, data }
    }

    fn toml(&mut self, value: &Toml, span: Span, depth: usize) -> Value {
        let data = match value {
            Toml::String(text) => Data::Text(text.value().clone()),
            Toml::Integer(number) => Data::Int((*number.value()).into()),
            Toml::Float(_) => Data::Other("a number with a fraction"),
            Toml::Boolean(_) => Data::Other("a truth value"),
            Toml::Datetime(_) => Data::Other("a date"),
            Toml::Array(items) => {
                Data::List(items.iter().map_while(|item| self.toml_child(item, depth)).collect())
            }
            Toml::InlineTable(table) => Data::Map(
                table
                    .iter()
                    .map_while(|(name, item)| {
                        let key = Key { text: name.to_owned(), span: key_span(table.key(name)) };
                        Some((key, self.toml_child(item, depth)?))
                    })
                    .collect(),
            ),
        };
        let inner = Span::new(span.start + 1, span.end.saturating_sub(1));
        let verbatim = value.as_str().filter(|text| inner.of(self.source) == *text).map(|_| inner);
        Value { span, verbatim, data }
    }

    fn toml_child(&mut self, value: &Toml, depth: usize) -> Option<Value> {
        let span = value.span().map(Span::from).unwrap_or_default();
        if self.said {
            None
        } else if self.spend(span, depth - 1) {
            Some(self.toml(value, span, depth - 1))
        } else {
            Some(Value { span, verbatim: None, data: Data::Null })
        }
    }
}

fn key_span(key: Option<&toml_edit::Key>) -> Span {
    key.and_then(toml_edit::Key::span).map(Span::from).unwrap_or_default()
}
