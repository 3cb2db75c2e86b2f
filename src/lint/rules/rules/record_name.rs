//! Names of recording rules.

use super::rule_shape::is_record_name;
use crate::base::text::{clip, escape};
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/record-name",
    severity: Severity::Info,
    summary: "a recording rule whose name is none, or does not say that it is recorded",
    page: include_str!("../../../../docs/rules/rules/record-name.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

/// Since when braces are refused.
const NO_BRACES: Version = Version::new(3, 2);

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(record) = rule.record() else { return };
    let (name, version) = (record.text, out.options.prometheus);
    let shown = escape(&clip(name, 60)).into_owned();
    if name.contains(['{', '}']) && (version >= NO_BRACES || !is_record_name(name, version)) {
        let mut finding = RULE
            .at(record.value.span(), format!("the name `{shown}` has braces: labels do not belong in it"))
            .label("a name alone")
            .why(rule.refusal())
            .help(
                "put the labels that the series shall have under `labels:`, those it is made from in `expr`",
            );
        finding.severity = Severity::Error;
        out.report(finding);
    } else if !is_record_name(name, version) {
        let mut finding = RULE
            .at(record.value.span(), format!("`{shown}` is no name of a metric"))
            .label("not a name")
            .why(rule.refusal())
            .help("a name has letters, digits, `_` and `:`, and begins with no digit");
        finding.severity = Severity::Error;
        out.report(finding);
    } else if !name.contains(':') {
        out.report(
            RULE.at(record.value.span(), format!("`{shown}` reads like a metric that is scraped"))
                .label("recorded")
                .why("by the colons of a name one sees that a rule makes the series, and of which labels and operations")
                .help("call it `LEVEL:METRIC:OPERATIONS`, such as `job:http_requests:rate5m`"),
        );
    }
}
