//! What Prometheus watches over: that the receiver is there, that it keeps what it is sent, and what senders should mend.

use super::super::alert::{Alert, group};
use super::super::names;
use super::super::spec::Receiver;
use super::{owner, workload};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

pub(super) fn manifest(receiver: &Receiver) -> Manifest {
    let of = format!("namespace=\"{}\", job=\"{}\"", receiver.namespace, receiver.name);
    let mut alerts = Vec::from(presence(&of));
    alerts.extend(keeping(&of, receiver));
    alerts.extend(senders(&of));
    let groups: Vec<Map> = group("receiver", alerts).into_iter().collect();
    owner(receiver)
        .object("monitoring.coreos.com/v1", "PrometheusRule", &names::of(&receiver.name, "rules"))
        .with("spec", Map::new().with("groups", groups))
}

fn presence(of: &str) -> [Alert; 2] {
    [
        Alert {
            name: "ReceiverDown",
            expr: format!("up{{{of}}} == 0"),
            wait: "5m",
            severity: "warning",
            summary: "{{ $labels.job }} cannot be scraped at {{ $labels.instance }}".to_owned(),
            description: "The pod is found and does not answer: senders wait, or go to the other replicas.",
        },
        Alert {
            name: "ReceiverMissing",
            expr: format!("absent(up{{{of}}})"),
            wait: "10m",
            severity: "critical",
            summary: "{{ $labels.job }} has no target at all".to_owned(),
            description: "No pod is ready, or the monitor is not taken: look at the pods, and at what Prometheus selects.",
        },
    ]
}

/// What endangers requests, answered or not.
fn keeping(of: &str, receiver: &Receiver) -> Vec<Alert> {
    let volumes = format!(
        "namespace=\"{}\", persistentvolumeclaim=~\"{}\"",
        receiver.namespace,
        workload::volume_claims(receiver)
    );
    let mut alerts = vec![
        Alert {
            name: "ReceiverCannotWrite",
            expr: format!("increase(obsctl_capture_failures_total{{{of}}}[5m]) > 0"),
            wait: "5m",
            severity: "critical",
            summary: "{{ $labels.instance }}: {{ $value | humanize }} writes failed within 5 minutes"
                .to_owned(),
            description: "Senders are told to come back, and hold what they have: look at the volume, and at the log.",
        },
        Alert {
            name: "ReceiverVolumeNearlyFull",
            expr: format!(
                "kubelet_volume_stats_available_bytes{{{volumes}}} / kubelet_volume_stats_capacity_bytes{{{volumes}}} < 0.1"
            ),
            wait: "15m",
            severity: "warning",
            summary: "{{ $labels.persistentvolumeclaim }}: {{ $value | humanizePercentage }} are left"
                .to_owned(),
            description: "What is kept has outgrown `--retain-size`, or something else is on the volume.",
        },
    ];
    if receiver.ack == "memory" {
        alerts.push(Alert {
            name: "ReceiverLosesRequests",
            expr: format!("increase(obsctl_capture_lost_requests_total{{{of}}}[15m]) > 0"),
            wait: "1m",
            severity: "critical",
            summary: "{{ $labels.instance }}: {{ $value | humanize }} answered requests were lost within 15 minutes"
                .to_owned(),
            description: "`--ack memory` answers before it writes, and the volume did not take them.",
        });
    }
    alerts
}

/// What senders see, and should mend.
fn senders(of: &str) -> [Alert; 2] {
    let rate = |more: &str| {
        format!("sum by (namespace, job, instance) (rate(obsctl_receive_requests_total{{{of}{more}}}[5m]))")
    };
    [
        Alert {
            name: "ReceiverTurnsSendersAway",
            expr: format!("{} / {} > 0.05", rate(", code=\"503\""), rate("")),
            wait: "10m",
            severity: "warning",
            summary: "{{ $labels.instance }}: {{ $value | humanizePercentage }} of the requests are to come back later"
                .to_owned(),
            description: "Memory, queue or disk are full, or there are too many connections: the answers and the log say which.",
        },
        Alert {
            name: "ReceiverRefusesSeries",
            expr: format!(
                "sum by (namespace, job, rule) (rate(obsctl_receive_rejected_series_total{{{of}}}[5m])) > 0"
            ),
            wait: "15m",
            severity: "warning",
            summary: "{{ $labels.job }}: {{ $value | humanize }} series a second break the rule {{ $labels.rule }}"
                .to_owned(),
            description: "They are not kept, and their sender does not send them again: the log names it.",
        },
    ]
}
