//! Scrapes so far apart that their series go stale in between.

use crate::base::duration::render;
use crate::diagnostic::Severity;
use crate::lint::model::Job;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use std::time::Duration;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/interval-stale",
    severity: Severity::Warning,
    summary: "a scrape interval as long as the time after which samples are not looked at any more",
    page: include_str!("../../../../docs/rules/scrape/interval-stale.md"),
    opt_in: false,
    check: Check::Job(check),
};

/// How far a query looks back for a sample: Prometheus's `--query.lookback-delta` by default.
const LOOKBACK: Duration = Duration::from_secs(300);

fn check(job: &Job<'_>, out: &mut Out<'_>) {
    let Some((Some(node), interval)) = job.interval() else { return };
    if interval < LOOKBACK {
        return;
    }
    out.report(
        RULE.at(node.span(), format!("the scrape interval, {}, is no shorter than 5m", render(interval)))
            .label("too rare")
            .why("queries look back 5 minutes for a sample: between two scrapes the series is not there")
            .help("make it 2m or less: one failed scrape is then no gap either"),
    );
}
