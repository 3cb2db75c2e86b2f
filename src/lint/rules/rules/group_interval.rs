//! Groups whose results are gone before they are made again.

use std::time::Duration;

use crate::base::duration;
use crate::diagnostic::Severity;
use crate::lint::model::Group;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/group-interval",
    severity: Severity::Warning,
    summary: "a group that is evaluated less often than its results last",
    page: include_str!("../../../../docs/rules/rules/group-interval.md"),
    opt_in: false,
    check: Check::Group(check),
};

/// How long a query takes the last sample for the current one; `--query.lookback-delta` changes it.
const LOOKBACK: Duration = Duration::from_secs(300);

fn check(group: &Group<'_>, out: &mut Out<'_>) {
    let Some(node) = group.node.get("interval") else { return };
    let Some(interval) = node.text().and_then(|text| duration::parse(text).ok()) else { return };
    if interval <= LOOKBACK || group.rules.iter().all(|rule| rule.record().is_none()) {
        return;
    }
    let message = format!(
        "the results of this group last 5m, and it is evaluated every {}",
        duration::render(interval)
    );
    out.report(
        RULE.at(node.span(), message)
            .label("more than 5m")
            .why("between two evaluations the recorded series have no value: graphs have gaps, alerts on them resolve")
            .help("make it at most `5m`, or ask for the series by `last_over_time(…)` alone"),
    );
}
