//! Requests out of a capture, in order, with every fault named: finished captures, live ones, single segments.
//!
//! A fault never ends the reading of what is sound after it. One frame is held in memory at a time.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::disk::Disk;
use super::folder::{self, Listed};
use super::scan::{Fault, Frames, Step};
use super::segment::{self, Record, Wrap};
use super::{Header, Index, RecordError, Request, frame};
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

/// Reads a capture. An iterator; after `None`, a [following](Self::follow) reader may be asked again.
#[derive(Debug)]
pub struct Reader {
    disk: Disk,
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

/// The file that is read.
struct Current {
    file: Arc<Path>,
    frames: Frames<Box<dyn Read + Send>>,
    /// A plain file, which a writer may be appending to.
    plain: bool,
    /// Its index was met.
    sealed: bool,
    /// It was read to its end once more after it could not grow any more.
    settled: bool,
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
        let disk = Disk::default();
        let read = |source| ReadError::Io { file: path.to_owned(), source };
        if std::fs::metadata(path).map_err(read)?.is_dir() {
            return Self::folder(disk, path, false);
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
        Self::folder(Disk::default(), folder, true)
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
        reader.current = Some(Current {
            file: name.into(),
            frames: Frames::new(from),
            plain: false,
            sealed: false,
            settled: false,
        });
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

    fn folder(disk: Disk, path: &Path, follow: bool) -> Result<Self, ReadError> {
        let listing =
            folder::list(&disk, path).map_err(|source| ReadError::Io { file: path.to_owned(), source })?;
        // A lock alone is a capture that has not had a request yet.
        if listing.segments.is_empty() && !follow && disk.open(&path.join(folder::LOCK)).is_err() {
            return Err(ReadError::NoSegment { folder: path.to_owned() });
        }
        let len = |listed: &Listed| disk.open(&listed.path).and_then(|file| file.len()).unwrap_or(0);
        let total = (!follow).then(|| listing.segments.iter().map(len).sum());
        let mut reader = Self::empty(disk, Progress::towards(total));
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

    /// Opens the next file; `None` when there is none (yet).
    fn open_next(&mut self) -> Option<Result<(), ReadError>> {
        while self.grow() {
            let listed = self.waiting.pop_front()?;
            let opened = self.disk.open(&listed.path).and_then(|file| {
                let from = listed.wrap.open(self.progress.count(file))?;
                Ok(Frames::new(from))
            });
            match opened {
                Ok(frames) => {
                    self.current = Some(Current {
                        file: listed.path.into(),
                        frames,
                        plain: listed.wrap == Wrap::Plain,
                        sealed: false,
                        settled: false,
                    });
                    return Some(Ok(()));
                }
                // Retention was faster; the gap will say what is missing.
                Err(err) if err.kind() == io::ErrorKind::NotFound && self.folder.is_some() => {}
                Err(source) => return Some(Err(ReadError::Io { file: listed.path, source })),
            }
        }
        None
    }

    /// Whether a file waits, after looking for new ones when following.
    fn grow(&mut self) -> bool {
        if let (true, true, Some(folder)) = (self.follow, self.waiting.is_empty(), &self.folder)
            && let Ok(listing) = folder::list(&self.disk, folder)
        {
            let new = listing.segments.into_iter().filter(|new| Some(new.first_sequence) > self.listed);
            self.waiting.extend(new);
            self.listed = self.waiting.back().map(|last| last.first_sequence).or(self.listed);
        }
        !self.waiting.is_empty()
    }

    /// Whether a writer may still append to the file at hand.
    fn is_live(&self, current: &Current) -> bool {
        if !current.plain || current.sealed || !self.waiting.is_empty() {
            return false;
        }
        let Some(folder) = self.folder.as_deref().or_else(|| current.file.parent()) else { return false };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let newest = |listing: folder::Listing| {
            listing.segments.last().is_some_and(|last| last.path.file_name() == current.file.file_name())
        };
        folder::is_live(&self.disk, folder)
            && (self.folder.is_some() || folder::list(&self.disk, folder).is_ok_and(newest))
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
            Ok(Record::Request(request)) if request.sequence < self.from => return None,
            Ok(Record::Request(request)) => Item::Request { request, file, offset },
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
                    let file = Arc::clone(&current.file);
                    self.current = Some(current);
                    self.damaged = true;
                    return Some(Ok(Item::Damage { file, offset, len, reason: fault.into() }));
                }
                Step::Tail { .. } | Step::End if self.follow && !self.grow() => {
                    self.current = Some(current);
                    return None;
                }
                Step::Tail { .. } | Step::End if self.follow && !current.settled => {
                    // The writer has gone on to another file: what this one has by now is all it gets.
                    current.settled = true;
                    self.current = Some(current);
                }
                Step::End => {}
                Step::Tail { .. } if self.is_live(&current) => {}
                Step::Tail { .. } if !current.settled && current.plain => {
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::testing::{
        MemorySegment, START, findings, kept, open, read, read_bytes, request, sealed, sequences, small,
        write,
    };
    use super::*;
    use crate::capture::{Capture, Options};

    /// Sequences that a following reader gives now; it must give nothing else.
    #[track_caller]
    fn now(reader: &mut Reader) -> Vec<u64> {
        let items: Vec<Item> = reader.by_ref().map(|item| item.expect("readable")).collect();
        assert_eq!(findings(&items), Vec::<&Item>::new());
        sequences(&items)
    }

    #[test]
    fn requests_come_back_as_they_were_handed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = sealed(folder.path(), 20);
        for path in [folder.path(), &file] {
            let requests: Vec<Request> = read(path)
                .into_iter()
                .map(|item| match item {
                    Item::Request { request, .. } => request,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(requests, (1..=20).map(|n| kept(n, n)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn compressed_segments_are_read_as_the_plain_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), small());
        write(&mut capture, 1..=50);
        capture.seal();
        let plain = read(folder.path());
        drop(capture);
        for (at, listed) in
            folder::list(&Disk::default(), folder.path()).expect("listed").segments.iter().enumerate()
        {
            let bytes = std::fs::read(&listed.path).expect("readable");
            let (ending, packed) = match at % 3 {
                0 => continue,
                1 => {
                    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                    gzip.write_all(&bytes).expect("compressed");
                    ("gz", gzip.finish().expect("compressed"))
                }
                _ => ("zst", zstd::stream::encode_all(&bytes[..], 1).expect("compressed")),
            };
            std::fs::write(format!("{}.{ending}", listed.path.display()), packed).expect("written");
            std::fs::remove_file(&listed.path).expect("removed");
        }
        let packed = read(folder.path());
        assert_eq!(findings(&packed), Vec::<&Item>::new());
        let requests = |items: &[Item]| {
            items
                .iter()
                .filter_map(|item| match item {
                    Item::Request { request, offset, .. } => Some((request.clone(), *offset)),
                    _ => None,
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(requests(&packed), requests(&plain));
    }

    #[test]
    fn compressed_file_that_ends_early_gives_what_is_before_and_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        // Bodies that do not compress, so that half of the file is half of the requests.
        let body = |n: u64| -> Bytes {
            (0..2000_u32).map(|at| crc32c::crc32c(&[n as u8, at as u8, (at >> 8) as u8]) as u8).collect()
        };
        let bytes = MemorySegment::of((1..=200).map(|n| Request { body: body(n), ..request(n) })).bytes;
        let packed = zstd::stream::encode_all(&bytes[..], 1).expect("compressed");
        let file = folder.path().join(format!("{}.zst", segment::name(1)));
        std::fs::write(&file, &packed[..packed.len() / 2]).expect("written");
        let (read, failed): (Vec<_>, Vec<_>) = Reader::open(&file).expect("opens").partition(Result::is_ok);
        assert!(!read.is_empty());
        assert!(matches!(failed[..], [Err(ReadError::Io { .. })]), "{failed:?}");
    }

    #[test]
    fn missing_segment_is_a_gap_and_a_missing_beginning_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), small());
        write(&mut capture, 1..=50);
        let segments = folder::list(&Disk::default(), folder.path()).expect("listed").segments;
        std::fs::remove_file(&segments[0].path).expect("removed");
        std::fs::remove_file(&segments[2].path).expect("removed");
        let items = read(folder.path());
        let (after, next) = (segments[2].first_sequence - 1, segments[3].first_sequence);
        assert!(
            matches!(findings(&items)[..], [Item::Gap { after: a, next: n, damaged: false, .. }] if (*a, *n) == (after, next)),
            "{items:?}"
        );
    }

    #[test]
    fn torn_end_is_a_finding_only_when_nobody_writes() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), Options::default());
        write(&mut capture, 1..=2);
        let file = folder.path().join(segment::name(1));
        let whole = std::fs::metadata(&file).expect("there").len();
        let frame = MemorySegment::of([request(3)]).bytes; // of another segment, but begins as a frame
        let append = |bytes: &[u8]| {
            let mut file = std::fs::OpenOptions::new().append(true).open(&file).expect("opens");
            file.write_all(bytes).expect("written");
        };
        append(&frame[..10]);
        for path in [folder.path(), &file] {
            let items = read(path);
            assert_eq!(findings(&items), Vec::<&Item>::new(), "the writer lives");
            assert_eq!(sequences(&items), [1, 2]);
        }
        drop(capture);
        for path in [folder.path(), &file] {
            let items = read(path);
            assert!(
                matches!(findings(&items)[..], [Item::TornTail { offset, len: 10, .. }] if *offset == whole),
                "{items:?}"
            );
            assert_eq!(sequences(&items), [1, 2]);
        }
        // Before a later segment the same bytes are damage.
        std::fs::write(folder.path().join(segment::name(3)), &frame[..0]).expect("written");
        let items = read(folder.path());
        assert!(matches!(findings(&items)[..], [Item::Damage { len: 10, .. }]), "{items:?}");
    }

    #[test]
    fn following_goes_on_with_new_requests_and_new_segments() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), small());
        let mut reader = Reader::follow(folder.path()).expect("opens");
        assert_eq!(now(&mut reader), Vec::<u64>::new());
        let mut seen = Vec::new();
        for n in 1..=60 {
            write(&mut capture, [n]);
            if n % 7 == 0 {
                capture.seal();
            }
            if n % 3 != 0 {
                seen.extend(now(&mut reader));
                assert_eq!(seen.last(), Some(&n));
            }
        }
        drop(capture);
        let (mut capture, _) = Capture::open(folder.path(), small(), START).expect("opens");
        write(&mut capture, [61]);
        seen.extend(now(&mut reader));
        assert_eq!(seen, (1..=61).collect::<Vec<_>>());
    }

    #[test]
    fn following_passes_over_what_a_failed_writer_withdrew() {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Disk::default();
        let (mut capture, _) =
            Capture::open_on(disk.clone(), folder.path(), Options::default(), START).expect("opens");
        write(&mut capture, [1]);
        let mut reader = Reader::follow(folder.path()).expect("opens");
        let file = folder.path().join(segment::name(1));
        let half = std::fs::OpenOptions::new().append(true).open(&file).expect("opens");
        (&half).write_all(b"oRWC and half a frame").expect("written");
        assert_eq!(now(&mut reader), [1]);
        disk.faults.plan(super::super::disk::faults::Op::Write, io::ErrorKind::StorageFull);
        capture.append(vec![request(2)], START).expect_err("no space");
        write(&mut capture, [3]);
        assert_eq!(now(&mut reader), [2]);
    }

    #[test]
    fn segment_that_retention_took_from_a_following_reader_is_a_gap() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), Options { retain_size: 0, ..small() });
        write(&mut capture, [1]);
        let mut reader = Reader::follow(folder.path()).expect("opens");
        assert_eq!(now(&mut reader), [1]);
        for n in 2..=60 {
            write(&mut capture, [n]);
            capture.retain(START, None);
        }
        let items: Vec<Item> = reader.map(|item| item.expect("readable")).collect();
        assert!(matches!(findings(&items)[..], [Item::Gap { damaged: false, .. }]), "{:?}", findings(&items));
        assert_eq!(sequences(&items).last(), Some(&60));
    }

    #[test]
    fn reading_begins_at_a_sequence_without_opening_what_is_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), small());
        write(&mut capture, 1..=50);
        let reader = Reader::open(folder.path()).expect("opens").from_sequence(30);
        let progress = reader.progress();
        let items: Vec<Item> = reader.map(|item| item.expect("readable")).collect();
        assert_eq!(sequences(&items), (30..=50).collect::<Vec<_>>());
        assert_eq!(findings(&items), Vec::<&Item>::new());
        assert!(progress.read() < progress.total().expect("known"), "{progress:?}");
    }

    #[test]
    fn progress_ends_at_the_total() {
        let folder = tempfile::tempdir().expect("a folder");
        sealed(folder.path(), 50);
        let reader = Reader::open(folder.path()).expect("opens");
        let progress = reader.progress();
        assert_eq!(progress.read(), 0);
        assert_eq!(reader.count(), 50);
        assert_eq!(Some(progress.read()), progress.total());
    }

    #[test]
    fn folder_without_segments_is_no_capture_unless_a_writer_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(Reader::open(folder.path()), Err(ReadError::NoSegment { .. })));
        drop(open(folder.path(), small()));
        assert_eq!(read(folder.path()), []);
    }

    #[test]
    fn record_that_is_whole_but_makes_no_sense_costs_itself() {
        let mut segment = MemorySegment::of([request(1), request(2)]);
        let at = segment.offsets()[2] as usize;
        let salt = frame::Head::parse(&segment.bytes).expect("a frame").salt;
        let mut odd = Vec::new();
        let kind = super::super::proto::record::Kind::Request(super::super::proto::Request {
            sequence: 7,
            protocol: 9,
            ..Default::default()
        });
        frame::append(&mut odd, salt, &super::super::proto::Record { kind: Some(kind) });
        segment.bytes.splice(at..at, odd);
        let items = read_bytes(&segment.bytes);
        assert_eq!(sequences(&items), [1, 2]);
        let [Item::Damage { reason, .. }] = findings(&items)[..] else { panic!("{items:?}") };
        assert_eq!(reason.to_string(), "unknown protocol 9");
    }
}
