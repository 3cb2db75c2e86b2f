//! The YAML that nearly all files are written in, read several times as fast as the parser reads all of YAML.
//!
//! Block mappings and sequences, values within one line, block scalars, comments. What is not sure to mean here what it
//! means to the parser (anchors, tags, tabs, texts over several lines, whatever is wrong) is left to the parser, with
//! all of the text: [`read`] gives a result only where [`super::load::read`] gives the very same.

mod flow;
mod scalar;

use super::budget::{Budget, DOCUMENTS_MAX};
use super::build::{Before, Builder, Flow};
use super::load::Read;
use super::merge::FAULTS_MAX;
use super::tree::{Comment, Tree};
use super::value::Style;
use crate::base::span::Span;

/// Reads a text that is within the budget's bytes; `None` where the parser has to.
pub(super) fn read(text: &str, budget: &Budget) -> Option<Read> {
    if !is_simple(text) {
        return None;
    }
    let mut quick = Quick {
        text,
        bytes: text.as_bytes(),
        at: 0,
        build: Builder::new(text, budget),
        open: Vec::new(),
        started: None,
        comments_left: budget.comments(),
        comments: Vec::new(),
        trees: Vec::new(),
    };
    while quick.at < text.len() {
        quick.line()?;
    }
    quick.end_document()?;
    let Quick { build, comments, trees, .. } = quick;
    let mut read = Read { trees, comments, faults: build.faults, errors: Vec::new() };
    read.close(text.len());
    Some(read)
}

/// Whether there is no character in the text that YAML treats in a way of its own, or not at all.
fn is_simple(text: &str) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && *byte != b'\n' || *byte == 0x7f;
    let is_safe = |c: char| {
        c.is_ascii()
            || matches!(c, '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
    };
    !text.as_bytes().iter().any(is_control) && (text.is_ascii() || text.chars().all(is_safe))
}

struct Quick<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Where the next line begins.
    at: usize,
    build: Builder<'t>,
    open: Vec<Level>,
    /// Where the `---` of the document stands, if it has one.
    started: Option<usize>,
    comments_left: usize,
    comments: Vec<Comment>,
    trees: Vec<Tree>,
}

/// A block collection that has not ended.
struct Level {
    /// Of its keys or dashes.
    column: usize,
    is_mapping: bool,
    /// A value that has not come: behind a `:` or `-` with nothing else in its line.
    awaited: Option<Awaited>,
}

#[derive(Clone, Copy)]
struct Awaited {
    /// Where it is, if nothing comes.
    place: usize,
    /// The parser says where nothing is when there are blanks or comments around it.
    must_come: bool,
}

/// A scalar in one line.
struct Scalar<'t> {
    text: std::borrow::Cow<'t, str>,
    style: Style,
    span: Span,
}

