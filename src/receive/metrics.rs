//! What the receiver says of itself at `/metrics`, in OpenMetrics.
//!
//! Everything about requests is by `protocol` (`1.0`, `2.0`, or `unknown` where a request was refused before
//! that was known). Every label comes from a fixed set: a sender cannot make new series.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::StatusCode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::base::time::UnixNanos;
use crate::capture::Counts;
use crate::receive::budget::Budget;
use crate::wire::Protocol;

/// The content type of [`Metrics::encode`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds; Prometheus gives up on a request after 30.
const DURATIONS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

const PROTOCOLS: [Protocol; 2] = [Protocol::V1, Protocol::V2];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByProtocol {
    protocol: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByCode {
    protocol: &'static str,
    code: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByRule {
    protocol: &'static str,
    rule: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByNote {
    protocol: &'static str,
    note: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

/// Why a connection was closed by us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dropped {
    /// Above the limit of connections.
    Limit,
    /// The header section took too long.
    Header,
    /// No request came for the keep-alive time.
    Idle,
    /// Still busy at the end of the drain time.
    Drain,
}

impl Dropped {
    const ALL: [Self; 4] = [Self::Limit, Self::Header, Self::Idle, Self::Drain];

    const fn labels(self) -> ByReason {
        let reason = match self {
            Self::Limit => "connection-limit",
            Self::Header => "header-timeout",
            Self::Idle => "idle",
            Self::Drain => "drain",
        };
        ByReason { reason }
    }
}

/// Totals since the start, over both versions.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Totals {
    /// Write requests answered, whatever the answer.
    pub requests: u64,
    /// Of those, answered 204.
    pub accepted: u64,
    /// What was written, of accepted and of partly refused requests.
    pub series: u64,
    pub samples: u64,
    pub histograms: u64,
    pub exemplars: u64,
    pub metadata: u64,
    /// `TimeSeries` elements refused by a rule.
    pub rejected_series: u64,
    /// Bytes of bodies as they came, accepted or not.
    pub wire_bytes: u64,
    /// Bytes of the messages in them.
    pub decoded_bytes: u64,
}

/// One answered write request, for the counters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) status: StatusCode,
    pub(crate) duration: Duration,
    pub(crate) wire_bytes: usize,
    pub(crate) decoded_bytes: usize,
    pub(crate) written: Counts,
}

/// The receiver's registry and what is counted in it.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<ByCode, Counter>,
    samples: Family<ByProtocol, Counter>,
    histograms: Family<ByProtocol, Counter>,
    exemplars: Family<ByProtocol, Counter>,
    metadata: Family<ByProtocol, Counter>,
    wire_bytes: Family<ByProtocol, Counter>,
    decoded_bytes: Family<ByProtocol, Counter>,
    duration: Family<ByProtocol, Histogram, fn() -> Histogram>,
    rejected: Family<ByRule, Counter>,
    notes: Family<ByNote, Counter>,
    dropped: Family<ByReason, Counter>,
    connections: Gauge,
    inflight: Gauge,
    budget: Budget,
    totals: Mutex<Totals>,
}

