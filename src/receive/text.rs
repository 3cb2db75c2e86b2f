//! Foreign text in our sentences: control and bidirectional characters escaped, length bounded.

use std::fmt::Write;

/// Escapes what a terminal, a log or an HTTP client could take for more than text: C0 and C1 controls, line
/// separators, and the characters that turn the direction of writing.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if is_unsafe(char) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(char)); // writing to a string cannot fail
            }
            _ => out.push(char),
        }
    }
    out
}

fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The first `max` bytes of `text`, at a character boundary, with `…` in place of what is cut.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let mut end = max.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_controls_and_direction_marks() {
        assert_eq!(escape("a\u{1b}[31m\nb\u{202e}c\u{9b}"), "a\\u{1b}[31m\\nb\\u{202e}c\\u{9b}");
        assert_eq!(escape("größe {x=\"y\"}"), "größe {x=\"y\"}");
    }

    #[test]
    fn cuts_at_a_character_boundary() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abc…");
        assert_eq!(cut("äöüß", 6), "ä…");
        assert!(cut("ääääääää", 7).len() <= 7);
    }
}
