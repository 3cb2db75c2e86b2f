//! The text of our own annotation, read into endpoints.
//!
//! Taken are, in YAML: a list of single-key maps name to URL (the form to write); a map name to URL; in both, a map of
//! options in place of the URL; list items that have a `url` among their options, named by `name` or else by their
//! host; a list of plain URLs, named by their hosts; and several names in one item. In TOML, where the installation
//! allows it: `[[inputs.prometheus]]` tables.

use std::collections::BTreeMap;

use super::endpoint::{self, Endpoint, Placed};
use super::sink::{Sink, rule};
use super::value::{Data, Key, Value};
use super::{Options, limits, raw};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{Budget, Fault, FaultKind, File};

/// An annotation's text, and where it is from.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    pub text: &'a str,
    /// From a place in `text` to the same place in the file.
    pub place: &'a dyn Fn(Span) -> Span,
    /// The same where the file has these very bytes, so that they can be edited there; `None` where it has escapes
    /// or folded lines for them.
    pub verbatim: &'a dyn Fn(Span) -> Option<Span>,
}

/// What an annotation asks for, as far as it can be used, and everything that is wrong with it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Reading {
    /// In the order of the text; names are distinct.
    pub endpoints: Vec<Endpoint>,
    /// In the order of the file. With any error among them the annotation is not to be acted on as a whole.
    pub findings: Vec<Finding>,
}

/// Reads an annotation's text.
#[must_use]
pub fn read(held: Held<'_>, options: &Options) -> Reading {
    let mut sink = Sink::default();
    let endpoints = match raw::is_toml(held.text) {
        _ if held.text.len() > limits::ANNOTATIONS => {
            let message = format!("the annotation is longer than {} KiB", limits::ANNOTATIONS >> 10);
            sink.push(
                Finding::error(rule::SIZE, Span::new(0, 0), message).why("Kubernetes refuses the object"),
            );
            Vec::new()
        }
        true => raw::read(held.text, options, &mut sink),
        false => yaml(held.text, options, &mut sink),
    };
    let endpoints = distinct(endpoints, &mut sink);
    Reading { endpoints, findings: sink.placed(held.place, held.verbatim) }
}