impl Metrics {
    /// `capture` adds the figures of the capture, where there is one.
    pub(crate) fn new(budget: Budget, started: UnixNanos, capture: Option<Box<dyn Collector>>) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            samples: Family::default(),
            histograms: Family::default(),
            exemplars: Family::default(),
            metadata: Family::default(),
            wire_bytes: Family::default(),
            decoded_bytes: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            rejected: Family::default(),
            notes: Family::default(),
            dropped: Family::default(),
            connections: Gauge::default(),
            inflight: Gauge::default(),
            budget,
            totals: Mutex::default(),
        };
        metrics.register(started);
        if let Some(capture) = capture {
            metrics.registry.register_collector(capture);
        }
        for protocol in PROTOCOLS {
            let labels = ByProtocol { protocol: protocol.as_str() };
            for family in [&metrics.samples, &metrics.histograms, &metrics.exemplars, &metrics.metadata] {
                drop(family.get_or_create(&labels));
            }
            drop(metrics.wire_bytes.get_or_create(&labels));
            drop(metrics.decoded_bytes.get_or_create(&labels));
            drop(metrics.duration.get_or_create(&labels));
        }
        for reason in Dropped::ALL {
            drop(metrics.dropped.get_or_create(&reason.labels()));
        }
        metrics
    }

    fn register(&mut self, started: UnixNanos) {
        let registry = &mut self.registry;
        let own = registry.sub_registry_with_prefix("obsctl_receive");
        own.register("requests", "Write requests answered, by HTTP status", self.requests.clone());
        own.register("samples", "Samples written", self.samples.clone());
        own.register("histograms", "Native histograms written", self.histograms.clone());
        own.register("exemplars", "Exemplars written", self.exemplars.clone());
        own.register("metadata", "1.0 metadata elements written", self.metadata.clone());
        own.register("wire_bytes", "Bytes of request bodies as they came", self.wire_bytes.clone());
        own.register("decoded_bytes", "Bytes of decompressed messages", self.decoded_bytes.clone());
        own.register(
            "request_duration_seconds",
            "From the end of the request's head to its answer",
            self.duration.clone(),
        );
        own.register("rejected_series", "Series refused, by the rule they break", self.rejected.clone());
        own.register("notes", "Things accepted that a sender should mend", self.notes.clone());
        own.register("dropped_connections", "Connections closed by the receiver", self.dropped.clone());
        own.register("connections", "Open connections", self.connections.clone());
        own.register(
            "inflight_bytes",
            "Bytes held by requests not yet answered, or not yet printed",
            self.inflight.clone(),
        );
        registry.register(
            "obsctl_build",
            "Build of this program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let start = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        start.set(started.millis().0 as f64 / 1000.0);
        registry.register("process_start_time_seconds", "Start of the process since the epoch", start);
    }

    /// The page of `/metrics`.
    pub(crate) fn encode(&self) -> String {
        self.inflight.set(i64::try_from(self.budget.in_use()).unwrap_or(i64::MAX));
        let mut page = String::new();
        if let Err(error) = text::encode(&mut page, &self.registry) {
            tracing::error!(%error, "cannot write /metrics");
        }
        page
    }

    pub(crate) fn totals(&self) -> Totals {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open_connections(&self) -> u64 {
        self.connections.get().try_into().unwrap_or(0)
    }

    pub(crate) fn inflight_bytes(&self) -> usize {
        self.budget.in_use()
    }

    pub(crate) fn answered(&self, answered: &Answered) {
        let protocol = name(answered.protocol);
        self.requests.get_or_create(&ByCode { protocol, code: answered.status.as_u16() }).inc();
        let labels = ByProtocol { protocol };
        self.duration.get_or_create(&labels).observe(answered.duration.as_secs_f64());
        let written = &answered.written;
        for (family, more) in [
            (&self.samples, written.samples),
            (&self.histograms, written.histograms),
            (&self.exemplars, written.exemplars),
            (&self.metadata, written.metadata),
            (&self.wire_bytes, answered.wire_bytes as u64),
            (&self.decoded_bytes, answered.decoded_bytes as u64),
        ] {
            if more > 0 {
                family.get_or_create(&labels).inc_by(more);
            }
        }
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.requests += 1;
        totals.accepted += u64::from(answered.status == StatusCode::NO_CONTENT);
        totals.series += written.series;
        totals.samples += written.samples;
        totals.histograms += written.histograms;
        totals.exemplars += written.exemplars;
        totals.metadata += written.metadata;
        totals.wire_bytes += answered.wire_bytes as u64;
        totals.decoded_bytes += answered.decoded_bytes as u64;
    }

    pub(crate) fn rejected(&self, protocol: Protocol, rule: &'static str, series: u64) {
        self.rejected.get_or_create(&ByRule { protocol: protocol.as_str(), rule }).inc_by(series);
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).rejected_series += series;
    }

    pub(crate) fn noted(&self, protocol: Protocol, note: &'static str, times: u64) {
        self.notes.get_or_create(&ByNote { protocol: protocol.as_str(), note }).inc_by(times);
    }

    pub(crate) fn dropped(&self, reason: Dropped) {
        self.dropped.get_or_create(&reason.labels()).inc();
    }

    /// Counts a connection as open until the guard is dropped.
    pub(crate) fn connection(self: &Arc<Self>) -> OpenConnection {
        self.connections.inc();
        OpenConnection(Arc::clone(self))
    }
}

