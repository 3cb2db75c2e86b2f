//! Events of the parser to the tree.

use std::collections::HashMap;
use std::ops::ControlFlow;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::block;
use super::fault::{Fault, FaultKind};
use super::merge::{self, FAULTS_MAX};
use super::tree::{Comment, Content, Data, Id, Properties, Tag, Text, Tree};
use super::value::Style;
use crate::base::span::Span;
use crate::base::text;

/// How much a file may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Bytes of text.
    pub text: usize,
    /// Nodes of all documents, those that aliases repeat included. As many comments are read, too, but no more than
    /// [`COMMENTS_MAX`].
    pub nodes: usize,
    /// How deep sequences and mappings may nest, aliases followed.
    pub depth: usize,
    /// Aliases of all documents.
    pub aliases: usize,
}

/// Comments of a file that are read at most, whatever the budget.
pub const COMMENTS_MAX: usize = 100_000;

impl Default for Budget {
    fn default() -> Self {
        Self { text: 32 << 20, nodes: 1_000_000, depth: 100, aliases: 10_000 }
    }
}

impl Budget {
    fn comments(&self) -> usize {
        self.nodes.min(COMMENTS_MAX)
    }
}

/// What was read of a text, all spans of it.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) trees: Vec<Tree>,
    pub(super) comments: Vec<Comment>,
    /// Faults of what could be read.
    pub(super) faults: Vec<Fault>,
    /// What could not be read, at most one of each document.
    pub(super) errors: Vec<SyntaxError>,
}

/// Where and why a document could not be read on.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) at: usize,
    pub(super) kind: ErrorKind,
    /// Where the collections begin that were open, the outermost first.
    pub(super) open: Vec<usize>,
    /// Where the last thing that could be read begins, and where it ends.
    pub(super) last_start: usize,
    pub(super) last_end: usize,
}

impl SyntaxError {
    /// The quote that begins a text which could not be read to its end.
    pub(super) fn quote(&self, text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        if matches!(bytes.get(self.at), Some(b'"' | b'\'')) {
            return Some(self.at);
        }
        let between = bytes.get(self.last_end..self.at)?;
        between.iter().position(|byte| matches!(byte, b'"' | b'\'')).map(|found| self.last_end + found)
    }
}

/// Reads a text that is within the budget's bytes.
pub(super) fn read(text: &str, budget: &Budget) -> Read {
    let mut options = granit_parser::options! { emit_anchor_events: true, emit_unresolved_aliases: true };
    options.max_buffered_comment_events = budget.comments();
    options.block_nesting_limit = budget.depth;
    options.flow_nesting_limit = budget.depth;
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut loader = Loader::new(text, budget);
    loop {
        let flow = match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => {
                let range = span.byte_range().unwrap_or_default();
                let tag = span.tag_span().and_then(|span| span.byte_range());
                loader.event(event, range.into(), tag.map(Span::from))
            }
            Some(Err(err)) => {
                let at = err.marker().byte_offset().unwrap_or_default();
                match loader.error(&err, Span::new(at, at)) {
                    ControlFlow::Continue(()) if !parser.proceed_next_document().unwrap_or(false) => {
                        ControlFlow::Break(None)
                    }
                    flow => flow,
                }
            }
        };
        if let ControlFlow::Break(limit) = flow {
            if let Some(fault) = limit {
                loader.refuse(fault);
            }
            break;
        }
        if loader.read.faults.len() + loader.read.errors.len() >= FAULTS_MAX {
            let message = format!("there are more than {FAULTS_MAX} faults: reading stopped");
            loader.refuse(Fault::new(FaultKind::Limit, loader.here(), message));
            break;
        }
    }
    loader.finish()
}

/// Goes on, or stops for a limit.
type Flow = ControlFlow<Option<Fault>>;

