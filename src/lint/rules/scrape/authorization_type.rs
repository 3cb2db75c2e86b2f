//! The type of an `Authorization` header.

use super::needs;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/authorization-type",
    severity: Severity::Error,
    summary: "basic authentication by `authorization`, which does not encode it",
    page: include_str!("../../../../docs/rules/scrape/authorization-type.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "common/config.Authorization" || needs::unchecked(section, out.options.prometheus) {
        return;
    }
    let Some(node) = section.get("type") else { return };
    if node.text().is_some_and(|text| text.trim().eq_ignore_ascii_case("basic")) {
        out.report(
            RULE.at(node.span(), "`authorization` cannot be of type `Basic`")
                .label("not by this section")
                .why(REFUSED)
                .help("use `basic_auth` with `username` and `password_file`"),
        );
    }
}
