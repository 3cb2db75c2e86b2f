//! The one writer of a folder: appends requests to the current segment, seals it, begins the next, removes old ones.
//!
//! A segment that a write or sync failed on is closed as it is and never written again: after a failed sync
//! nobody knows which of its pages are on disk. What of it nobody was told is kept is withdrawn by cutting the
//! file, and only when the cut itself is durable are its sequences given to other requests.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::disk::{Disk, File, Lock};
use super::folder::{self, Listing};
use super::frame;
use super::index::Index;
use super::proto::{self, record::Kind};
use super::recover::{self, Closed, Recovery};
use super::stats::{self, Stats};
use super::{CommitError, OpenError, Request, segment};
use crate::base::time::{Stopwatch, UnixNanos};

/// Memory kept between batches.
const KEEP: usize = 4 << 20;

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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_size: 64 << 20,
            segment_age: None,
            retain_size: 1 << 30,
            retain_time: None,
            ack: Ack::Fsync,
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
    /// The folder is another writer's, not a capture, of a newer version, or cannot be written.
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
        let stats = Arc::new(Stats::default());
        stats::set(&stats.torn_bytes, recovery.unsealed.iter().map(|segment| segment.cut).sum());
        stats.synced_sequence.store(recovery.next_sequence - 1, Ordering::Release);
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
            events: Vec::new(),
            failed: None,
            _lock: lock,
        };
        capture.retain(now, None);
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
            open.synced = true;
            open.kept = (open.len, open.index);
            self.recovered();
        }
        self.current = Some(open);
        Ok(())
    }

    /// What is due by time: the age of the current segment, syncs under [`Ack::Write`] and [`Ack::Memory`],
    /// retention. `needed` is the lowest sequence that some reader still needs; `None` when there is none.
    pub(super) fn tick(&mut self, now: UnixNanos, needed: Option<u64>) {
        // An error is an event by now; nobody waits for it.
        if self.sync().is_ok() && self.is_due(0, now) {
            self.seal();
        }
        self.retain(now, needed);
        if let Some(bytes) = self.failed {
            self.probe(bytes, now);
        }
    }

    /// Tries whether the disk takes as much again as it did not take, and leaves nothing behind. A receiver that
    /// is not ready gets no requests, so it must not need one to learn that it could be.
    fn probe(&mut self, bytes: usize, now: UnixNanos) {
        if self.current.is_some() {
            return; // its next sync will tell
        }
        let Ok(mut open) = self.begin(now) else { return };
        let tried = open.file.append(&vec![0; bytes.min(KEEP)]).and_then(|()| open.file.sync());
        let removed = self.disk.remove(&open.path);
        if removed.is_err() {
            self.next += 1; // its name is used up
        }
        if tried.and(removed).is_ok() {
            self.recovered();
        }
    }

    fn recovered(&mut self) {
        if self.failed.take().is_some() {
            self.events.push(Event::Recovered);
        }
    }

    /// Seals the current segment: it ends with its index, is durable, and is never written again.
    pub(super) fn seal(&mut self) {
        if self.sync().is_err() {
            return;
        }
        let Some(mut open) = self.current.take() else { return };
        self.buffer.clear();
        let record = proto::Record { kind: Some(Kind::Index(open.index.into())) };
        frame::append(&mut self.buffer, open.salt, &record);
        match open.file.append(&self.buffer).and_then(|()| open.file.sync()) {
            Ok(()) => {
                open.len += self.buffer.len() as u64;
                self.events.push(Event::Sealed { file: open.path.clone(), index: open.index });
                self.close(open);
            }
            Err(err) => {
                self.abandon(open, "seal", err);
            }
        }
    }

    /// Removes the oldest segments while there is more than is to be retained, but none that is `needed`.
    pub(super) fn retain(&mut self, now: UnixNanos, needed: Option<u64>) {
        let (mut segments, mut requests, mut freed) = (0, 0, 0);
        while let Some(oldest) = self.closed.front() {
            let after = match self.closed.get(1) {
                Some(next) => (next.first_sequence, next.created),
                None => self
                    .current
                    .as_ref()
                    .map_or((self.next, None), |open| (open.first_sequence, Some(open.created))),
            };
            let ended = oldest.last_received.or(after.1);
            let too_old =
                self.options.retain_time.zip(ended).is_some_and(|(time, ended)| age(ended, now) > time);
            let too_much = self.bytes() > self.options.retain_size;
            if !(too_old || too_much) || needed.is_some_and(|needed| needed < after.0) {
                break;
            }
            if let Err(err) = self.disk.remove(&oldest.path)
                && err.kind() != io::ErrorKind::NotFound
            {
                let err = CommitError::new("remove", oldest.path.clone(), err);
                stats::add(&self.stats.failures, 1);
                self.events.push(Event::NotRemoved(err));
                break;
            }
            segments += 1;
            requests += after.0 - oldest.first_sequence;
            freed += oldest.bytes;
            self.closed_bytes -= oldest.bytes;
            self.closed.pop_front();
        }
        if segments > 0 {
            let first = self.stats.dropped_segments.load(Ordering::Relaxed) == 0;
            stats::add(&self.stats.dropped_segments, segments);
            stats::add(&self.stats.dropped_requests, requests);
            self.events.push(Event::Dropped { segments, requests, bytes: freed, first });
        }
        self.measure();
    }

    /// Whether the current segment is to be sealed before `more` bytes are written.
    fn is_due(&self, more: u64, now: UnixNanos) -> bool {
        self.current.as_ref().is_some_and(|open| {
            let too_large = open.len + more > self.options.segment_size;
            // Of one that begins in the future the clock has gone back: sealing it early harms nobody.
            let far = Duration::from_nanos(now.0.abs_diff(open.created.0));
            let too_old = self.options.segment_age.is_some_and(|limit| far >= limit);
            open.index.requests > 0 && (too_large || too_old)
        })
    }

    /// Begins a segment, durable in its header and its name before it takes a request.
    fn begin(&mut self, now: UnixNanos) -> Result<Open, CommitError> {
        let path = self.path_of(self.next);
        let mut file = match self.disk.create_new(&path) {
            Ok(file) => file,
            Err(err) => return Err(self.failure("create", path, err)),
        };
        let salt = frame::new_salt();
        self.buffer.clear();
        let header = proto::Header {
            format: segment::FORMAT,
            writer: concat!("obsctl ", env!("CARGO_PKG_VERSION")).to_owned(),
            created_unix_nano: now.0,
            first_sequence: self.next,
        };
        frame::append(&mut self.buffer, salt, &proto::Record { kind: Some(Kind::Header(header)) });
        let begun = file
            .append(&self.buffer)
            .and_then(|()| file.sync())
            .and_then(|()| self.disk.sync_folder(&self.folder));
        if let Err(err) = begun {
            if self.disk.remove(&path).is_err() {
                self.next += 1; // its name is used up
            }
            return Err(self.failure("begin", path, err));
        }
        let len = self.buffer.len() as u64;
        Ok(Open {
            file,
            path,
            first_sequence: self.next,
            created: now,
            salt,
            len,
            index: Index::EMPTY,
            kept: (len, Index::EMPTY),
            synced: true,
        })
    }

    /// Closes a segment after a failure, without what nobody was told is kept.
    fn abandon(&mut self, mut open: Open, action: &'static str, err: io::Error) -> CommitError {
        let (len, index) = open.kept;
        let withdrawn = open.file.set_len(len).and_then(|()| open.file.sync()).is_ok();
        let failure = self.failure(action, open.path.clone(), err);
        if !withdrawn {
            // What is there may come back after a crash, so its sequences stay used up.
            open.len = open.file.len().unwrap_or(open.len);
            self.close(open);
            return failure;
        }
        (open.len, open.index) = (len, index);
        self.next = index.last_sequence.max(open.first_sequence - 1) + 1;
        if index.requests == 0 && self.disk.remove(&open.path).is_ok() {
            self.measure();
            return failure;
        }
        if index.requests == 0 {
            self.next = open.first_sequence + 1; // its name is used up
        }
        self.close(open);
        failure
    }

    fn close(&mut self, open: Open) {
        self.closed_bytes += open.len;
        self.closed.push_back(Closed {
            first_sequence: open.first_sequence,
            path: open.path,
            bytes: open.len,
            created: Some(open.created),
            last_received: (open.index.requests > 0).then_some(open.index.last_received),
        });
        self.measure();
    }

    /// Notes a failure as an event, and gives it as the error of a batch.
    fn failure(&mut self, action: &'static str, path: PathBuf, source: io::Error) -> CommitError {
        let err = CommitError::new(action, path, source);
        stats::add(&self.stats.failures, 1);
        self.failed = self.failed.max(Some(self.buffer.len()));
        self.events.push(Event::Failed(err.clone()));
        err
    }

    fn path_of(&self, first_sequence: u64) -> PathBuf {
        self.folder.join(segment::name(first_sequence))
    }

    fn bytes(&self) -> u64 {
        self.closed_bytes + self.current.as_ref().map_or(0, |open| open.len)
    }

    fn measure(&self) {
        stats::set(&self.stats.last_sequence, self.next - 1);
        stats::set(&self.stats.bytes, self.bytes());
        stats::set(&self.stats.segments, (self.closed.len() + usize::from(self.current.is_some())) as u64);
    }
}