struct Loader<'t> {
    text: &'t str,
    budget: &'t Budget,
    read: Read,
    tree: Tree,
    /// Where a document began that has not ended.
    started: Option<usize>,
    open: Vec<Open>,
    anchors: HashMap<usize, Id>,
    /// Of each node of this document, what aliases make of it.
    sizes: Vec<Size>,
    /// Nodes, entries looked at for merge keys, and comments that may still come.
    nodes_left: usize,
    comments_left: usize,
    aliases_left: usize,
    /// Where the last thing that is not a comment began and ended.
    last_start: usize,
    last_end: usize,
}

/// A collection that has not ended.
struct Open {
    id: Id,
    /// A key that waits for its value.
    key: Option<Id>,
}

/// How much a walk from a node meets.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    depth: usize,
}

impl<'t> Loader<'t> {
    fn new(text: &'t str, budget: &'t Budget) -> Self {
        Self {
            text,
            budget,
            read: Read::default(),
            tree: Tree::default(),
            started: None,
            open: Vec::new(),
            anchors: HashMap::new(),
            sizes: Vec::new(),
            nodes_left: budget.nodes,
            comments_left: budget.comments(),
            aliases_left: budget.aliases,
            last_start: 0,
            last_end: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span, tag: Option<Span>) -> Flow {
        // The parser gives an implicit begin of a document the span of what the document begins with.
        let aside = matches!(event, Event::Comment(..) | Event::Anchor(..) | Event::DocumentStart(false, _));
        let flow = self.take(event, span, tag);
        if !aside {
            if !span.is_empty() {
                self.last_start = self.last_start.max(span.start);
            }
            self.last_end = self.last_end.max(span.end);
        }
        flow
    }

    fn take(&mut self, event: Event<'_>, span: Span, tag_span: Option<Span>) -> Flow {
        match event {
            Event::DocumentStart(explicit, _) => {
                self.started = Some(if explicit { span.start } else { self.last_end });
            }
            Event::DocumentEnd => self.end_document(true),
            Event::Comment(text, _) => {
                let Some(left) = self.comments_left.checked_sub(1) else {
                    return self.limit(span, "comments", self.budget.comments());
                };
                self.comments_left = left;
                self.read.comments.push(Comment { span, text: text.into_owned() });
            }
            Event::Anchor(_, _) => {
                if let Some(data) = self.tree.nodes.last_mut() {
                    data.properties.get_or_insert_default().anchor = Some(span);
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref().zip(tag_span);
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let (span, indent) = self.scalar_place(span, style, tag.is_some() || anchor != 0);
                let text = as_go_reads(self.text, span, style, indent, &text);
                let content = Content::Scalar { text: self.keep(text, span), style };
                self.add(span, content, indent, anchor, tag)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                let flow = matches!(style, StructureStyle::Flow);
                let start = if flow { span.start } else { self.first_dash(span.start) };
                let content = Content::Sequence { items: Vec::new(), flow };
                self.begin(Span::new(start, span.end), content, anchor, tag.as_deref().zip(tag_span))?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let flow = matches!(style, StructureStyle::Flow);
                let content = Content::Mapping { entries: Vec::new(), flow, merges: None };
                self.begin(span, content, anchor, tag.as_deref().zip(tag_span))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end_collection(Some(span))?,
            Event::Alias(anchor) => return self.alias(span, self.anchors.get(&anchor).copied()),
            Event::UnresolvedAlias(_) => return self.alias(span, None),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// Where a scalar really is: block scalars from their header on, empty ones behind the `:` or `-`.
    fn scalar_place(&self, span: Span, style: Style, has_properties: bool) -> (Span, u32) {
        let bytes = self.text.as_bytes();
        if matches!(style, Style::Literal | Style::Folded) {
            let indent = self.column(span.start);
            let header =
                block::header(self.text, self.skip_to(span.start, |byte| matches!(byte, b'|' | b'>')));
            let end = block::text_end(self.text, header, span.end, indent);
            return (Span::new(header.span.start, end), indent as u32);
        }
        if !span.is_empty() || has_properties {
            return (span, 0);
        }
        let is_value = self.open.last().is_some_and(|open| open.key.is_some());
        let before = span.start.checked_sub(1).and_then(|at| bytes.get(at));
        let at = if is_value && bytes.get(span.start) == Some(&b':') {
            span.start + 1
        } else if matches!(before, Some(b':' | b'-' | b'?')) || self.open.is_empty() {
            span.start
        } else {
            self.last_end.min(span.start)
        };
        (Span::new(at, at), 0)
    }

    /// The first dash of a block sequence that the parser says to begin at `at`.
    ///
    /// Of one that is not deeper than its key, it says so of what follows the dash.
    fn first_dash(&self, at: usize) -> usize {
        if self.open.last().is_none_or(|open| open.key.is_none()) {
            return at;
        }
        let dash = self.skip_to(at + 1, |byte| byte == b'-');
        if self.text.as_bytes().get(dash) == Some(&b'-') { dash } else { at }
    }

    /// From the end of what was last read over white space, indicators, properties and comments to a byte that is
    /// searched for; at most to `end`.
    fn skip_to(&self, end: usize, is_it: impl Fn(u8) -> bool) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.last_end;
        while at < end.min(bytes.len()) {
            let word = |stop: fn(u8) -> bool| bytes[at..].iter().take_while(|byte| !stop(**byte)).count();
            at += match bytes[at] {
                byte if is_it(byte) => return at,
                b'#' => word(|byte| byte == b'\n'),
                b'&' | b'!' => word(|byte| byte.is_ascii_whitespace()),
                _ => 1,
            };
        }
        end.min(bytes.len())
    }

    /// Bytes before `at` in its line.
    fn column(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte != b'\n').count()
    }

    /// The text of a scalar, without a copy where the file has it.
    fn keep(&self, text: &str, span: Span) -> Text {
        let inside = Span::new(span.start + 1, span.end.saturating_sub(1).max(span.start + 1));
        let found = [span, inside].into_iter().find(|span| span.of(self.text) == text);
        found.map_or_else(|| Text::Own(text.into()), Text::At)
    }

    /// Adds a node under what is open.
    fn add(
        &mut self,
        span: Span,
        content: Content,
        indent: u32,
        anchor: usize,
        tag: Option<(&granit_parser::Tag, Span)>,
    ) -> ControlFlow<Option<Fault>, Id> {
        let Some(left) = self.nodes_left.checked_sub(1) else {
            self.limit(span, "nodes", self.budget.nodes)?;
            return ControlFlow::Break(None);
        };
        self.nodes_left = left;
        let id = self.tree.nodes.len() as Id;
        let tag = tag.map(|(tag, span)| Tag { span, name: tag_name(tag) });
        let properties = tag.map(|tag| Box::new(Properties { anchor: None, tag: Some(tag) }));
        self.tree.nodes.push(Data { span, content, properties, indent });
        self.sizes.push(Size { nodes: 1, depth: 0 });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        let Some(open) = self.open.last_mut() else {
            self.tree.root = Some(id);
            return ControlFlow::Continue(id);
        };
        match &mut self.tree.nodes[open.id as usize].content {
            Content::Sequence { items, .. } => items.push(id),
            Content::Mapping { entries, .. } => match open.key.take() {
                None => open.key = Some(id),
                Some(key) => entries.push((key, id)),
            },
            Content::Scalar { .. } | Content::Alias(_) => {}
        }
        ControlFlow::Continue(id)
    }

    fn begin(
        &mut self,
        span: Span,
        content: Content,
        anchor: usize,
        tag: Option<(&granit_parser::Tag, Span)>,
    ) -> Flow {
        let indent = self.column(span.start) as u32;
        let id = self.add(span, content, indent, anchor, tag)?;
        self.open.push(Open { id, key: None });
        if self.open.len() > self.budget.depth {
            return self.limit(span, "nested collections", self.budget.depth);
        }
        ControlFlow::Continue(())
    }

    /// An alias of `target`, or a fault and an empty scalar where there is none, or where it is around the alias.
    fn alias(&mut self, span: Span, target: Option<Id>) -> Flow {
        let Some(left) = self.aliases_left.checked_sub(1) else {
            return self.limit(span, "aliases", self.budget.aliases);
        };
        self.aliases_left = left;
        let name = text::escape(&text::clip(span.of(self.text), 80)).into_owned();
        let within = target.filter(|target| self.open.iter().any(|open| open.id == *target));
        match (target, within) {
            (Some(target), None) => {
                let id = self.add(span, Content::Alias(target), 0, 0, None)?;
                self.sizes[id as usize] = self.sizes[target as usize];
                return ControlFlow::Continue(());
            }
            (_, Some(around)) => {
                let anchor = self.tree.data(around).full_span();
                let fault =
                    Fault::new(FaultKind::Alias, span, format!("`{name}` stands within its own anchor"))
                        .related(
                            Span::new(anchor.start, anchor.start + span.of(self.text).len()),
                            "defined here",
                        )
                        .help("a value cannot contain itself: write out what is meant");
                self.read.faults.push(fault);
            }
            (None, None) => {
                let fault = Fault::new(FaultKind::Alias, span, format!("`{name}` is an alias of nothing"))
                    .help(format!("a value that begins with `*` must be quoted: `\"{name}\"`; an alias needs `&name` before it"));
                self.read.faults.push(fault);
            }
        }
        let content =
            Content::Scalar { text: Text::At(Span::new(span.start, span.start)), style: Style::Plain };
        self.add(span, content, 0, 0, None)?;
        ControlFlow::Continue(())
    }

    /// Ends the innermost open collection; `at` is the parser's place of its end, `None` where it has none.
    fn end_collection(&mut self, at: Option<Span>) -> Flow {
        let Some(Open { id, .. }) = self.open.pop() else { return ControlFlow::Continue(()) };
        let mut content = std::mem::replace(&mut self.tree.nodes[id as usize].content, Content::Alias(id));
        let mut size = Size { nodes: 1, depth: 1 };
        match &mut content {
            Content::Sequence { items, .. } => size.add(&self.sizes, items.iter()),
            Content::Mapping { entries, merges, .. } => {
                merge::duplicates(&self.tree, self.text, entries, &mut self.read.faults);
                let effort = &mut self.nodes_left;
                match merge::merge(&self.tree, self.text, entries, effort, &mut self.read.faults) {
                    Some(brought) => *merges = brought,
                    None => return self.limit(self.here(), "nodes", self.budget.nodes),
                }
                size.add(&self.sizes, entries.iter().flat_map(|(key, value)| [key, value]));
                let merged = merges.iter().flat_map(|merges| &merges.entries);
                size.add(&self.sizes, merged.flat_map(|(key, value)| [key, value]));
            }
            Content::Scalar { .. } | Content::Alias(_) => {}
        }
        self.tree.nodes[id as usize].content = content;
        self.sizes[id as usize] = size;
        self.close_span(id, at);
        if size.nodes > self.budget.nodes {
            return self.limit(self.tree.data(id).span, "nodes, aliases followed", self.budget.nodes);
        }
        if size.depth > self.budget.depth {
            return self.limit(
                self.tree.data(id).span,
                "nested collections, aliases followed",
                self.budget.depth,
            );
        }
        ControlFlow::Continue(())
    }

    /// A collection reaches from its first child to its last, or from bracket to bracket.
    fn close_span(&mut self, id: Id, at: Option<Span>) {
        let data = self.tree.data(id);
        let (first, last) = match &data.content {
            Content::Sequence { items, .. } => (items.first().copied(), items.last().copied()),
            Content::Mapping { entries, merges, .. } => {
                let keys = || entries.iter().chain(merges.iter().flat_map(|merges| &merges.keys));
                (keys().map(|(key, _)| *key).min(), keys().map(|(_, value)| *value).max())
            }
            _ => (None, None),
        };
        let full = |id: Id| self.tree.data(id).full_span();
        let closed = at.filter(|at| at.of(self.text).ends_with([']', '}']));
        let start = first.map_or(data.span.start, |first| data.span.start.min(full(first).start));
        let end = closed.map_or_else(|| last.map_or(data.span.end, |last| full(last).end), |at| at.end);
        self.tree.nodes[id as usize].span = Span::new(start, end.max(start));
    }

    /// A document that cannot be read on: what there is of it stays, but for a limit.
    fn error(&mut self, err: &ScanError, at: Span) -> Flow {
        match err.kind() {
            ErrorKind::RecursionLimitExceeded => {
                return self.limit(at, "nested collections", self.budget.depth);
            }
            ErrorKind::TooManyComments => return self.limit(at, "comments", self.budget.comments()),
            kind => self.read.errors.push(SyntaxError {
                at: at.start,
                kind: kind.clone(),
                open: self.open.iter().map(|open| self.tree.data(open.id).span.start).collect(),
                last_start: self.last_start,
                last_end: self.last_end,
            }),
        }
        while !self.open.is_empty() {
            self.end_collection(None)?;
        }
        if self.tree.root.is_some() {
            self.end_document(false);
        } else {
            self.forget();
        }
        ControlFlow::Continue(())
    }

    fn end_document(&mut self, complete: bool) {
        let start = self.started.take().unwrap_or(self.last_end);
        self.tree.span = Span::new(start, start); // until the next one's begin is known
        self.tree.complete = complete;
        let tree = std::mem::take(&mut self.tree);
        self.read.trees.push(tree);
        self.forget();
    }

    /// A limit: nothing of this document stays.
    fn refuse(&mut self, fault: Fault) {
        self.read.faults.push(fault);
        self.forget();
    }

    fn forget(&mut self) {
        self.tree = Tree::default();
        self.started = None;
        self.open.clear();
        self.anchors.clear();
        self.sizes.clear();
    }

    fn finish(mut self) -> Read {
        let mut end = self.text.len();
        for tree in self.read.trees.iter_mut().rev() {
            tree.span.end = end;
            end = tree.span.start;
        }
        if let Some(first) = self.read.trees.first_mut() {
            first.span.start = 0;
        }
        self.read.comments.sort_by_key(|comment| comment.span);
        self.read
    }

    fn here(&self) -> Span {
        Span::new(self.last_end, self.last_end)
    }

    fn limit<T>(&self, span: Span, what: &str, limit: usize) -> ControlFlow<Option<Fault>, T> {
        let message = format!("there are more than {limit} {what}: reading stopped");
        let fault = Fault::new(FaultKind::Limit, span, message).help(
            "split the file, or write out less by aliases: such a file is more likely an attack than config",
        );
        ControlFlow::Break(Some(fault))
    }
}

impl Size {
    fn add<'i>(&mut self, sizes: &[Self], children: impl Iterator<Item = &'i Id>) {
        for child in children {
            let child = sizes[*child as usize];
            self.nodes = self.nodes.saturating_add(child.nodes);
            self.depth = self.depth.max(child.depth + 1);
        }
    }
}

/// The text of a scalar where it is not as the parser gives it: of an empty one, and of a block scalar whose last line
/// ends with the file, without a line break; Go adds none. White space that is no deeper than the text is no line.
fn as_go_reads<'v>(text: &str, span: Span, style: Style, indent: u32, value: &'v str) -> &'v str {
    let last_line = || text.rsplit(['\n', '\r']).next().unwrap_or_default();
    let is_indentation = |line: &str| line.len() <= indent as usize && line.bytes().all(|byte| byte == b' ');
    match style {
        _ if span.is_empty() => "",
        Style::Literal | Style::Folded if span.end == text.len() && !is_indentation(last_line()) => {
            value.strip_suffix('\n').unwrap_or(value)
        }
        _ => value,
    }
}

