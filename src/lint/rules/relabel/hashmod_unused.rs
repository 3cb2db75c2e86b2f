//! Shards that nothing chooses from.

use super::effect::{TOGETHER, reads};
use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Spelling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::Action;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/hashmod-unused",
    severity: Severity::Warning,
    summary: "a `hashmod` whose result no later rule reads",
    page: include_str!("../../../../docs/rules/relabel/hashmod-unused.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    let Some(rules) = list.all_valid() else { return };
    for (at, (rule, entry)) in rules.iter().zip(&list.entries).enumerate().take(TOGETHER) {
        let target = rule.target_label();
        // What does not begin so stays a label of the target, and may be meant to.
        if rule.action() != Action::HashMod || !target.starts_with("__") || list.stage != Stage::Target {
            continue;
        }
        // The operator's own rules for shards come after, and read this one.
        if list.spelling == Spelling::Object && target == "__tmp_hash" {
            continue;
        }
        // Prometheus reads labels such as `__address__` itself.
        if !target.starts_with("__tmp") && target.ends_with("__")
            || target.starts_with("__param_")
            || rules[at + 1..].iter().any(|later| reads(later, target))
        {
            continue;
        }
        let finding = RULE
            .at(entry.place("target_label").span(), format!("no rule reads the shard in `{target}`"))
            .label("written, then lost")
            .why("every target is kept: each Prometheus that has this rule scrapes all of them")
            .help(format!(
                "add a rule `keep` with `source_labels: [{target}]` and the number of the shard as `regex`"
            ));
        out.report(finding);
    }
}
