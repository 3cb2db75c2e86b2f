//! How long and how much Prometheus keeps.

use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;
use crate::yaml::Value;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/retention",
    severity: Severity::Error,
    summary: "a retention that no disk can have",
    page: include_str!("../../../../docs/rules/scrape/retention.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.TSDBRetentionConfig" || out.options.prometheus < Version::new(3, 11) {
        return;
    }
    if let Some(node) = section.get("size").filter(|node| node.text().is_some_and(is_negative)) {
        let finding = RULE.at(node.span(), "`size` is below 0").label("less than nothing");
        out.report(finding.why(REFUSED).help("remove it, or write `0`: no limit"));
    }
    let Some(node) = section.get("percentage") else { return };
    let percentage = match node.value() {
        Some(Value::Int(number)) => number as f64,
        Some(Value::Float(number)) => number,
        _ => return,
    };
    if !(0.0..=100.0).contains(&percentage) && !percentage.is_nan() {
        let finding = RULE.at(node.span(), "`percentage` is not between 0 and 100").label("of the disk");
        out.report(finding.why(REFUSED).help("write the part of the disk in percent; 0 is no limit"));
    }
}

/// A size with a sign, and not of nothing.
fn is_negative(size: &str) -> bool {
    size.starts_with('-') && size.bytes().any(|b| matches!(b, b'1'..=b'9'))
}
