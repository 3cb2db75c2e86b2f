//! A document's tree while it grows: what is open, what is known of it so far, and how much of the budget is left.
//!
//! It knows nothing of how a document is read: places and texts are handed in.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::budget::Budget;
use super::fault::{Fault, FaultKind};
use super::merge;
use super::size::Sizes;
use super::tree::{Content, Data, Id, Pair, Place, Row, Tag, Text, Tree};
use super::value::Style;
use crate::base::span::Span;
use crate::base::text;

/// Goes on, or stops for a limit: nothing of the document stays.
pub(super) type Flow<T = ()> = ControlFlow<Fault, T>;

pub(super) struct Builder<'t> {
    text: &'t str,
    budget: &'t Budget,
    pub(super) tree: Tree,
    open: Vec<Open>,
    /// The children so far of all that is open, the outermost first: items, or keys and values by turns.
    children: Vec<Id>,
    anchors: HashMap<usize, Id>,
    sizes: Sizes,
    /// Nodes, and entries looked at for merge keys, that may still come.
    nodes_left: usize,
    aliases_left: usize,
    /// Faults of all documents.
    pub(super) faults: Vec<Fault>,
}

/// A collection that has not ended.
struct Open {
    id: Id,
    is_mapping: bool,
    /// Where its children begin.
    first: usize,
}

