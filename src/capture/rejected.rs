//! The ring of wholly refused requests, in the folder `rejected` of a capture: what people debug.
//!
//! A capture of its own, with its own sequences. It is written on the side: keeping a refused request can
//! neither delay nor fail the answer to its sender.

use std::io;
use std::path::Path;

use super::commit::{Committer, Queue};
use super::folder::REJECTED;
use super::{Ack, Capture, Event, OpenError, Options, Recovery, Request};
use crate::base::time::UnixNanos;

const OPTIONS: Options = Options {
    segment_size: 4 << 20,
    segment_age: None,
    retain_size: 64 << 20,
    retain_time: None,
    ack: Ack::Memory,
    sinks: Vec::new(),
};

const QUEUE: Queue = Queue { requests: 256, bytes: 16 << 20, batch: 1 << 20 };

/// The ring, open for writing.
#[derive(Debug)]
pub struct Rejected(Committer);

impl Rejected {
    /// Opens the ring of the capture in `folder`, and creates it when it is missing.
    ///
    /// # Errors
    /// As [`Capture::open`], or no thread to write it.
    pub fn open(
        folder: &Path,
        now: UnixNanos,
        on_event: impl Fn(Event) + Send + 'static,
    ) -> Result<(Self, Recovery), OpenError> {
        let folder = folder.join(REJECTED);
        let (capture, recovery) = Capture::open(&folder, OPTIONS, now)?;
        let committer = Committer::start(capture, QUEUE, on_event).map_err(|source: io::Error| {
            OpenError::Io { action: "start a thread for", path: folder, source }
        })?;
        Ok((Self(committer), recovery))
    }

    /// Hands a refused request over; `false` when it is not kept because too many wait.
    pub fn push(&self, request: Request) -> bool {
        self.0.submit(request, Box::new(|_| {})).is_ok()
    }

    /// The thread and the figures behind the ring.
    #[must_use]
    pub fn committer(&self) -> &Committer {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{START, read, request, sealed, sequences};
    use super::*;

    #[test]
    fn ring_stands_beside_the_capture_with_sequences_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        sealed(folder.path(), 3);
        let (rejected, _) = Rejected::open(folder.path(), START, |_| {}).expect("opens");
        assert!(rejected.push(request(7)));
        assert!(rejected.push(request(8)));
        rejected.committer().shutdown();
        assert!(!rejected.push(request(9)));
        assert_eq!(sequences(&read(&folder.path().join("rejected"))), [1, 2]);
        assert_eq!(sequences(&read(folder.path())), [1, 2, 3]);
    }

    #[test]
    fn ring_stays_within_its_bounds() {
        let folder = tempfile::tempdir().expect("a folder");
        let (rejected, _) = Rejected::open(folder.path(), START, |_| {}).expect("opens");
        let large = Request { body: vec![7; 1 << 20].into(), ..request(1) };
        let mut pushed = 0;
        while pushed < 100 {
            if rejected.push(large.clone()) {
                pushed += 1;
            } else {
                std::thread::yield_now();
            }
        }
        rejected.committer().shutdown();
        let stats = rejected.committer().stats().snapshot();
        assert!(stats.bytes <= 64 << 20 && stats.bytes > 48 << 20, "{stats:?}");
        assert!(stats.dropped_segments >= 9, "{stats:?}");
    }
}
