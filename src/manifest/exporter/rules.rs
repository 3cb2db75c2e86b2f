//! What Prometheus computes from the metrics and when it tells people: once as a value, for both files that have it.

use super::{Mode, Name};
use crate::yaml::write::{self, Map};

/// A rule that tells people: its name behind that of the exporter, when, and in which words.
struct Alert {
    name: &'static str,
    expr: String,
    wait: &'static str,
    severity: &'static str,
    summary: String,
    description: String,
}

/// The groups of rules; rules of one group see each other's results.
pub(super) fn groups(name: &Name, mode: Mode) -> Vec<Map> {
    let (records, mut alerts) = match mode {
        Mode::Server => (server_records(name), server_alerts(name)),
        Mode::Batch => (records(name), batch_alerts(name)),
    };
    alerts.extend(spool_alerts(name));
    let records =
        records.into_iter().map(|(record, expr)| Map::new().with("record", record).with("expr", expr));
    let alerts = alerts.into_iter().map(|alert| alert.rule(&name.alert()));
    let group =
        |suffix, rules: Vec<Map>| Map::new().with("name", format!("{name}.{suffix}")).with("rules", rules);
    vec![group("records", records.collect()), group("alerts", alerts.collect())]
}

/// As a rule file.
pub(super) fn file(groups: &[Map]) -> String {
    write::document(&Map::new().with("groups", groups.to_vec()), None)
}

impl Alert {
    fn rule(self, prefix: &str) -> Map {
        let annotations = Map::new().with("summary", self.summary).with("description", self.description);
        Map::new()
            .with("alert", format!("{prefix}{}", self.name))
            .with("expr", self.expr)
            .with("for", self.wait)
            .with("labels", Map::new().with("severity", self.severity))
            .with("annotations", annotations)
    }
}

fn records(name: &Name) -> Vec<(String, String)> {
    let prefix = name.prefix();
    ["queue_files", "queue_bytes"]
        .map(|metric| (format!("job:{prefix}_{metric}:sum"), format!("sum by (job) ({prefix}_{metric})")))
        .into()
}

fn server_records(name: &Name) -> Vec<(String, String)> {
    let prefix = name.prefix();
    let mut records = records(name);
    records.push((
        format!("job:{prefix}_scan_duration_seconds:p90_5m"),
        format!(
            "histogram_quantile(0.9, sum by (job, le) (rate({prefix}_scan_duration_seconds_bucket[5m])))"
        ),
    ));
    records.push((
        format!("job:{prefix}_scans:error_ratio_rate5m"),
        format!(
            "sum by (job) (rate({prefix}_scans_total{{result=\"error\"}}[5m])) / sum by (job) (rate({prefix}_scans_total[5m]))"
        ),
    ));
    records
}

fn server_alerts(name: &Name) -> Vec<Alert> {
    let prefix = name.prefix();
    vec![
        Alert {
            name: "Down",
            expr: format!("up{{job=\"{name}\"}} == 0"),
            wait: "5m",
            severity: "critical",
            summary: format!("{name} at {{{{ $labels.instance }}}} cannot be scraped"),
            description: "It is found and does not answer: look at its pod and at /targets of Prometheus."
                .into(),
        },
        Alert {
            name: "Missing",
            expr: format!("absent(up{{job=\"{name}\"}})"),
            wait: "10m",
            severity: "critical",
            summary: format!("no {name} is scraped at all"),
            description:
                "No target is found: look at the labels and the port name that the monitor selects by.".into(),
        },
        Alert {
            name: "Unreadable",
            expr: format!("{prefix}_up == 0"),
            wait: "5m",
            severity: "warning",
            summary: format!("{name} at {{{{ $labels.instance }}}} cannot read its spool"),
            description: "Scans fail or hang; what is shown is what the last good one saw. Its log says why."
                .into(),
        },
        Alert {
            name: "ScansFail",
            expr: format!("job:{prefix}_scans:error_ratio_rate5m > 0.1"),
            wait: "10m",
            severity: "warning",
            summary: format!("{{{{ $value | humanizePercentage }}}} of the scans of {name} fail"),
            description: "More than 10% of the scans of the last five minutes failed. The log says why."
                .into(),
        },
        Alert {
            name: "ScansSlow",
            expr: format!("job:{prefix}_scan_duration_seconds:p90_5m > 5"),
            wait: "15m",
            severity: "warning",
            summary: format!("one scan in ten of {name} takes more than {{{{ $value | humanizeDuration }}}}"),
            description: "Scans should take less than 5s: the spool is very full, or its disk slow.".into(),
        },
    ]
}

fn batch_alerts(name: &Name) -> Vec<Alert> {
    let prefix = name.prefix();
    vec![
        Alert {
            name: "Late",
            expr: format!("time() - {prefix}_last_success_timestamp_seconds > 900"),
            wait: "5m",
            severity: "critical",
            summary: format!("{name} last succeeded {{{{ $value | humanizeDuration }}}} ago"),
            description: "A run of {{ $labels.instance }} should succeed every five minutes: look at the CronJob and at the log of its last Job.".into(),
        },
        Alert {
            name: "Missing",
            expr: format!("absent({prefix}_last_success_timestamp_seconds{{job=\"{name}\"}})"),
            wait: "15m",
            severity: "critical",
            summary: format!("nothing of {name} is in the Pushgateway"),
            description: "No run has succeeded, the Pushgateway was restarted without storage, or it is not scraped."
                .into(),
        },
        Alert {
            name: "Unreadable",
            expr: format!("{prefix}_up == 0"),
            wait: "10m",
            severity: "warning",
            summary: format!("{name} cannot read the spool of {{{{ $labels.instance }}}}"),
            description: "The last run failed; what is shown is what the last good one saw. The log of its Job says why.".into(),
        },
        Alert {
            name: "PushRefused",
            expr: format!("push_failure_time_seconds{{job=\"{name}\"}} > push_time_seconds{{job=\"{name}\"}}"),
            wait: "10m",
            severity: "warning",
            summary: format!("the Pushgateway refused the last push of {name}"),
            description: "What {{ $labels.instance }} pushed does not fit what is there already. The log of the Pushgateway says why.".into(),
        },
    ]
}

/// Of what is measured, whichever way it came.
fn spool_alerts(name: &Name) -> Vec<Alert> {
    let prefix = name.prefix();
    vec![
        Alert {
            name: "FileWaits",
            expr: format!("{prefix}_oldest_file_age_seconds > 3600"),
            wait: "10m",
            severity: "warning",
            summary: "a file has waited for {{ $value | humanizeDuration }}".into(),
            description: "The oldest file in the spool of {{ $labels.instance }} should be gone within 1h: whoever takes files out may hang.".into(),
        },
        Alert {
            name: "QueueLarge",
            expr: format!("{prefix}_queue_bytes > {}", 1 << 30),
            wait: "30m",
            severity: "warning",
            summary: "queue {{ $labels.queue }} holds {{ $value | humanize1024 }}B".into(),
            description: "More than 1 GiB waits in the spool of {{ $labels.instance }}: files come in faster than they are taken out.".into(),
        },
    ]
}
