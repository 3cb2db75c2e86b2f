//! Replacements: text with `$1`, `${1}`, `$name`, `${name}` and `$$`, as Go's `Regexp.Expand` reads it.
//!
//! A name is as long as it can be: `$1x` is the group named `1x`. A `$` that begins nothing is a `$`. What no
//! group has is empty.

use crate::base::span::Span;
use crate::selector::re2::{Captures, is_word};

/// A parsed replacement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Text(String),
    Group(usize),
    Name(String),
}

impl Template {
    pub(super) fn parse(mut rest: &str) -> Self {
        let mut parts = Vec::new();
        let mut text = String::new();
        while let Some((before, after)) = rest.split_once('$') {
            text.push_str(before);
            let (part, left) = match after.strip_prefix('$') {
                Some(left) => (None, left),
                None => variable(after).map_or((None, after), |(name, left)| (Some(part(name)), left)),
            };
            rest = left;
            match part {
                None => text.push('$'),
                Some(part) => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    parts.push(part);
                }
            }
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Self { parts }
    }

    /// The text itself, where it has no variables.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.parts[..] {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends what it stands for to `out`. `false`, with a part of it appended, when that is more than `max` bytes.
    pub(super) fn expand(&self, captures: &Captures<'_, '_>, max: usize, out: &mut String) -> bool {
        let end = out.len().saturating_add(max);
        self.parts.iter().all(|part| {
            let text = match part {
                Part::Text(text) => text,
                Part::Group(index) => captures.get(*index).unwrap_or_default(),
                Part::Name(name) => captures.named(name).unwrap_or_default(),
            };
            let fits = out.len() + text.len() <= end;
            if fits {
                out.push_str(text);
            }
            fits
        })
    }
}

/// The variables of a replacement, or of a target label: where each stands, its `$` included, and the name of its group.
pub fn variables(text: &str) -> Vec<(Span, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(before) = text.get(at..).and_then(|rest| rest.find('$')) {
        let start = at + before;
        let after = &text[start + 1..];
        at = match variable(after) {
            _ if after.starts_with('$') => start + 2,
            Some((name, rest)) => {
                let end = text.len() - rest.len();
                found.push((Span::new(start, end), name));
                end
            }
            None => start + 1,
        };
    }
    found
}

/// After a `$`: the name of a variable, and what follows it.
fn variable(after: &str) -> Option<(&str, &str)> {
    let braced = after.strip_prefix('{');
    let inner = braced.unwrap_or(after);
    let end = inner.find(|c| !is_word(c)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let rest = if braced.is_some() { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

/// By number, if it is one without a leading zero and of at most nine digits.
fn part(name: &str) -> Part {
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    let plain = digits && name.len() <= 9 && (name == "0" || !name.starts_with('0'));
    match name.parse() {
        Ok(index) if plain => Part::Group(index),
        _ => Part::Name(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::re2::{Newlines, compile_capturing};

    #[track_caller]
    fn check(template: &str, expect: &str) {
        let pattern = r"(?P<first>\w+)-(?P<both>b)?(?P<both>c)?(?P<1x>d)?(?P<01>e)?";
        let pattern = compile_capturing(pattern, Newlines::Matched).unwrap();
        let captures = pattern.captures("a-cde").unwrap();
        let mut out = String::new();
        assert!(Template::parse(template).expand(&captures, 1000, &mut out));
        assert_eq!(out, expect, "{template}");
    }

    #[test]
    fn expands_as_go_does() {
        for (template, expect) in [
            ("", ""),
            ("x", "x"),
            ("$1", "a"),
            ("${1}", "a"),
            ("$0", "a-cde"),
            ("<$first>", "<a>"),
            ("${first}s", "as"),
            ("$firsts", ""),
            ("$1x", "d"),
            ("${1}x", "ax"),
            ("$1_", ""),
            ("$1-$3", "a-c"),
            ("$2", ""),
            ("$both", "c"),
            ("$9", ""),
            ("$999999999", ""),
            ("$99999999999999999999", ""),
            ("$01", "e"),
            ("$00", ""),
            ("$$", "$"),
            ("$$1", "$1"),
            ("$$$1", "$a"),
            ("$", "$"),
            ("a$", "a$"),
            ("$-$1", "$-a"),
            ("${1", "${1"),
            ("${}", "${}"),
            ("${1 }", "${1 }"),
            ("${-}$1", "${-}a"),
            ("${$1}", "${a}"),
            ("$é", ""),
            ("$1é", ""),
            ("$1²", "a²"),
        ] {
            check(template, expect);
        }
    }

    #[test]
    fn says_where_variables_stand() {
        let found = |text| {
            variables(text).iter().map(|(span, name)| (span.start, span.end, *name)).collect::<Vec<_>>()
        };
        assert_eq!(found("$1_x-${2}$$3$"), [(0, 4, "1_x"), (5, 9, "2")]);
        assert_eq!(found("${}é$a"), [(5, 7, "a")]);
    }

    #[test]
    fn knows_when_it_is_a_plain_text() {
        let literal = |text| Template::parse(text).literal().map(str::to_owned);
        assert_eq!(literal(""), Some(String::new()));
        assert_eq!(literal("a$$b$"), Some("a$b$".to_owned()));
        assert_eq!(literal("a$1"), None);
    }

    #[test]
    fn stops_at_a_bound() {
        let pattern = compile_capturing("(.*)", Newlines::Matched).unwrap();
        let captures = pattern.captures("0123456789").unwrap();
        let mut out = String::from("ab");
        assert!(!Template::parse("$1$1$1").expand(&captures, 25, &mut out));
        assert_eq!(out.len(), 22);
    }
}
