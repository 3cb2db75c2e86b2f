//! Rules that remove a label which should have stayed, because what they copy is not always there.

use super::effect::{TOGETHER, may_change, may_write};
use crate::base::edit::Edit;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::Kind;
use crate::lint::model::{Entry, Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{self, Action, Effect, Labels, Rules};
use crate::yaml::Style;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/replace-may-empty",
    severity: Severity::Warning,
    summary: "a `replace` that removes a label where its source is not there",
    page: include_str!("../../../../docs/rules/relabel/replace-may-empty.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for (at, entry) in list.entries.iter().enumerate().take(TOGETHER) {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::Replace) else { continue };
        let target = rule.target_label();
        let sources = rule.source_labels();
        if !empties(rule) || sources.iter().any(|label| label == target) {
            continue;
        }
        let before = &list.entries[..at];
        let set_before = before.iter().rfind(|entry| entry.valid().is_some_and(|it| may_write(it, target)));
        if sources.is_empty() {
            if target == "__address__"
                && list.stage == Stage::Target
                && !set_again(&list.entries[at + 1..], target)
            {
                let place = entry.place("replacement").span();
                let finding = RULE.at(place, "every target loses its address").label("empties `__address__`");
                out.report(finding.why("a target without an address is dropped").help("write an address"));
            }
            continue;
        }
        let has_value = match list.stage {
            Stage::Target => TARGET.contains(&target),
            Stage::Metric | Stage::Write => SAMPLE.contains(&target) || by_operator(list).contains(&target),
            _ => false,
        };
        let was_set = set_before.filter(|entry| is_kept(entry));
        if !(has_value || was_set.is_some())
            || !sources.iter().all(|label| is_optional(list, label) && !changed(before, label))
        {
            continue;
        }
        out.report(finding(rule, entry, was_set));
    }
}

fn finding(rule: &relabel::Rule, entry: &Entry<'_>, set_before: Option<&Entry<'_>>) -> Finding {
    let target = rule.target_label();
    let source = rule.source_labels().join("` and `");
    let mut finding = RULE
        .at(
            entry.place("target_label").span(),
            format!("`{target}` is removed where `{source}` is not there"),
        )
        .label("removed, not left alone")
        .why("the expression matches the empty text too, and an empty result removes the label")
        .help("write `regex: (.+)`: what is not there is left alone");
    if let Some(before) = set_before {
        finding = finding.related(before.place("target_label").span(), "set here");
    }
    match entry.get("regex") {
        Some(regex) if regex.text() == Some("(.*)") => match regex.rewrite("(.+)", Style::Plain) {
            Some(edit) => finding.fix("match only what is there", Safety::Unsafe, vec![edit]),
            None => finding,
        },
        Some(_) => finding,
        None => match insert(entry) {
            Some(edit) => finding.fix("match only what is there", Safety::Unsafe, vec![edit]),
            None => finding,
        },
    }
}

/// The edit that gives a rule its `regex`.
fn insert(entry: &Entry<'_>) -> Option<Edit> {
    let first = entry.node.entries().next().filter(|entry| !entry.merged)?;
    let start = first.span().start;
    let rest = match entry.node.indent() {
        Some(indent) => format!("\n{}", " ".repeat(indent)),
        None => ", ".to_owned(),
    };
    Some(Edit::insert(start, format!("regex: (.+){rest}")))
}

/// What every target has a value in.
const TARGET: [&str; 6] =
    ["job", "__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"];
/// What every sample has.
const SAMPLE: [&str; 3] = ["__name__", "job", "instance"];

/// What the operator gives all samples of a monitor.
fn by_operator(list: &Relabeling<'_>) -> &'static [&'static str] {
    match list.job.and_then(|job| job.object).map(|object| object.kind()) {
        Some(Kind::ServiceMonitor) if list.stage == Stage::Metric => &["namespace", "service"],
        Some(Kind::PodMonitor) if list.stage == Stage::Metric => &["namespace", "pod"],
        _ => &[],
    }
}

/// Whether some targets have the label and others have not, as a rule.
fn is_optional(list: &Relabeling<'_>, label: &str) -> bool {
    match list.stage {
        Stage::Target => {
            label.starts_with("__meta_")
                && ["_label_", "_annotation_", "_labelpresent_", "_annotationpresent_", "_tag_", "_metadata_"]
                    .iter()
                    .any(|part| label.contains(part))
        }
        Stage::Metric | Stage::Write => {
            !SAMPLE.contains(&label) && !by_operator(list).contains(&label) && !label.starts_with("__")
        }
        _ => false,
    }
}

fn changed(before: &[Entry<'_>], label: &str) -> bool {
    before.iter().any(|entry| entry.valid().is_none_or(|rule| may_write(rule, label)))
}

/// Whether a rule before gives the label a value of its own, one that somebody would miss: not one that may be empty
/// itself.
fn is_kept(entry: &Entry<'_>) -> bool {
    entry.valid().is_some_and(|rule| rule.action() == Action::Replace && !rule.target_label().contains('$'))
}

fn set_again(after: &[Entry<'_>], label: &str) -> bool {
    after.iter().any(|entry| entry.valid().is_none_or(|rule| may_change(rule, label)))
}

/// Whether the rule removes its target label of a label set that has nothing else.
fn empties(rule: &relabel::Rule) -> bool {
    let mut labels = Labels::new();
    labels.set(rule.target_label(), "value");
    let explanation = Rules::new(vec![rule.clone()]).explain(&mut labels);
    matches!(explanation.steps.as_slice(), [step] if matches!(&step.effect, Effect::Deleted { before, .. } if !before.is_empty()))
}
