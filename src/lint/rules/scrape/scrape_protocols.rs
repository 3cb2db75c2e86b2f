//! Formats that a scrape asks for: unknown ones are found while fields are checked.

use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::{Section, is_null};
use crate::yaml::{Kind, Node};
use std::collections::BTreeMap;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/scrape-protocols",
    severity: Severity::Error,
    summary: "a list of scrape protocols that is empty, or has one that is unknown or twice",
    page: include_str!("../../../../docs/rules/scrape/scrape-protocols.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if !["config.GlobalConfig", "config.ScrapeConfig"].contains(&section.kind) {
        return;
    }
    let Some(list) = section.get("scrape_protocols").filter(|list| list.kind() == Kind::Sequence) else {
        return;
    };
    let mut seen: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for item in list.items() {
        let Some(name) = item.text().filter(|_| !is_null(item)) else {
            out.report(
                RULE.at(item.span(), "an entry of `scrape_protocols` is empty").label("empty").why(REFUSED),
            );
            continue;
        };
        if let Some(first) = seen.insert(name, item) {
            let message = format!("`{}` is in `scrape_protocols` already", clip(name, 60));
            let finding = RULE.at(item.span(), message).label("again").related(first.span(), "the first");
            out.report(finding.why(REFUSED).help("remove one: the first in the list is wanted most"));
        }
    }
    if list.items().next().is_none() {
        let finding = RULE.at(list.span(), "`scrape_protocols` is empty").label("no protocol");
        out.report(finding.why(REFUSED).help("remove it: without it Prometheus asks for all that it knows"));
    }
}
