//! Events of the parser to trees.

use std::ops::ControlFlow;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::block;
use super::budget::{Budget, DOCUMENTS_MAX};
use super::build::{Before, Builder, Flow, column};
use super::fault::{Fault, FaultKind};
use super::merge::FAULTS_MAX;
use super::tree::{Comment, Tag, Tree};
use super::value::Style;
use crate::base::span::Span;

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

impl Read {
    /// Documents reach to the next one, the last to `end`, the first from the begin of the text.
    pub(super) fn close(&mut self, mut end: usize) {
        for tree in self.trees.iter_mut().rev() {
            tree.span.end = end;
            end = tree.span.start;
        }
        if let Some(first) = self.trees.first_mut() {
            first.span.start = 0;
        }
    }
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
                let flow = loader.error(&err, Span::new(at, at));
                if flow.is_continue() && !parser.proceed_next_document().unwrap_or(false) {
                    break;
                }
                flow
            }
        };
        if let ControlFlow::Break(limit) = flow {
            loader.refuse(limit);
            break;
        }
        if loader.build.faults.len() + loader.read.errors.len() >= FAULTS_MAX {
            let message = format!("there are more than {FAULTS_MAX} faults: reading stopped");
            let here = Span::new(loader.last_end, loader.last_end);
            loader.refuse(Fault::new(FaultKind::Limit, here, message));
            break;
        }
    }
    loader.finish()
}

struct Loader<'t> {
    text: &'t str,
    budget: &'t Budget,
    read: Read,
    build: Builder<'t>,
    /// Where a document began that has not ended.
    started: Option<usize>,
    comments_left: usize,
    /// Where the last thing that is not a comment began and ended.
    last_start: usize,
    last_end: usize,
}

impl<'t> Loader<'t> {
    fn new(text: &'t str, budget: &'t Budget) -> Self {
        Self {
            text,
            budget,
            read: Read::default(),
            build: Builder::new(text, budget),
            started: None,
            comments_left: budget.comments(),
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
                if self.read.trees.len() >= DOCUMENTS_MAX {
                    return self.build.limit(span, "documents", DOCUMENTS_MAX);
                }
                self.started = Some(if explicit { span.start } else { self.last_end });
            }
            Event::DocumentEnd => self.end_document(true),
            Event::Comment(text, _) => {
                let Some(left) = self.comments_left.checked_sub(1) else {
                    return self.build.limit(span, "comments", self.budget.comments());
                };
                self.comments_left = left;
                self.read.comments.push(Comment { span, text: text.into_owned() });
            }
            Event::Anchor(_, _) => self.build.anchor(span),
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let before = before(anchor, tag.as_deref(), tag_span);
                let (span, indent) = self.scalar_place(span, style, before.tag.is_some() || anchor != 0);
                let text = as_go_reads(self.text, span, style, indent, &text);
                return self.build.scalar(span, text, style, indent, before);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let flow = matches!(style, StructureStyle::Flow);
                let start = if flow { span.start } else { self.first_dash(span.start) };
                let before = before(anchor, tag.as_deref(), tag_span);
                return self.build.begin(Span::new(start, span.end), false, flow, before);
            }
            Event::MappingStart(style, anchor, tag) => {
                let flow = matches!(style, StructureStyle::Flow);
                let before = before(anchor, tag.as_deref(), tag_span);
                return self.build.begin(span, true, flow, before);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let closed = span.of(self.text).ends_with([']', '}']).then_some(span.end);
                return self.build.end(self.last_end, closed);
            }
            Event::Alias(anchor) => return self.build.alias(span, Some(anchor)),
            Event::UnresolvedAlias(_) => return self.build.alias(span, None),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// Where a scalar really is: block scalars from their header on, empty ones behind the `:` or `-`. And the
    /// indentation of a block scalar's text.
    fn scalar_place(&self, span: Span, style: Style, has_properties: bool) -> (Span, usize) {
        let bytes = self.text.as_bytes();
        if matches!(style, Style::Literal | Style::Folded) {
            let indent = column(self.text, span.start);
            let header =
                block::header(self.text, self.skip_to(span.start, |byte| matches!(byte, b'|' | b'>')));
            let end = block::text_end(self.text, header, span.end, indent);
            return (Span::new(header.span.start, end), indent);
        }
        if !span.is_empty() || has_properties {
            return (span, 0);
        }
        let before = span.start.checked_sub(1).and_then(|at| bytes.get(at));
        let at = if self.build.is_value() && bytes.get(span.start) == Some(&b':') {
            span.start + 1
        } else if matches!(before, Some(b':' | b'-' | b'?')) || self.build.is_top() {
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
        if !self.build.is_value() {
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

    /// A document that cannot be read on: what there is of it stays, but for a limit.
    fn error(&mut self, err: &ScanError, at: Span) -> Flow {
        match err.kind() {
            ErrorKind::RecursionLimitExceeded => {
                return self.build.limit(at, "nested collections", self.budget.depth);
            }
            ErrorKind::TooManyComments => return self.build.limit(at, "comments", self.budget.comments()),
            kind => self.read.errors.push(SyntaxError {
                at: at.start,
                kind: kind.clone(),
                open: self.build.open(),
                last_start: self.last_start,
                last_end: self.last_end,
            }),
        }
        self.build.break_off(self.last_end)?;
        if self.build.tree.root.is_some() {
            self.end_document(false);
        } else {
            self.forget();
        }
        ControlFlow::Continue(())
    }

    fn end_document(&mut self, complete: bool) {
        let start = self.started.take().unwrap_or(self.last_end);
        let mut tree = self.build.take();
        tree.span = Span::new(start, start); // until the next one's begin is known
        tree.complete = complete;
        self.read.trees.push(tree);
    }

    /// A limit: nothing of this document stays.
    fn refuse(&mut self, fault: Fault) {
        self.build.faults.push(fault);
        self.forget();
    }

    fn forget(&mut self) {
        self.build.forget();
        self.started = None;
    }

    fn finish(mut self) -> Read {
        self.read.close(self.text.len());
        self.read.comments.sort_by_key(|comment| comment.span);
        self.read.faults = self.build.faults;
        self.read
    }
}

fn before(anchor: usize, tag: Option<&granit_parser::Tag>, span: Option<Span>) -> Before {
    let tag = tag.zip(span).map(|(tag, span)| Tag { span, name: tag_name(tag) });
    Before { anchor, tag }
}

/// The text of a scalar where it is not as the parser gives it: of an empty one, and of a block scalar whose last line
/// ends with the file, without a line break; Go adds none. White space that is no deeper than the text is no line.
fn as_go_reads<'v>(text: &str, span: Span, style: Style, indent: usize, value: &'v str) -> &'v str {
    let last_line = || text.rsplit(['\n', '\r']).next().unwrap_or_default();
    let is_indentation = |line: &str| line.len() <= indent && line.bytes().all(|byte| byte == b' ');
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
mod tests;
