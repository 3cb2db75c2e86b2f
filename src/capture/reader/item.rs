//! What a reader gives, and why it cannot go on with a file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::scan::Fault;
use super::super::{Header, Index, RecordError, Request, segment};
use crate::base::size::ByteSize;

/// What a reader meets.
#[expect(clippy::large_enum_variant, reason = "almost every item is a request")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    Request {
        request: Request,
        file: Arc<Path>,
        /// Of the frame in the file, after decompression; 0 for a bare body.
        offset: u64,
    },
    /// Bytes that are no sound frame. What they held is lost; what follows is read.
    Damage { file: Arc<Path>, offset: u64, len: u64, reason: Reason },
    /// The last frame of a capture that nobody writes is incomplete: its writer was cut off.
    TornTail { file: Arc<Path>, offset: u64, len: u64 },
    /// Requests between these sequences are missing. `damaged`: damage that was just reported explains it.
    Gap { file: Arc<Path>, after: u64, next: u64, damaged: bool },
    /// Names in the folder that are not of a capture.
    Ignored { folder: Arc<Path>, names: Vec<PathBuf> },
    /// Only [with structure](Reader::with_structure).
    Header { file: Arc<Path>, header: Header },
    /// Only [with structure](Reader::with_structure).
    Index { file: Arc<Path>, index: Index },
}

/// Why bytes are damage.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Frame(#[from] Fault),
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Why a file cannot be read on. The reader goes on with the next file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read `{}`: {source}", file.display())]
    Io { file: PathBuf, source: io::Error },
    #[error(
        "`{}` has capture format {format}, and this version knows {}: use a newer version",
        file.display(),
        segment::FORMAT
    )]
    NewerFormat { file: PathBuf, format: u32 },
    #[error("`{}` holds no capture: no segment (`*.rwcap`) is in it", folder.display())]
    NoSegment { folder: PathBuf },
    #[error("cannot tell what `{}` is: neither a capture nor a request body: {tried}", file.display())]
    Unrecognized { file: PathBuf, tried: String },
    #[error("`{}` is larger than any request body: more than {}", file.display(), ByteSize(*max))]
    TooLarge { file: PathBuf, max: u64 },
    #[error("`{}` is empty", file.display())]
    Empty { file: PathBuf },
    #[error("cannot find `{}`: {reason}", pattern.display())]
    Glob { pattern: PathBuf, reason: String },
    #[error("`--follow` takes one folder that holds a capture, and nothing else")]
    FollowsOneFolder,
}
