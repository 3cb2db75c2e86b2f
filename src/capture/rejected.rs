//! The ring of wholly refused requests, in the folder `rejected` of a capture: what people debug.
//!
//! A capture of its own, with its own sequences. It is written on the side: keeping a refused request can
//! neither delay nor fail the answer to its sender.

use std::io;
use std::path::Path;

use super::commit::{Committer, Queue};
use super::folder::REJECTED;
use super::writer::{Ack, Capture, Event, Options};
use super::{OpenError, Recovery, Request};
use crate::base::time::UnixNanos;

const OPTIONS: Options = Options {
    segment_size: 4 << 20,
    segment_age: None,
    retain_size: 64 << 20,
    retain_time: None,
    ack: Ack::Memory,
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
