//! Names of metrics that cannot be.

use super::reference::is_name;
use super::{REFUSED, mappings};
use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/invalid-name",
    severity: Severity::Error,
    summary: "a mapping without a name for its metric, or with one that is none",
    page: include_str!("../../../../docs/rules/statsd/invalid-name.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    for mapping in mappings(section) {
        let finding = match mapping.get("name") {
            Some(node) if node.text().is_none_or(is_name) => continue,
            Some(node) if node.text() != Some("") => {
                let text = node.text().unwrap_or_default();
                RULE.at(node.span(), format!("`{}` is no name of a metric", clip(text, 60)))
                    .label("not a name")
                    .help("a name has letters, digits, `_` and references such as `${1}`, and no digit first")
            }
            written => {
                let help = if mapping.drops() {
                    "what is dropped needs a name as well: `name: dropped`"
                } else {
                    "add `name`: what the metric is called in Prometheus"
                };
                RULE.at(written.unwrap_or(mapping.place()).span(), "a mapping without `name`")
                    .label("no name")
                    .help(help)
            }
        };
        out.report(finding.why(REFUSED));
    }
}
