//! Regular expressions that do no more than a comparison, or have anchors that are there anyway.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::lint::model::{Expression, PromRule};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{MatchOp, Matcher, uses};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/redundant-regex",
    severity: Severity::Info,
    summary: "a regular expression where a comparison says the same, or with anchors that change nothing",
    page: include_str!("../../../../docs/rules/rules/redundant-regex.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    let Some(tree) = expr.parsed.expr.as_ref().filter(|_| expr.parsed.errors.is_empty()) else { return };
    for it in uses(tree).selectors {
        for matcher in &it.selector.matchers {
            if matches!(matcher.op, MatchOp::Matches | MatchOp::NotMatches) {
                out.found.extend(one(expr, matcher).map(|finding| (out.source, finding)));
            }
        }
    }
}

fn one(expr: &Expression<'_>, matcher: &Matcher) -> Option<Finding> {
    let value = matcher.value.text.as_str();
    let (op, plain) = match matcher.op {
        MatchOp::Matches => ("=~", "="),
        _ => ("!~", "!="),
    };
    if !value.contains(|c| r"\.+*?()|[]{}^$".contains(c)) {
        let between = Span::new(matcher.name.span.end, matcher.value.span.start);
        let at = between.start + between.of(expr.text()).find(op)?;
        let span = Span::new(at, at + 2);
        let message = format!("`{op}` compares with plain text, as `{plain}` does");
        let finding = RULE.at(expr.place(span), message).label("no pattern").help(format!("write `{plain}`"));
        return Some(match expr.verbatim(span) {
            Some(span) => {
                let edits = vec![Edit::replace(span, plain)];
                finding.fix(format!("write `{plain}`"), Safety::Safe, edits)
            }
            None => finding,
        });
    }
    anchors(expr, matcher)
}

/// Anchors at the ends: the whole value is matched in any case.
fn anchors(expr: &Expression<'_>, matcher: &Matcher) -> Option<Finding> {
    let value = matcher.value.text.as_str();
    let quoted = matcher.value.span;
    let written = quoted.of(expr.text());
    let front = value.starts_with('^') && !value[1..].starts_with(['*', '+', '?', '{']);
    let escaped = value.bytes().rev().skip(1).take_while(|b| *b == b'\\').count() % 2 == 1;
    let back = value.len() > 1 && value.ends_with('$') && !escaped && !value.contains("\\Q");
    let front =
        (front && written[1..].starts_with('^')).then(|| Span::new(quoted.start + 1, quoted.start + 2));
    let back = (back && written[..written.len() - 1].ends_with('$'))
        .then(|| Span::new(quoted.end - 2, quoted.end - 1));
    let spans: Vec<Span> = front.into_iter().chain(back).collect();
    let first = *spans.first()?;
    let what = match spans.len() {
        1 => format!(
            "`{}` changes nothing: a pattern matches the whole value in any case",
            first.of(expr.text())
        ),
        _ => "`^` and `$` change nothing: a pattern matches the whole value in any case".to_owned(),
    };
    let finding = RULE.at(expr.place(first), what).label("needless").help("leave the anchors out");
    let edits: Option<Vec<Edit>> = spans.iter().map(|span| expr.verbatim(*span).map(Edit::delete)).collect();
    Some(match edits {
        Some(edits) => finding.fix("leave out the anchors", Safety::Safe, edits),
        None => finding,
    })
}