/// An open connection in the gauge.
pub(crate) struct OpenConnection(Arc<Metrics>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}

fn name(protocol: Option<Protocol>) -> &'static str {
    protocol.map_or("unknown", Protocol::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> Metrics {
        Metrics::new(Budget::new(1 << 20), UnixNanos(1_700_000_000_500_000_000), None)
    }

    #[test]
    fn counts_by_protocol_and_code() {
        let metrics = metrics();
        let written = Counts { series: 2, samples: 3, histograms: 1, ..Counts::default() };
        metrics.answered(&Answered {
            protocol: Some(Protocol::V2),
            status: StatusCode::NO_CONTENT,
            duration: Duration::from_millis(3),
            wire_bytes: 100,
            decoded_bytes: 500,
            written,
        });
        metrics.answered(&Answered {
            protocol: None,
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            duration: Duration::ZERO,
            wire_bytes: 0,
            decoded_bytes: 0,
            written: Counts::default(),
        });
        metrics.rejected(Protocol::V1, "duplicate-label", 4);
        metrics.noted(Protocol::V1, "no-content-type", 1);
        let page = metrics.encode();
        for line in [
            "obsctl_receive_requests_total{protocol=\"2.0\",code=\"204\"} 1",
            "obsctl_receive_requests_total{protocol=\"unknown\",code=\"415\"} 1",
            "obsctl_receive_samples_total{protocol=\"2.0\"} 3",
            "obsctl_receive_samples_total{protocol=\"1.0\"} 0",
            "obsctl_receive_histograms_total{protocol=\"2.0\"} 1",
            "obsctl_receive_wire_bytes_total{protocol=\"2.0\"} 100",
            "obsctl_receive_decoded_bytes_total{protocol=\"2.0\"} 500",
            "obsctl_receive_request_duration_seconds_bucket{le=\"0.005\",protocol=\"2.0\"} 1",
            "obsctl_receive_rejected_series_total{protocol=\"1.0\",rule=\"duplicate-label\"} 4",
            "obsctl_receive_notes_total{protocol=\"1.0\",note=\"no-content-type\"} 1",
            "obsctl_receive_dropped_connections_total{reason=\"header-timeout\"} 0",
            "process_start_time_seconds 1700000000.5",
            "# EOF",
        ] {
            assert!(page.lines().any(|l| l == line), "no line `{line}` in\n{page}");
        }
        assert!(page.contains("obsctl_build_info{version=\""), "{page}");
        let totals = metrics.totals();
        assert_eq!((totals.requests, totals.accepted, totals.samples), (2, 1, 3));
        assert_eq!((totals.series, totals.rejected_series), (2, 4));
    }

    #[test]
    fn gauges_follow_connections_and_budget() {
        let budget = Budget::new(1 << 20);
        let metrics = Arc::new(Metrics::new(budget.clone(), UnixNanos(0), None));
        let open = metrics.connection();
        let mut room = budget.reserve_nothing();
        room.grow_to(2048).unwrap();
        let page = metrics.encode();
        assert!(page.contains("obsctl_receive_connections 1\n"), "{page}");
        assert!(page.contains("obsctl_receive_inflight_bytes 2048\n"), "{page}");
        drop((open, room));
        let page = metrics.encode();
        assert!(page.contains("obsctl_receive_connections 0\n"), "{page}");
        assert!(page.contains("obsctl_receive_inflight_bytes 0\n"), "{page}");
    }
}
