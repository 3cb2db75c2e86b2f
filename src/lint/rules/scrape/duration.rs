//! Durations that Prometheus does not read; found while fields are checked.

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/duration",
    severity: Severity::Error,
    summary: "a duration without a unit, or with one that Prometheus does not have",
    page: include_str!("../../../../docs/rules/scrape/duration.md"),
    opt_in: false,
    check: Check::Reading,
};
