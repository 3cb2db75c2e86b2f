//! How a string is written: plain, quoted, or as a literal block.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::base::text;
use crate::yaml::is_plain_safe;

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
fn is_plain(value: &str) -> bool {
    // An expression in PromQL is no list, and is read best without quotes: behind a letter these mean something only
    // within `[…]` and `{…}`, which are never written. Templates of Helm are left to the quotes.
    let block = || {
        let letter = value.starts_with(|c: char| c.is_ascii_alphabetic()) && !value.contains("{{");
        letter && is_plain_safe(&value.replace([',', '[', ']', '{', '}'], "_"))
    };
    !value.chars().any(must_be_escaped) && (is_plain_safe(value) || block())
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
