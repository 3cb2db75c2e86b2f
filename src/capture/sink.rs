//! What a sink has of a capture: the requests from its cursor on, as far as they are durable, and the word that they
//! are delivered.
//!
//! A sink gets every request at least once, in order. What it has not acknowledged it gets again after a restart; a
//! file that cannot be read is tried again, never passed over.

use std::path::Path;
use std::sync::Arc;

use super::cursor::Cursors;
use super::disk::Disk;
use super::durable::Durable;
use super::{CommitError, Item, ReadError, Reader};

/// One sink of a capture that is open for writing. An iterator: after `None` it may be asked again.
#[derive(Debug)]
pub struct Sink {
    name: String,
    disk: Disk,
    folder: Arc<Path>,
    durable: Arc<Durable>,
    cursors: Arc<Cursors>,
    /// None before the first request is asked for, and after an error.
    reader: Option<Reader>,
    /// Sequence of the last request that was given.
    given: u64,
}

impl Sink {
    /// `None` when no sink of this name is configured.
    pub(super) fn open(
        name: &str,
        disk: Disk,
        folder: Arc<Path>,
        durable: Arc<Durable>,
        cursors: Arc<Cursors>,
    ) -> Option<Self> {
        let given = cursors.of(name)?;
        Some(Self { name: name.to_owned(), disk, folder, durable, cursors, reader: None, given })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cursor: all up to this sequence is delivered, and that is on the disk. 0 before the first.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.cursors.of(&self.name).unwrap_or_default()
    }

    /// Sequence of the last request that was given.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.given
    }

    /// All up to `sequence` is delivered. Returns when that is on the disk; costs two syncs, so it is for many requests
    /// at once. What was not given yet cannot be acknowledged, and the cursor never goes back.
    ///
    /// # Errors
    /// It cannot be written. The cursor is as it was, here; after a restart it may be the new one.
    pub fn acknowledge(&mut self, sequence: u64) -> Result<(), CommitError> {
        let sequence = sequence.min(self.given);
        if sequence <= self.delivered() { Ok(()) } else { self.cursors.advance(&self.name, sequence) }
    }

    fn reader(&mut self) -> Result<&mut Reader, ReadError> {
        if self.reader.is_none() {
            let reader = Reader::durable(self.disk.clone(), &self.folder, Arc::clone(&self.durable))?;
            self.reader = Some(reader.from_sequence(self.given + 1));
        }
        Ok(self.reader.as_mut().expect("just made"))
    }
}

impl Iterator for Sink {
    type Item = Result<Item, ReadError>;

    /// The next request or finding; `None` when there is none yet. After an error the same is tried again.
    fn next(&mut self) -> Option<Result<Item, ReadError>> {
        let item = match self.reader() {
            Ok(reader) => reader.next()?,
            Err(err) => Err(err),
        };
        match &item {
            Ok(Item::Request { request, .. }) => self.given = request.sequence,
            Ok(_) => {}
            Err(_) => self.reader = None,
        }
        Some(item)
    }
}
