//! The map of a scalar's value, for each style that it can be written in.

use super::block::{self, Chomp, Header};
use super::map::ValueMap;
use crate::base::span::Span;

/// How a scalar was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// The map of a scalar at `span` of `text`; `indent` is that of a block scalar's text.
///
/// `value` is what the parser read. Should this module ever read something else, the map says of the whole value that
/// it was written otherwise: too little, but nothing false.
pub(super) fn map(text: &str, span: Span, style: Style, indent: usize, value: &str) -> ValueMap {
    let map = match style {
        Style::Plain => flow(text, span, style),
        Style::SingleQuoted | Style::DoubleQuoted => {
            flow(text, Span::new(span.start + 1, (span.end - 1).max(span.start + 1)), style)
        }
        Style::Literal | Style::Folded => block(text, span, style, indent, value),
    };
    // A line that ends with `\r` alone is folded to another byte of the same length.
    let written = span.of(text).as_bytes();
    let bare =
        written.iter().enumerate().any(|(at, byte)| *byte == b'\r' && written.get(at + 1) != Some(&b'\n'));
    if map.value_len() == value.len() && !bare {
        return map;
    }
    let mut whole = ValueMap::new(span.start);
    whole.push_other(span, value.len());
    whole
}

/// Plain and quoted scalars: line breaks fold, white space around them is not in the value.
fn flow(text: &str, inside: Span, style: Style) -> ValueMap {
    let mut map = ValueMap::new(inside.start);
    let source = text.get(..inside.end).unwrap_or_default();
    let mut at = inside.start;
    let mut plain_from = at; // what is read and not yet pushed, all as it is written
    while let Some(byte) = source.as_bytes().get(at).copied() {
        let rest = &source.as_bytes()[at..];
        let (skip, len) = match (byte, style) {
            (b' ' | b'\t' | b'\r' | b'\n', _) => match break_after_blanks(rest) {
                Some(blanks) => {
                    map.push(Span::new(plain_from, at));
                    at = fold(source, at + blanks, false, &mut map);
                    plain_from = at;
                    continue;
                }
                None => (0, 0),
            },
            (b'\'', Style::SingleQuoted) => (2, 1),
            (b'\\', Style::DoubleQuoted) => match rest.get(1) {
                Some(b'\n' | b'\r') => {
                    map.push(Span::new(plain_from, at));
                    at = fold(source, at + 1, true, &mut map);
                    plain_from = at;
                    continue;
                }
                _ => escape(rest),
            },
            _ => (0, 0),
        };
        if skip == 0 {
            at += 1;
            continue;
        }
        map.push(Span::new(plain_from, at));
        map.push_other(Span::new(at, (at + skip).min(inside.end)), len);
        at += skip;
        plain_from = at;
    }
    map.push(Span::new(plain_from, inside.end));
    map
}

/// How many blanks there are before a line break; `None` where other text follows the blanks.
fn break_after_blanks(rest: &[u8]) -> Option<usize> {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (line_break(&rest[blanks..]) > 0).then_some(blanks)
}

