//! Queues of remote write.

use crate::base::duration;
use crate::base::span::Span;
use crate::base::version::Version;
use crate::diagnostic::{Finding, Severity};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::{Section, is_null};
use crate::yaml::Value;
use std::time::Duration;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/remote-write-queue",
    severity: Severity::Error,
    summary: "a remote-write queue with sizes that cannot work",
    page: include_str!("../../../../docs/rules/scrape/remote-write-queue.md"),
    opt_in: false,
    check: Check::Section(check),
};

/// Prometheus's own sizes.
const DEFAULTS: [(&str, i64); 4] =
    [("capacity", 10_000), ("max_shards", 50), ("min_shards", 1), ("max_samples_per_send", 2_000)];

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.QueueConfig" {
        return;
    }
    let refuses = out.options.prometheus >= Version::new(3, 12);
    let report = |finding: Finding, out: &mut Out<'_>| {
        out.report(match refuses {
            true => finding.why(REFUSED),
            false => Finding { severity: Severity::Warning, ..finding }
                .why("Prometheus takes it, and sends nothing or stops; from 3.12 on it refuses the file"),
        });
    };
    if section.is_null() {
        let finding = RULE.at(section.node.span(), "`queue_config` is empty, and so all its sizes are 0");
        return report(
            finding.label("nothing here").help("remove `queue_config`: the defaults are good"),
            out,
        );
    }
    for (field, _) in DEFAULTS {
        if let Some(entry) = section.entry(field)
            && number(section, field).is_some_and(|number| number <= 0)
        {
            let finding = RULE.at(entry.value.span(), format!("`{field}` must be above 0"));
            report(finding.label("not above 0").help(format!("remove `{field}`: the default is good")), out);
        }
    }
    let size = |field| number(section, field);
    if let (Some(min), Some(max)) = (size("min_shards"), size("max_shards"))
        && min > max
        && max > 0
    {
        let (field, other) = written(section, "min_shards", "max_shards");
        let finding = RULE.at(field, format!("`min_shards`, {min}, is more than `max_shards`, {max}"));
        report(other.into_iter().fold(finding, |it, other| it.related(other, "the other")), out);
    }
    backoff(section, report, out);
    if let (Some(capacity), Some(send)) = (size("capacity"), size("max_samples_per_send"))
        && capacity < send
        && capacity > 0
    {
        let (field, other) = written(section, "capacity", "max_samples_per_send");
        let message = format!("`capacity`, {capacity}, is less than `max_samples_per_send`, {send}");
        let finding = RULE.at(field, message).label("a shard never fills one request");
        let finding = Finding { severity: Severity::Warning, ..finding }
            .why("every request waits for the deadline and is smaller than it could be")
            .help(format!("make `capacity` 3 to 10 times as large: {}", send.saturating_mul(5)));
        out.report(other.into_iter().fold(finding, |it, other| it.related(other, "the other")));
    }
}

fn backoff(section: &Section<'_>, report: impl Fn(Finding, &mut Out<'_>), out: &mut Out<'_>) {
    let wait = |field, default| match section.entry(field).map(|entry| entry.value) {
        Some(node) if is_null(node) => Some(Duration::ZERO),
        Some(node) => duration::parse(node.text()?).ok(),
        None => Some(Duration::from_millis(default)),
    };
    if let (Some(min), Some(max)) = (wait("min_backoff", 30), wait("max_backoff", 5_000))
        && max < min
    {
        let (field, other) = written(section, "max_backoff", "min_backoff");
        let (min, max) = (duration::render(min), duration::render(max));
        let finding = RULE.at(field, format!("`max_backoff`, {max}, is less than `min_backoff`, {min}"));
        report(other.into_iter().fold(finding, |it, other| it.related(other, "the other")), out);
    }
}

/// What is in force; `None` where it is no number.
fn number(section: &Section<'_>, field: &str) -> Option<i64> {
    let default = DEFAULTS.iter().find(|(name, _)| *name == field).map(|(_, default)| *default);
    match section.entry(field).map(|entry| entry.value.value()) {
        Some(Some(Value::Int(number))) => i64::try_from(number).ok(),
        Some(Some(Value::Null)) => Some(0),
        Some(_) => None,
        None => default,
    }
}

/// Where the first of two is written, or else the second; and where the second is besides.
fn written(section: &Section<'_>, first: &str, second: &str) -> (Span, Option<Span>) {
    let span = |field| section.entry(field).map(|entry| entry.value.span());
    match (span(first), span(second)) {
        (Some(first), second) => (first, second),
        (None, Some(second)) => (second, None),
        (None, None) => (section.place(), None),
    }
}
