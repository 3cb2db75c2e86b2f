//! Annotations in TOML: `[[inputs.prometheus]]` tables, read into the same endpoints as YAML is.
//!
//! Nothing of the text is passed on: the config is written from what was understood.

use toml_edit::{Document, Item, Table};

use super::Options;
use super::endpoint::{self, Placed};
use super::sink::{Sink, rule, shown};
use super::value::{Data, Key, Value};
use crate::base::span::Span;
use crate::diagnostic::Finding;

/// Whether a text is TOML of Telegraf rather than YAML: its first line of substance is a table's head.
pub(super) fn is_toml(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(head) = first.and_then(|line| line.strip_prefix('[')) else { return false };
    let name = head.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
    let root = name.split('.').next().unwrap_or_default().trim_matches('"');
    ROOTS.contains(&root)
}

/// What a Telegraf config may hold, and only the first of these an annotation.
const ROOTS: [&str; 7] =
    ["inputs", "agent", "global_tags", "outputs", "processors", "aggregators", "secretstores"];

pub(super) fn read(text: &str, options: &Options, sink: &mut Sink) -> Vec<Placed> {
    if !options.raw_toml {
        let finding = Finding::error(rule::TOML, first_line(text), "TOML is not taken here");
        let finding = finding.label("a list of names and URLs is meant to stand here");
        let finding = finding.why("a plugin can read files and run programs of the collector");
        sink.push(finding.help("write a list, each item as `- NAME: http://HOST:PORT/metrics`"));
        return Vec::new();
    }
    let document = match Document::parse(text.to_owned()) {
        Ok(document) => document,
        Err(err) => {
            let span = err.span().map_or(Span::new(0, text.len()), Span::from);
            let message = format!("not TOML: {}", err.message().replace('\n', ", "));
            let finding = Finding::error(rule::TOML, span, message);
            sink.push(
                finding.why("Telegraf ends at a config that it cannot read").help("correct the syntax"),
            );
            return Vec::new();
        }
    };
    let mut endpoints = Vec::new();
    for (name, item) in document.as_table().iter() {
        match item.as_table() {
            Some(inputs) if name == "inputs" => plugins(inputs, text, options, sink, &mut endpoints),
            _ => refuse(name, key_span(document.as_table(), name), sink),
        }
    }
    endpoints
}

fn plugins(inputs: &Table, text: &str, options: &Options, sink: &mut Sink, endpoints: &mut Vec<Placed>) {
    for (name, item) in inputs.iter() {
        let span = key_span(inputs, name);
        match item {
            Item::ArrayOfTables(_) if name == "prometheus" => {
                let Data::List(tables) = Value::of_toml(item, text, sink).data else { continue };
                for table in tables {
                    endpoints.extend(plugin(&table, options, sink));
                }
            }
            _ if name == "prometheus" => {
                let finding = Finding::error(rule::TOML, span, "`inputs.prometheus` is not a list of tables");
                let finding = finding.why("Telegraf has a list of plugins of one kind");
                sink.push(finding.help("write its head with two brackets, `[[inputs.prometheus]]`"));
            }
            _ => refuse(&format!("inputs.{name}"), span, sink),
        }
    }
}

fn plugin(table: &Value, options: &Options, sink: &mut Sink) -> Option<Placed> {
    let Data::Map(entries) = &table.data else { return None };
    let urls = |(key, value): &(Key, Value)| key.text == "urls" && !matches!(value.data, Data::List(_));
    if let Some((_, value)) = entries.iter().find(|entry| urls(entry)) {
        let message = format!("`urls` is a list of strings, not {}", value.noun());
        sink.push(Finding::error(rule::TOML, value.span, message).help("write `urls = [\"http://…\"]`"));
        return None;
    }
    Some((endpoint::read(None, table, options, sink)?, table.span))
}

fn refuse(name: &str, span: Span, sink: &mut Sink) {
    let shown = shown(name);
    let finding = Finding::error(rule::OPTION, span, format!("`{shown}` may not be set by an annotation"));
    let finding =
        finding.label("refused").why("only `inputs.prometheus` neither reads files nor runs programs");
    sink.push(finding.help("take it out; have the application serve its metrics by HTTP"));
}

fn key_span(table: &Table, name: &str) -> Span {
    table.key(name).and_then(toml_edit::Key::span).map(Span::from).unwrap_or_default()
}

fn first_line(text: &str) -> Span {
    let start = text.len() - text.trim_start().len();
    let line = text[start..].lines().next().unwrap_or_default();
    Span::new(start, start + line.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_tables_tell_toml_from_yaml() {
        for text in ["[[inputs.prometheus]]\n", "# x\n\n  [agent]", "[[ inputs.exec ]]", "[outputs.\"file\"]"]
        {
            assert!(is_toml(text), "{text}");
        }
        for text in ["", "- a: http://b", "[]", "[{app: http://x}]", "[http://a]", "inputs: x", "# [agent]"] {
            assert!(!is_toml(text), "{text}");
        }
    }
}
