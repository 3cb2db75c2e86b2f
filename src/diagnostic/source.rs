//! A text that findings are about, prepared once for all of them.

use std::borrow::Cow;

use super::mask::{Mask, Secrets};
use crate::base::span::{Lines, Position, Span};

/// A text with its name, its lines, and what of it must not be shown.
#[derive(Debug)]
pub struct Source<'t> {
    name: &'t str,
    text: &'t str,
    lines: Lines,
    mask: Mask,
    secrets: Secrets,
}

/// Where a finding is, as editors, SARIF and the like count: lines and columns from 1, columns in characters, the end
/// behind the last character.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Located<'t> {
    pub file: &'t str,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl<'t> Source<'t> {
    /// `name` is what messages call the file. Credentials that show by their form ([`super::credentials`]) are masked
    /// besides `mask`.
    #[must_use]
    pub fn new(name: &'t str, text: &'t str, mask: Mask) -> Self {
        let mask = mask.complete(text);
        Self { name, text, lines: Lines::new(text), secrets: Secrets::new(text, &mask), mask }
    }

    #[must_use]
    pub fn name(&self) -> &'t str {
        self.name
    }

    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Where `span` is; one that is out of the text is at its end.
    #[must_use]
    pub fn located(&self, span: Span) -> Located<'t> {
        let span = self.clamp(span);
        let (start, end) = (self.position(span.start), self.position(span.end));
        Located {
            file: self.name,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// `text`, which somebody wrote about this source, without what must not be shown. Nothing is escaped: that
    /// depends on the form it is put in.
    #[must_use]
    pub fn scrub<'s>(&self, text: &'s str) -> Cow<'s, str> {
        self.secrets.scrub(text)
    }

    /// Whether any byte of `span` must not be shown; of an empty one, what stands at either side of it.
    #[must_use]
    pub fn is_secret(&self, span: Span) -> bool {
        self.mask.touches(span)
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        self.lines.position(self.text, offset)
    }

    /// Without its line break; empty at the end of the text for a number past the last.
    pub(super) fn line(&self, number: usize) -> Span {
        let end = Span::new(self.text.len(), self.text.len());
        self.lines.span(self.text, number).unwrap_or(end)
    }

    pub(super) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// `span` inside of the text and of whole characters, whoever computed it.
    pub(super) fn clamp(&self, span: Span) -> Span {
        let start = self.text.floor_char_boundary(span.start);
        Span { start, end: self.text.ceil_char_boundary(span.end).max(start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, span: Span, expect: [usize; 4]) {
        let at = Source::new("f", text, Mask::default()).located(span);
        assert_eq!([at.line, at.column, at.end_line, at.end_column], expect);
    }

    #[test]
    fn places_are_counted_from_one_and_ends_are_behind() {
        check("a\nbcd\n", Span::new(3, 5), [2, 2, 2, 4]);
        check("a\nbcd\n", Span::new(0, 6), [1, 1, 3, 1]);
        check("", Span::new(0, 0), [1, 1, 1, 1]);
    }

    #[test]
    fn wrong_spans_are_put_right() {
        check("üx", Span::new(1, 1), [1, 1, 1, 2]);
        check("ab", Span::new(9, 99), [1, 3, 1, 3]);
        check("ab", Span { start: 2, end: 1 }, [1, 3, 1, 3]);
    }
}
