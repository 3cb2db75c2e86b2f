//! Block scalars: their header, their lines, and where their text ends.

use crate::base::span::Span;

/// How the line breaks at the end of a block scalar are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Chomp {
    Strip,
    Clip,
    Keep,
}

/// What stands behind a key: `|`, `>-`, `|2+`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// The indicators, without a comment behind them.
    pub(super) span: Span,
    pub(super) chomp: Chomp,
    /// Where the first line of the text begins.
    pub(super) body: usize,
}

/// The header whose `|` or `>` is at `start`.
pub(super) fn header(text: &str, start: usize) -> Header {
    let rest = text.get(start..).unwrap_or_default();
    let indicators = rest
        .bytes()
        .skip(1)
        .take_while(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'))
        .count()
        .min(rest.len().saturating_sub(1));
    let span = Span::new(start, start + indicators + usize::from(!rest.is_empty()));
    let chomp = match span.of(text).bytes().find(|byte| matches!(byte, b'+' | b'-')) {
        Some(b'-') => Chomp::Strip,
        Some(_) => Chomp::Keep,
        None => Chomp::Clip,
    };
    Header { span, chomp, body: next_line(text, span.end) }
}

/// One line of a block scalar, in bytes of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// What is behind the indentation.
    pub(super) content: Span,
    /// Its line break; empty at the end of the file.
    pub(super) brk: Span,
}

/// The lines of `text[body..end]`, of which `indent` spaces are indentation.
pub(super) fn lines(text: &str, body: usize, end: usize, indent: usize) -> impl Iterator<Item = Line> {
    let mut at = body;
    std::iter::from_fn(move || {
        if at >= end.min(text.len()) {
            return None;
        }
        let next = next_line(text, at);
        let line = text.get(at..next)?;
        let full = line.trim_end_matches('\n');
        let full = if full.len() < line.len() { full.strip_suffix('\r').unwrap_or(full) } else { full };
        let spaces = full.bytes().take_while(|byte| *byte == b' ').count().min(indent);
        let content = Span::new(at + spaces, at + full.len());
        at = next;
        Some(Line { content, brk: Span::new(content.end, next) })
    })
}

/// Where the text of a block scalar ends, the line break of its last line not counted.
///
/// `end` is where the parser ended, which may be behind blank lines and the indentation of what follows.
pub(super) fn text_end(text: &str, header: Header, end: usize, indent: usize) -> usize {
    let has_text = |line: &Line| header.chomp == Chomp::Keep || !line.content.is_empty();
    let read = lines(text, header.body, end, indent).take_while(|line| line.content.end <= end);
    let last = read.filter(has_text).last();
    last.map_or(header.span.end, |line| line.content.end)
}

fn next_line(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |found| found + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, indent: usize, header_text: &str, lines_expected: &[&str], end: usize) {
        let header = header(text, 0);
        assert_eq!(header.span.of(text), header_text);
        let found: Vec<&str> =
            lines(text, header.body, text.len(), indent).map(|line| line.content.of(text)).collect();
        assert_eq!(found, lines_expected);
        assert_eq!(text_end(text, header, text.len(), indent), end);
    }

    #[test]
    fn a_header_and_lines_are_found() {
        check("|\n  a\n   b\n", 2, "|", &["a", " b"], 10);
        check("|2- # why\r\n  a\r\n\r\n", 2, "|2-", &["a", ""], 14);
        check(">+\n a\n\n", 1, ">+", &["a", ""], 6);
        check("|", 0, "|", &[], 1);
        check("|\n\n\n", 0, "|", &["", ""], 1);
    }
}
