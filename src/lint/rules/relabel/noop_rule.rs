//! Rules that change nothing, whatever labels they are given.

use super::effect::{always_matches, can_match, writes_the_match};
use crate::diagnostic::Severity;
use crate::lint::model::{Entry, Relabeling};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{self, Action};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/noop-rule",
    severity: Severity::Warning,
    summary: "a relabel rule that changes nothing, whatever it is given",
    page: include_str!("../../../../docs/rules/relabel/noop-rule.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        let Some(rule) = entry.valid() else { continue };
        let Some(Noop { message, at, why, help }) = noop(rule, entry) else { continue };
        out.report(RULE.at(entry.place(at).span(), message).label("changes nothing").why(why).help(help));
    }
}

struct Noop {
    message: String,
    at: &'static str,
    why: String,
    help: &'static str,
}

fn noop(rule: &relabel::Rule, entry: &Entry<'_>) -> Option<Noop> {
    let action = rule.action();
    let sources = rule.source_labels();
    let to_itself = matches!(sources, [source] if source == rule.target_label());
    let no_source = "without `source_labels` the value is empty for every label set";
    Some(match action {
        Action::Keep if always_matches(rule) => Noop {
            message: "this `keep` keeps everything".to_owned(),
            at: if sources.is_empty() { "action" } else { "regex" },
            why: if sources.is_empty() {
                format!("{no_source}, and the expression matches it")
            } else {
                "the expression matches every value, the empty one of a label that is not there too"
                    .to_owned()
            },
            help: if sources.is_empty() {
                "name the label to look at in `source_labels`"
            } else {
                "write `.+` to keep only what has the label, or remove the rule"
            },
        },
        Action::Drop if sources == ["__name__"] && only_labels(rule) => Noop {
            message: "this `drop` looks for metrics with the names of labels".to_owned(),
            at: "regex",
            why: "`__name__` is the name of the metric; no metric is called so".to_owned(),
            help: "to remove labels by their names, write `action: labeldrop` without `source_labels`",
        },
        Action::Drop | Action::Replace if !can_match(rule) => Noop {
            message: format!("this `{action}` never matches"),
            at: "regex",
            why: if sources.is_empty() {
                format!("{no_source}, and the expression does not match it")
            } else {
                format!(
                    "{} values come joined by `{}`, and the expression has too few of them",
                    sources.len(),
                    rule.separator()
                )
            },
            help: if sources.is_empty() {
                "name the label to look at in `source_labels`"
            } else {
                "match each value, with the separator between them"
            },
        },
        Action::Replace if to_itself && writes_the_match(rule, entry) => Noop {
            message: format!("this `replace` writes `{}` over itself", rule.target_label()),
            at: "target_label",
            why: "the new value is the whole of the old one".to_owned(),
            help: "remove the rule, or write another label",
        },
        Action::LabelMap if writes_the_match(rule, entry) => Noop {
            message: "this `labelmap` copies every label onto itself".to_owned(),
            at: "regex",
            why: "the new name is the whole of the old one".to_owned(),
            help: "put what the new name shall have into parentheses, as in `__meta_kubernetes_pod_label_(app)`",
        },
        Action::LabelKeep if rule.regex().matches_all() => Noop {
            message: "this `labelkeep` keeps every label".to_owned(),
            at: "regex",
            why: "the expression matches every name".to_owned(),
            help: "name the labels to keep, or remove the rule",
        },
        Action::KeepEqual if to_itself => Noop {
            message: format!("this `keepequal` compares `{}` with itself", rule.target_label()),
            at: "target_label",
            why: "a label is always equal to itself".to_owned(),
            help: "compare two labels",
        },
        _ => return None,
    })
}

/// Labels that discovery, scrapes and Kubernetes give, and that no metric is called.
const LABELS: [&str; 12] = [
    "instance",
    "job",
    "le",
    "quantile",
    "namespace",
    "pod",
    "container",
    "container_id",
    "endpoint",
    "pod_template_hash",
    "pod_template_generation",
    "controller_revision_hash",
];

/// Whether the expression matches names of labels and nothing else.
fn only_labels(rule: &relabel::Rule) -> bool {
    let is_label = |text: &str| LABELS.contains(&text.replace('-', "_").as_str());
    rule.regex().texts().is_some_and(|texts| !texts.is_empty() && texts.iter().all(|text| is_label(text)))
}
