//! Regular expressions of relabel rules.

use crate::base::span::Span;
use crate::diagnostic::Severity;
use crate::lint::model::Relabeling;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::RuleError;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/regex",
    severity: Severity::Error,
    summary: "a regular expression that RE2 does not read",
    page: include_str!("../../../../docs/rules/relabel/regex.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        let Some(Err(RuleError::Regex(err))) = &entry.rule else { continue };
        let Some(node) = entry.get("regex") else { continue };
        let span = node.value_map().map_or(node.span(), |map| map.span(Span::new(err.offset, err.offset)));
        let help = err.help.unwrap_or("Prometheus uses RE2: no look-around, no backreferences");
        out.report(RULE.at(span, err.message.clone()).label("here").why(list.refusal()).help(help));
    }
}
