//! Where accepted requests go: a capture on disk, with a ring beside it for what is refused; or nowhere.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;
use tokio::sync::oneshot;

use crate::base::time::UnixNanos;
use crate::capture::{
    Ack, Capture, CommitError, Committer, Event, OpenError, Options, Queue, Recovery, Rejected, Request,
    Snapshot, Stats, SubmitError,
};

/// Seconds; a sync of a good disk takes 1 to 10 ms, of a bad one over a second.
const SYNC_TIMES: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Where accepted requests go.
pub struct Store(Option<Folder>);

struct Folder {
    committer: Committer,
    ack: Ack,
    rejected: Rejected,
    health: Health,
    sync_times: Histogram,
}

/// Why a request is not kept, as its sender is told: without paths.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the disk is slower than the senders: the capture's queue is full; send again later")]
    Full,
    #[error("the receiver has no space left on its disk; send again later")]
    NoSpace,
    #[error("the receiver cannot write to its disk; send again later")]
    Disk,
    #[error("the receiver is shutting down; send again later")]
    Closed,
    #[error("a capture cannot hold a request of {len} bytes, at most {max}: lower `max_samples_per_send`")]
    TooLarge { len: usize, max: usize },
}

impl StoreError {
    /// Stable name, as metrics and logs carry it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "capture-full",
            Self::NoSpace => "no-space",
            Self::Disk => "disk",
            Self::Closed => "shutting-down",
            Self::TooLarge { .. } => "record-too-large",
        }
    }
}

impl From<&CommitError> for StoreError {
    fn from(err: &CommitError) -> Self {
        match err {
            CommitError::NoSpace { .. } => Self::NoSpace,
            CommitError::Io { .. } => Self::Disk,
        }
    }
}

impl Store {
    /// Keeps nothing: a request is accepted once it is read.
    #[must_use]
    pub fn nowhere() -> Self {
        Self(None)
    }

    /// Opens the capture in `folder` and its ring of refused requests, and starts to write them. What was found
    /// there is for the caller to tell: of the capture first, then of the ring.
    ///
    /// # Errors
    ///
    /// When either cannot be opened.
    pub fn open(
        folder: &Path,
        options: Options,
        queue: Queue,
        now: UnixNanos,
    ) -> Result<(Self, [Recovery; 2]), OpenError> {
        let ack = options.ack;
        let (capture, found) = Capture::open(folder, options, now)?;
        let health = Health::default();
        let sync_times = Histogram::new(SYNC_TIMES);
        let listener = Listener { health: health.clone(), sync_times: sync_times.clone() };
        let committer =
            Committer::start(capture, queue, move |event| listener.hear(event)).map_err(|source| {
                OpenError::Io { action: "start a thread for", path: folder.to_owned(), source }
            })?;
        let (rejected, found_rejected) = Rejected::open(folder, now, |event| {
            if let Event::Failed(error) = event {
                tracing::debug!(%error, "a refused request is not kept");
            }
        })?;
        let folder = Folder { committer, ack, rejected, health, sync_times };
        Ok((Self(Some(folder)), [found, found_rejected]))
    }

    /// Keeps a request as the capture's acknowledgement level promises; its sequence, or 0 where there is none.
    pub(crate) async fn put(&self, request: Request) -> Result<u64, StoreError> {
        let Some(folder) = &self.0 else { return Ok(0) };
        if folder.ack == Ack::Memory
            && let Some(trouble) = folder.health.trouble()
        {
            return Err(trouble); // it would be answered, and then lost for sure
        }
        let (done, kept) = oneshot::channel();
        let done = Box::new(move |result| {
            let _ = done.send(result); // the sender may be gone by now
        });
        folder.committer.submit(request, done).map_err(|err| match err {
            SubmitError::Full => StoreError::Full,
            SubmitError::Closed => StoreError::Closed,
            SubmitError::TooLarge { len, max } => StoreError::TooLarge { len, max },
        })?;
        match kept.await {
            Ok(Ok(sequence)) => Ok(sequence),
            Ok(Err(err)) => Err((&err).into()),
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// Keeps a wholly refused request in the ring, if it has room.
    pub(crate) fn reject(&self, request: Request) {
        if let Some(folder) = &self.0
            && !folder.rejected.push(request)
        {
            tracing::debug!("a refused request is not kept: too many wait");
        }
    }

    /// Figures of the capture.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        self.0.as_ref().map(|folder| folder.committer.stats().snapshot())
    }

    /// Why requests cannot be kept at the moment.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.0.as_ref()?.health.trouble().map(|err| match err {
            StoreError::NoSpace => "no space left for the capture".to_owned(),
            _ => "the capture cannot be written".to_owned(),
        })
    }

    /// Writes what waits and seals. Blocks.
    pub(crate) fn close(&self) {
        if let Some(folder) = &self.0 {
            folder.committer.shutdown();
            folder.rejected.committer().shutdown();
        }
    }

    /// The capture's figures for `/metrics`.
    pub(crate) fn collector(&self) -> Option<Box<dyn Collector>> {
        let folder = self.0.as_ref()?;
        Some(Box::new(Figures {
            stats: Arc::clone(folder.committer.stats()),
            rejected: Arc::clone(folder.rejected.committer().stats()),
            sync_times: folder.sync_times.clone(),
        }))
    }
}

