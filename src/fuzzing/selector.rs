//! Selectors: what is displayed reads back, PromQL reads it alike, and expressions match as they are reckoned.

use crate::promql::{self, ExprKind, ParseOptions};
use crate::selector::Selector;
use crate::selector::re2::{self, Newlines};
use crate::wire::Label;

const LABELS: [Label<'_>; 3] = [
    Label { name: "__name__", value: "up" },
    Label { name: "job", value: "a-b\nc" },
    Label { name: "größe", value: "é" },
];

pub(super) fn selector(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check_regex(text);
    let selector = match Selector::parse(text) {
        Ok(selector) => selector,
        Err(error) => {
            assert!(text.is_char_boundary(error.offset), "{error}");
            return;
        }
    };
    let shown = selector.to_string();
    let again =
        Selector::parse(&shown).unwrap_or_else(|error| panic!("{text:?} shown as {shown:?}: {error}"));
    let sorted = |selector: &Selector| {
        let mut matchers: Vec<String> = selector.matchers().iter().map(ToString::to_string).collect();
        matchers.sort_unstable();
        matchers
    };
    assert_eq!(sorted(&again), sorted(&selector), "{text:?} shown as {shown:?}");
    assert_eq!(again.matches(&LABELS), selector.matches(&LABELS));
    assert!(!selector.matches(&[]), "{text:?} selects everything");
    check_promql(&selector, &shown);
}

/// PromQL takes every selector, with as many matchers.
fn check_promql(selector: &Selector, shown: &str) {
    let parsed = promql::parse(shown, &ParseOptions::default());
    // A name such as `on` or `sum` is a keyword to PromQL in this place.
    let bare = !shown.starts_with('{');
    let Some(expr) = parsed.expr.filter(|_| parsed.errors.is_empty()) else {
        assert!(bare, "{shown}: {:?}", parsed.errors);
        return;
    };
    match expr.kind {
        ExprKind::Selector(read) => {
            assert_eq!(read.matchers.len() + usize::from(read.name.is_some()), selector.matchers().len());
        }
        ExprKind::Number(_) => assert!(bare),
        other => panic!("{shown} is {other:?}"),
    }
}

/// An expression with groups matches what the one without matches.
fn check_regex(pattern: &str) {
    let (plain, capturing) = (re2::compile(pattern), re2::compile_capturing(pattern, Newlines::Matched));
    let (Ok(plain), Ok(capturing)) = (plain, capturing) else { return };
    for text in ["", "a", "up", "a-b\nc", "é", "aaaa", "node_cpu_seconds_total"] {
        let captures = capturing.captures(text);
        assert_eq!(plain.is_match(text), capturing.is_match(text), "{pattern:?} on {text:?}");
        assert_eq!(plain.is_match(text), captures.is_some(), "{pattern:?} on {text:?}");
        if let Some(captures) = captures {
            assert_eq!(captures.get(0), Some(text));
        }
    }
}
