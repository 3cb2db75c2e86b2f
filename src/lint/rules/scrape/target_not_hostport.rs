//! Targets that are no address.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text::clip;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::lint::kind::Kind;
use crate::lint::model::{Document, Model, included};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/target-not-hostport",
    severity: Severity::Error,
    summary: "a target that is a URL or a path, where an address belongs",
    page: include_str!("../../../../docs/rules/scrape/target-not-hostport.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in &model.documents {
        for section in &document.sections {
            let job = ["config.ScrapeConfig", "config.AlertmanagerConfig"].contains(&section.kind);
            // Relabeling may make an address of anything, as for the blackbox exporter.
            if !job || section.filled("relabel_configs").is_some() {
                continue;
            }
            for target in targets(section.get("static_configs")) {
                out.found
                    .extend(fault(target, section).map(|finding| (document.source, finding.why(REFUSED))));
            }
            of_files(model, document, section, out);
        }
    }
}

/// Targets in files of the same world: Prometheus leaves these out, one by one.
fn of_files(model: &Model<'_>, document: &Document<'_>, section: &Section<'_>, out: &mut Out<'_>) {
    let discoveries = section.get("file_sd_configs").into_iter().flat_map(Node::items);
    let paths = discoveries.filter_map(|it| it.get("files")).flat_map(Node::items).filter_map(|it| it.text());
    for path in paths {
        for file in included(&model.documents, document, path, Kind::Targets) {
            for target in targets(Some(file.root)) {
                let finding = fault(target, section).map(|finding| Finding {
                    severity: Severity::Warning,
                    ..finding.why("Prometheus leaves this target out, and says so in its log only")
                });
                out.found.extend(finding.map(|finding| (file.source, finding)));
            }
        }
    }
}

/// The targets of a list of groups.
fn targets<'w>(groups: Option<Node<'w>>) -> impl Iterator<Item = Node<'w>> {
    let groups = groups.into_iter().flat_map(Node::items);
    groups.filter_map(|group| group.get("targets")).flat_map(Node::items)
}

fn fault(target: Node<'_>, section: &Section<'_>) -> Option<Finding> {
    let text = target.text().filter(|text| text.contains('/'))?;
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let (address, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let kind = if scheme.is_empty() { "a path" } else { "a URL" };
    let message = format!("`{}` is {kind}, where an address belongs", clip(text, 60));
    let finding = RULE.at(target.span(), message).label("not `host:port`");
    let path_field = if section.knows("path_prefix") { "path_prefix" } else { "metrics_path" };
    let mut extra = Vec::new();
    if section.text("scheme").unwrap_or("http") != scheme && !scheme.is_empty() {
        extra.push(format!("`scheme: {}`", clip(scheme, 20)));
    }
    let default = if path_field == "metrics_path" { "/metrics" } else { "/" };
    if !["", "/", section.text(path_field).unwrap_or(default)].contains(&path) {
        extra.push(format!("`{path_field}: {}`", clip(path, 60)));
    }
    if address.is_empty() {
        return Some(finding.help("write `host:port`"));
    }
    let help = format!("write `{}`", clip(address, 60));
    Some(if extra.is_empty() {
        finding.help(help).fix("keep the address", Safety::Unsafe, vec![edit(target, text, address)])
    } else {
        finding.help(format!("{help}, and in the job {}", extra.join(" and ")))
    })
}

/// The address in the place of the target, in the same quotes.
fn edit(target: Node<'_>, text: &str, address: &str) -> Edit {
    let from = text.find(address).unwrap_or_default();
    let whole = Span::new(0, text.len());
    match target.value_map().and_then(|map| map.verbatim(whole)) {
        Some(span) if from <= text.len() => Edit::replace(span, address),
        _ => Edit::replace(target.span(), format!("'{address}'")),
    }
}
