//! The one writer of a folder: appends requests to the current segment, seals it, begins the next, removes old ones.
//!
//! A segment that a write or sync failed on is closed as it is and never written again: after a failed sync
//! nobody knows which of its pages are on disk. What of it nobody was told is kept is withdrawn by cutting the
//! file, and only when the cut itself is durable are its sequences given to other requests.

mod retain;
mod rotate;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::cursor::Cursors;
use super::disk::{Disk, File, Lock};
use super::durable::Durable;
use super::folder::{self, Listing};
use super::index::Index;
use super::proto::{self, record::Kind};
use super::recover::{self, Closed, Recovery};
use super::stats::{self, Stats};
use super::{Ack, CommitError, Event, OpenError, Options, Request, Sink, frame};
use crate::base::time::{Stopwatch, UnixNanos};

/// Memory kept between batches.
const KEEP: usize = 4 << 20;

/// A capture open for writing. Hand it to [`Committer::start`](super::Committer::start).
#[derive(Debug)]
pub struct Capture {
    disk: Disk,
    folder: Arc<Path>,
    options: Options,
    next: u64,
    current: Option<Open>,
    closed: VecDeque<Closed>,
    closed_bytes: u64,
    buffer: Vec<u8>,
    stats: Arc<Stats>,
    durable: Arc<Durable>,
    cursors: Arc<Cursors>,
    events: Vec<Event>,
    /// Bytes that the disk has to take before the last failure is over.
    failed: Option<usize>,
    _lock: Lock,
}

/// The segment that is written.
#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    first_sequence: u64,
    created: UnixNanos,
    salt: u64,
    len: u64,
    index: Index,
    /// Length and index over the requests that somebody was told are kept.
    kept: (u64, Index),
    synced: bool,
}

impl Capture {
    /// Opens the capture in `folder` for writing, and creates the folder when it is missing.
    ///
    /// # Errors
    /// The folder is another writer's, not a capture, of a newer version, or cannot be written; or a sink's name is none.
    pub fn open(folder: &Path, options: Options, now: UnixNanos) -> Result<(Self, Recovery), OpenError> {
        Self::open_on(Disk::default(), folder, options, now)
    }

    pub(super) fn open_on(
        disk: Disk,
        folder: &Path,
        options: Options,
        now: UnixNanos,
    ) -> Result<(Self, Recovery), OpenError> {
        let failed = |action| move |source| OpenError::Io { action, path: folder.to_owned(), source };
        disk.create_folders(folder).map_err(failed("create"))?;
        refuse_foreign(folder, &list(&disk, folder)?)?;
        let lock = disk.lock(&folder.join(folder::LOCK)).map_err(failed("write to"))?;
        let lock = lock.ok_or_else(|| OpenError::Locked { folder: folder.to_owned() })?;
        let listing = list(&disk, folder)?; // again: another writer may have been at work until now
        let mut recovery =
            Recovery { ignored: listing.ignored.iter().map(PathBuf::from).collect(), ..Recovery::default() };
        let closed =
            recover::take_over(&disk, &listing.segments, &mut recovery).map_err(|(file, err)| match err {
                recover::Error::NewerFormat(format) => OpenError::NewerFormat { file, format },
                recover::Error::Io(action, source) => OpenError::Io { action, path: file, source },
            })?;
        let last = recovery.next_sequence - 1;
        let (cursors, found) = Cursors::open(disk.clone(), folder, &options.sinks, last)?;
        recovery.cursors = found;
        let durable = Durable::default();
        closed.iter().for_each(|segment| durable.sealed(segment.first_sequence));
        let stats = Arc::new(Stats::default());
        stats::set(&stats.torn_bytes, recovery.unsealed.iter().map(|segment| segment.cut).sum());
        stats.synced_sequence.store(last, Ordering::Release);
        let mut capture = Self {
            disk,
            folder: folder.into(),
            options,
            next: recovery.next_sequence,
            current: None,
            closed: closed.into(),
            closed_bytes: recovery.bytes,
            buffer: Vec::new(),
            stats,
            durable: Arc::new(durable),
            cursors: Arc::new(cursors),
            events: Vec::new(),
            failed: None,
            _lock: lock,
        };
        capture.retain(now);
        Ok((capture, recovery))
    }

