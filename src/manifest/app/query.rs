//! The expressions that rules and dashboards ask, so that both mean the same.

use std::time::Duration;

use super::super::spec::App;
use crate::base::duration;

/// Queries about one job of one install, or about all of them.
pub(super) struct Query {
    /// `namespace="…", job="…"`.
    matchers: String,
    window: String,
}

impl Query {
    pub(super) fn new(app: &App, job: &str) -> Self {
        Self { matchers: format!("{}, job=\"{job}\"", of_namespace(app)), window: window(app) }
    }

    /// Of whatever the install has.
    pub(super) fn of_all(app: &App) -> Self {
        Self { matchers: of_namespace(app), window: window(app) }
    }

    /// The same, where rates look back on this.
    pub(super) fn over(self, window: &str) -> Self {
        Self { window: window.to_owned(), ..self }
    }

    /// The series of a metric, with `more` matchers.
    pub(super) fn series(&self, metric: &str, more: &str) -> String {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        format!("{metric}{{{}{more}}}", self.matchers)
    }

    /// Per second, summed by namespace and job, and by the labels of `by`.
    pub(super) fn rate(&self, metric: &str, more: &str, by: &str) -> String {
        let by = if by.is_empty() { String::new() } else { format!(", {by}") };
        let series = self.series(metric, more);
        format!("sum by (namespace, job{by}) (rate({series}[{}]))", self.window)
    }

    /// Which part of the requests fails.
    pub(super) fn gunicorn_errors(&self) -> String {
        let failed = self.rate("gunicorn_responses_total", "status=~\"5..\"", "");
        format!("{failed} / {}", self.rate("gunicorn_responses_total", "", ""))
    }

    /// The duration, in seconds, that this part of the requests stays below.
    pub(super) fn gunicorn_quantile(&self, quantile: &str) -> String {
        let rate = self.rate("gunicorn_request_duration_seconds_bucket", "", "le");
        format!("histogram_quantile({quantile}, {rate})")
    }

    /// Which part of the connections that PostgreSQL allows is in use.
    pub(super) fn postgres_connections(&self) -> String {
        let used = self.series("pg_stat_activity_count", "");
        let allowed = self.series("pg_settings_max_connections", "");
        format!("sum by (namespace, job) ({used}) / max by (namespace, job) ({allowed})")
    }

    /// Which part of its memory Redis uses; nothing where it has no limit.
    pub(super) fn redis_memory(&self) -> String {
        let used = self.series("redis_memory_used_bytes", "");
        format!("{used} / ({} > 0)", self.series("redis_memory_max_bytes", ""))
    }
}

/// The matcher of what is in the install's namespace.
pub(super) fn of_namespace(app: &App) -> String {
    format!("namespace=\"{}\"", app.namespace)
}

/// What a rate looks back on: four scrapes at least, so that one may be lost.
fn window(app: &App) -> String {
    const LEAST: Duration = Duration::from_secs(300);
    let interval = duration::parse(&app.prometheus.interval).unwrap_or_default();
    duration::render(LEAST.max(interval.saturating_mul(4)))
}