fn tag_name(tag: &granit_parser::Tag) -> String {
    match tag.suffix_in_namespace("tag:yaml.org,2002:") {
        Some(suffix) => format!("!!{suffix}"),
        None => tag.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Entry, File, Node, Value};

    /// Reads `text`, and shows each node of the first document as its path and what it spans.
    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str)]) -> File {
        let file = File::parse(text, &Budget::default());
        assert_eq!(file.faults(), []);
        let mut found = Vec::new();
        show(file.documents()[0].root().expect("a root"), "", &mut found);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(path, span)| (path.as_str(), span.of(file.text()))).collect();
        assert_eq!(found, expect);
        file
    }

    fn show(node: Node<'_>, path: &str, found: &mut Vec<(String, Span)>) {
        found.push((path.to_owned(), node.span()));
        for (index, item) in node.items().enumerate() {
            show(item, &format!("{path}/{index}"), found);
        }
        for Entry { key, value, .. } in node.entries() {
            show(value, &format!("{path}/{}", key.text().unwrap_or("?")), found);
        }
    }

    /// The first fault of `text`: its sort, what it spans and its message.
    #[track_caller]
    fn check_fault(text: &str, budget: &Budget, kind: FaultKind, span: &str, message: &str) -> File {
        let file = File::parse(text, budget);
        let fault = file.faults().first().expect("a fault");
        assert_eq!((fault.kind, fault.span.of(text), fault.message.as_str()), (kind, span, message));
        file
    }

    #[test]
    fn a_mapping_is_read_with_places() {
        check(
            "a: 1\nb: [x, 'y']\n",
            &[("", "a: 1\nb: [x, 'y']"), ("/a", "1"), ("/b", "[x, 'y']"), ("/b/0", "x"), ("/b/1", "'y'")],
        );
    }

    #[test]
    fn collections_end_with_their_last_value() {
        check(
            "a:\n- b: 1\n  c: \n- - d\n  -\n\n# why\ne: {f, ? g : [h: i]}\n\n# end\n",
            &[
                ("", "a:\n- b: 1\n  c: \n- - d\n  -\n\n# why\ne: {f, ? g : [h: i]}"),
                ("/a", "- b: 1\n  c: \n- - d\n  -"),
                ("/a/0", "b: 1\n  c:"),
                ("/a/0/b", "1"),
                ("/a/0/c", ""),
                ("/a/1", "- d\n  -"),
                ("/a/1/0", "d"),
                ("/a/1/1", ""),
                ("/e", "{f, ? g : [h: i]}"),
                ("/e/f", ""),
                ("/e/g", "[h: i]"),
                ("/e/g/0", "h: i"),
                ("/e/g/0/h", "i"),
            ],
        );
    }

    #[test]
    fn block_scalars_begin_with_their_header() {
        let file = check(
            "a: !!str # | no\n  &x |-  # why\n    t\n\n\nb: >+\n  t\n\nc: |\nd: *x\n",
            &[
                ("", "a: !!str # | no\n  &x |-  # why\n    t\n\n\nb: >+\n  t\n\nc: |\nd: *x"),
                ("/a", "|-  # why\n    t"),
                ("/b", ">+\n  t\n"),
                ("/c", "|"),
                ("/d", "*x"),
            ],
        );
        let root = file.documents()[0].root().expect("a root");
        let (a, d) = (root.get("a").expect("a"), root.get("d").expect("d"));
        assert_eq!(a.full_span().of(file.text()), "!!str # | no\n  &x |-  # why\n    t");
        assert_eq!((a.indent(), a.tag(), d.tag()), (Some(4), Some("!!str"), Some("!!str")));
        assert_eq!(d.alias_of().map(Node::span), Some(a.span()));
        assert_eq!(a.anchor_span().map(|span| span.of(file.text())), Some("&x"));
    }

    #[test]
    fn a_block_scalar_can_be_a_whole_document() {
        check("# c\n|\n  é\n", &[("", "|\n  é")]);
        check("--- >-\n  é", &[("", ">-\n  é")]);
    }

    #[test]
    fn tags_say_what_a_scalar_is() {
        let file = File::parse("[!!str 1, !!int '1', !x 1, ! 1, 1]", &Budget::default());
        let root = file.documents()[0].root().expect("a root");
        let values: Vec<Option<Value<'_>>> = root.items().map(Node::value).collect();
        let (text, number) = (Some(Value::Str("1")), Some(Value::Int(1)));
        assert_eq!(values, [text, number, text, text, number]);
    }

    #[test]
    fn documents_go_on_after_a_broken_one() {
        let text = "# c\na: 1\n---\nb: 1\nc: [\n---\nd: 1\n...\n---\n";
        let file = File::parse(text, &Budget::default());
        let spans: Vec<(&str, bool)> =
            file.documents().iter().map(|it| (it.span().of(text), it.complete())).collect();
        assert_eq!(
            spans,
            [
                ("# c\na: 1\n", true),
                ("---\nb: 1\nc: [\n", false),
                ("---\nd: 1\n...\n", true),
                ("---\n", true),
            ]
        );
        let broken = file.documents()[1].root().expect("a part");
        assert_eq!(broken.get("b").and_then(Node::text), Some("1"));
        assert_eq!(file.faults().len(), 1);
    }

    #[test]
    fn merge_keys_bring_what_is_not_there() {
        let file = File::parse(
            "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2, <<: {d: 2}}\nz: {c: 3, <<: [*x, *y]}\nq: {'<<': 1}\n",
            &Budget::default(),
        );
        assert_eq!(file.faults(), []);
        let root = file.documents()[0].root().expect("a root");
        let z = root.get("z").expect("z");
        let entries: Vec<(Option<&str>, Option<&str>, bool)> =
            z.entries().map(|entry| (entry.key.text(), entry.value.text(), entry.merged)).collect();
        assert_eq!(
            entries,
            [
                (Some("c"), Some("3"), false),
                (Some("a"), Some("1"), true),
                (Some("b"), Some("1"), true),
                (Some("d"), Some("2"), true),
            ]
        );
        assert_eq!(z.merges().count(), 1);
        assert_eq!(root.get("q").map(|q| q.entries().count()), Some(1));
    }

    #[test]
    fn keys_that_are_there_twice_are_faults() {
        let budget = Budget::default();
        let file =
            check_fault("a: 1\n'a': 2\n", &budget, FaultKind::DuplicateKey, "'a'", "key `a` is there twice");
        assert_eq!(file.faults()[0].related[0].span, Span::new(0, 1));
        assert_eq!(file.documents()[0].root().and_then(|root| root.get("a")?.text()), Some("1"));
        let many: String = (0..20).map(|key| format!("k{}: 1\n", key % 19)).collect();
        check_fault(&many, &budget, FaultKind::DuplicateKey, "k0", "key `k0` is there twice");
    }

    #[test]
    fn aliases_of_nothing_and_of_themselves_are_faults() {
        let budget = Budget::default();
        check_fault("a: *x\n", &budget, FaultKind::Alias, "*x", "`*x` is an alias of nothing");
        let file = check_fault(
            "a: &x\n  b: [*x]\n",
            &budget,
            FaultKind::Alias,
            "*x",
            "`*x` stands within its own anchor",
        );
        assert_eq!(file.faults()[0].related[0].span, Span::new(3, 5));
        check_fault(
            "a: {<<: 1}\n",
            &budget,
            FaultKind::Merge,
            "1",
            "a merge key (`<<`) takes a mapping or a list of mappings",
        );
    }

    #[test]
    fn what_is_more_than_the_budget_is_refused() {
        let budget = Budget { text: 40, nodes: 9, depth: 3, aliases: 2 };
        let check = |text: &str, message: &str| {
            let file = File::parse(text, &budget);
            assert_eq!(file.documents().len(), 0, "{text}");
            assert!(file.faults()[0].to_string().contains(message), "{text}: {:?}", file.faults());
            assert_eq!(file.faults()[0].kind, FaultKind::Limit);
        };
        check(&"x".repeat(41), "41 bytes, more than the 40");
        check("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "more than 9 nodes");
        check("[&a [1, 2], [*a, *a]]", "more than 9 nodes, aliases followed");
        check("[&a 1, *a, *a, *a]", "more than 2 aliases");
        check("[&a [], &b [*a], &c [*b]]", "more than 3 nested collections, aliases followed");
        check("#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n", "more than 9 comments");
        for text in ["[[[[1]]]]", "- - - - 1", "a:\n- a:\n  - 1\n", "? ? ? ? a"] {
            check(text, "nest");
        }
    }
}
