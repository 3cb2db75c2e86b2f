//! Text from outside, made safe and short for people: escaped, clipped, quoted, counted.
//!
//! Label values, help texts and file names are written by strangers. Unescaped they could move the cursor,
//! recolour the terminal or, with bidirectional controls, read differently from what they are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether `c` may not reach a terminal as it is: C0 and C1 controls, DEL, bidirectional controls, line and
/// paragraph separators, the byte order mark.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// `text` for human output: unsafe characters as `\u{XXXX}`, and `\n`, `\t`, `\r`, `\\`, `\"` as such.
///
/// Borrows where nothing needs escaping. The result is one line and reads back as a Rust string literal.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_with(text, |c, out| {
        let _ = write!(out, "\\u{{{:04X}}}", u32::from(c));
    })
}

/// `text` as a double-quoted PromQL string, with Go's escapes, so that it reads back in any selector.
#[must_use]
pub fn quote(text: &str) -> String {
    let inner = escape_with(text, |c, out| {
        let _ = match u32::from(c) {
            code @ ..0x80 => write!(out, "\\x{code:02x}"),
            code @ ..0x1_0000 => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        };
    });
    format!("\"{inner}\"")
}

/// `text` with the characters that could steer a terminal escaped. Unlike [`escape`] it leaves quotes and
/// backslashes alone: for whole lines, whose parts were quoted where they were made, and for excerpts of files.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{{{:04X}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn escape_with(text: &str, escape_unsafe: impl Fn(char, &mut String)) -> Cow<'_, str> {
    let needs = |c: char| matches!(c, '\\' | '"') || is_unsafe(c);
    let Some(first) = text.find(needs) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            c if is_unsafe(c) => escape_unsafe(c, &mut out),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// `text` in at most `max_bytes`: what is cut off, at a character boundary, is shown by a final `…`.
///
/// Fewer than the 3 bytes of `…` leave a bare cut. Clip before [`escape`], not after: an escape cut in half
/// reads as something else.
#[must_use]
pub fn clip(text: &str, max_bytes: usize) -> Cow<'_, str> {
    const MARK: &str = "…";
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    match max_bytes.checked_sub(MARK.len()) {
        Some(room) => Cow::Owned(format!("{}{MARK}", &text[..text.floor_char_boundary(room)])),
        None => Cow::Borrowed(&text[..text.floor_char_boundary(max_bytes)]),
    }
}

/// `n` with its noun in the right number: `1 sample`, `2 samples`, `0 entries`, `3 series`.
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| noun.ends_with(suffix));
    if n == 1 || ends(&["series"]) {
        format!("{n} {noun}")
    } else if ends(&["y"]) && !ends(&["ay", "ey", "oy", "uy"]) {
        format!("{n} {}ies", &noun[..noun.len() - 1])
    } else if ends(&["s", "x", "ch", "sh"]) {
        format!("{n} {noun}es")
    } else {
        format!("{n} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_could_steer_a_terminal() {
        assert!(matches!(escape("plain, ünïcode 日本"), Cow::Borrowed(_)));
        assert_eq!(escape("a\u{1b}[31m\u{7f}\u{9b}b"), "a\\u{001B}[31m\\u{007F}\\u{009B}b");
        assert_eq!(escape("\n\t\r\\\""), "\\n\\t\\r\\\\\\\"");
        for c in
            ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}').chain("\u{200E}\u{200F}\u{61C}".chars())
        {
            assert_eq!(escape(&c.to_string()), format!("\\u{{{:04X}}}", u32::from(c)));
        }
        assert_eq!(escape("\u{2028}\u{2029}\u{FEFF}\0"), "\\u{2028}\\u{2029}\\u{FEFF}\\u{0000}");
    }

    #[test]
    fn quotes_with_escapes_that_promql_knows() {
        assert_eq!(quote("a\"b\\c\n"), r#""a\"b\\c\n""#);
        assert_eq!(quote("\u{1b}\u{85}\u{202e}é"), r#""\x1b\u0085\u202eé""#);
    }

    #[test]
    fn clips_at_a_character() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("longer text", 8), "longe…");
        assert_eq!(clip("ééééé", 8), "éé…");
        assert_eq!(clip("éé", 3), "…");
        assert_eq!(clip("éé", 2), "é");
        assert_eq!(clip("éé", 0), "");
    }

    #[test]
    fn counts_in_the_right_number() {
        for (n, noun, expect) in [
            (0, "sample", "0 samples"),
            (1, "sample", "1 sample"),
            (2, "series", "2 series"),
            (1_234_567, "entry", "1234567 entries"),
            (2, "key", "2 keys"),
            (2, "match", "2 matches"),
        ] {
            assert_eq!(count(n, noun), expect);
        }
    }
}
