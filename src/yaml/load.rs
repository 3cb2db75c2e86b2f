//! Events of the parser to the tree.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};

use super::tree::{Comment, Content, Data, Document, Fault, File, Style};
use crate::base::span::{Lines, Span};

/// How much a file may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Bytes of text.
    pub text: usize,
    /// Nodes of all documents, those that aliases repeat included.
    pub nodes: usize,
    /// How deep sequences and mappings may nest.
    pub depth: usize,
    /// Aliases of all documents.
    pub aliases: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { text: 32 << 20, nodes: 1_000_000, depth: 100, aliases: 10_000 }
    }
}

impl File {
    /// Reads a text as Prometheus and kubectl would. Never fails: see [`File::faults`].
    #[must_use]
    pub fn parse(text: impl Into<String>, _budget: &Budget) -> Self {
        let text = text.into();
        let lines = Lines::new(&text);
        let mut loader = Loader::default();
        let mut parser = Parser::new_from_str(&text);
        loop {
            match parser.next_event() {
                None => break,
                Some(Ok((event, span))) => {
                    let range = span.byte_range().unwrap_or_default();
                    loader.event(event, range.into());
                }
                Some(Err(err)) => {
                    let at = err.marker().byte_offset().unwrap_or_default();
                    loader.faults.push(Fault {
                        span: Span::new(at, at),
                        message: err.info().to_owned(),
                        help: None,
                    });
                    loader.abandon();
                    if !parser.proceed_next_document().unwrap_or(false) {
                        break;
                    }
                }
            }
        }
        let Loader { documents, comments, faults, .. } = loader;
        Self { text, lines, documents, comments, faults }
    }
}

#[derive(Default)]
struct Loader {
    documents: Vec<Document>,
    comments: Vec<Comment>,
    faults: Vec<Fault>,
    nodes: Vec<Data>,
    open: Vec<usize>,
    pending_keys: Vec<Option<usize>>,
    anchors: HashMap<usize, usize>,
    root: Option<usize>,
    start: usize,
}

impl Loader {
    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::DocumentStart(..) => self.start = span.start,
            Event::DocumentEnd => {
                let nodes = std::mem::take(&mut self.nodes);
                let span = Span::new(self.start, span.end);
                self.documents.push(Document { nodes, root: self.root.take(), span });
                self.abandon();
            }
            Event::Comment(text, _) => self.comments.push(Comment { span, text: text.into_owned() }),
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let tag = tag.map(|tag| tag.original());
                self.add(span, Content::Scalar { text: text.into_owned(), style, tag }, anchor);
            }
            Event::SequenceStart(_, anchor, _) => {
                let id = self.add(span, Content::Sequence(Vec::new()), anchor);
                self.push(id);
            }
            Event::MappingStart(_, anchor, _) => {
                let id = self.add(span, Content::Mapping(Vec::new()), anchor);
                self.push(id);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(id) = self.open.pop() {
                    self.pending_keys.pop();
                    self.nodes[id].span.end = span.end;
                }
            }
            Event::Alias(anchor) => {
                if let Some(id) = self.anchors.get(&anchor).copied() {
                    self.add(span, Content::Alias(id), 0);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, id: usize) {
        self.open.push(id);
        self.pending_keys.push(None);
    }

    fn add(&mut self, span: Span, content: Content, anchor: usize) -> usize {
        let id = self.nodes.len();
        self.nodes.push(Data { span, content });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        match (self.open.last().copied(), self.pending_keys.last_mut()) {
            (Some(parent), Some(pending)) => match &mut self.nodes[parent].content {
                Content::Sequence(items) => items.push(id),
                Content::Mapping(entries) => match pending.take() {
                    None => *pending = Some(id),
                    Some(key) => entries.push((key, id)),
                },
                _ => {}
            },
            _ => self.root = Some(id),
        }
        id
    }

    fn abandon(&mut self) {
        self.nodes.clear();
        self.open.clear();
        self.pending_keys.clear();
        self.anchors.clear();
        self.root = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_with_places() {
        let file = File::parse("a: 1\nb: [x, 'y']\n", &Budget::default());
        let root = file.documents()[0].root().expect("a root");
        let item = root.get("b").and_then(|b| b.items().nth(1)).expect("an item");
        assert_eq!((item.as_str(), item.span().of(file.text())), (Some("y"), "'y'"));
    }
}
