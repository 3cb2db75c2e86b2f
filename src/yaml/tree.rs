//! The tree: documents of nodes in one vector each, and handles that read as a tree.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::fault::Fault;
use super::map::ValueMap;
use super::scalar::{Reader, Value, Written};
use super::value::{self, Style};
use crate::base::span::{Lines, Position, Span};

/// A file as it was read: its text, its documents, its comments and what is wrong with it.
#[derive(Debug)]
pub struct File {
    pub(super) source: Arc<Source>,
    pub(super) documents: Vec<Document>,
    pub(super) comments: Vec<Comment>,
    pub(super) faults: Vec<Fault>,
}

/// The text of a file, and the one that was read instead where faults were mended for reading.
#[derive(Debug)]
pub(super) struct Source {
    text: String,
    /// Most files are read without that anybody asks for a line.
    lines: OnceLock<Lines>,
    /// Whether a line ends with `\r` alone, once that was asked.
    bare_return: OnceLock<bool>,
    pub(super) mended: Option<Mended>,
}

/// A text with faults mended, and where its bytes are in the file.
#[derive(Debug)]
pub(super) struct Mended {
    pub(super) text: String,
    pub(super) map: ValueMap,
}

impl Source {
    pub(super) fn new(text: String, mended: Option<Mended>) -> Self {
        Self { text, lines: OnceLock::new(), bare_return: OnceLock::new(), mended }
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    /// The text that was read: nodes hold spans of it.
    pub(super) fn read(&self) -> &str {
        self.mended.as_ref().map_or(&self.text, |mended| &mended.text)
    }

    fn outer(&self, span: Span) -> Span {
        self.mended.as_ref().map_or(span, |mended| mended.map.span(span))
    }
}

/// One document: from its `---` (the first: from the begin of the file) to the next one's.
#[derive(Debug)]
pub struct Document {
    pub(super) source: Arc<Source>,
    pub(super) tree: Tree,
}

/// What was read of a document. All spans are of the text that was read.
///
/// Children stand in rows of their collection, in one table for the whole document; what few nodes have is kept beside
/// them. So a node is small, and nothing is allocated for it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Data>,
    /// The items of all sequences.
    pub(super) items: Vec<Id>,
    /// The entries of all mappings.
    pub(super) entries: Vec<Pair>,
    pub(super) merges: BTreeMap<Id, Merges>,
    /// Texts that do not stand in the file as they are.
    pub(super) texts: Vec<Box<str>>,
    pub(super) properties: BTreeMap<Id, Properties>,
    pub(super) root: Option<Id>,
    pub(super) span: Span,
    pub(super) complete: bool,
    surroundings: OnceLock<Box<Surroundings>>,
}

/// What a node does not know of itself, put together when the first edit asks for it.
#[derive(Debug)]
struct Surroundings {
    /// The keys of all entries, sorted.
    keys: Vec<Id>,
    /// The outermost brackets and braces, sorted.
    flows: Vec<Place>,
}

/// The number of a node in its document.
pub(super) type Id = u32;

/// A key and its value.
pub(super) type Pair = (Id, Id);

/// A stretch of the text that was read, in half the bytes of a [`Span`]: no text of 4 GiB is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    start: u32,
    end: u32,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { start: span.start as u32, end: span.end as u32 }
    }
}

impl From<Place> for Span {
    fn from(place: Place) -> Self {
        Self::new(place.start as usize, place.end as usize)
    }
}

/// A row in a table of the tree.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Row {
    start: u32,
    len: u32,
}

impl Row {
    /// What stands in `table` from `start` on.
    pub(super) fn since<T>(table: &[T], start: usize) -> Self {
        Self { start: start as u32, len: (table.len() - start) as u32 }
    }

    fn of<T>(self, table: &[T]) -> &[T] {
        table.get(self.start as usize..(self.start + self.len) as usize).unwrap_or_default()
    }
}

/// A comment, `#` included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    pub span: Span,
    /// What stands behind the `#`.
    pub text: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Data {
    pub(super) place: Place,
    pub(super) content: Content,
    /// Where keys or dashes of a block collection, or the text of a block scalar, begin in their lines.
    pub(super) indent: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    Scalar { text: Text, style: Style },
    Sequence { items: Row, flow: bool },
    Mapping { entries: Row, flow: bool },
    Alias(Id),
}

