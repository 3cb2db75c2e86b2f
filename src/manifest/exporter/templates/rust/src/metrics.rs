//! The metrics, and the four ways to make one.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts, PullingGauge, Registry,
};

use crate::spool::{self, Snapshot};

/// Tells the time; tests have one of their own.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Every metric of this exporter.
///
/// Nothing here waits for the spool: whoever asks for metrics gets what the last scan saw, at once. A scan that hangs
/// shows as `@PREFIX@_up 0` as soon as the last one is older than it may be.
pub struct Metrics {
    clock: Clock,
    state: Arc<Mutex<State>>,
    scans: IntCounterVec,
    in_progress: IntGauge,
    last_success: Gauge,
    duration: Histogram,
}

#[derive(Default)]
struct State {
    /// Of the last scan that succeeded.
    last: Option<Snapshot>,
    /// Whether the last scan failed.
    failed: bool,
}

impl Metrics {
    /// Makes them and registers them; a snapshot older than `max_age` counts as none.
    pub fn new(registry: &Registry, max_age: Duration, clock: Clock) -> prometheus::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));

        // 1. Set, inc, dec: where something happens, the code says so.
        let scans = Opts::new("@PREFIX@_scans_total", "Scans of the spool, by result.");
        let scans = IntCounterVec::new(scans, &["result"])?;
        for result in ["ok", "error"] {
            scans.with_label_values(&[result]); // there from the start, so that rate() sees the first one
        }
        let in_progress = IntGauge::new("@PREFIX@_scans_in_progress", "Scans that run now.")?;
        let last_success = Gauge::new(
            "@PREFIX@_last_success_timestamp_seconds",
            "When the last scan that succeeded began, since 1970.",
        )?;

        // 2. Callback: asked at each scrape, because an age grows by itself.
        let (now, shared) = (Arc::clone(&clock), Arc::clone(&state));
        let oldest = PullingGauge::new(
            "@PREFIX@_oldest_file_age_seconds",
            "Age of the file that has waited longest.",
            Box::new(move || oldest_age(&lock(&shared), now())),
        )?;

        // 3. Timer: how long something takes, as a distribution.
        let duration = Histogram::with_opts(
            HistogramOpts::new("@PREFIX@_scan_duration_seconds", "How long scans take.")
                .buckets(vec![0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0]),
        )?;

        // 4. Custom collector: makes its metrics anew each time, so that a queue that is gone is gone.
        let snapshots = Snapshots::new(Arc::clone(&state), max_age, Arc::clone(&clock))?;

        let build = Opts::new("@PREFIX@_build_info", "What runs here.")
            .const_label("version", env!("CARGO_PKG_VERSION"));
        let build = IntGauge::with_opts(build)?;
        build.set(1);

        let metrics = Self { clock, state, scans, in_progress, last_success, duration };
        registry.register(Box::new(metrics.scans.clone()))?;
        registry.register(Box::new(metrics.in_progress.clone()))?;
        registry.register(Box::new(metrics.last_success.clone()))?;
        registry.register(Box::new(oldest))?;
        registry.register(Box::new(metrics.duration.clone()))?;
        registry.register(Box::new(snapshots))?;
        registry.register(Box::new(build))?;
        Ok(metrics)
    }

    /// Scans the spool and counts that; the number of queues.
    pub fn scan(&self, folder: &Path) -> std::io::Result<usize> {
        self.in_progress.inc();
        let timer = self.duration.start_timer();
        let scanned = spool::scan(folder, (self.clock)());
        timer.observe_duration();
        self.in_progress.dec();

        let mut state = lock(&self.state);
        state.failed = scanned.is_err();
        self.scans.with_label_values(&[if state.failed { "error" } else { "ok" }]).inc();
        let snapshot = scanned?;
        self.last_success.set(since(SystemTime::UNIX_EPOCH, snapshot.taken));
        let queues = snapshot.queues.len();
        state.last = Some(snapshot);
        Ok(queues)
    }
}

/// Makes metrics of the last snapshot.
struct Snapshots {
    state: Arc<Mutex<State>>,
    max_age: Duration,
    clock: Clock,
    up: IntGauge,
    files: IntGaugeVec,
    bytes: IntGaugeVec,
}

impl Snapshots {
    fn new(state: Arc<Mutex<State>>, max_age: Duration, clock: Clock) -> prometheus::Result<Self> {
        let by_queue = |name: &str, help: &str| IntGaugeVec::new(Opts::new(name, help), &["queue"]);
        Ok(Self {
            state,
            max_age,
            clock,
            up: IntGauge::new("@PREFIX@_up", "Whether the last scan succeeded and is recent.")?,
            files: by_queue("@PREFIX@_queue_files", "Files that wait, by queue.")?,
            bytes: by_queue("@PREFIX@_queue_bytes", "Bytes that wait, by queue.")?,
        })
    }
}

