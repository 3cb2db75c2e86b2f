//! Requests out of a capture, in order, with every fault named: finished captures, live ones, single segments.
//!
//! A fault never ends the reading of what is sound after it. One frame is held in memory at a time.

mod files;
mod item;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

pub use item::{Item, ReadError, Reason};

use super::disk::Disk;
use super::durable::Durable;
use super::folder::{self, Listed};
use super::scan::{Fault, Frames, Step};
use super::segment::{self, Record, Wrap};
use super::{Progress, frame};

/// Reads a capture. An iterator; after `None`, a [following](Self::follow) reader may be asked again.
#[derive(Debug)]
pub struct Reader {
    disk: Disk,
    /// How far segments may be read, when not to their ends.
    durable: Option<Arc<Durable>>,
    /// The folder, when one is read rather than single files.
    folder: Option<PathBuf>,
    follow: bool,
    structure: bool,
    waiting: VecDeque<Listed>,
    /// Greatest first sequence that was ever in `waiting`.
    listed: Option<u64>,
    current: Option<Current>,
    /// Given before anything else.
    pending: Option<Item>,
    /// Requests below this sequence are passed over.
    from: u64,
    last_sequence: Option<u64>,
    damaged: bool,
    progress: Progress,
}

/// The file that is read.
struct Current {
    file: Arc<Path>,
    /// Where it was found, unless it is a stream.
    listed: Option<Listed>,
    frames: Frames<Box<dyn Read + Send>>,
    /// Nothing but a header was met yet.
    is_empty: bool,
    /// It is another file by now, perhaps.
    is_to_be_opened: bool,
    /// Its index was met.
    sealed: bool,
    /// It was read to its end once more after it could not grow any more.
    settled: bool,
}

impl Current {
    fn new(file: Arc<Path>, listed: Option<Listed>, frames: Frames<Box<dyn Read + Send>>) -> Self {
        Self { file, listed, frames, is_empty: true, is_to_be_opened: false, sealed: false, settled: false }
    }

    /// Whether a writer may be appending to it.
    fn is_plain(&self) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.wrap == Wrap::Plain)
    }
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens a capture's folder, or one segment file, plain or compressed, to read what it holds now.
    ///
    /// # Errors
    /// It cannot be read, or is a folder without a capture.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::open_on(Disk::default(), path)
    }

    pub(super) fn open_on(disk: Disk, path: &Path) -> Result<Self, ReadError> {
        let read = |source| ReadError::Io { file: path.to_owned(), source };
        if disk.is_folder(path).map_err(read)? {
            return Self::folder(disk, path, false, None);
        }
        let total = disk.open(path).and_then(|file| file.len()).map_err(read)?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (wrap, _) = Wrap::of(name);
        Ok(Self::file(path, wrap, &Progress::towards(Some(total))))
    }

    /// Opens a capture's folder to read what it holds and what is still to come.
    ///
    /// `next` gives `None` at the end; asked again later it goes on with what was written since.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn follow(folder: &Path) -> Result<Self, ReadError> {
        Self::follow_on(Disk::default(), folder)
    }

    pub(super) fn follow_on(disk: Disk, folder: &Path) -> Result<Self, ReadError> {
        Self::folder(disk, folder, true, None)
    }

    /// Follows a capture as far as it is durable.
    pub(super) fn durable(disk: Disk, folder: &Path, durable: Arc<Durable>) -> Result<Self, ReadError> {
        Self::folder(disk, folder, true, Some(durable))
    }

    /// Reads one segment file.
    pub(super) fn file(path: &Path, wrap: Wrap, progress: &Progress) -> Self {
        let mut reader = Self::empty(Disk::default(), progress.clone());
        reader.waiting.push_back(Listed { first_sequence: 0, wrap, path: path.to_owned() });
        reader
    }

    /// Reads a stream of frames: one segment, or several one after the other. `name` stands for the file.
    pub(crate) fn stream(name: &Path, from: Box<dyn Read + Send>, progress: Progress) -> Self {
        let mut reader = Self::empty(Disk::default(), progress);
        reader.current = Some(Current::new(name.into(), None, Frames::new(from)));
        reader
    }

    /// Also gives headers and indexes.
    #[must_use]
    pub fn with_structure(mut self) -> Self {
        self.structure = true;
        self
    }

    /// Begins with the request of this sequence, or the first after it; segments before it are not opened.
    #[must_use]
    pub fn from_sequence(mut self, sequence: u64) -> Self {
        self.from = sequence;
        while self.waiting.get(1).is_some_and(|second| second.first_sequence <= sequence) {
            self.waiting.pop_front();
        }
        self
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Counts what it reads to `progress`.
    pub(super) fn counting(mut self, progress: &Progress) -> Self {
        self.progress = progress.clone();
        self
    }

    fn empty(disk: Disk, progress: Progress) -> Self {
        Self {
            disk,
            durable: None,
            folder: None,
            follow: false,
            structure: false,
            waiting: VecDeque::new(),
            listed: None,
            current: None,
            pending: None,
            from: 0,
            last_sequence: None,
            damaged: false,
            progress,
        }
    }

    fn folder(
        disk: Disk,
        path: &Path,
        follow: bool,
        durable: Option<Arc<Durable>>,
    ) -> Result<Self, ReadError> {
        let mut listing =
            folder::list(&disk, path).map_err(|source| ReadError::Io { file: path.to_owned(), source })?;
        listing.segments.retain(|listed| files::is_readable(durable.as_deref(), listed));
        // A lock alone is a capture that has not had a request yet.
        if listing.segments.is_empty() && !follow && disk.open(&path.join(folder::LOCK)).is_err() {
            return Err(ReadError::NoSegment { folder: path.to_owned() });
        }
        let len = |listed: &Listed| disk.open(&listed.path).and_then(|file| file.len()).unwrap_or(0);
        let total = (!follow).then(|| listing.segments.iter().map(len).sum());
        let mut reader = Self::empty(disk, Progress::towards(total));
        reader.durable = durable;
        reader.folder = Some(path.to_owned());
        reader.follow = follow;
        reader.listed = listing.segments.last().map(|last| last.first_sequence);
        reader.waiting = listing.segments.into();
        reader.pending = (!listing.ignored.is_empty()).then(|| Item::Ignored {
            folder: path.into(),
            names: listing.ignored.iter().map(PathBuf::from).collect(),
        });
        Ok(reader)
    }

    /// What a frame's record gives, if anything.
    fn record(&mut self, file: Arc<Path>, offset: u64, record: Bytes) -> Option<Result<Item, ReadError>> {
        let len = (frame::HEAD + record.len()) as u64;
        Some(Ok(match segment::decode(record) {
            Ok(Record::Header(header)) if header.format > segment::FORMAT => {
                self.current = None;
                return Some(Err(ReadError::NewerFormat { file: file.to_path_buf(), format: header.format }));
            }
            Ok(Record::Header(header)) => {
                if let Some(current) = &mut self.current {
                    current.sealed = false; // segments may follow each other in one stream
                }
                return self.structure.then_some(Ok(Item::Header { file, header }));
            }
            Ok(Record::Index(index)) => {
                if let Some(current) = &mut self.current {
                    current.sealed = true;
                }
                return self.structure.then_some(Ok(Item::Index { file, index }));
            }
            Ok(Record::Unknown) => return None,
            Ok(Record::Request(request)) => {
                if let Some(current) = &mut self.current {
                    current.is_empty = false;
                }
                if request.sequence < self.from {
                    return None;
                }
                Item::Request { request, file, offset }
            }
            Err(err) => {
                self.damaged = true;
                Item::Damage { file, offset, len, reason: err.into() }
            }
        }))
    }

    /// The gap before `item`, if there is one: it is given first.
    fn gap_before(&mut self, item: &Item) -> Option<Item> {
        let Item::Request { request, file, .. } = item else { return None };
        let damaged = std::mem::take(&mut self.damaged);
        let after = self.last_sequence.replace(request.sequence)?;
        (request.sequence > after.saturating_add(1)).then(|| Item::Gap {
            file: Arc::clone(file),
            after,
            next: request.sequence,
            damaged,
        })
    }

    /// The file at hand ends in bytes that are no sound frame. `None` when that is no finding.
    fn tail(&mut self, current: &Current, offset: u64, len: u64, fault: Fault) -> Option<Item> {
        let file = Arc::clone(&current.file);
        let last = self.waiting.is_empty();
        if self.follow {
            // A writer that failed withdraws what nobody was told is kept.
            let now = self.disk.open(&file).and_then(|file| file.len()).unwrap_or(0);
            if now <= offset {
                return None;
            }
        }
        if last && !current.sealed && fault == Fault::CutShort {
            return Some(Item::TornTail { file, offset, len });
        }
        self.damaged = true;
        Some(Item::Damage { file, offset, len, reason: fault.into() })
    }
}

