//! How far each segment is durable: sinks read that far and no further.
//!
//! What is written and not synced may be withdrawn, and its sequence given to another request. A sink that had read it
//! would have delivered what was never acknowledged, under a sequence that is another's.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of each segment that may be read, by its first sequence. Shared by the writer and the sinks.
#[derive(Default, Debug)]
pub(super) struct Durable(Mutex<Segments>);

#[derive(Default, Debug)]
struct Segments {
    lengths: BTreeMap<u64, u64>,
    /// Segments that were closed by a failure, with the length that their senders were told is kept. Not all of it need be
    /// durable without [`Ack::Fsync`](super::Ack); it may be read once a later request is durable, so that its sequences
    /// cannot become those of others.
    failed: Vec<(u64, u64)>,
}

impl Durable {
    /// So many bytes of the segment are durable, among them a request.
    pub(super) fn synced(&self, first_sequence: u64, len: u64) {
        let mut segments = self.segments();
        let failed = std::mem::take(&mut segments.failed);
        segments.lengths.extend(failed);
        segments.lengths.insert(first_sequence, len);
    }

    /// The segment is complete.
    pub(super) fn sealed(&self, first_sequence: u64) {
        self.segments().lengths.insert(first_sequence, u64::MAX);
    }

    /// The segment was closed by a failure.
    pub(super) fn failed(&self, first_sequence: u64, kept: u64) {
        self.segments().failed.push((first_sequence, kept));
    }

    pub(super) fn removed(&self, first_sequence: u64) {
        self.segments().lengths.remove(&first_sequence);
    }

    /// Bytes that may be read; `None` for a segment of which nothing may.
    pub(super) fn len(&self, first_sequence: u64) -> Option<u64> {
        self.segments().lengths.get(&first_sequence).copied()
    }

    fn segments(&self) -> MutexGuard<'_, Segments> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
