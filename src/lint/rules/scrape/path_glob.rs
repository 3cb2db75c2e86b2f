//! Paths with wildcards: of rule files and of files of scrape jobs.

use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/path-glob",
    severity: Severity::Error,
    summary: "a path with a wildcard where it may not be",
    page: include_str!("../../../../docs/rules/scrape/path-glob.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.Config" {
        return;
    }
    for field in ["rule_files", "scrape_config_files"] {
        for node in section.get(field).into_iter().flat_map(Node::items) {
            let path = node.text().unwrap_or_default();
            if !fits(path) {
                let message = format!("`{}` has a `*` before its last part", clip(path, 60));
                out.report(
                    RULE.at(node.span(), message)
                        .label("not taken")
                        .why(REFUSED)
                        .help("`*` may stand only in the last part of the path: name the folders one by one"),
                );
            }
        }
    }
}

/// Whether the path has a `*` in its last part alone.
pub(super) fn fits(path: &str) -> bool {
    match path.split_once('*') {
        Some((_, rest)) => !rest.contains('/'),
        None => true,
    }
}
