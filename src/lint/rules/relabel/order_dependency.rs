//! Labels that a rule reads where they cannot be yet, or cannot be any more.

use super::effect::{TOGETHER, may_change, may_write, reads, removes};
use crate::diagnostic::Severity;
use crate::lint::model::Relabeling;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{self, Action};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/order-dependency",
    severity: Severity::Warning,
    summary: "a label that is read before it is set, or after it is removed",
    page: include_str!("../../../../docs/rules/relabel/order-dependency.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

/// Prometheus promises never to set labels that begin so.
const TEMPORARY: &str = "__tmp";

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    let Some(rules) = list.all_valid() else { return };
    for (at, (rule, entry)) in rules.iter().zip(&list.entries).enumerate().take(TOGETHER) {
        for label in read(rule) {
            let place = entry.source(label).span();
            if let Some(by) = removed(&rules[..at], label) {
                let finding = RULE
                    .at(place, format!("`{label}` is always empty here: it was removed before"))
                    .label("read here")
                    .related(list.entries[by].place("regex").span(), "removed here")
                    .why("rules run in the order of the list")
                    .help("move the rule that removes it behind this one");
                out.report(finding);
            } else if label.starts_with(TEMPORARY) && !rules[..at].iter().any(|it| may_change(it, label)) {
                let Some(by) = rules.iter().skip(at).position(|it| may_write(it, label)) else { continue };
                let by = &list.entries[at + by];
                if std::ptr::eq(by, entry) {
                    continue; // a label that is built up from itself; what is in it first is not known
                }
                let finding = RULE
                    .at(place, format!("`{label}` is read before it is set"))
                    .label("read here, empty")
                    .related(by.place("target_label").span(), "set here")
                    .why("rules run in the order of the list")
                    .help("move the rule that sets it before this one");
                out.report(finding);
            }
        }
    }
}

/// The labels that a rule names to be read, each once.
fn read(rule: &relabel::Rule) -> Vec<&str> {
    let mut labels: Vec<&str> = rule.source_labels().iter().map(String::as_str).collect();
    if matches!(rule.action(), Action::KeepEqual | Action::DropEqual) {
        labels.push(rule.target_label());
    }
    labels.retain(|label| reads(rule, label));
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// Which of the rules removed the label for good.
fn removed(before: &[&relabel::Rule], label: &str) -> Option<usize> {
    let last = before.iter().rposition(|rule| may_change(rule, label))?;
    removes(before[last], label).then_some(last)
}
