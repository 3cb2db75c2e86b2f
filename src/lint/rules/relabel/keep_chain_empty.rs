//! Rules that together keep nothing.

use super::effect::{can_match, may_change, same_value};
use crate::base::text;
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Entry, Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{self, Action};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/keep-chain-empty",
    severity: Severity::Warning,
    summary: "`keep` rules of which no label set passes all",
    page: include_str!("../../../../docs/rules/relabel/keep-chain-empty.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

/// How many rules behind a `keep` are held against it: a list of tens of thousands of them is checked in linear time.
const AHEAD: usize = 50;

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for (at, entry) in list.entries.iter().enumerate() {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::Keep) else { continue };
        if !can_match(rule) {
            out.report(never(rule, entry).why(consequence(list.stage)));
            return;
        }
        if let Some((with, other)) = emptied(rule, &list.entries[at + 1..]) {
            let label = text::clip(&rule.source_labels().join(rule.separator()), 60).into_owned();
            let finding = RULE
                .at(
                    with.place("regex").span(),
                    format!("nothing that passes the `keep` on `{label}` above is left here"),
                )
                .label("and this")
                .related(entry.place("regex").span(), "what is kept has this")
                .why(consequence(list.stage));
            let both = other.action() == Action::Keep;
            out.report(finding.help(match both {
                true => "rules hold together: to keep what has the one or the other, write one rule with `one|other`",
                false => "remove one of the two rules",
            }));
            return;
        }
    }
}

fn never(rule: &relabel::Rule, entry: &Entry<'_>) -> Finding {
    let at = entry.place("regex").span();
    match rule.source_labels().len() {
        0 => RULE
            .at(at, "this `keep` looks at no label, and keeps nothing")
            .label("does not match the empty text")
            .help("name the label to look at in `source_labels`"),
        count => RULE
            .at(at, format!("this `keep` never matches: {count} values are joined by `{}`", rule.separator()))
            .label("has too few separators")
            .help("match each value, with the separator between them"),
    }
}

fn consequence(stage: Stage) -> &'static str {
    match stage {
        Stage::Target => "no target is left to scrape",
        Stage::Metric => "every sample of the scrape is dropped",
        Stage::Write => "nothing is sent",
        Stage::Alert => "no alert is sent",
        Stage::Alertmanager => "no Alertmanager is left to send to",
        Stage::Unknown => "everything is dropped",
    }
}

/// The first of the rules `after` that leaves nothing of what `keep` lets through, as far as no rule between may change
/// what it looks at.
fn emptied<'e, 'w>(
    keep: &relabel::Rule,
    after: &'e [Entry<'w>],
) -> Option<(&'e Entry<'w>, &'e relabel::Rule)> {
    // Every value that may still be there; `None` for more than can be listed.
    let mut live: Option<Vec<&str>> =
        keep.regex().texts().map(|texts| texts.iter().map(|text| &**text).collect());
    for entry in after.iter().take(AHEAD) {
        let rule = entry.valid()?;
        if keep.source_labels().iter().any(|label| may_change(rule, label)) {
            return None;
        }
        if !same_value(keep, rule) {
            continue;
        }
        let regex = rule.regex();
        match (rule.action(), &mut live) {
            (Action::Keep, Some(live)) => live.retain(|text| regex.is_match(text)),
            (Action::Drop, Some(live)) => live.retain(|text| !regex.is_match(text)),
            (Action::Keep, None) => {
                live = match regex.texts() {
                    Some(texts) => Some(
                        texts.iter().map(|text| &**text).filter(|text| keep.regex().is_match(text)).collect(),
                    ),
                    None => {
                        let (a, b) = (keep.regex().prefix(), regex.prefix());
                        (!a.starts_with(b) && !b.starts_with(a)).then(Vec::new)
                    }
                };
            }
            _ => {}
        }
        if live.as_ref().is_some_and(Vec::is_empty) {
            return Some((entry, rule));
        }
    }
    None
}
