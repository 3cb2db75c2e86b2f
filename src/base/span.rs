//! Places in a text: byte ranges, and the lines and columns that people and editors count in.

/// A stretch of a text, in bytes: `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From where this begins to where `end` ends.
    #[must_use]
    pub const fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }

    /// The part of `text` that the span covers; empty when it is of another text.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether `offset` is in it; its end is not.
    #[must_use]
    pub const fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A place as editors show it: both count from 1, columns in characters (Unicode scalar values).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Where the lines of a text begin, so that an offset becomes a [`Position`] without reading the text again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lines {
    starts: Vec<usize>,
    /// Characters before every [`BLOCK`]th byte: a column of a very long line needs no walk from its start.
    chars: Vec<usize>,
}

/// Bytes that are counted through to find a column, at most twice that.
const BLOCK: usize = 1024;

impl Lines {
    /// Lines end with `\n`; the `\r` of `\r\n` belongs to its line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(after).collect();
        let mut before = 0;
        let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
            let here = before;
            before += chars(block);
            here
        });
        Self { starts, chars: blocks.collect() }
    }

    /// Where `offset` of `text` is; an offset past the end is at the end, one inside a character at its start.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let column = self.chars_between(text.as_bytes(), start, offset) + 1;
        let inside = text.as_bytes().get(offset).is_some_and(|byte| is_continuation(*byte));
        Position { line, column: if inside { column - 1 } else { column } }
    }

    fn chars_between(&self, text: &[u8], start: usize, end: usize) -> usize {
        if end.saturating_sub(start) <= BLOCK {
            return chars(text.get(start..end).unwrap_or_default());
        }
        let before = |offset: usize| {
            let block = offset / BLOCK;
            let known = self.chars.get(block).copied();
            // At the very end of a text of whole blocks there is no block to ask: count through the last one.
            let (block, known) = match known {
                Some(known) => (block, known),
                None => (self.chars.len().saturating_sub(1), self.chars.last().copied().unwrap_or(0)),
            };
            known + chars(text.get(block * BLOCK..offset).unwrap_or_default())
        };
        before(end) - before(start)
    }

    /// The line with this number, counted from 1, without its line break; `None` past the last.
    #[must_use]
    pub fn span(&self, text: &str, line: usize) -> Option<Span> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let end = self.starts.get(line).map_or(text.len(), |next| next - 1);
        let end = if end > start && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        Some(Span { start, end })
    }

    /// How many lines there are; an empty text has one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

fn chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !is_continuation(**byte)).count()
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: usize, expect: &str) {
        assert_eq!(Lines::new(text).position(text, offset).to_string(), expect);
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        check("", 0, "1:1");
        check("a\nbc", 0, "1:1");
        check("a\nbc", 1, "1:2");
        check("a\nbc", 2, "2:1");
        check("a\nbc", 99, "2:3");
        check("ü€x", 2, "1:2");
        check("ü€x", 3, "1:2"); // inside `€`
        check("ü€x", 5, "1:3");
    }

    #[test]
    fn columns_of_very_long_lines_are_counted_too() {
        let text = format!("a\n{}\n{}", "€x".repeat(3000), "y".repeat(BLOCK * 2));
        let lines = Lines::new(&text);
        for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = &text[..offset];
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            let column = before[start..].chars().count() + 1;
            assert_eq!(lines.position(&text, offset).column, column, "{offset}");
        }
        let whole = "z".repeat(BLOCK * 3);
        check(&whole, BLOCK * 3, &format!("1:{}", BLOCK * 3 + 1));
    }

    #[test]
    fn lines_come_without_their_breaks() {
        let text = "a\r\nbc\n\nd";
        let lines = Lines::new(text);
        let all: Vec<&str> =
            (1..=lines.count()).map(|line| lines.span(text, line).expect("a line").of(text)).collect();
        assert_eq!(all, ["a", "bc", "", "d"]);
        assert_eq!((lines.span(text, 0), lines.span(text, 5)), (None, None));
    }
}
