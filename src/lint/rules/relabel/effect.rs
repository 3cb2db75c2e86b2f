//! What can be said of a rule without knowing the labels it is given: what it reads, may change, can match.
//!
//! Every answer holds for every label set; where none does, it is the harmless one. The tests hold them against the
//! engine.

use crate::lint::model::Entry;
use crate::relabel::{Action, Rule, variables};

/// Of how many rules of a list it is asked what all the others do to them: nobody writes as many, and a list of tens of
/// thousands must not take a minute.
pub(super) const TOGETHER: usize = 1_000;

/// Whether the value of `label` may be another one after the rule.
pub(super) fn may_change(rule: &Rule, label: &str) -> bool {
    match rule.action() {
        Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual => false,
        Action::LabelDrop => rule.regex().is_match(label),
        Action::LabelKeep => !rule.regex().is_match(label),
        Action::LabelMap => true,
        Action::Replace | Action::HashMod | Action::Lowercase | Action::Uppercase => may_write(rule, label),
    }
}

/// Whether the rule may write `label` by its `target_label`.
pub(super) fn may_write(rule: &Rule, label: &str) -> bool {
    let target = rule.target_label();
    match rule.action() {
        Action::Replace => target == label || !variables(target).is_empty(),
        Action::HashMod | Action::Lowercase | Action::Uppercase => target == label,
        _ => false,
    }
}

/// Whether no label set has `label` after the rule.
pub(super) fn removes(rule: &Rule, label: &str) -> bool {
    match rule.action() {
        Action::LabelDrop | Action::LabelKeep => may_change(rule, label),
        _ => false,
    }
}

/// Whether the rule looks at the value of `label`.
pub(super) fn reads(rule: &Rule, label: &str) -> bool {
    let source = rule.source_labels().iter().any(|source| source == label);
    match rule.action() {
        Action::LabelMap => rule.regex().is_match(label),
        Action::LabelDrop | Action::LabelKeep => false,
        Action::KeepEqual | Action::DropEqual => source || rule.target_label() == label,
        _ => source,
    }
}

/// Whether some label set may match, for the actions that match values.
pub(super) fn can_match(rule: &Rule) -> bool {
    let regex = rule.regex();
    let others = match rule.source_labels().len().checked_sub(1) {
        None => return regex.is_match(""),
        Some(others) => others,
    };
    // Joined values have every separator in them.
    let separator = rule.separator();
    let fits = |text: &str| separator.is_empty() || text.matches(separator).count() >= others;
    regex.texts().is_none_or(|texts| texts.iter().any(|text| fits(text)))
}

/// Whether every label set matches, for the actions that match values.
pub(super) fn always_matches(rule: &Rule) -> bool {
    match rule.source_labels() {
        [] => rule.regex().is_match(""),
        _ => rule.regex().matches_all(),
    }
}

/// Whether two rules match the same value, as long as no label changes.
pub(super) fn same_value(a: &Rule, b: &Rule) -> bool {
    let sources = a.source_labels();
    sources == b.source_labels() && (sources.len() < 2 || a.separator() == b.separator())
}

/// Whether what the rule writes is what it matched.
pub(super) fn writes_the_match(rule: &Rule, entry: &Entry<'_>) -> bool {
    match entry.replacement() {
        "$0" | "${0}" => true,
        "$1" | "${1}" => rule.regex().groups() == 1 && rule.regex().groups_are_whole(),
        _ => false,
    }
}
