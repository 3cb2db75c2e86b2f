//! Anchors that are there already, and names that are not whole.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::lint::model::{Entry, Relabeling};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{self, Action};
use crate::selector::re2::{Newlines, compile_capturing};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/partial-anchor",
    severity: Severity::Info,
    summary: "a redundant `^` or `$`, or an expression that looks like the beginning of a name",
    page: include_str!("../../../../docs/rules/relabel/partial-anchor.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        let Some(rule) = entry.valid() else { continue };
        if let Some(finding) = anchors(entry).or_else(|| beginning(rule, entry)) {
            out.report(finding);
        }
    }
}

fn anchors(entry: &Entry<'_>) -> Option<Finding> {
    let node = entry.get("regex")?;
    let (text, map) = (node.text()?, node.value_map()?);
    let mut spans = Vec::new();
    if text.starts_with('^') {
        spans.push(Span::new(0, 1));
    }
    if let Some(rest) = text.strip_suffix('$')
        && rest.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 0
        && text.len() > 1
    {
        spans.push(Span::new(rest.len(), text.len()));
    }
    let first = *spans.first()?;
    let bare: String = {
        let end =
            if spans.last().is_some_and(|span| span.end == text.len()) { text.len() - 1 } else { text.len() };
        text.get(usize::from(text.starts_with('^'))..end)?.to_owned()
    };
    let finding = RULE
        .at(map.span(first), "this anchor is there already")
        .label("redundant")
        .why("expressions of relabel rules always match the whole value")
        .help("remove it");
    // What is left must be an expression, with the anchor of no repetition, and no other anchor that says more.
    let edits: Option<Vec<Edit>> = spans.iter().map(|span| map.verbatim(*span).map(Edit::delete)).collect();
    let plain =
        compile_capturing(&bare, Newlines::Matched).is_ok() && !bare.is_empty() && !text.contains('|');
    Some(match edits.filter(|_| plain && !text.contains('#') && !text.contains("(?")) {
        Some(edits) => finding.fix("remove what is redundant", Safety::Safe, edits),
        None => finding,
    })
}

/// A text that ends as no name ends: what was meant begins so.
fn beginning(rule: &relabel::Rule, entry: &Entry<'_>) -> Option<Finding> {
    let node = entry.get("regex")?;
    let names = match rule.action() {
        Action::Keep | Action::Drop => matches!(rule.source_labels(), [source] if source == "__name__"),
        Action::LabelMap | Action::LabelDrop | Action::LabelKeep => true,
        _ => false,
    };
    let text = rule
        .regex()
        .texts()?
        .iter()
        .find(|text| text.len() > 1 && text.ends_with('_') && !text.ends_with("__"))?;
    names.then(|| {
        RULE.at(node.span(), format!("the expression matches the name `{text}` and no longer one"))
            .label("looks like the beginning of a name")
            .why("expressions of relabel rules always match the whole value")
            .help(format!("write `{text}.*` for every name that begins so"))
    })
}
