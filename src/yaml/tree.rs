//! The tree: documents of nodes in one vector each, and handles that read as a tree.

use super::scalar::{self, Value};
use crate::base::span::{Lines, Position, Span};

/// A file as it was read: its text, its documents, its comments and what is wrong with it.
#[derive(Debug)]
pub struct File {
    pub(super) text: String,
    pub(super) lines: Lines,
    pub(super) documents: Vec<Document>,
    pub(super) comments: Vec<Comment>,
    pub(super) faults: Vec<Fault>,
}

/// One document, between `---` and the next one.
#[derive(Debug)]
pub struct Document {
    pub(super) nodes: Vec<Data>,
    pub(super) root: Option<usize>,
    pub(super) span: Span,
}

/// A comment, `#` included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    pub span: Span,
    /// What stands behind the `#`.
    pub text: String,
}

/// What is wrong with the YAML itself.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
}

#[derive(Debug)]
pub(super) struct Data {
    pub(super) span: Span,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar { text: String, style: Style, tag: Option<String> },
    Sequence(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
    Alias(usize),
}

/// How a scalar was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// The shape of a node, aliases followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Scalar,
    Sequence,
    Mapping,
}

impl File {
    /// The text as it was given; all spans are of it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    #[must_use]
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Line and column of a byte of the text.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        self.lines.position(&self.text, offset)
    }
}

impl Document {
    /// The bytes of the file that it takes.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Its one node; `None` for an empty document.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        Some(Node { document: self, id: self.root? })
    }
}

/// One node of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    id: usize,
}

/// A key and its value in a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'d> {
    pub key: Node<'d>,
    pub value: Node<'d>,
    /// Whether it came by a merge key (`<<`).
    pub merged: bool,
}

impl<'d> Node<'d> {
    /// Its bytes in the file: quotes are in it, anchors and tags are not; of an alias, the `*name`; of a block
    /// scalar, from the `|` to the end of its text.
    #[must_use]
    pub fn span(self) -> Span {
        self.document.nodes[self.id].span
    }

    fn content(self) -> &'d Content {
        match &self.document.nodes[self.id].content {
            Content::Alias(id) => &self.document.nodes[*id].content,
            content => content,
        }
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        match self.content() {
            Content::Scalar { .. } | Content::Alias(_) => Kind::Scalar,
            Content::Sequence(_) => Kind::Sequence,
            Content::Mapping(_) => Kind::Mapping,
        }
    }

    /// What Go reads a scalar as; `None` for a sequence or mapping.
    #[must_use]
    pub fn value(self) -> Option<Value<'d>> {
        match self.content() {
            Content::Scalar { text, style: Style::Plain, tag: None } => Some(scalar::resolve(text)),
            Content::Scalar { text, .. } => Some(Value::Str(text)),
            _ => None,
        }
    }

    /// The string of a scalar that Go reads as one.
    #[must_use]
    pub fn as_str(self) -> Option<&'d str> {
        match self.value()? {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar, whatever Go reads it as, without quotes, indentation and escapes.
    #[must_use]
    pub fn text(self) -> Option<&'d str> {
        match self.content() {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// How a scalar was written.
    #[must_use]
    pub fn style(self) -> Option<Style> {
        match self.content() {
            Content::Scalar { style, .. } => Some(*style),
            _ => None,
        }
    }

    /// The items of a sequence; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'d>> {
        let ids: &[usize] = match self.content() {
            Content::Sequence(ids) => ids,
            _ => &[],
        };
        ids.iter().map(move |id| Node { document: self.document, id: *id })
    }

    /// The entries of a mapping in the order of the file, then those of merge keys that it does not have itself.
    pub fn entries(self) -> impl Iterator<Item = Entry<'d>> {
        let ids: &[(usize, usize)] = match self.content() {
            Content::Mapping(ids) => ids,
            _ => &[],
        };
        let node = move |id| Node { document: self.document, id };
        ids.iter().map(move |(key, value)| Entry { key: node(*key), value: node(*value), merged: false })
    }

    /// The entry whose key has this text.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<Entry<'d>> {
        self.entries().find(|entry| entry.key.text() == Some(key))
    }

    /// The value under this key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.entry(key).map(|entry| entry.value)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.document.nodes[self.id].fmt(f)
    }
}