impl Collector for Snapshots {
    fn desc(&self) -> Vec<&Desc> {
        [self.up.desc(), self.files.desc(), self.bytes.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let state = lock(&self.state); // held to the end, so that two scrapes do not mix
        let fresh = |snapshot: &Snapshot| since(snapshot.taken, (self.clock)()) <= self.max_age.as_secs_f64();
        let up = !state.failed && state.last.as_ref().is_some_and(fresh);
        self.up.set(up.into());
        self.files.reset();
        self.bytes.reset();
        for (name, queue) in state.last.iter().flat_map(|snapshot| &snapshot.queues) {
            self.files.with_label_values(&[name]).set(queue.files.try_into().unwrap_or(i64::MAX));
            self.bytes.with_label_values(&[name]).set(queue.bytes.try_into().unwrap_or(i64::MAX));
        }
        [self.up.collect(), self.files.collect(), self.bytes.collect()].concat()
    }
}

fn oldest_age(state: &State, now: SystemTime) -> f64 {
    state.last.as_ref().and_then(|snapshot| snapshot.oldest).map_or(0.0, |oldest| since(oldest, now))
}

/// Seconds from one time to another, 0 when that lies before it.
fn since(from: SystemTime, to: SystemTime) -> f64 {
    to.duration_since(from).unwrap_or_default().as_secs_f64()
}

/// The state is whole between any two statements, so that a panic elsewhere does not spoil it.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use prometheus::TextEncoder;

    use super::*;
    use crate::spool::tests::{at, spool};

    struct Fixture {
        registry: Registry,
        metrics: Metrics,
        now: Arc<AtomicU64>,
    }

    fn fixture() -> Fixture {
        let now = Arc::new(AtomicU64::new(1_000_000));
        let read = Arc::clone(&now);
        let clock: Clock = Arc::new(move || at(read.load(Ordering::Relaxed)));
        let registry = Registry::new();
        let metrics = Metrics::new(&registry, Duration::from_secs(60), clock).unwrap();
        Fixture { registry, metrics, now }
    }

    /// Every one of these lines is among the metrics.
    #[track_caller]
    fn check(fixture: &Fixture, lines: &[&str]) {
        let text = TextEncoder::new().encode_to_string(&fixture.registry.gather()).unwrap();
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "no `{line}` in\n{text}");
        }
    }

    #[test]
    fn a_scan_sets_every_kind_of_metric() {
        let fixture = fixture();
        assert_eq!(fixture.metrics.scan(spool().path()).unwrap(), 2);
        fixture.now.fetch_add(20, Ordering::Relaxed);
        check(
            &fixture,
            &[
                "@PREFIX@_scans_total{result=\"ok\"} 1",
                "@PREFIX@_scans_total{result=\"error\"} 0",
                "@PREFIX@_scans_in_progress 0",
                "@PREFIX@_last_success_timestamp_seconds 1000000",
                "@PREFIX@_oldest_file_age_seconds 120",
                "@PREFIX@_scan_duration_seconds_count 1",
                "@PREFIX@_queue_files{queue=\"in\"} 2",
                "@PREFIX@_queue_bytes{queue=\"in\"} 5",
                "@PREFIX@_queue_files{queue=\"out\"} 0",
                "@PREFIX@_up 1",
            ],
        );
    }

    #[test]
    fn up_is_0_before_the_first_scan_and_after_a_failed_one() {
        let fixture = fixture();
        check(&fixture, &["@PREFIX@_up 0"]);
        let spool = spool();
        fixture.metrics.scan(spool.path()).unwrap();
        fixture.metrics.scan(&spool.path().join("nowhere")).unwrap_err();
        check(&fixture, &["@PREFIX@_up 0", "@PREFIX@_scans_in_progress 0"]);
        check(&fixture, &["@PREFIX@_scans_total{result=\"error\"} 1"]);
    }

    #[test]
    fn up_is_0_when_scans_hang() {
        let fixture = fixture();
        fixture.metrics.scan(spool().path()).unwrap();
        fixture.now.fetch_add(61, Ordering::Relaxed);
        check(&fixture, &["@PREFIX@_up 0"]);
    }

    #[test]
    fn a_queue_that_is_gone_is_gone() {
        let fixture = fixture();
        let spool = spool();
        fixture.metrics.scan(spool.path()).unwrap();
        std::fs::remove_dir(spool.path().join("out")).unwrap();
        fixture.metrics.scan(spool.path()).unwrap();
        let text = TextEncoder::new().encode_to_string(&fixture.registry.gather()).unwrap();
        assert!(!text.contains("queue=\"out\""), "{text}");
    }
}