impl<'t> Quick<'t> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn spaces(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| **byte == b' ').count()
    }

    fn line(&mut self) -> Option<()> {
        let start = self.at;
        let first = self.spaces(start);
        let end = self.line_end(first);
        self.at = end + 1;
        match self.byte(first) {
            b'\n' => return Some(()),
            b'#' => return self.comment(first, end),
            _ => {}
        }
        if first == start && matches!(self.bytes.get(first..first + 3), Some(b"---" | b"...")) {
            return self.marker(start, end);
        }
        self.close_to(first - start, self.is_dash(first))?;
        self.node(start, first, end)
    }

    /// Where the line ends that goes on at `at`.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |found| at + found)
    }

    /// A line that begins a document.
    fn marker(&mut self, start: usize, end: usize) -> Option<()> {
        if self.byte(start) != b'-' || self.spaces(start + 3) != end {
            return None;
        }
        self.end_document()?;
        self.started = Some(start);
        Some(())
    }

    fn comment(&mut self, at: usize, end: usize) -> Option<()> {
        self.comments_left = self.comments_left.checked_sub(1)?;
        if let Some(awaited) = self.open.last_mut().and_then(|level| level.awaited.as_mut()) {
            awaited.must_come = true;
        }
        self.comments
            .push(Comment { span: Span::new(at, end), text: self.text.get(at + 1..end)?.to_owned() });
        Some(())
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && matches!(self.byte(at + 1), b' ' | b'\n')
    }

    /// Ends what a line with this indentation is no part of.
    fn close_to(&mut self, indent: usize, dash: bool) -> Option<()> {
        while let Some(level) = self.open.last_mut() {
            if let Some(awaited) = level.awaited {
                // The items of a key's sequence may stand below the key.
                if indent > level.column || (indent == level.column && level.is_mapping && dash) {
                    return Some(());
                }
                level.awaited = None;
                self.empty(awaited)?;
            } else if indent > level.column || (indent == level.column && level.is_mapping && dash) {
                return None;
            } else if indent == level.column && level.is_mapping != dash {
                return Some(());
            } else {
                self.end()?;
            }
        }
        // A document has one root.
        self.build.tree.root.is_none().then_some(())
    }

    fn end(&mut self) -> Option<()> {
        self.open.pop();
        done(self.build.end(0, None))
    }

    fn end_document(&mut self) -> Option<()> {
        while let Some(level) = self.open.last_mut() {
            match level.awaited.take() {
                Some(awaited) => self.empty(awaited)?,
                None => self.end()?,
            }
        }
        if self.build.faults.len() >= FAULTS_MAX {
            return None;
        }
        if self.build.tree.root.is_none() {
            // An empty document is one after `---` alone.
            return self.started.is_none().then_some(());
        }
        let mut tree = self.build.take();
        let start = self.started.take().unwrap_or_default();
        tree.span = Span::new(start, start);
        tree.complete = true;
        self.trees.push(tree);
        (self.trees.len() <= DOCUMENTS_MAX).then_some(())
    }

    /// What stands in a line from its first character on: dashes, then a key with its value, or a value.
    fn node(&mut self, start: usize, first: usize, end: usize) -> Option<()> {
        let mut at = first;
        let mut fresh = self.open.last().is_none_or(|level| level.awaited.is_some());
        while self.is_dash(at) {
            if fresh {
                self.begin(at, at - start, false)?;
            }
            let next = self.spaces(at + 1);
            if matches!(self.byte(next), b'\n' | b'#') {
                return self.await_value(at + 1, next, end);
            }
            (at, fresh) = (next, true);
        }
        match self.byte(at) {
            b'[' | b'{' | b'|' | b'>' if !fresh => None,
            b'[' | b'{' | b'|' | b'>' => self.value(at, end),
            _ => {
                let scalar = self.scalar(at, end)?;
                let behind = scalar.span.end;
                if self.is_colon(behind) {
                    if fresh {
                        self.begin(at, at - start, true)?;
                    }
                    self.key(scalar, end)
                } else if fresh && !self.open.is_empty() {
                    self.add(scalar)?;
                    self.rest(behind, end)
                } else {
                    None
                }
            }
        }
    }

    fn is_colon(&self, at: usize) -> bool {
        self.byte(at) == b':' && matches!(self.byte(at + 1), b' ' | b'\n')
    }

    fn key(&mut self, key: Scalar<'t>, end: usize) -> Option<()> {
        /// Characters of a key that YAML allows, and less.
        const KEY_MAX: usize = 1000;
        if key.span.end - key.span.start > KEY_MAX {
            return None;
        }
        let colon = key.span.end;
        self.add(key)?;
        let next = self.spaces(colon + 1);
        if matches!(self.byte(next), b'\n' | b'#') {
            return self.await_value(colon + 1, next, end);
        }
        self.value(next, end)
    }

    /// The value comes in further lines, or is nothing, at `place`.
    fn await_value(&mut self, place: usize, next: usize, end: usize) -> Option<()> {
        let must_come = next > place || place == self.text.len();
        self.open.last_mut()?.awaited = Some(Awaited { place, must_come });
        self.rest(next, end)
    }

    /// A value of which at least the begin is in this line.
    fn value(&mut self, at: usize, end: usize) -> Option<()> {
        match self.byte(at) {
            b'[' | b'{' => {
                self.taken();
                let behind = self.flow(at)?;
                self.rest(behind, end)
            }
            b'|' | b'>' => self.block(at, end),
            _ if self.is_dash(at) => None,
            _ => {
                let scalar = self.scalar(at, end)?;
                let behind = scalar.span.end;
                if self.is_colon(behind) {
                    return None;
                }
                self.add(scalar)?;
                self.rest(behind, end)
            }
        }
    }

    /// Nothing but a comment may stand behind a value.
    fn rest(&mut self, at: usize, end: usize) -> Option<()> {
        let next = self.spaces(at);
        match self.byte(next) {
            b'\n' => Some(()),
            b'#' if self.byte(next - 1) == b' ' => self.comment(next, end),
            _ => None,
        }
    }

    fn begin(&mut self, at: usize, column: usize, is_mapping: bool) -> Option<()> {
        self.taken();
        done(self.build.begin(Span::new(at, at), is_mapping, false, Before::default()))?;
        self.open.push(Level { column, is_mapping, awaited: None });
        Some(())
    }

    /// The value has come that was awaited.
    fn taken(&mut self) {
        if let Some(level) = self.open.last_mut() {
            level.awaited = None;
        }
    }

    fn add(&mut self, scalar: Scalar<'t>) -> Option<()> {
        self.taken();
        done(self.build.scalar(scalar.span, &scalar.text, scalar.style, 0, Before::default()))
    }

    /// A value that is not there.
    fn empty(&mut self, awaited: Awaited) -> Option<()> {
        let Awaited { place, must_come: false } = awaited else { return None };
        done(self.build.scalar(Span::new(place, place), "", Style::Plain, 0, Before::default()))
    }
}

/// Limits are for the parser to report.
fn done(flow: Flow) -> Option<()> {
    flow.continue_value()
}

/// Whether a text is read here, and then that the parser reads the very same.
///
/// # Panics
/// When it reads something else.
#[cfg(any(test, fuzzing))]
pub(crate) fn agrees(text: &str) -> bool {
    let budget = Budget::default();
    let Some(quick) = read(text, &budget) else { return false };
    let full = super::load::read(text, &budget);
    assert_eq!(format!("{quick:#?}"), format!("{full:#?}"), "{text:?}");
    true
}

#[cfg(test)]
mod tests;
