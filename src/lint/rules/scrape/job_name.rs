//! Names of scrape jobs.

use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::diagnostic::{Finding, Severity};
use crate::lint::kind::Kind;
use crate::lint::model::{Document, Model, included};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;
use crate::yaml::Node;
use std::collections::{BTreeMap, BTreeSet};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/job-name",
    severity: Severity::Error,
    summary: "a scrape job without a name, or with the name of another",
    page: include_str!("../../../../docs/rules/scrape/job-name.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in &model.documents {
        let mut seen: BTreeMap<&str, Node<'_>> = BTreeMap::new();
        for section in document.sections.iter().filter(|it| it.kind == "config.ScrapeConfig" && !it.is_null())
        {
            match name(section) {
                Some((name, node)) => {
                    if let Some(first) = seen.insert(name, node) {
                        out.report_in(document.source, twice(name, node, first));
                    }
                }
                // A misspelt one has its own finding.
                None if section.entry("job_name").is_none() && misspelt(section) => {}
                None => out.report_in(document.source, nameless(section)),
            }
        }
        included_jobs(model, document, seen.into_keys().collect(), out);
    }
}

fn name<'w>(section: &Section<'w>) -> Option<(&'w str, Node<'w>)> {
    Some((section.text("job_name")?, section.get("job_name")?))
}

/// Whether a key that there is not was meant for `job_name`.
fn misspelt(section: &Section<'_>) -> bool {
    let keys = section.node.entries().filter_map(|entry| entry.key.text());
    let mut unknown = keys.filter(|key| !section.knows(key));
    unknown
        .any(|key| key.eq_ignore_ascii_case("jobName") || nearest(key, std::iter::once("job_name")).is_some())
}

fn nameless(section: &Section<'_>) -> Finding {
    let finding = match section.entry("job_name") {
        Some(entry) if entry.value.span().is_empty() => RULE.at(entry.key.span(), "`job_name` is empty"),
        Some(entry) => RULE.at(entry.value.span(), "`job_name` is empty"),
        None => RULE.at(section.place(), "a scrape job has no `job_name`").label("this job"),
    };
    finding.why(REFUSED).help("add `job_name`: it is the label `job` of all that is scraped")
}

fn twice(name: &str, node: Node<'_>, first: Node<'_>) -> Finding {
    RULE.at(node.span(), format!("`{}` is the name of another scrape job", clip(name, 60)))
        .label("again")
        .related(first.span(), "the first")
        .why(REFUSED)
        .help("give each job its own name; `relabel_configs` can set the label `job` to the same value")
}

/// The jobs of the files that `holder` names, which must have other names than its own and each other's.
fn included_jobs<'w>(
    model: &Model<'w>,
    holder: &Document<'w>,
    mut seen: BTreeSet<&'w str>,
    out: &mut Out<'_>,
) {
    let files = holder.root.get("scrape_config_files").filter(|_| !holder.sections.is_empty());
    for pattern in files.into_iter().flat_map(Node::items) {
        let Some(path) = pattern.text() else { continue };
        for document in included(&model.documents, holder, path, Kind::Prometheus) {
            let jobs = document.sections.iter().filter(|it| it.kind == "config.ScrapeConfig");
            let Some(again) = jobs.filter_map(name).map(|(name, _)| name).find(|name| !seen.insert(name))
            else {
                continue;
            };
            let message = format!(
                "a job of `{}` has the name of another scrape job: `{}`",
                document.name,
                clip(again, 60)
            );
            out.report_in(
                holder.source,
                RULE.at(pattern.span(), message)
                    .label("brings in the name again")
                    .why("Prometheus takes none of the jobs")
                    .help("give each job its own name, and name each file once"),
            );
        }
    }
}
