//! What Telegraf replaces in a config: the one thing that text from outside must never contain.
//!
//! Telegraf 1.37 puts environment variables in for `$NAME`, `${NAME}`, `${NAME:-default}` and their kin, and makes `$$`
//! a `$`: without `--strict-env-handling` in the whole text before it is TOML, keys included; with it in every
//! string value after escapes are decoded, so `\u0024{NAME}` too. Options that hold secrets are searched for
//! `@{store:key}` when they are used. `&{` and `::{` are refused beside them: no version known to us reads them, and no
//! endpoint needs them.

use crate::base::span::Span;

/// The first stretch of `text` that Telegraf might replace, or that has no place in a config line: a reference, or a
/// character that [`crate::base::text::escape`] would escape for being unsafe.
#[must_use]
pub fn find(text: &str) -> Option<Found> {
    text.char_indices().find_map(|(at, c)| {
        let rest = &text[at..];
        let reference = match c {
            '$' => Some(1 + usize::from(rest[1..].starts_with(['{', '$']))),
            '@' | '&' if rest[1..].starts_with('{') => Some(2),
            ':' if rest.starts_with("::{") => Some(3),
            _ => None,
        };
        match reference {
            Some(len) => Some(Found { span: Span::new(at, at + len), what: What::Reference }),
            None => crate::base::text::is_unsafe(c)
                .then(|| Found { span: Span::new(at, at + c.len_utf8()), what: What::Unsafe }),
        }
    })
}

/// What [`find`] found, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    pub span: Span,
    pub what: What,
}

/// Why a stretch of text may not reach a config.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Telegraf may put something else in its place.
    Reference,
    /// A control character, or one that makes text read otherwise than it is.
    Unsafe,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<(&str, What)>) {
        let found = find(text);
        assert_eq!(found.map(|found| (found.span.of(text), found.what)), expect, "{text:?}");
    }

    #[test]
    fn every_form_that_telegraf_replaces_is_found() {
        check("a$NAME", Some(("$", What::Reference)));
        check("${NAME}", Some(("${", What::Reference)));
        check("${NAME:-x}", Some(("${", What::Reference)));
        check("$$NAME", Some(("$$", What::Reference)));
        check("cost: 5$", Some(("$", What::Reference)));
        check("é@{store:key}", Some(("@{", What::Reference)));
        check("&{x}", Some(("&{", What::Reference)));
        check("a::{x}", Some(("::{", What::Reference)));
        check(":::{", Some(("::{", What::Reference)));
    }

    #[test]
    fn controls_and_bidi_are_found() {
        check("a\nb", Some(("\n", What::Unsafe)));
        check("a\0", Some(("\0", What::Unsafe)));
        check("a\u{202e}b", Some(("\u{202e}", What::Unsafe)));
        check("a\u{85}b", Some(("\u{85}", What::Unsafe)));
    }

    #[test]
    fn other_text_is_silent() {
        for text in ["", "http://a:1/b?c=d&e={f}", "a@b", "日本", "a & b", "[::1]", "{}", "%24"] {
            check(text, None);
        }
    }
}
