//! Labels of discovery where they are gone.

use super::effect::may_change;
use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Spelling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::Action;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/meta-label-too-late",
    severity: Severity::Warning,
    summary: "a label of discovery that is read after the scrape, where it is gone",
    page: include_str!("../../../../docs/rules/relabel/meta-label-too-late.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

/// What only targets have, before they are scraped.
pub(super) fn is_of_discovery(label: &str) -> bool {
    const OWN: [&str; 5] =
        ["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__"];
    ["__meta_", "__param_", "__tmp"].iter().any(|prefix| label.starts_with(prefix)) || OWN.contains(&label)
}

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    if !matches!(list.stage, Stage::Metric | Stage::Write | Stage::Alert) {
        return;
    }
    let field = match list.spelling {
        Spelling::File => "`relabel_configs`",
        Spelling::Object => "`relabelings`",
    };
    for (at, entry) in list.entries.iter().enumerate() {
        let Some(rule) = entry.valid() else { continue };
        let set = |label: &str| {
            list.entries[..at].iter().filter_map(|entry| entry.valid()).any(|rule| may_change(rule, label))
        };
        let gone = |label: &&String| is_of_discovery(label) && !set(label);
        let (span, message) = if let Some(label) = rule.source_labels().iter().find(gone) {
            (entry.source(label).span(), format!("`{label}` is gone here"))
        } else if rule.action() == Action::LabelMap
            && entry
                .text("regex")
                .is_some_and(|regex| regex.trim_start_matches(['^', '(']).starts_with("__meta_"))
        {
            (entry.place("regex").span(), "labels of discovery are gone here".to_owned())
        } else {
            continue;
        };
        let finding = RULE
            .at(span, message)
            .label("always empty")
            .why("labels that begin with `__` are removed from a target before it is scraped")
            .help(format!("copy it to a label of the target by a rule in {field}, and use that one here"));
        out.report(finding);
    }
}