/// Time from `since` to `now`; none when the clock went back.
fn age(since: UnixNanos, now: UnixNanos) -> Duration {
    Duration::from_nanos(u64::try_from(now.0.saturating_sub(since.0)).unwrap_or(0))
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

#[cfg(test)]
mod tests {
    use super::super::disk::faults::Op;
    use super::super::testing::{START, findings, open, read, request, sealed, sequences, small, write};
    use super::*;
    use crate::capture::{Item, Reader};

    fn after(seconds: i64) -> UnixNanos {
        UnixNanos(START.0 + seconds * 1_000_000_000)
    }

    fn dropped(capture: &mut Capture) -> Vec<(u64, u64, bool)> {
        let events = capture.take_events().into_iter();
        events
            .filter_map(|event| match event {
                Event::Dropped { segments, requests, first, .. } => Some((segments, requests, first)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn segments_rotate_by_size_and_every_sealed_one_ends_with_its_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), small());
        write(&mut capture, 1..=50);
        capture.seal();
        let stats = capture.stats().snapshot();
        assert!(stats.segments > 3, "{stats:?}");
        let on_disk: u64 = std::fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").metadata().expect("metadata").len())
            .sum();
        assert_eq!(stats.bytes, on_disk);
        let items: Vec<Item> = Reader::open(folder.path())
            .expect("opens")
            .with_structure()
            .map(|item| item.expect("readable"))
            .collect();
        assert_eq!(sequences(&items), (1..=50).collect::<Vec<_>>());
        let indexes: Vec<Index> = items
            .iter()
            .filter_map(|item| match item {
                Item::Index { index, .. } => Some(*index),
                _ => None,
            })
            .collect();
        assert_eq!(indexes.len() as u64, stats.segments);
        assert_eq!(indexes.iter().map(|index| index.requests).sum::<u64>(), 50);
        assert!(indexes.is_sorted_by(|a, b| a.last_sequence + 1 == b.first_sequence));
        for entry in std::fs::read_dir(folder.path()).expect("a folder") {
            assert!(entry.expect("an entry").metadata().expect("metadata").len() <= 4 << 10);
        }
    }

    #[test]
    fn idle_segment_is_sealed_by_age() {
        let folder = tempfile::tempdir().expect("a folder");
        let age = Some(Duration::from_secs(60));
        let mut capture = open(folder.path(), Options { segment_age: age, ..Options::default() });
        capture.tick(after(100), None); // nothing to seal: no segment is begun for nothing
        assert_eq!(capture.stats().snapshot().segments, 0);
        write(&mut capture, [1]);
        capture.tick(after(59), None);
        assert!(capture.current.is_some());
        capture.tick(after(61), None);
        assert!(capture.current.is_none());
        assert!(matches!(capture.take_events()[..], [Event::Synced(_), Event::Sealed { .. }]));
    }

    #[test]
    fn clock_that_goes_back_neither_keeps_a_segment_open_nor_removes_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (segment_age, retain_time) = (Some(Duration::from_secs(60)), Some(Duration::from_secs(600)));
        let mut capture = open(folder.path(), Options { segment_age, retain_time, ..Options::default() });
        write(&mut capture, [1]);
        capture.tick(after(-59), None);
        assert!(capture.current.is_some());
        capture.tick(after(-100_000), None);
        assert!(capture.current.is_none());
        assert_eq!(capture.stats().snapshot().segments, 1);
    }

    #[test]
    fn ring_drops_the_oldest_and_says_so_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), Options { retain_size: 10 << 10, ..small() });
        let mut events = Vec::new();
        for n in 1..=200 {
            write(&mut capture, [n]);
            capture.retain(START, None);
            events.extend(dropped(&mut capture));
        }
        let stats = capture.stats().snapshot();
        assert!(stats.bytes <= 10 << 10, "{stats:?}");
        assert_eq!(events.iter().map(|event| event.2).collect::<Vec<_>>()[..2], [true, false]);
        assert_eq!(events.iter().map(|event| event.0).sum::<u64>(), stats.dropped_segments);
        let items = read(folder.path());
        assert_eq!(findings(&items), Vec::<&Item>::new(), "a ring's beginning is no gap");
        assert_eq!(sequences(&items), (stats.dropped_requests + 1..=200).collect::<Vec<_>>());
    }

    #[test]
    fn retention_keeps_what_a_reader_needs_and_the_segment_that_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), Options { retain_size: 0, ..small() });
        write(&mut capture, 1..=50);
        capture.retain(START, Some(1));
        assert_eq!(dropped(&mut capture), []);
        capture.retain(START, Some(20));
        let kept = sequences(&read(folder.path()));
        assert!(kept[0] > 1 && kept[0] <= 20, "{kept:?}");
        capture.retain(START, None);
        assert_eq!(capture.stats().snapshot().segments, 1);
        assert_eq!(sequences(&read(folder.path())).last(), Some(&50));
    }

    #[test]
    fn old_segments_are_dropped_by_time_also_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        sealed(folder.path(), 3);
        let options = Options { retain_time: Some(Duration::from_secs(60)), ..Options::default() };
        let (capture, _) = Capture::open(folder.path(), options.clone(), after(59)).expect("opens");
        assert_eq!(capture.stats().snapshot().segments, 1);
        drop(capture);
        let (mut capture, recovery) = Capture::open(folder.path(), options, after(61)).expect("opens");
        assert_eq!(dropped(&mut capture), [(1, 3, true)]);
        assert_eq!(recovery.next_sequence, 4);
    }

    #[test]
    fn end_of_a_failure_is_noticed_without_a_request_and_the_try_leaves_nothing() {
        for op in [Op::Create, Op::Write, Op::Sync, Op::SyncFolder] {
            let folder = tempfile::tempdir().expect("a folder");
            let disk = Disk::default();
            let (mut capture, _) =
                Capture::open_on(disk.clone(), folder.path(), small(), START).expect("opens");
            let tick = |capture: &mut Capture| {
                capture.tick(START, None);
                let events = capture.take_events();
                events.iter().filter(|event| matches!(event, Event::Recovered)).count()
            };
            for _ in 0..2 {
                disk.faults.plan(op, io::ErrorKind::StorageFull);
            }
            capture.append(vec![request(1)], START).and_then(|_| capture.sync()).expect_err("not kept");
            assert_eq!(tick(&mut capture), 0, "{op:?}: the second failure");
            assert_eq!(disk.faults.pending(), 0);
            assert_eq!(tick(&mut capture), 1, "{op:?}");
            assert_eq!(tick(&mut capture), 0, "{op:?}: said once");
            let left = std::fs::read_dir(folder.path()).expect("a folder").count();
            assert_eq!(left, 1, "{op:?}: only the lock is left");
            write(&mut capture, [2]);
            assert_eq!(sequences(&read(folder.path())), [1], "{op:?}");
        }
    }

    #[test]
    fn segment_that_cannot_be_removed_is_no_failure_to_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), Options { retain_size: 0, ..small() });
        write(&mut capture, [1]);
        capture.seal();
        let file = folder.path().join(segment::name(1));
        std::fs::remove_file(&file).expect("removed");
        std::fs::create_dir(&file).expect("created"); // a file's removal fails on it
        capture.take_events();
        capture.retain(START, None);
        let events = capture.take_events();
        assert!(
            matches!(events[..], [Event::NotRemoved(CommitError::Io { action: "remove", .. })]),
            "{events:?}"
        );
    }

    #[test]
    fn second_writer_is_told_the_folder_is_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = open(folder.path(), small());
        let err = Capture::open(folder.path(), small(), START).expect_err("refused");
        assert!(matches!(&err, OpenError::Locked { .. }), "{err}");
        drop(first);
        open(folder.path(), small());
    }

    #[test]
    fn foreign_folder_is_refused_and_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("thesis.txt"), "dear").expect("written");
        let err = Capture::open(folder.path(), small(), START).expect_err("refused").to_string();
        assert!(err.contains("is not a capture: it holds `thesis.txt`"), "{err}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn own_files_and_lost_and_found_are_not_foreign() {
        let folder = tempfile::tempdir().expect("a folder");
        for own in ["lost+found", "rejected", "cursors"] {
            std::fs::create_dir(folder.path().join(own)).expect("created");
        }
        std::fs::write(folder.path().join(segment::name(1)), "").expect("written"); // an unfinished segment
        let mut capture = open(folder.path(), small());
        write(&mut capture, [1]);
        assert_eq!(sequences(&read(folder.path())), [1]);
    }

    #[test]
    fn other_files_beside_segments_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        sealed(folder.path(), 1);
        std::fs::write(folder.path().join("notes.txt"), "x").expect("written");
        let (_, recovery) = Capture::open(folder.path(), small(), START).expect("opens");
        assert_eq!(recovery.ignored, [Path::new("notes.txt")]);
        let items = read(folder.path());
        assert!(matches!(&items[0], Item::Ignored { names, .. } if names == &[Path::new("notes.txt")]));
        assert_eq!(findings(&items).len(), 1);
    }

    #[test]
    fn file_in_place_of_the_folder_is_said_to_be_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "x").expect("written");
        let err = Capture::open(&file, small(), START).expect_err("refused");
        assert!(matches!(&err, OpenError::NotAFolder { .. }), "{err}");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_created_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let nested = folder.path().join("a/b");
        let mut capture = open(&nested, small());
        write(&mut capture, [1]);
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path().join("a")), 0o700);
        assert_eq!(mode(&nested), 0o700);
        assert_eq!(mode(&nested.join(folder::LOCK)), 0o600);
        assert_eq!(mode(&nested.join(segment::name(1))), 0o600);
    }

    #[test]
    fn batch_gets_ascending_sequences_across_restarts() {
        let folder = tempfile::tempdir().expect("a folder");
        for round in 0..3 {
            let mut capture = open(folder.path(), small());
            let first = capture.append(vec![request(1), request(2)], START).expect("written");
            assert_eq!(first, round * 2 + 1);
            capture.sync().expect("synced");
        }
        assert_eq!(sequences(&read(folder.path())), [1, 2, 3, 4, 5, 6]);
    }
}
