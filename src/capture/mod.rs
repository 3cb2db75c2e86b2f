//! Captures: remote-write requests as they came, on disk, crash-safe.
//!
//! A capture is a folder of segments, each named by the sequence of its first request. A segment is a stream of
//! frames; a frame holds one record, all numbers little-endian:
//!
//! ```text
//! offset  width  field
//!      0      4  magic     "oRWC"
//!      4      8  salt      random, the same in every frame of one segment
//!     12      4  length    of the record, at most 256 MiB
//!     16      4  checksum  CRC-32C (Castagnoli) over salt, length and record
//!     20      n  record    protobuf obsctl.capture.v1.Record: a header, a request or an index
//! ```
//!
//! The first record is a header, the last of a sealed segment an index. What must always hold:
//!
//! - one folder has one writer, and files are only ever appended to, cut at a tail nobody was told is kept, or
//!   removed whole;
//! - under [`Ack::Fsync`] a request that was answered is on disk, and so are the header and the name of its segment;
//! - sequences come from the segments themselves, never from a note that could run ahead of them, and the last segment
//!   that holds a request is never removed;
//! - a sink reads what is durable and nothing else, and its cursor is durable before a segment that it has passed goes;
//! - one damaged frame costs its own record, and no body is taken for a record.
//!
//! Synchronous, with threads of its own where it needs them. It knows bodies as bytes: [`crate::wire`] reads them.

mod body;
mod commit;
#[cfg(test)]
mod crash;
mod cursor;
mod disk;
mod durable;
mod folder;
mod frame;
mod index;
mod input;
#[cfg(test)]
mod model;
mod options;
mod progress;
#[cfg(test)]
mod properties;
#[rustfmt::skip]
#[allow(unreachable_pub, clippy::large_enum_variant)]
pub mod proto;
mod reader;
mod recover;
mod rejected;
mod request;
mod scan;
mod segment;
mod sink;
mod stats;
#[cfg(test)]
mod testing;
mod writer;

use std::io;
use std::path::PathBuf;

pub use commit::{CommitError, Committer, Done, Queue, SubmitError};
pub use cursor::CursorFinding;
pub use index::Index;
pub use input::{Input, expand};
pub use options::{Ack, Event, Options};
pub use progress::Progress;
pub use reader::{Item, ReadError, Reader, Reason};
pub use recover::{Recovery, Unsealed};
pub use rejected::Rejected;
pub use request::{Counts, Outcome, RecordError, Rejection, Request};
pub use scan::Fault;
pub use segment::Header;
pub use sink::Sink;
pub use stats::{Snapshot, Stats};
pub use writer::Capture;

/// Why a capture cannot be opened for writing.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("`{}` is in use: another process writes this capture", folder.display())]
    Locked { folder: PathBuf },
    #[error(
        "`{}` is not a capture: it holds `{}` and no segment; name an empty or a new folder",
        folder.display(),
        entry.display()
    )]
    Foreign { folder: PathBuf, entry: PathBuf },
    #[error("`{}` is not a folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error(
        "`{}` has capture format {format}, and this version knows {}: use the version that wrote it",
        file.display(),
        segment::FORMAT
    )]
    NewerFormat { file: PathBuf, format: u32 },
    #[error(
        "a sink cannot be called `{name}`: at most 63 of `a` to `z`, `0` to `9` and `-`, which neither begins nor ends it"
    )]
    SinkName { name: String },
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}
