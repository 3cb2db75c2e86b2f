//! How far a reader is.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a reader is, in bytes of the files as they are on disk; cheap to clone and to ask from elsewhere.
#[derive(Clone, Default, Debug)]
pub struct Progress {
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Progress {
    /// A progress towards `total` bytes; `None` when that is not known.
    pub(super) fn towards(total: Option<u64>) -> Self {
        Self { read: Arc::default(), total }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes there are to read, as of the start; `None` when that is not known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    pub(super) fn set_total(&mut self, total: Option<u64>) {
        self.total = total;
    }

    /// Some bytes will be read, and counted, again.
    pub(super) fn take_back(&self, bytes: usize) {
        self.read.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// Counts what is read from `from`.
    pub(super) fn count<R: Read>(&self, from: R) -> Counted<R> {
        Counted { from, read: Arc::clone(&self.read) }
    }
}

/// A reader whose bytes are counted.
#[derive(Debug)]
pub(super) struct Counted<R> {
    from: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.from.read(into)?;
        self.read.fetch_add(len as u64, Ordering::Relaxed);
        Ok(len)
    }
}