impl Iterator for Reader {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Result<Item, ReadError>> {
        if let Some(item) = self.pending.take() {
            return Some(Ok(item));
        }
        loop {
            self.open_again();
            let Some(mut current) = self.current.take() else {
                match self.open_next()? {
                    Ok(()) => continue,
                    Err(err) => return Some(Err(err)),
                }
            };
            let step = match current.frames.next() {
                Ok(step) => step,
                Err(source) => {
                    return Some(Err(ReadError::Io { file: current.file.to_path_buf(), source }));
                }
            };
            match step {
                Step::Frame { offset, record } => {
                    let file = Arc::clone(&current.file);
                    self.current = Some(current);
                    let Some(given) = self.record(file, offset, record) else { continue };
                    if let Ok(item) = &given
                        && let Some(gap) = self.gap_before(item)
                    {
                        self.pending = given.ok();
                        return Some(Ok(gap));
                    }
                    return Some(given);
                }
                Step::Damage { offset, len, fault } => {
                    current.is_empty = false;
                    let file = Arc::clone(&current.file);
                    self.current = Some(current);
                    self.damaged = true;
                    return Some(Ok(Item::Damage { file, offset, len, reason: fault.into() }));
                }
                Step::Tail { .. } | Step::End if self.follow && !current.settled => {
                    // Once the writer has gone on to another file, what this one has by then is all it gets.
                    current.settled = self.grow();
                    let may_get_more = !current.settled;
                    current.is_to_be_opened = current.is_empty;
                    self.current = Some(current);
                    if may_get_more {
                        return None;
                    }
                }
                Step::End => {}
                Step::Tail { .. } if self.is_live(&current) => {}
                Step::Tail { .. } if !current.settled && current.is_plain() => {
                    // Its writer may have finished the frame, and ended, since it was read.
                    current.settled = true;
                    self.current = Some(current);
                }
                Step::Tail { offset, len, fault } => {
                    if let Some(item) = self.tail(&current, offset, len, fault) {
                        return Some(Ok(item));
                    }
                }
            }
        }
    }
}