fn yaml(text: &str, options: &Options, sink: &mut Sink) -> Vec<Placed> {
    let budget = Budget { text: limits::ANNOTATIONS, nodes: limits::NODES, depth: limits::DEPTH, aliases: 0 };
    let file = File::parse(text, &budget);
    file.faults().iter().filter(|fault| fault.kind.is_fatal()).for_each(|fault| sink.push(syntax(fault)));
    if let Some(second) = file.documents().get(1) {
        let finding = Finding::error(rule::SCHEMA, second.span(), "the annotation holds several documents");
        sink.push(finding.help("remove the `---`"));
    }
    match file.documents().first().and_then(|document| document.root()) {
        Some(root) => {
            let value = Value::of_yaml(root, sink);
            let broken = file.faults().iter().any(|fault| fault.kind.is_fatal());
            Forms { options, sink, endpoints: Vec::new(), broken }.read(&value)
        }
        None if sink.is_empty() => {
            sink.push(nothing(Span::new(0, text.len())));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn syntax(fault: &Fault) -> Finding {
    let rule = match fault.kind {
        FaultKind::Limit => rule::SIZE,
        FaultKind::DuplicateKey => rule::SCHEMA,
        _ => rule::SYNTAX,
    };
    // The parser quotes what stands there, which may be a credential.
    let masked = fault.message.contains('@');
    let message = if masked { "the text is not YAML here".to_owned() } else { fault.message.clone() };
    let finding = Finding::error(rule, fault.span, message);
    let finding = finding.why("the annotation is not acted on");
    let help =
        fault.help.as_deref().unwrap_or("write a list, each item as `- NAME: http://HOST:PORT/metrics`");
    let finding = fault
        .related
        .iter()
        .fold(finding.help(help), |finding, related| finding.related(related.span, related.label.clone()));
    match fault.edits.is_empty() {
        true => finding,
        false => finding.fix("mend the YAML", Safety::Safe, fault.edits.clone()),
    }
}

fn nothing(span: Span) -> Finding {
    let finding = Finding::error(rule::SCHEMA, span, "the annotation names no endpoint");
    finding
        .why("a collector would run that collects nothing")
        .help("add `- NAME: http://HOST:PORT/metrics`, or remove the annotation")
}

/// The forms that an annotation may have.
struct Forms<'o, 's> {
    options: &'o Options,
    sink: &'s mut Sink,
    endpoints: Vec<Placed>,
    /// Whether the text is broken off: what is missing may stand behind the fault.
    broken: bool,
}

impl Forms<'_, '_> {
    fn nothing(&mut self, span: Span) {
        if !self.broken {
            self.sink.push(nothing(span));
        }
    }

    fn read(mut self, root: &Value) -> Vec<Placed> {
        match &root.data {
            Data::Null => self.nothing(root.span),
            Data::List(items) if items.is_empty() => self.nothing(root.span),
            Data::Map(entries) if entries.is_empty() => self.nothing(root.span),
            Data::List(items) => items.iter().for_each(|item| self.item(item)),
            Data::Map(entries) => self.entries(root, entries),
            Data::Text(text) if text.trim().is_empty() => self.nothing(root.span),
            Data::Text(text) => {
                let finding = Finding::error(rule::SCHEMA, root.span, "the annotation is a text, not a list");
                let finding = finding.help("write a list, each item as `- NAME: http://HOST:PORT/metrics`");
                let url = text.starts_with("http") && !text.contains(['@', '\n', ' ']);
                self.sink.push(match url {
                    true => finding.fix(
                        "make a list of it",
                        Safety::Unsafe,
                        vec![Edit::insert(root.span.start, "- ")],
                    ),
                    false => finding,
                });
            }
            Data::Int(_) | Data::Other(_) => {
                let message = format!("the annotation is {}, not a list", root.noun());
                let finding = Finding::error(rule::SCHEMA, root.span, message);
                self.sink.push(finding.help("write a list, each item as `- NAME: http://HOST:PORT/metrics`"));
            }
        }
        self.endpoints
    }

    fn item(&mut self, item: &Value) {
        match &item.data {
            Data::Map(entries) => self.entries(item, entries),
            Data::Text(_) => self.add(None, item),
            _ => {
                let message = format!("an item is `NAME: URL` or a URL, not {}", item.noun());
                let finding = Finding::error(rule::SCHEMA, item.span, message);
                self.sink.push(finding.help("write `- NAME: http://HOST:PORT/metrics`"));
            }
        }
    }

    /// A map: the options of one endpoint, or names with what belongs to each.
    fn entries(&mut self, whole: &Value, entries: &[(Key, Value)]) {
        if entries.is_empty() {
            return self.nothing(whole.span);
        }
        if endpoint::has_url(entries) {
            return self.add(None, whole);
        }
        let mut last: Option<&Key> = None;
        for (key, value) in entries {
            if endpoint::is_option(&key.text) && last.is_some() {
                let message = format!("the option `{}` stands beside an endpoint, not in it", key.text);
                let finding = Finding::error(rule::SCHEMA, key.span, message);
                let finding = last.into_iter().fold(finding, |finding, endpoint| {
                    finding.related(endpoint.span, "the endpoint that it may belong to")
                });
                self.sink
                    .push(finding.help("write `- name: NAME`, with `url:` and the options below each other"));
                continue;
            }
            last = Some(key);
            self.add(Some(key), value);
        }
    }

    fn add(&mut self, name: Option<&Key>, value: &Value) {
        let at = name.map_or(value.span, |key| key.span);
        if let Some(endpoint) = endpoint::read(name, value, self.options, self.sink) {
            self.endpoints.push((endpoint, at));
        }
    }
}

/// The endpoints without those whose name or URLs came before, and no more than are allowed.
fn distinct(endpoints: Vec<Placed>, sink: &mut Sink) -> Vec<Endpoint> {
    if let Some((_, span)) = endpoints.get(limits::ENDPOINTS) {
        let message = format!("the annotation names more than {} endpoints", limits::ENDPOINTS);
        let finding = Finding::error(rule::SIZE, *span, message).label("from here on nothing is collected");
        sink.push(finding.help("collect several of them behind one URL, or by another way"));
    }
    let mut kept: Vec<Endpoint> = Vec::new();
    let mut names: BTreeMap<String, Span> = BTreeMap::new();
    let mut urls: BTreeMap<String, Span> = BTreeMap::new();
    for (endpoint, span) in endpoints.into_iter().take(limits::ENDPOINTS) {
        if let Some(first) = names.get(&endpoint.name) {
            if sink.has_at(span) {
                continue; // the YAML itself has the key twice, which is said
            }
            let message = format!("the endpoint `{}` is named twice", endpoint.name);
            let finding = Finding::error(rule::SCHEMA, span, message).related(*first, "named here first");
            let finding = finding.why("samples of both would overwrite each other under one measurement");
            sink.push(finding.help("give one of them another name"));
            continue;
        }
        names.insert(endpoint.name.clone(), span);
        for url in &endpoint.urls {
            if let Some(first) = urls.insert(url.clone(), span) {
                let finding = Finding::warning(rule::SCHEMA, span, "a URL is collected twice");
                let finding = finding.related(first, "it is collected here too");
                sink.push(finding.why("every sample is stored twice").help("remove one of them"));
            }
        }
        kept.push(endpoint);
    }
    kept
}

#[cfg(test)]
mod tests;