/// Whether the capture can be written; says so when that changes, not each time. Fed by the thread that writes
/// alone: an answer under `--ack memory` says nothing about the disk.
#[derive(Clone, Default, Debug)]
struct Health(Arc<HealthState>);

#[derive(Default, Debug)]
struct HealthState {
    trouble: Mutex<Option<StoreError>>,
    /// Retention fails; requests are kept all the same.
    stuck: AtomicBool,
}

impl Health {
    fn good(&self) {
        if self.state().take().is_some() {
            tracing::info!("the capture can be written again");
        }
    }

    fn bad(&self, error: &CommitError) {
        if self.state().replace(error.into()).is_none() {
            tracing::error!(%error, "the capture cannot be written: senders are told to come back (503)");
        }
    }

    fn stuck(&self, error: &CommitError) {
        if !self.0.stuck.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "old segments cannot be removed: the capture grows above its limits");
        }
    }

    fn unstuck(&self) {
        self.0.stuck.store(false, Ordering::Relaxed);
    }

    fn trouble(&self) -> Option<StoreError> {
        *self.state()
    }

    fn state(&self) -> MutexGuard<'_, Option<StoreError>> {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Listener {
    health: Health,
    sync_times: Histogram,
}

impl Listener {
    fn hear(&self, event: Event) {
        match event {
            Event::Synced(time) => self.sync_times.observe(time.as_secs_f64()),
            Event::Failed(error) => self.health.bad(&error),
            Event::Recovered => self.health.good(),
            Event::NotRemoved(error) => self.health.stuck(&error),
            Event::Sealed { file, .. } => tracing::debug!(file = %file.display(), "segment sealed"),
            Event::Dropped { segments, requests, bytes, first } => {
                self.health.unstuck();
                match first {
                    true => tracing::warn!(
                        segments,
                        requests,
                        bytes,
                        "the capture is full: from now on the oldest segments are removed for new ones"
                    ),
                    false => tracing::debug!(segments, requests, bytes, "oldest segments removed"),
                }
            }
        }
    }
}

/// Reads the capture's figures when `/metrics` is scraped.
#[derive(Debug)]
struct Figures {
    stats: Arc<Stats>,
    rejected: Arc<Stats>,
    sync_times: Histogram,
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let capture = self.stats.snapshot();
        let rejected = self.rejected.snapshot();
        for (name, help, value) in [
            ("size", "Bytes of the capture's segments", capture.bytes),
            ("queued", "Bytes of requests that wait to be written", capture.queued_bytes),
            ("rejected_size", "Bytes of the ring of refused requests", rejected.bytes),
        ] {
            let name = format!("obsctl_capture_{name}");
            let encoder = encoder.encode_descriptor(&name, help, Some(&Unit::Bytes), MetricType::Gauge)?;
            ConstGauge::new(gauge(value)).encode(encoder)?;
        }
        for (name, help, value) in [
            ("segments", "Segments of the capture", capture.segments),
            ("queued_requests", "Requests that wait to be written", capture.queued),
        ] {
            let name = format!("obsctl_capture_{name}");
            let encoder = encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?;
            ConstGauge::new(gauge(value)).encode(encoder)?;
        }
        for (name, help, value) in [
            ("torn_bytes", "Bytes of a torn tail that were cut at the start", capture.torn_bytes),
            ("dropped_segments", "Segments that retention removed", capture.dropped_segments),
            ("dropped_requests", "Requests in segments that retention removed", capture.dropped_requests),
            ("failures", "Writes and syncs that failed", capture.failures),
            ("lost_requests", "Requests answered by --ack memory and never written", capture.lost),
        ] {
            let name = format!("obsctl_capture_{name}");
            let encoder = encoder.encode_descriptor(&name, help, None, MetricType::Counter)?;
            ConstCounter::new(value).encode(encoder)?;
        }
        let encoder = encoder.encode_descriptor(
            "obsctl_capture_fsync_duration",
            "Time of one sync to disk",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        self.sync_times.encode(encoder)
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
