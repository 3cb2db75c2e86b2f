//! Metrics that Prometheus writes itself, after metric relabeling.

use crate::diagnostic::Severity;
use crate::lint::model::{Job, Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::Action;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/synthetic-metric",
    severity: Severity::Warning,
    summary: "a `drop` of `up` or `scrape_*` where they have not been written yet",
    page: include_str!("../../../../docs/rules/relabel/synthetic-metric.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

const SYNTHETIC: [&str; 8] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
];

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    if list.stage != Stage::Metric || list.job.as_ref().is_none_or(is_federation) {
        return;
    }
    for entry in &list.entries {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::Drop) else { continue };
        let ([source], Some(text)) = (rule.source_labels(), entry.text("regex")) else { continue };
        // An expression such as `.*_seconds` means other metrics.
        let mut words = text.split('|').map(|word| word.trim_matches(['^', '(', ')', '$']));
        let means =
            rule.regex().texts().is_some() || words.any(|word| word == "up" || word.starts_with("scrape_"));
        let found = SYNTHETIC.iter().find(|name| rule.regex().is_match(name));
        let Some(name) = found.filter(|_| source == "__name__" && means) else { continue };
        let finding = RULE
            .at(entry.place("regex").span(), format!("`{name}` cannot be dropped here"))
            .label("matches nothing that was scraped")
            .why("Prometheus writes it after the scrape, past these rules")
            .help("drop it by `write_relabel_configs` where it is sent, or leave it: it is one series for each target");
        out.report(finding);
    }
}

/// Whether the job scrapes what another Prometheus wrote.
fn is_federation(job: &Job<'_>) -> bool {
    let path = job.get("metrics_path").and_then(|node| node.text()).unwrap_or_default();
    path.ends_with("federate") || job.get("honor_labels").and_then(|node| node.text()) == Some("true")
}
