//! What clients and sections of a configuration need, but for service discovery.

use super::needs::{self, Part};
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/required-field",
    severity: Severity::Error,
    summary: "a section that lacks a field, or has one without the other that belongs to it",
    page: include_str!("../../../../docs/rules/scrape/required-field.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    needs::check(&RULE, Part::Missing, section, out);
}
