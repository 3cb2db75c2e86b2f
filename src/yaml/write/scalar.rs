//! How a string is written: plain, quoted, or as a literal block.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::base::text;

/// A string on one line, as plain as it may be.
pub(super) fn line(value: &str) -> Cow<'_, str> {
    if is_plain(value) {
        return Cow::Borrowed(value);
    }
    // Regular expressions and JSON are read better without their backslashes doubled.
    let escapes = value.chars().any(must_be_escaped);
    if !escapes && value.contains(['"', '\\']) {
        return Cow::Owned(format!("'{}'", value.replace('\'', "''")));
    }
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if must_be_escaped(c) => escape(c, &mut out),
            c => out.push(c),
        }
    }
    out.push('"');
    Cow::Owned(out)
}

/// The first line of the literal block that says exactly `value`: `|`, `|-` or `|+`, with the indentation where a
/// reader could not find it. `None` where a block would not be exact in every reader, or in an editor that strips
/// spaces from the ends of lines.
pub(super) fn literal_header(value: &str) -> Option<String> {
    if !value.contains('\n') || value.chars().any(|c| c != '\n' && c != '\t' && must_be_escaped(c)) {
        return None;
    }
    if value.split('\n').any(|line| line.ends_with([' ', '\t'])) {
        return None;
    }
    let first = value.split('\n').find(|line| !line.is_empty())?;
    let indentation = if first.starts_with([' ', '\t']) { "2" } else { "" };
    let chomping = match value.strip_suffix('\n') {
        None => "-",
        Some(rest) if rest.ends_with('\n') => "+",
        Some(_) => "",
    };
    Some(format!("|{indentation}{chomping}"))
}

/// Whether every reader takes the bare text for this very string, in a key too.
///
/// On the safe side: what could be a number, a time or a truth value in any of them is not plain.
fn is_plain(value: &str) -> bool {
    let inner = |b: u8| b.is_ascii_graphic() || b == b' ';
    let first = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'$' | b'(' | b'^');
    value.as_bytes().first().is_some_and(first)
        && value.bytes().all(inner)
        && !value.ends_with([' ', ':'])
        && !value.contains(": ")
        && !value.contains(" #")
        && !value.contains("{{")
        && !is_word_of_yaml(value)
        && !like_a_number(value)
}

fn is_word_of_yaml(value: &str) -> bool {
    const WORDS: [&str; 11] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// Integers of every base, floats, times of day and dates are of these characters, or begin as dates do.
fn like_a_number(value: &str) -> bool {
    let of_numbers = |b: u8| b.is_ascii_hexdigit() || b"xXoO_.:+-".contains(&b);
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let date = digits == 4 && value.as_bytes().get(digits) == Some(&b'-');
    date || (digits > 0 && value.bytes().all(of_numbers))
}

/// What may not stand in the file as it is: what readers refuse or take for a line break, and what an editor shows
/// as something else.
fn must_be_escaped(c: char) -> bool {
    text::is_unsafe(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

fn escape(c: char, out: &mut String) {
    let _ = match u32::from(c) {
        code @ ..0x100 => write!(out, "\\x{code:02x}"),
        code @ ..0x1_0000 => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    };
}