/// What merge keys bring into a mapping.
#[derive(Debug, Default)]
pub(super) struct Merges {
    /// The merge keys and their values.
    pub(super) keys: Vec<Pair>,
    /// The entries that they bring.
    pub(super) entries: Vec<Pair>,
}

/// The text of a scalar: most often it stands in the file as it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text {
    At(Place),
    /// By its place among the tree's texts.
    Own(u32),
}

/// What stands before a node: `&name`, `!tag`.
#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) anchor: Option<Span>,
    pub(super) tag: Option<Tag>,
}

#[derive(Debug)]
pub(super) struct Tag {
    pub(super) span: Span,
    /// `!!str` for the tags of YAML itself, however written; others in full.
    pub(super) name: String,
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
        &self.source.text
    }

    /// The documents that could be read, also those of which only a part could: see [`Document::complete`].
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// All comments, in the order of the file.
    #[must_use]
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// What is wrong with the YAML itself, in the order of the file.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Line and column of a byte of the text.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        self.source.lines().position(&self.source.text, offset)
    }

    /// Where the lines of the text begin.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        self.source.lines()
    }
}

impl Document {
    /// The bytes of the file that it takes, comments around it included.
    #[must_use]
    pub fn span(&self) -> Span {
        self.source.outer(self.tree.span)
    }

    /// Its one node; `None` for an empty document.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        Some(Node { document: self, id: self.tree.root? })
    }

    /// Whether anything in it has an anchor or a tag.
    #[must_use]
    pub fn has_properties(&self) -> bool {
        !self.tree.properties.is_empty()
    }

    /// Whether all of it could be read. Of a document with a syntax fault there is what stands before the fault:
    /// that a key is missing in it means nothing.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.tree.complete
    }
}

/// One node of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    id: Id,
}

/// A key and its value in a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'d> {
    pub key: Node<'d>,
    pub value: Node<'d>,
    /// Whether it came by a merge key (`<<`); key and value then stand where they are defined.
    pub merged: bool,
}

impl Entry<'_> {
    /// From the key to the end of the value, anchors and tags included.
    #[must_use]
    pub fn span(&self) -> Span {
        self.key.full_span().to(self.value.full_span())
    }
}

