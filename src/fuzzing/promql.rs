//! PromQL: any text gives a tree or a fault, every place lies within the text, and what is displayed parses back to the
//! same tree.

use crate::base::span::Span;
use crate::base::version::Version;
use crate::promql::{Expr, Features, ParseOptions, parse, series, uses};

const ALL: ParseOptions = ParseOptions { version: Version::NEWEST, features: Features::ALL };

pub(super) fn promql(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
        check_series(text);
    }
}

/// What describes a series: places lie within the text, and stand one after another.
fn check_series(text: &str) {
    let within = |span: Span| assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}");
    match series::values(text, &ALL) {
        Ok(items) => {
            items.iter().for_each(|item| within(item.span));
            assert!(items.is_sorted_by(|a, b| a.span.end < b.span.start), "{text:?}");
        }
        Err(error) => within(error.span),
    }
    match (series::series(text, &ALL), series::sample_labels(text, &ALL)) {
        (Ok(metric), Ok(same)) => {
            assert_eq!(metric, same);
            metric.name.iter().for_each(|name| within(name.span));
            metric.labels.iter().for_each(|(name, value)| assert!(name.span.end <= value.span.end));
        }
        (Err(error), _) => within(error.span),
        (Ok(_), Err(error)) => panic!("{text:?} is a series and no sample: {error}"),
    }
}

#[track_caller]
pub(crate) fn check(text: &str) {
    for options in [ALL, ParseOptions::default(), ParseOptions { version: Version::new(3, 0), ..ALL }] {
        let parsed = parse(text, &options);
        assert!(parsed.expr.is_some() || !parsed.errors.is_empty());
        for error in &parsed.errors {
            assert!(text.get(error.span.start..error.span.end).is_some(), "{error:?} in {text:?}");
        }
        if let Some(expr) = &parsed.expr {
            check_spans(expr, text);
            let used = uses(expr);
            assert!(used.selectors.len() <= text.len());
        }
    }
    check_round_trip(text);
}

/// Displayed, read and displayed again: the same text, and the same tree but for its spans.
fn check_round_trip(text: &str) {
    let parsed = parse(text, &ALL);
    let Some(expr) = parsed.expr.filter(|_| parsed.errors.is_empty()) else { return };
    let shown = expr.to_string();
    let again = parse(&shown, &ALL);
    assert_eq!(again.errors, [], "{text} shown as {shown}");
    let again = again.expr.expect("no errors");
    assert_eq!(again.to_string(), shown);
    assert_eq!(without_spans(&again), without_spans(&expr), "{text} shown as {shown}");
}

/// The tree as `Debug` has it, but for the numbers in its spans.
pub(crate) fn without_spans(tree: &impl std::fmt::Debug) -> String {
    let debug = format!("{tree:?}");
    let mut parts = debug.split("Span { start: ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    kept
}

/// Every span lies within the text, on character boundaries, and around those of its children.
fn check_spans(expr: &Expr, text: &str) {
    let mut stack = vec![expr];
    while let Some(expr) = stack.pop() {
        assert!(text.get(expr.span.start..expr.span.end).is_some_and(|part| !part.is_empty()), "{text:?}");
        for child in expr.children() {
            assert!(expr.span.start <= child.span.start && child.span.end <= expr.span.end, "{text:?}");
            stack.push(child);
        }
    }
}