    /// The folder it is kept in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Figures, also while a [`Committer`](super::Committer) has the capture.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.stats)
    }

    /// What the sink of this name has yet to read, and its cursor; `None` when [`Options::sinks`] does not have it. One
    /// sink is for one reader at a time.
    #[must_use]
    pub fn sink(&self, name: &str) -> Option<Sink> {
        let (durable, cursors) = (Arc::clone(&self.durable), Arc::clone(&self.cursors));
        Sink::open(name, self.disk.clone(), Arc::clone(&self.folder), durable, cursors)
    }

    pub(super) fn ack(&self) -> Ack {
        self.options.ack
    }

    /// What happened since this was last asked.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Writes `requests`, which get ascending sequences from the one returned, in one write.
    ///
    /// Under [`Ack::Fsync`] they are not kept before [`Self::sync`]. After an error none of them is.
    pub(super) fn append(&mut self, requests: Vec<Request>, now: UnixNanos) -> Result<u64, CommitError> {
        let estimate = requests.iter().map(|request| request.weight() as u64).sum();
        if self.is_due(estimate, now) {
            self.seal();
        }
        let mut open = match self.current.take() {
            Some(open) => open,
            None => self.begin(now)?,
        };
        let first = self.next;
        self.buffer.clear();
        for mut request in requests {
            request.sequence = self.next;
            self.next += 1;
            open.index.add(&request);
            let record = proto::Record { kind: Some(Kind::Request(request.into())) };
            frame::append(&mut self.buffer, open.salt, &record);
        }
        let written = open.file.append(&self.buffer);
        let len = self.buffer.len() as u64;
        self.buffer.shrink_to(KEEP);
        if let Err(err) = written {
            return Err(self.abandon(open, "write to", err));
        }
        open.len += len;
        open.synced = false;
        if self.options.ack != Ack::Fsync {
            open.kept = (open.len, open.index);
        }
        self.current = Some(open);
        self.measure();
        Ok(first)
    }

    /// Makes everything written durable.
    pub(super) fn sync(&mut self) -> Result<(), CommitError> {
        let Some(mut open) = self.current.take() else { return Ok(()) };
        if !open.synced {
            let begun = Stopwatch::start();
            if let Err(err) = open.file.sync() {
                return Err(self.abandon(open, "sync", err));
            }
            let took = begun.elapsed();
            stats::add(&self.stats.syncs, 1);
            stats::add(&self.stats.sync_nanos, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
            self.stats.synced_sequence.store(open.index.last_sequence, Ordering::Release);
            self.events.push(Event::Synced(took));
            self.durable.synced(open.first_sequence, open.len);
            open.synced = true;
            open.kept = (open.len, open.index);
            self.recovered();
        }
        self.current = Some(open);
        Ok(())
    }

    /// What is due by time: the age of the current segment, syncs under [`Ack::Write`] and [`Ack::Memory`],
    /// retention.
    pub(super) fn tick(&mut self, now: UnixNanos) {
        // An error is an event by now; nobody waits for it.
        if self.sync().is_ok() && self.is_due(0, now) {
            self.seal();
        }
        self.retain(now);
        if let Some(bytes) = self.failed {
            self.probe(bytes, now);
        }
    }

    /// Notes a failure as an event, and gives it as the error of a batch.
    fn failure(&mut self, action: &'static str, path: PathBuf, source: io::Error) -> CommitError {
        let err = CommitError::new(action, path, source);
        stats::add(&self.stats.failures, 1);
        self.failed = self.failed.max(Some(self.buffer.len()));
        self.events.push(Event::Failed(err.clone()));
        err
    }

    fn recovered(&mut self) {
        if self.failed.take().is_some() {
            self.events.push(Event::Recovered);
        }
    }
}

fn list(disk: &Disk, folder: &Path) -> Result<Listing, OpenError> {
    folder::list(disk, folder).map_err(|source| match source.kind() {
        io::ErrorKind::NotADirectory => OpenError::NotAFolder { path: folder.to_owned() },
        _ => OpenError::Io { action: "list", path: folder.to_owned(), source },
    })
}

/// A folder without a segment must not hold anything that is not ours: it is somebody else's.
fn refuse_foreign(folder: &Path, listing: &Listing) -> Result<(), OpenError> {
    match listing.ignored.first() {
        Some(entry) if listing.segments.is_empty() => {
            Err(OpenError::Foreign { folder: folder.to_owned(), entry: entry.into() })
        }
        _ => Ok(()),
    }
}
