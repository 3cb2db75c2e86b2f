//! How a capture is kept, and what it tells while it is.

use std::path::PathBuf;
use std::time::Duration;

use super::{CommitError, Index};

/// When a request counts as kept, and its sender is told so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ack {
    /// Once it is on the disk: survives loss of power.
    Fsync,
    /// Once it is handed to the operating system: survives a crash of this program. Synced about every second.
    Write,
    /// At once: a crash loses what waits to be written.
    Memory,
}

/// How a capture is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// A segment is sealed before it would grow above this, in bytes. A batch that is larger stands alone.
    pub segment_size: u64,
    /// A segment with requests is sealed at this age.
    pub segment_age: Option<Duration>,
    /// Sealed segments are removed, oldest first, while all segments together are larger than this, in bytes.
    pub retain_size: u64,
    /// Sealed segments are removed once their last request is this old.
    pub retain_time: Option<Duration>,
    pub ack: Ack,
    /// Names of the sinks: no segment is removed that one of them has yet to read. A name is a DNS label.
    pub sinks: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_size: 64 << 20,
            segment_age: None,
            retain_size: 1 << 30,
            retain_time: None,
            ack: Ack::Fsync,
            sinks: Vec::new(),
        }
    }
}

/// What happened to a capture, for logs and metrics.
#[derive(Clone, Debug)]
pub enum Event {
    /// A sync of requests took this long.
    Synced(Duration),
    /// A segment was sealed.
    Sealed { file: PathBuf, index: Index },
    /// A write or sync failed; the capture goes on in a new segment.
    Failed(CommitError),
    /// After a failure: the disk takes writes again. Found out without a request, too.
    Recovered,
    /// Retention could not remove a segment; nothing else is wrong.
    NotRemoved(CommitError),
    /// Retention removed segments; `first` is set for the first removal since the start.
    Dropped { segments: u64, requests: u64, bytes: u64, first: bool },
}