/// Bytes of the line break that `rest` begins with: a `\r` alone is one too.
fn line_break(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// A line break at `at` with the blank lines and the indentation behind it; gives where text goes on.
///
/// One break is a space (nothing when `escaped`); of more, the first is nothing and each other is itself.
fn fold(source: &str, mut at: usize, escaped: bool, map: &mut ValueMap) -> usize {
    let mut breaks = 0;
    let mut first = Span::new(at, at);
    loop {
        let rest = &source.as_bytes()[at..];
        let len = line_break(rest);
        if len == 0 {
            break;
        }
        let brk = Span::new(at, at + len);
        breaks += 1;
        if breaks == 1 {
            first = brk;
        } else {
            push_break(source, brk, map);
        }
        at = brk.end;
        at += source.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }
    if breaks == 1 && !escaped {
        map.push_other(first, 1);
    }
    at
}

fn push_break(source: &str, brk: Span, map: &mut ValueMap) {
    if brk.of(source) == "\n" { map.push(brk) } else { map.push_other(brk, 1) }
}

/// The bytes of the escape that `rest` begins with, and of what it stands for.
fn escape(rest: &[u8]) -> (usize, usize) {
    let hex = |from: usize, digits: usize| {
        let digits = rest.get(from..from + digits).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let utf8 = |code: Option<u32>| code.and_then(char::from_u32).map_or(1, char::len_utf8);
    match rest.get(1) {
        Some(b'x') => (4, utf8(hex(2, 2))),
        Some(b'u') if hex(2, 4).is_some_and(|high| (0xd800..0xdc00).contains(&high)) => (12, 4),
        Some(b'u') => (6, utf8(hex(2, 4))),
        Some(b'U') => (10, utf8(hex(2, 8))),
        Some(b'N' | b'_') => (2, 2),
        Some(b'L' | b'P') => (2, 3),
        _ => (2, 1),
    }
}

/// Literal and folded scalars.
fn block(text: &str, span: Span, style: Style, indent: usize, value: &str) -> ValueMap {
    let header = block::header(text, span.start);
    let mut map = ValueMap::new(span.end);
    let mut breaks: Vec<Span> = Vec::new();
    let mut last_spaced = None; // of the last line with text, whether it begins with white space
    // The span ends before the last line break: one more, so that a last line which is blank is there too.
    for line in block::lines(text, header.body, span.end + 1, indent) {
        if !line.content.is_empty() {
            let spaced = line.content.of(text).starts_with([' ', '\t']);
            let folds = style == Style::Folded && last_spaced == Some(false) && !spaced;
            push_breaks(text, &breaks, folds, &mut map);
            breaks.clear();
            map.push(line.content);
            last_spaced = Some(spaced);
        }
        if !line.brk.is_empty() {
            breaks.push(line.brk);
        }
    }
    let kept = kept_breaks(header, value, breaks.len());
    push_breaks(text, &breaks[..kept], false, &mut map);
    map
}

fn push_breaks(text: &str, breaks: &[Span], folds: bool, map: &mut ValueMap) {
    match breaks {
        [only] if folds => map.push_other(*only, 1),
        [_, others @ ..] if folds => others.iter().for_each(|brk| push_break(text, *brk, map)),
        all => all.iter().for_each(|brk| push_break(text, *brk, map)),
    }
}

/// How many of the line breaks at the end are in the value.
fn kept_breaks(header: Header, value: &str, breaks: usize) -> usize {
    let in_value = value.len() - value.trim_end_matches('\n').len();
    match header.chomp {
        Chomp::Strip => 0,
        Chomp::Clip => breaks.min(1).min(in_value),
        Chomp::Keep => breaks.min(in_value),
    }
}

#[cfg(test)]
mod tests {
    use crate::base::span::Span;
    use crate::yaml::{Budget, File};

    /// The value of `key` in `text`, and what of the text each of its characters was written as.
    #[track_caller]
    fn check(text: &str, value: &str, written: &[&str]) {
        let file = File::parse(text, &Budget::default());
        let node = file.documents()[0].root().expect("a root").get("key").expect("the key");
        assert_eq!(node.text(), Some(value));
        let map = node.value_map().expect("a scalar");
        assert_eq!(map.value_len(), value.len());
        let of = |(at, c): (usize, char)| map.span(Span::new(at, at + c.len_utf8())).of(text).to_owned();
        let found: Vec<String> = value.char_indices().map(of).collect();
        assert_eq!(found, written);
    }

    #[test]
    fn plain_scalars_fold() {
        check("key: ab\n", "ab", &["a", "b"]);
        check("key: a b  \n  c\n", "a b c", &["a", " ", "b", "\n", "c"]);
        check("key: a\r\n\r\n\r\n  c\r\n", "a\n\nc", &["a", "\r\n", "\r\n", "c"]);
        check("{key: a\n b}\n", "a b", &["a", "\n", "b"]);
        check("key:\n", "", &[]);
    }

    #[test]
    fn quoted_scalars_have_escapes() {
        check("key: 'a''b'\n", "a'b", &["a", "''", "b"]);
        check("key: 'a \n\n  b'\n", "a\nb", &["a", "\n", "b"]);
        check(r#"key: "a\tb\\""#, "a\tb\\", &["a", r"\t", "b", r"\\"]);
        check(r#"key: "\x41\u00e9\U0001F600""#, "Aé😀", &[r"\x41", r"\u00e9", r"\U0001F600"]);
        check(r#"key: "\uD834\uDD1E\L\N""#, "𝄞\u{2028}\u{85}", &[r"\uD834\uDD1E", r"\L", r"\N"]);
        check("key: \"a \\\n  b\\\n\n\n  \\ c\"\n", "a b\n\n c", &["a", " ", "b", "\n", "\n", r"\ ", "c"]);
        check("key: \"\n  a\"\n", " a", &["\n", "a"]);
        check("key: ''\n", "", &[]);
    }

    #[test]
    fn literal_scalars_lose_their_indentation() {
        check("key: |\n  a\n   b\n", "a\n b\n", &["a", "\n", " ", "b", "\n"]);
        check("key: |\r\n\r\n  a\r\n", "\na\n", &["\r\n", "a", "\r\n"]);
        check("key: |2-\n   a\n\n\n", " a", &[" ", "a"]);
        check("key: |+\n  a\n\n", "a\n\n", &["a", "\n", "\n"]);
        check("key: |+\n\n\n", "\n\n", &["\n", "\n"]);
        check("key: | # why\n  a\n    \n  b", "a\n  \nb", &["a", "\n", " ", " ", "\n", "b"]);
        check("key: |\n", "", &[]);
        check("key: |\n  ü€𝄞\u{2028}x\n", "ü€𝄞\u{2028}x\n", &["ü", "€", "𝄞", "\u{2028}", "x", "\n"]);
    }

    /// As yaml.v2 2.4.4 and yaml.v3 3.0.4 of Go read them.
    #[test]
    fn a_block_ends_with_the_file() {
        for header in ["|", ">", "|+", "|-"] {
            check(&format!("key: {header}\n  x"), "x", &["x"]);
        }
        for rest in ["\n", "\n ", "\n  ", "\n\n  "] {
            check(&format!("key: |\n  x{rest}"), "x\n", &["x", "\n"]);
        }
        check("key: |+\n  x\n  ", "x\n", &["x", "\n"]);
        check("key: |\n\n\n", "", &[]);
    }

    #[test]
    fn folded_scalars_fold_but_around_deeper_lines() {
        check("key: >\n  a\n  b\n\n  c\n", "a b\nc\n", &["a", "\n", "b", "\n", "c", "\n"]);
        check("key: >-\n  a\n    b\n  c\n", "a\n  b\nc", &["a", "\n", " ", " ", "b", "\n", "c"]);
        check("key: >\n\n  a\n\n    b\n", "\na\n\n  b\n", &["\n", "a", "\n", "\n", " ", " ", "b", "\n"]);
    }
}
