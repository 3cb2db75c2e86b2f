//! Comments to this linter: found while they are obeyed.

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};

pub(in crate::lint) const UNUSED_IGNORE: Rule = Rule {
    name: "lint/unused-ignore",
    severity: Severity::Warning,
    summary: "a comment that ignores nothing",
    page: include_str!("../../../../docs/rules/lint/unused-ignore.md"),
    opt_in: false,
    check: Check::Reading,
};

pub(in crate::lint) const IGNORE_WITHOUT_REASON: Rule = Rule {
    name: "lint/ignore-without-reason",
    severity: Severity::Warning,
    summary: "a comment that ignores a finding and does not say why",
    page: include_str!("../../../../docs/rules/lint/ignore-without-reason.md"),
    opt_in: false,
    check: Check::Reading,
};
