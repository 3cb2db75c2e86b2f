//! Figures of a capture while it is written, for metrics and the live page: read by anyone, at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters and levels of one capture; share it by `Arc`.
#[derive(Default, Debug)]
pub struct Stats {
    pub(super) bytes: AtomicU64,
    pub(super) segments: AtomicU64,
    pub(super) last_sequence: AtomicU64,
    pub(super) synced_sequence: AtomicU64,
    pub(super) syncs: AtomicU64,
    pub(super) sync_nanos: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) torn_bytes: AtomicU64,
    pub(super) dropped_segments: AtomicU64,
    pub(super) dropped_requests: AtomicU64,
    pub(super) queued: AtomicU64,
    pub(super) queued_bytes: AtomicU64,
}

/// [`Stats`] at one moment. Each figure is right by itself; together they may be an instant apart.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Snapshot {
    /// Bytes of all segments on disk.
    pub bytes: u64,
    /// Segments on disk.
    pub segments: u64,
    /// Sequence of the last request written, also by earlier writers; 0 before the first.
    pub last_sequence: u64,
    /// Every request up to this sequence is durable: sinks read no further.
    pub synced_sequence: u64,
    /// Syncs since the start, and the time they took in all.
    pub syncs: u64,
    pub sync_time: Duration,
    /// Writes and syncs that failed.
    pub failures: u64,
    /// Requests that were answered before they were written (`--ack memory`) and could not be written.
    pub lost: u64,
    /// Torn bytes cut at the start.
    pub torn_bytes: u64,
    /// Segments and requests that retention removed since the start.
    pub dropped_segments: u64,
    pub dropped_requests: u64,
    /// Requests, and their bytes, that wait to be written.
    pub queued: u64,
    pub queued_bytes: u64,
}

impl Stats {
    /// The figures now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let get = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Snapshot {
            bytes: get(&self.bytes),
            segments: get(&self.segments),
            last_sequence: get(&self.last_sequence),
            synced_sequence: self.synced_sequence.load(Ordering::Acquire),
            syncs: get(&self.syncs),
            sync_time: Duration::from_nanos(get(&self.sync_nanos)),
            failures: get(&self.failures),
            lost: get(&self.lost),
            torn_bytes: get(&self.torn_bytes),
            dropped_segments: get(&self.dropped_segments),
            dropped_requests: get(&self.dropped_requests),
            queued: get(&self.queued),
            queued_bytes: get(&self.queued_bytes),
        }
    }
}

/// Adds to a counter.
pub(super) fn add(figure: &AtomicU64, by: u64) {
    figure.fetch_add(by, Ordering::Relaxed);
}

/// Sets a level.
pub(super) fn set(figure: &AtomicU64, to: u64) {
    figure.store(to, Ordering::Relaxed);
}