impl<'d> Node<'d> {
    fn tree(self) -> &'d Tree {
        &self.document.tree
    }

    fn data(self) -> &'d Data {
        self.tree().data(self.id)
    }

    /// What it is, where an alias is its target.
    fn target(self) -> &'d Data {
        self.tree().data(self.target_id())
    }

    fn target_id(self) -> Id {
        self.tree().target(self.id)
    }

    fn at(self, id: Id) -> Self {
        Node { document: self.document, id }
    }

    /// The document that it is of.
    #[must_use]
    pub fn document(self) -> &'d Document {
        self.document
    }

    /// Whether a line of the file ends with `\r` alone, as before the year 2000 on a Macintosh: too rare to have edits.
    pub(super) fn has_bare_return(self) -> bool {
        let Source { text, bare_return, .. } = &*self.document.source;
        *bare_return.get_or_init(|| {
            let next = text.bytes().skip(1).chain([b' ']);
            text.bytes().zip(next).any(|(byte, next)| byte == b'\r' && next != b'\n')
        })
    }

    pub(super) fn file_text(self) -> &'d str {
        &self.document.source.text
    }

    /// Whether it is the key of an entry.
    pub(super) fn is_key(self) -> bool {
        self.tree().surroundings().keys.binary_search(&self.id).is_ok()
    }

    /// Whether it stands within brackets or braces.
    pub(super) fn is_within_flow(self) -> bool {
        let at = self.data().place.start;
        let flows = &self.tree().surroundings().flows;
        let before = flows.partition_point(|flow| flow.start <= at);
        flows[..before].last().is_some_and(|flow| at < flow.end)
    }

    /// Its bytes in the file: quotes are in it, anchors and tags are not; of an alias, the `*name`; of a block
    /// scalar, from the `|` to the end of its text; of a block collection, from its first key or dash to the end of its
    /// last value; of a value that is not there, the empty place where it would be.
    #[must_use]
    pub fn span(self) -> Span {
        self.document.source.outer(self.data().place.into())
    }

    /// Its bytes with its anchor and tag.
    #[must_use]
    pub fn full_span(self) -> Span {
        self.document.source.outer(self.tree().full_span(self.id))
    }

    /// Its shape.
    #[must_use]
    pub fn kind(self) -> Kind {
        match &self.target().content {
            Content::Scalar { .. } | Content::Alias(_) => Kind::Scalar,
            Content::Sequence { .. } => Kind::Sequence,
            Content::Mapping { .. } => Kind::Mapping,
        }
    }

    /// What kubectl reads a scalar as; `None` for a sequence or mapping.
    ///
    /// `!!int "1"` is a number, `!!str 1` a string. A tag that the text does not fit, for which Go refuses the file,
    /// leaves it a string here: [`Node::written`] tells.
    #[must_use]
    pub fn value(self) -> Option<Value<'d>> {
        let written = self.written()?;
        Some(written.read(Reader::default()).unwrap_or(Value::Str(written.text)))
    }

    /// A scalar as it is written, to be read as one of Go's libraries does; `None` for a sequence or mapping.
    #[must_use]
    pub fn written(self) -> Option<Written<'d>> {
        let quoted = self.style()? != Style::Plain;
        Some(Written { text: self.text()?, quoted, tag: self.tag() })
    }

    /// Whether it is a scalar that Go reads as null: `null`, `~`, or nothing.
    #[must_use]
    pub fn is_null(self) -> bool {
        matches!(self.value(), Some(Value::Null))
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
        self.tree().text(self.id, self.document.source.read())
    }

    /// How a scalar was written.
    #[must_use]
    pub fn style(self) -> Option<Style> {
        match &self.target().content {
            Content::Scalar { style, .. } => Some(*style),
            _ => None,
        }
    }

    /// Whether it is a collection in brackets or braces, as in JSON.
    #[must_use]
    pub fn is_flow(self) -> bool {
        self.target().is_flow()
    }

    /// How many characters stand before the keys or dashes of a block collection, or before the text of a block scalar,
    /// in their lines; `None` for everything else.
    #[must_use]
    pub fn indent(self) -> Option<usize> {
        let data = self.target();
        let has = match &data.content {
            Content::Scalar { style, .. } => matches!(style, Style::Literal | Style::Folded),
            Content::Sequence { flow, .. } | Content::Mapping { flow, .. } => !flow,
            Content::Alias(_) => false,
        };
        has.then_some(data.indent as usize)
    }

    /// Its tag, also that of an alias's target: `!!str` for those of YAML itself, others in full.
    #[must_use]
    pub fn tag(self) -> Option<&'d str> {
        Some(&self.tree().properties(self.target_id())?.tag.as_ref()?.name)
    }

    /// Where its own tag stands.
    #[must_use]
    pub fn tag_span(self) -> Option<Span> {
        Some(self.document.source.outer(self.tree().properties(self.id)?.tag.as_ref()?.span))
    }

    /// Where its anchor stands, `&` included.
    #[must_use]
    pub fn anchor_span(self) -> Option<Span> {
        Some(self.document.source.outer(self.tree().properties(self.id)?.anchor?))
    }

    /// The node that it stands for, when it is an alias.
    #[must_use]
    pub fn alias_of(self) -> Option<Node<'d>> {
        match self.data().content {
            Content::Alias(id) => Some(self.at(id)),
            _ => None,
        }
    }

    /// Which bytes of the file the value of a scalar was written as; `None` for a sequence or mapping. Of an alias, in
    /// its target.
    #[must_use]
    pub fn value_map(self) -> Option<ValueMap> {
        let (data, source) = (self.target(), &self.document.source);
        let map =
            value::map(source.read(), data.place.into(), self.style()?, data.indent as usize, self.text()?);
        Some(match &source.mended {
            Some(mended) => map.then(&mended.map),
            None => map,
        })
    }

    /// The items of a sequence; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'d>> {
        self.tree().items(self.target_id()).iter().map(move |id| self.at(*id))
    }

    /// The entries of a mapping in the order of the file, then those of merge keys that it does not have itself.
    ///
    /// A key that is there twice is a [`Fault`], and here twice.
    pub fn entries(self) -> impl Iterator<Item = Entry<'d>> {
        let (own, merged) = self.tree().entries(self.target_id());
        let entry = move |merged| {
            move |(key, value): &Pair| Entry { key: self.at(*key), value: self.at(*value), merged }
        };
        own.iter().map(entry(false)).chain(merged.iter().map(entry(true)))
    }

    /// The merge keys (`<<`) of a mapping with their values.
    pub fn merges(self) -> impl Iterator<Item = Entry<'d>> {
        let keys = self.tree().merge_keys(self.target_id());
        keys.iter().map(move |(key, value)| Entry {
            key: self.at(*key),
            value: self.at(*value),
            merged: false,
        })
    }

    /// The entry whose key has this text.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<Entry<'d>> {
        let (tree, read) = (self.tree(), self.document.source.read());
        let (own, merged) = tree.entries(self.target_id());
        let find = |pairs: &[Pair]| pairs.iter().find(|(name, _)| tree.has_text(*name, read, key)).copied();
        let entry = |(key, value), merged| Entry { key: self.at(key), value: self.at(value), merged };
        find(own).map(|pair| entry(pair, false)).or_else(|| find(merged).map(|pair| entry(pair, true)))
    }

    /// The value under this key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.entry(key).map(|entry| entry.value)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.data().fmt(f)
    }
}

