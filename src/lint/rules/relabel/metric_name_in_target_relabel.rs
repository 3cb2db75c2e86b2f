//! Metric names in the relabeling of targets, which have none.

use super::effect::may_change;
use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Spelling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/metric-name-in-target-relabel",
    severity: Severity::Warning,
    summary: "`__name__` in the relabeling of targets, which have no metric name",
    page: include_str!("../../../../docs/rules/relabel/metric-name-in-target-relabel.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

const NAME: &str = "__name__";

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    if list.stage != Stage::Target {
        return;
    }
    let field = match list.spelling {
        Spelling::File => "metric_relabel_configs",
        Spelling::Object => "metricRelabelings",
    };
    for (at, entry) in list.entries.iter().enumerate() {
        let Some(rule) = entry.valid() else { continue };
        let before = list.entries[..at].iter().filter_map(|entry| entry.valid());
        if rule.source_labels().iter().any(|label| label == NAME)
            && !before.into_iter().any(|rule| may_change(rule, NAME))
        {
            let finding = RULE
                .at(entry.source(NAME).span(), "targets have no metric name: `__name__` is empty here")
                .label("empty")
                .why("these rules run before the scrape, on the labels of targets")
                .help(format!("move the rule to `{field}`, which works on what was scraped"));
            out.report(finding);
        } else if rule.target_label() == NAME {
            let finding = RULE
                .at(entry.place("target_label").span(), "a target cannot set the metric name")
                .label("never reaches a sample")
                .why("labels of targets that begin with `__` are not given to samples")
                .help(format!("move the rule to `{field}`"));
            out.report(finding);
        }
    }
}
