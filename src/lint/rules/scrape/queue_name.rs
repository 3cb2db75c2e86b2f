//! Names of remote-write and remote-read sections.

use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::{Section, is_null};
use crate::yaml::Node;
use std::collections::BTreeMap;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/queue-name",
    severity: Severity::Error,
    summary: "a name that two sections of remote write or remote read have",
    page: include_str!("../../../../docs/rules/scrape/queue-name.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.Config" {
        return;
    }
    for field in ["remote_write", "remote_read"] {
        let mut seen: BTreeMap<&str, Node<'_>> = BTreeMap::new();
        let names = section.get(field).into_iter().flat_map(Node::items).filter_map(|it| it.get("name"));
        for node in names.filter(|node| !is_null(*node)) {
            let Some(name) = node.text().filter(|name| !name.is_empty()) else { continue };
            if let Some(first) = seen.insert(name, node) {
                let message = format!("`{}` is the name of another `{field}` section", clip(name, 60));
                let finding = RULE.at(node.span(), message).label("again").related(first.span(), "the first");
                out.report(finding.why(REFUSED).help("give each its own name, or none"));
            }
        }
    }
}