impl Tree {
    pub(super) fn data(&self, id: Id) -> &Data {
        &self.nodes[id as usize]
    }

    pub(super) fn span(&self, id: Id) -> Span {
        self.data(id).place.into()
    }

    /// With anchor and tag.
    pub(super) fn full_span(&self, id: Id) -> Span {
        let own = self.span(id);
        let Some(it) = self.properties(id) else { return own };
        let spans = it.anchor.into_iter().chain(it.tag.as_ref().map(|tag| tag.span));
        spans.fold(own, |all, one| Span::new(all.start.min(one.start), all.end.max(one.end)))
    }

    pub(super) fn properties(&self, id: Id) -> Option<&Properties> {
        self.properties.get(&id)
    }

    /// The number of what a node is, where an alias is its target.
    pub(super) fn target(&self, id: Id) -> Id {
        match self.data(id).content {
            Content::Alias(target) => target,
            _ => id,
        }
    }

    /// The text of a scalar or of an alias to one.
    pub(super) fn text<'t>(&'t self, id: Id, read: &'t str) -> Option<&'t str> {
        match self.data(self.target(id)).content {
            Content::Scalar { text: Text::At(place), .. } => Some(Span::from(place).of(read)),
            Content::Scalar { text: Text::Own(at), .. } => self.texts.get(at as usize).map(|text| &**text),
            _ => None,
        }
    }

    /// Whether the text of a scalar is `text`: most are told from each other by their length or first byte.
    fn has_text(&self, id: Id, read: &str, text: &str) -> bool {
        match self.data(self.target(id)).content {
            Content::Scalar { text: Text::At(place), .. } => {
                let (start, end) = (place.start as usize, place.end as usize);
                let (read, text) = (read.as_bytes(), text.as_bytes());
                end.wrapping_sub(start) == text.len()
                    && (text.is_empty() || read.get(start) == text.first())
                    && read.get(start..end) == Some(text)
            }
            _ => self.text(id, read) == Some(text),
        }
    }

    /// A sequence's items.
    pub(super) fn items(&self, id: Id) -> &[Id] {
        match self.data(id).content {
            Content::Sequence { items, .. } => items.of(&self.items),
            _ => &[],
        }
    }

    /// A mapping's own entries, and those that came by merge keys.
    pub(super) fn entries(&self, id: Id) -> (&[Pair], &[Pair]) {
        match self.data(id).content {
            Content::Mapping { entries, .. } => {
                let merged: &[Pair] = self.merges.get(&id).map_or(&[], |merges| &merges.entries);
                (entries.of(&self.entries), merged)
            }
            _ => (&[], &[]),
        }
    }

    /// The merge keys of a mapping.
    pub(super) fn merge_keys(&self, id: Id) -> &[Pair] {
        self.merges.get(&id).map_or(&[], |merges| &merges.keys)
    }

    fn surroundings(&self) -> &Surroundings {
        self.surroundings.get_or_init(|| {
            let mut keys: Vec<Id> = self.entries.iter().map(|(key, _)| *key).collect();
            keys.sort_unstable();
            let mut all: Vec<Place> =
                self.nodes.iter().filter(|data| data.is_flow()).map(|data| data.place).collect();
            all.sort_unstable();
            let mut flows: Vec<Place> = Vec::new();
            for flow in all {
                match flows.last_mut() {
                    Some(last) if flow.start < last.end => last.end = last.end.max(flow.end),
                    _ => flows.push(flow),
                }
            }
            Box::new(Surroundings { keys, flows })
        })
    }
}

impl Data {
    fn is_flow(&self) -> bool {
        matches!(&self.content, Content::Sequence { flow: true, .. } | Content::Mapping { flow: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_small() {
        assert!(size_of::<Data>() <= 28, "{}", size_of::<Data>());
    }
}
