//! Attributes of resources that OTLP makes labels of.

use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::{Section, is_null};
use crate::yaml::Node;
use std::collections::BTreeMap;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/otlp-attributes",
    severity: Severity::Error,
    summary: "a list of OTLP resource attributes with an entry that is empty or there twice",
    page: include_str!("../../../../docs/rules/scrape/otlp-attributes.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.OTLPConfig" {
        return;
    }
    // The other list is not looked at; that it is there is another finding.
    let field = match section.filled("promote_all_resource_attributes") {
        Some(_) => "ignore_resource_attributes",
        None => "promote_resource_attributes",
    };
    let mut seen: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for node in section.get(field).into_iter().flat_map(Node::items) {
        let name = if is_null(node) { "" } else { node.text().unwrap_or_default().trim() };
        if name.is_empty() {
            let finding = RULE.at(node.span(), format!("an entry of `{field}` is empty")).label("empty");
            out.report(finding.why(REFUSED).help("remove it"));
        } else if let Some(first) = seen.insert(name, node) {
            let message = format!("`{}` is in `{field}` already", clip(name, 60));
            let finding = RULE.at(node.span(), message).label("again").related(first.span(), "the first");
            out.report(finding.why(REFUSED).help("remove one of them"));
        }
    }
}
