//! References to what a pattern captured: `$1`, `${1}`.
//!
//! Patterns with `*` and regular expressions read them differently. For the first, a reference goes on as long as there
//! are letters, digits, `_` and `$`: `$1_$2` is one, to nothing.

use crate::base::span::Span;

/// A reference in a text, its `$` included, and what stands behind that.
pub(super) struct Reference<'t> {
    pub(super) span: Span,
    pub(super) name: &'t str,
}

/// The references of a mapping with a pattern of `*`: `\$\{?([a-zA-Z0-9_\$]+)\}?`.
pub(super) fn of_glob(text: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(before) = text.get(at..).and_then(|rest| rest.find('$')) {
        let start = at + before;
        let after = &text[start + 1..];
        let inner = after.strip_prefix('{').unwrap_or(after);
        let len = inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$')).count();
        let (name, rest) = inner.split_at(len);
        at = start + 1;
        if !name.is_empty() {
            at = text.len() - rest.strip_prefix('}').unwrap_or(rest).len();
            found.push(Reference { span: Span::new(start, at), name });
        }
    }
    found
}

/// Whether a text can name a metric: letters, digits, `_` and references by number; no digit first.
pub(super) fn is_name(text: &str) -> bool {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let first = rest.len() == text.len();
        rest = match c {
            '$' => match number(&rest[1..]) {
                Some(left) => left,
                None => return false,
            },
            c if c.is_ascii_alphabetic() || c == '_' || (c.is_ascii_digit() && !first) => &rest[1..],
            // What is left of a reference that began with a brace, or of one that ends with more of them.
            _ => return false,
        };
    }
    !text.is_empty()
}

/// What follows `{1}`, `1}`, `{1` or `1`.
fn number(after: &str) -> Option<&str> {
    let inner = after.strip_prefix('{').unwrap_or(after);
    let rest = inner.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < inner.len()).then(|| rest.strip_prefix('}').unwrap_or(rest))
}

/// Each number right behind a `$` in braces: `$1_$2` as `${1}_${2}`. `None` where something else is behind one.
pub(super) fn braced(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 4);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let left = after.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &after[..after.len() - left.len()];
        if digits.is_empty() {
            return None;
        }
        out.push_str(before);
        out.push_str("${");
        out.push_str(digits);
        out.push('}');
        rest = left;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str)]) {
        let found: Vec<_> = of_glob(text).iter().map(|it| (it.span.of(text), it.name)).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn references_are_as_long_as_they_can_be() {
        check("a_${1}_$2", &[("${1}", "1"), ("$2", "2")]);
        check("$1_$2", &[("$1_$2", "1_$2")]);
        check("$ $- ${} é$1é", &[("$1", "1")]);
        check("${1_a}$2}", &[("${1_a}", "1_a"), ("$2}", "2")]);
    }

    #[test]
    fn names_are_those_of_the_exporter() {
        for good in ["a", "_1", "$1", "${1}_a", "a$1b${2}", "$1}a", "${1a"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1a", "a-b", "a.b", "a:b", "$x", "${x}", "a}", "é", "$1}}"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_get_braces() {
        assert_eq!(braced("$1_$2_total").as_deref(), Some("${1}_${2}_total"));
        assert_eq!(braced("$1_$x"), None);
    }
}
