//! Scrapes more often than anything needs.

use std::time::Duration;

use crate::base::duration::render;
use crate::diagnostic::Severity;
use crate::lint::model::Job;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "cost/short-interval",
    severity: Severity::Info,
    summary: "a scrape interval below ten seconds",
    page: include_str!("../../../../docs/rules/cost/short-interval.md"),
    opt_in: true,
    check: Check::Job(check),
};

const SHORT: Duration = Duration::from_secs(10);

fn check(job: &Job<'_>, out: &mut Out<'_>) {
    let Some((Some(node), interval)) = job.interval() else { return };
    if interval.is_zero() || interval >= SHORT {
        return;
    }
    let times = 60.0 / interval.as_secs_f64();
    let finding = RULE
        .at(node.span(), format!("every target is scraped each {}", render(interval)))
        .label("below 10s")
        .why(format!(
            "it makes {times:.0} times the samples of a scrape each minute, to store, to send and to query"
        ))
        .help("most alerts and dashboards are as good with 30s");
    out.report(finding);
}
