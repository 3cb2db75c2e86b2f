//! Files that a configuration names, and that are not there.

use crate::base::text::clip;
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Document, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/file-missing",
    severity: Severity::Warning,
    summary: "a file that a configuration names, and that is not there",
    page: include_str!("../../../../docs/rules/scrape/file-missing.md"),
    opt_in: false,
    check: Check::World(check),
};

/// Lists of paths, and what happens without the file.
const LISTS: [(&str, &str, &str); 5] = [
    ("config.Config", "rule_files", "Prometheus says nothing, and none of the rules is evaluated"),
    ("config.Config", "scrape_config_files", "Prometheus says nothing, and none of the jobs is scraped"),
    ("discovery/file.SDConfig", "files", "Prometheus waits for it, and has no targets until then"),
    ("common/config.Header", "files", "no request is sent until it is there"),
    (
        "cmd/promtool.unitTestFile",
        "rule_files",
        "promtool tests without the rules, and expected alerts never come",
    ),
];

/// Files that Prometheus writes.
const WRITTEN: [&str; 2] = ["query_log_file", "scrape_failure_log_file"];

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in model.documents.iter().filter(|document| !document.held) {
        for section in &document.sections {
            for (_, field, why) in LISTS.iter().filter(|(kind, _, _)| *kind == section.kind) {
                for node in section.get(field).into_iter().flat_map(Node::items) {
                    out.found.extend(fault(model, document, node, why).map(|it| (document.source, it)));
                }
            }
            for node in named(section) {
                let why = "what needs it fails until it is there";
                out.found.extend(fault(model, document, node, why).map(|it| (document.source, it)));
            }
        }
    }
}

/// The values of fields such as `password_file`.
fn named<'w>(section: &Section<'w>) -> impl Iterator<Item = Node<'w>> {
    let fields = section.node.entries().filter(|entry| {
        entry
            .key
            .text()
            .is_some_and(|name| name.ends_with("_file") && section.knows(name) && !WRITTEN.contains(&name))
    });
    fields.map(|entry| entry.value)
}

fn fault(model: &Model<'_>, document: &Document<'_>, node: Node<'_>, why: &'static str) -> Option<Finding> {
    let path = node.text().filter(|path| !path.is_empty())?;
    if model.files?.has(document.name, path) != Some(false) {
        return None;
    }
    let shown = clip(path, 100);
    // A folder that is empty today may be meant.
    let (message, severity) = if path.contains('*') {
        (format!("`{shown}` matches no file"), Severity::Info)
    } else {
        (format!("`{shown}` is not there"), Severity::Warning)
    };
    let mut finding = RULE.at(node.span(), message).label("no such file").why(why);
    finding.severity = severity;
    Some(finding.help("paths count from the folder of the file that names them"))
}