/// What stands before a node.
#[derive(Default)]
pub(super) struct Before {
    /// The number of its anchor; 0 is none.
    pub(super) anchor: usize,
    pub(super) tag: Option<Tag>,
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str, budget: &'t Budget) -> Self {
        Self {
            text,
            budget,
            tree: Tree::default(),
            open: Vec::new(),
            children: Vec::new(),
            anchors: HashMap::new(),
            sizes: Sizes::default(),
            nodes_left: budget.nodes,
            aliases_left: budget.aliases,
            faults: Vec::new(),
        }
    }

    /// Where the collections begin that are open, the outermost first.
    pub(super) fn open(&self) -> Vec<usize> {
        self.open.iter().map(|open| self.tree.span(open.id).start).collect()
    }

    pub(super) fn is_top(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether what comes next is the value of a key.
    pub(super) fn is_value(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_mapping && (self.children.len() - open.first) % 2 == 1)
    }

    /// Adds a scalar. Its text is not copied where the file has it.
    pub(super) fn scalar(
        &mut self,
        span: Span,
        text: &str,
        style: Style,
        indent: usize,
        before: Before,
    ) -> Flow {
        let inside = Span::new(span.start + 1, span.end.saturating_sub(1).max(span.start + 1));
        let found = [span, inside].into_iter().find(|span| span.of(self.text) == text);
        let text = match found {
            Some(span) => Text::At(span.into()),
            None => {
                self.tree.texts.push(text.into());
                Text::Own((self.tree.texts.len() - 1) as u32)
            }
        };
        self.add(span, Content::Scalar { text, style }, indent, before).map_continue(|_| ())
    }

    /// Begins a sequence, or a mapping.
    pub(super) fn begin(&mut self, span: Span, is_mapping: bool, flow: bool, before: Before) -> Flow {
        let row = Row::default();
        let content = if is_mapping {
            Content::Mapping { entries: row, flow }
        } else {
            Content::Sequence { items: row, flow }
        };
        let indent = if flow { 0 } else { column(self.text, span.start) };
        let id = self.add(span, content, indent, before)?;
        self.open.push(Open { id, is_mapping, first: self.children.len() });
        if self.open.len() > self.budget.depth {
            return self.limit(span, "nested collections", self.budget.depth);
        }
        ControlFlow::Continue(())
    }

    /// Where the anchor of the last node stands.
    pub(super) fn anchor(&mut self, span: Span) {
        if let Some(last) = self.tree.nodes.len().checked_sub(1) {
            self.tree.properties.entry(last as Id).or_default().anchor = Some(span);
        }
    }

    /// An alias of the anchor with this number, or a fault and an empty scalar where there is none, or where it is
    /// around the alias.
    pub(super) fn alias(&mut self, span: Span, anchor: Option<usize>) -> Flow {
        let Some(left) = self.aliases_left.checked_sub(1) else {
            return self.limit(span, "aliases", self.budget.aliases);
        };
        self.aliases_left = left;
        let name = || text::escape(&text::clip(span.of(self.text), 80)).into_owned();
        let target = anchor.and_then(|anchor| self.anchors.get(&anchor).copied());
        let within = target.filter(|target| self.open.iter().any(|open| open.id == *target));
        let fault = match (target, within) {
            (Some(target), None) => {
                return self.add(span, Content::Alias(target), 0, Before::default()).map_continue(|_| ());
            }
            (_, Some(around)) => {
                let anchor = self.tree.full_span(around).start;
                Fault::new(FaultKind::Alias, span, format!("`{}` stands within its own anchor", name()))
                    .related(Span::new(anchor, anchor + span.of(self.text).len()), "defined here")
                    .help("a value cannot contain itself: write out what is meant")
            }
            (None, None) => {
                let name = name();
                let help = format!(
                    "a value that begins with `*` must be quoted: `\"{name}\"`; an alias needs `&name` before it"
                );
                Fault::new(FaultKind::Alias, span, format!("`{name}` is an alias of nothing")).help(help)
            }
        };
        self.faults.push(fault);
        let text = Text::At(Span::new(span.start, span.start).into());
        let content = Content::Scalar { text, style: Style::Plain };
        self.add(span, content, 0, Before::default()).map_continue(|_| ())
    }

    /// Adds a node under what is open.
    fn add(&mut self, span: Span, content: Content, indent: usize, before: Before) -> Flow<Id> {
        let Some(left) = self.nodes_left.checked_sub(1) else {
            return self.limit(span, "nodes", self.budget.nodes);
        };
        self.nodes_left = left;
        let id = self.tree.nodes.len() as Id;
        self.tree.nodes.push(Data { place: span.into(), content, indent: indent as u32 });
        let target = if let Content::Alias(target) = content { Some(target) } else { None };
        self.sizes.add(&self.tree, target);
        if before.anchor != 0 {
            self.anchors.insert(before.anchor, id);
        }
        if before.tag.is_some() {
            self.tree.properties.entry(id).or_default().tag = before.tag;
        }
        if self.open.is_empty() {
            self.tree.root = Some(id);
        } else {
            self.children.push(id);
        }
        ControlFlow::Continue(id)
    }

    /// Ends the innermost open collection at `here`; `closed` is where its bracket or brace ends, if it has one. A key
    /// without a value is left out.
    pub(super) fn end(&mut self, here: usize, closed: Option<usize>) -> Flow {
        let Some(Open { id, is_mapping, first }) = self.open.pop() else {
            return ControlFlow::Continue(());
        };
        if is_mapping {
            self.end_mapping(id, first, here)?;
        } else {
            self.end_sequence(id, first);
        }
        self.children.truncate(first);
        self.close(id, closed);
        if let Some(size) = self.sizes.end(&self.tree, id) {
            let span = self.tree.span(id);
            if size.nodes > self.budget.nodes {
                return self.limit(span, "nodes, aliases followed", self.budget.nodes);
            }
            if size.depth > self.budget.depth {
                return self.limit(span, "nested collections, aliases followed", self.budget.depth);
            }
        }
        ControlFlow::Continue(())
    }

    fn end_sequence(&mut self, id: Id, first: usize) {
        let start = self.tree.items.len();
        self.tree.items.extend_from_slice(&self.children[first..]);
        let row = Row::since(&self.tree.items, start);
        if let Content::Sequence { items, .. } = &mut self.tree.nodes[id as usize].content {
            *items = row;
        }
    }

    fn end_mapping(&mut self, id: Id, first: usize, here: usize) -> Flow {
        let start = self.tree.entries.len();
        let pairs = self.children[first..].chunks_exact(2);
        self.tree.entries.extend(pairs.map(|pair| (pair[0], pair[1])));
        merge::duplicates(&self.tree, self.text, &self.tree.entries[start..], &mut self.faults);
        match merge::merge(&mut self.tree, self.text, start, &mut self.nodes_left, &mut self.faults) {
            Some(None) => {}
            Some(Some(merges)) => {
                self.tree.merges.insert(id, merges);
            }
            None => return self.limit(Span::new(here, here), "nodes", self.budget.nodes),
        }
        let row = Row::since(&self.tree.entries, start);
        if let Content::Mapping { entries, .. } = &mut self.tree.nodes[id as usize].content {
            *entries = row;
        }
        ControlFlow::Continue(())
    }

    /// A collection reaches from its first child to its last, or from bracket to bracket.
    fn close(&mut self, id: Id, closed: Option<usize>) {
        let tree = &self.tree;
        let (items, (entries, _)) = (tree.items(id), tree.entries(id));
        // Both stand in the order of the file.
        let merges = tree.merge_keys(id);
        let first = |pairs: &[Pair]| pairs.first().map(|(key, _)| *key);
        let last = |pairs: &[Pair]| pairs.last().map(|(_, value)| *value);
        let first = items.first().copied().or(first(entries)).into_iter().chain(first(merges)).min();
        let last = items.last().copied().or(last(entries)).into_iter().chain(last(merges)).max();
        let own = tree.span(id);
        let start = first.map_or(own.start, |first| own.start.min(tree.full_span(first).start));
        let end = closed.unwrap_or_else(|| last.map_or(own.end, |last| tree.full_span(last).end));
        self.tree.nodes[id as usize].place = Place::from(Span::new(start, end.max(start)));
    }

    /// Ends all that is open, as it is.
    pub(super) fn break_off(&mut self, here: usize) -> Flow {
        while !self.open.is_empty() {
            self.end(here, None)?;
        }
        ControlFlow::Continue(())
    }

    /// The document as it is; the next one is begun.
    pub(super) fn take(&mut self) -> Tree {
        let mut tree = std::mem::take(&mut self.tree);
        tree.nodes.shrink_to_fit();
        tree.items.shrink_to_fit();
        tree.entries.shrink_to_fit();
        self.forget();
        tree
    }

    /// Nothing of this document stays.
    pub(super) fn forget(&mut self) {
        self.tree = Tree::default();
        self.open.clear();
        self.children.clear();
        self.anchors.clear();
        self.sizes.clear();
    }

    pub(super) fn limit<T>(&self, span: Span, what: &str, limit: usize) -> Flow<T> {
        let message = format!("there are more than {limit} {what}: reading stopped");
        let fault = Fault::new(FaultKind::Limit, span, message).help(
            "split the file, or write out less by aliases: such a file is more likely an attack than config",
        );
        ControlFlow::Break(fault)
    }
}

/// Bytes before `at` in its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    at - before.rfind('\n').map_or(0, |found| found + 1)
}
