//! Lines of a source as they may be shown, and where its bytes are in them.
//!
//! Masked stretches become `***`, characters that could steer a terminal are escaped, tabs become blanks, and long
//! lines are cut around what is pointed at. All of that changes widths, so that spans are mapped to the shown text.

use std::ops::Range;

use super::mask::STARS;
use super::source::Source;
use crate::base::span::Span;
use crate::base::text::printable;

/// Stands for what is cut off a line.
const CUT: char = '…';

/// Lines that are drawn after the beginning and before the end of a span of several lines, and around a line: the
/// renderer folds the others.
const AROUND: usize = 5;

/// Consecutive lines of a source. Those that nobody will look at are empty.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Offsets in the source, and where that is in `text`: in order of both.
    map: Vec<(usize, usize)>,
}

impl Excerpt {
    /// The `lines` (numbers, from 1) around `spans`, each at most about `columns` wide. Where spans of one line are
    /// further apart, the first of `spans` is in view.
    pub(super) fn new(source: &Source<'_>, lines: Range<usize>, spans: &[Span], columns: usize) -> Self {
        let mut excerpt = Self { text: String::new(), map: Vec::new() };
        let ends: Vec<[usize; 2]> =
            spans.iter().map(|span| [span.start, span.end].map(|at| source.position(at).line)).collect();
        for number in lines {
            let line = source.line(number);
            let near = ends.iter().flatten().any(|end| end.abs_diff(number) <= AROUND);
            if near {
                let starts = spans.iter().map(|span| span.start);
                let focus = starts.clone().find(|start| line.start <= *start && *start <= line.end);
                excerpt.line(source, line, focus.unwrap_or(line.start), columns);
            } else {
                excerpt.map.push((line.start, excerpt.text.len()));
            }
            excerpt.text.push('\n');
        }
        excerpt
    }

    /// Where `span` is in the text of the excerpt.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let from = self.map.partition_point(|(offset, _)| *offset <= span.start).saturating_sub(1);
        let start = self.map.get(from).map_or(0, |(_, at)| *at);
        if span.is_empty() {
            return start..self.one_at_line_start(start);
        }
        let to = self.map.partition_point(|(offset, _)| *offset < span.end);
        let end = self.map.get(to).or(self.map.last()).map_or(0, |(_, at)| *at);
        start..end.max(start)
    }

    /// The end of a mark on nothing: the renderer takes a line that a mark only touches for one that is not marked.
    fn one_at_line_start(&self, start: usize) -> usize {
        let first = self.text[..start].is_empty() || self.text[..start].ends_with('\n');
        let next = self.text[start..].chars().next().filter(|c| first && *c != '\n');
        start + next.map_or(0, char::len_utf8)
    }

    fn line(&mut self, source: &Source<'_>, line: Span, focus: usize, columns: usize) {
        let mut at = window(source, line, focus, columns);
        let mut left = columns;
        let begin = self.text.len();
        if at > line.start {
            self.map.push((line.start, begin));
            self.text.push(CUT);
        }
        while at < line.end {
            let unit = Unit::at(source, at, line.end);
            self.map.push((at, self.text.len()));
            let Some(rest) = left.checked_sub(unit.width()) else {
                self.text.push(CUT);
                break;
            };
            left = rest;
            unit.push(&mut self.text);
            at = unit.end;
        }
        self.map.push((line.end, self.text.len()));
        if self.text.len() == begin {
            self.text.push(' '); // something to point at
        }
    }
}

/// What is shown as one: a character, or a masked stretch.
struct Unit {
    end: usize,
    /// `None` is masked.
    character: Option<char>,
}

impl Unit {
    /// The one at `at`, which is before `line_end`.
    fn at(source: &Source<'_>, at: usize, line_end: usize) -> Self {
        match (source.mask().at(at), source.text()[at..].chars().next()) {
            (Some(masked), _) => Self { end: masked.end.min(line_end), character: None },
            (None, Some(character)) => Self { end: at + character.len_utf8(), character: Some(character) },
            (None, None) => Self { end: line_end, character: Some(' ') },
        }
    }

    /// Columns, or more than that: an upper bound is enough to cut a line. Never 0, as runs of marks are cut too.
    fn width(&self) -> usize {
        match self.character {
            None => STARS.len(),
            Some('\t') => 4,
            Some(' '..='~') => 1,
            Some(c) if crate::base::text::is_unsafe(c) => 8,
            Some(_) => 2,
        }
    }

    fn push(&self, out: &mut String) {
        match self.character {
            None => out.push_str(STARS),
            Some('\t') => out.push_str("    "),
            Some(c) => out.push_str(&printable(c.encode_utf8(&mut [0; 4]))),
        }
    }
}

/// Where to begin so that `focus` is in view: at the start of the line, if that is less than half the width away.
fn window(source: &Source<'_>, line: Span, focus: usize, columns: usize) -> usize {
    let mut begin = focus;
    let mut left = columns / 2;
    while begin > line.start {
        let last = source.text().floor_char_boundary(begin - 1);
        let start = source.mask().at(last).map_or(last, |masked| masked.start.max(line.start));
        let Some(rest) = left.checked_sub(Unit::at(source, start, line.end).width()) else {
            return begin;
        };
        left = rest;
        begin = start;
    }
    begin
}

impl Source<'_> {
    /// The line with this number as it may be shown: secrets are stars, what could steer a terminal is escaped. Empty
    /// past the last.
    #[must_use]
    pub fn shown_line(&self, number: usize) -> String {
        shown(self, self.line(number))
    }
}

/// A stretch of the source as it may be shown, line breaks kept.
pub(super) fn shown(source: &Source<'_>, span: Span) -> String {
    let mut out = String::new();
    let mut at = span.start;
    while at < span.end {
        let rest = &source.text()[at..span.end];
        let unit = Unit::at(source, at, span.end);
        match unit.character {
            Some('\n') => out.push('\n'),
            Some('\r') if rest.starts_with("\r\n") => {}
            _ => unit.push(&mut out),
        }
        at = unit.end;
    }
    out
}
