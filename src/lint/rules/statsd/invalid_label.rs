//! Labels that a mapping cannot set.

use super::{Mapping, PANICS, REFUSED, mappings};
use crate::base::text::clip;
use crate::diagnostic::{Finding, Severity};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::yaml::Entry;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/invalid-label",
    severity: Severity::Error,
    summary: "a label that statsd_exporter does not take",
    page: include_str!("../../../../docs/rules/statsd/invalid-label.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    for mapping in mappings(section) {
        for entry in mapping.labels() {
            if let Some(finding) = fault(&mapping, entry) {
                out.report(finding);
            }
        }
    }
}

fn fault(mapping: &Mapping<'_>, entry: Entry<'_>) -> Option<Finding> {
    let name = entry.key.text()?;
    let span = entry.key.span();
    if !is_label(name) {
        let finding = RULE.at(span, format!("`{}` is no label name here", clip(name, 60))).why(REFUSED);
        return Some(if name.len() == 1 && !name.starts_with(|c: char| c.is_ascii_digit()) {
            finding.label("one letter").help("statsd_exporter wants two characters at least")
        } else {
            finding
                .label("not a label name")
                .help("letters, digits and `_`, two at least, and no digit first")
        });
    }
    let observed = mapping.takes("observer") && !mapping.drops();
    let (kept, what) = if mapping.is_histogram() { ("le", "histogram") } else { ("quantile", "summary") };
    (observed && name == kept).then(|| {
        let mut finding = RULE.at(span, format!("`{name}` is a label that a {what} has of its own"));
        finding.severity = Severity::Warning;
        finding.label("taken").why(PANICS).help(
            "call it otherwise, or say by `match_metric_type` that the mapping is for counters or gauges",
        )
    })
}

/// `^[a-zA-Z_][a-zA-Z0-9_]+$`
fn is_label(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() > 1 && name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit())
}
