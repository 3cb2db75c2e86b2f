//! What a new writer does with the segments it finds: cuts the torn tail of an unsealed one, and seals it.
//!
//! Everything is told from the segments themselves. Nothing but bytes after the last sound frame of an unsealed
//! segment is ever cut; damage before that stays where it is, for readers to report and skip. The writer then
//! begins a new segment, so a file is never continued by another process than the one that began it.

use std::io;
use std::path::PathBuf;

use super::CursorFinding;
use super::disk::{Disk, OpenFile};
use super::folder::Listed;
use super::frame;
use super::index::Index;
use super::proto::{self, record::Kind};
use super::scan::{Frames, Step};
use super::segment::{self, Record, Wrap};
use crate::base::time::UnixNanos;

/// A file up to this long in which no frame is sound is the beginning of a segment that a crash cut off.
const UNFINISHED: u64 = (frame::HEAD + segment::MAX_HEADER) as u64;

/// What opening a capture for writing found and mended. All of it is worth a line to the user, if not empty.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Recovery {
    /// Segments that the last writer had not sealed.
    pub unsealed: Vec<Unsealed>,
    /// Places that are damaged before the end of an unsealed or of the newest segment; left as they are.
    pub damaged: usize,
    /// Names in the folder that are neither segments nor our own.
    pub ignored: Vec<PathBuf>,
    /// Cursors that are not as they should be.
    pub cursors: Vec<CursorFinding>,
    /// Sequence that the next request gets.
    pub next_sequence: u64,
    /// Segments kept, and their bytes.
    pub segments: usize,
    pub bytes: u64,
}

/// A segment without an index at its end: its writer ended without sealing it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsealed {
    pub file: PathBuf,
    /// Requests that it holds.
    pub requests: u64,
    /// Torn bytes cut from its end. None of them had been acknowledged under `--ack fsync`.
    pub cut: u64,
    /// It held no request and is removed.
    pub removed: bool,
}

/// A segment that nobody writes any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Closed {
    pub(super) first_sequence: u64,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) created: Option<UnixNanos>,
    pub(super) last_received: Option<UnixNanos>,
}

/// Why one segment cannot be taken over.
#[derive(Debug)]
pub(super) enum Error {
    NewerFormat(u32),
    Io(&'static str, io::Error),
}

/// Takes over the segments of a folder, oldest first.
pub(super) fn take_over(
    disk: &Disk,
    segments: &[Listed],
    recovery: &mut Recovery,
) -> Result<Vec<Closed>, (PathBuf, Error)> {
    let mut closed = Vec::new();
    recovery.next_sequence = 1;
    for (at, listed) in segments.iter().enumerate() {
        let newest = at + 1 == segments.len();
        let taken = take(disk, listed, newest, recovery).map_err(|err| (listed.path.clone(), err))?;
        if let Some(segment) = taken {
            recovery.bytes += segment.bytes;
            closed.push(segment);
            // Its name is used up, even if no request of it can be read.
            recovery.next_sequence = recovery.next_sequence.max(listed.first_sequence.saturating_add(1));
        }
    }
    recovery.segments = closed.len();
    Ok(closed)
}

fn take(disk: &Disk, listed: &Listed, newest: bool, found: &mut Recovery) -> Result<Option<Closed>, Error> {
    let read = |err| Error::Io("read", err);
    let mut file = disk.open(&listed.path).map_err(read)?;
    let bytes = file.len().map_err(read)?;
    let mut closed = Closed {
        first_sequence: listed.first_sequence,
        path: listed.path.clone(),
        bytes,
        created: None,
        last_received: None,
    };
    let beginning = Beginning::read(disk, listed)?;
    closed.created = beginning.created;
    let index = match (listed.wrap, beginning.salt) {
        (Wrap::Plain, Some(salt)) => {
            segment::sealing_index(salt, &file.tail(segment::MAX_INDEX).map_err(read)?)
        }
        _ => None,
    };
    if let Some(index) = index {
        closed.last_received = Some(index.last_received);
        found.next_sequence = found.next_sequence.max(index.last_sequence.saturating_add(1));
    }
    let sealed = index.is_some() || listed.wrap != Wrap::Plain;
    if sealed && !newest {
        return Ok(Some(closed));
    }
    let scan = Scan::of(disk, listed)?;
    found.next_sequence = found.next_sequence.max(scan.index.last_sequence.saturating_add(1));
    found.damaged += scan.damaged;
    if scan.index.requests > 0 {
        closed.last_received = Some(scan.index.last_received);
    }
    if sealed {
        return Ok(Some(closed));
    }
    mend(disk, listed, &scan, closed, found)
}

/// Cuts, and seals or removes, an unsealed segment.
fn mend(
    disk: &Disk,
    listed: &Listed,
    scan: &Scan,
    mut closed: Closed,
    found: &mut Recovery,
) -> Result<Option<Closed>, Error> {
    let cut = closed.bytes - scan.end;
    let holds_nothing = scan.index.requests == 0 && scan.damaged == 0;
    let mut unsealed =
        Unsealed { file: listed.path.clone(), requests: scan.index.requests, cut, removed: false };
    let Some(salt) = scan.salt.filter(|_| !holds_nothing) else {
        if scan.salt.is_none() && closed.bytes > UNFINISHED {
            // Not one sound frame in all of this: not ours to judge, and not torn by a crash of ours.
            found.damaged += 1;
            return Ok(Some(closed));
        }
        disk.remove(&listed.path).map_err(|err| Error::Io("remove", err))?;
        unsealed.removed = true;
        found.unsealed.push(unsealed);
        return Ok(None);
    };
    let mut file = disk.open_append(&listed.path).map_err(|err| Error::Io("write", err))?;
    let cut_to = |file: &dyn OpenFile, len| {
        file.set_len(len).and_then(|()| file.sync()).map_err(|err| Error::Io("cut the torn end of", err))
    };
    if cut > 0 {
        cut_to(&*file, scan.end)?;
    } else {
        // The index must not be on the disk before what it counts.
        file.sync().map_err(|err| Error::Io("sync", err))?;
    }
    let mut seal = Vec::new();
    frame::append(&mut seal, salt, &proto::Record { kind: Some(Kind::Index(scan.index.into())) });
    match file.append(&seal).and_then(|()| file.sync()) {
        Ok(()) => closed.bytes = scan.end + seal.len() as u64,
        Err(_) => {
            // A full disk, say. The segment is as good without its index; the next start tries again.
            cut_to(&*file, scan.end)?;
            closed.bytes = scan.end;
        }
    }
    found.unsealed.push(unsealed);
    Ok(Some(closed))
}

/// What the first frame of a segment says.
struct Beginning {
    salt: Option<u64>,
    created: Option<UnixNanos>,
}

impl Beginning {
    fn read(disk: &Disk, listed: &Listed) -> Result<Self, Error> {
        let mut frames = open(disk, listed)?;
        let mut beginning = Self { salt: None, created: None };
        if let Ok(Step::Frame { record, .. }) = frames.next() {
            beginning.salt = frames.salt();
            if let Ok(Record::Header(header)) = segment::decode(record) {
                if header.format > segment::FORMAT {
                    return Err(Error::NewerFormat(header.format));
                }
                beginning.created = Some(header.created);
            }
        }
        Ok(beginning)
    }
}

/// A segment read from end to end.
struct Scan {
    salt: Option<u64>,
    index: Index,
    /// Where its last sound frame ends.
    end: u64,
    damaged: usize,
}

impl Scan {
    fn of(disk: &Disk, listed: &Listed) -> Result<Self, Error> {
        let mut frames = open(disk, listed)?;
        let mut scan = Self { salt: None, index: Index::EMPTY, end: 0, damaged: 0 };
        loop {
            match frames.next() {
                Ok(Step::Frame { offset, record }) => {
                    scan.end = offset + (frame::HEAD + record.len()) as u64;
                    match segment::decode(record) {
                        Ok(Record::Request(request)) => scan.index.add(&request),
                        Ok(_) => {}
                        Err(_) => scan.damaged += 1,
                    }
                }
                Ok(Step::Damage { .. }) => scan.damaged += 1,
                Ok(Step::Tail { .. } | Step::End) => break,
                // A compressed file that ends early: what is before was read.
                Err(_) if listed.wrap != Wrap::Plain => break,
                Err(err) => return Err(Error::Io("read", err)),
            }
        }
        scan.salt = frames.salt();
        Ok(scan)
    }
}

fn open(disk: &Disk, listed: &Listed) -> Result<Frames<Box<dyn io::Read + Send>>, Error> {
    let file = disk.open(&listed.path).map_err(|err| Error::Io("read", err))?;
    Ok(Frames::new(listed.wrap.open(file).map_err(|err| Error::Io("read", err))?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        MemorySegment, START, findings, modelled, open, read, read_on, request, sealed, sequences, small,
        write,
    };
    use super::*;
    use crate::capture::{Capture, Item, OpenError, Options};

    /// Opens `folder` for writing, which must work; returns what was found.
    #[track_caller]
    fn reopen(folder: &std::path::Path) -> (Capture, Recovery) {
        Capture::open(folder, Options::default(), START).expect("opens")
    }

    #[test]
    fn segment_cut_anywhere_keeps_its_whole_requests_and_the_capture_goes_on_after_them() {
        let segment = MemorySegment::of([request(1), request(2)]);
        let offsets = segment.offsets();
        let ends = [&offsets[1..], &[segment.bytes.len() as u64]].concat();
        // Everywhere around the begin of a frame, and here and there within: each cut costs real syncs.
        let near = |cut: u64| {
            [0, 1, 19, 20, 21]
                .iter()
                .any(|ahead| ends.contains(&(cut + ahead)) || offsets.contains(&(cut - cut.min(*ahead))))
        };
        for cut in (0..segment.bytes.len() as u64).filter(|cut| cut % 8 == 0 || near(*cut)) {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join(segment::name(1));
            std::fs::write(&file, &segment.bytes[..cut as usize]).expect("written");
            let (mut capture, recovery) = reopen(folder.path());
            let whole = ends.iter().filter(|&&end| end <= cut).count() as u64;
            let requests = whole.saturating_sub(1);
            let torn = cut - whole.checked_sub(1).map_or(0, |last| ends[last as usize]);
            let unsealed = Unsealed { file, requests, cut: torn, removed: requests == 0 };
            assert_eq!(recovery.unsealed, [unsealed], "cut at {cut}");
            assert_eq!(recovery.next_sequence, requests + 1, "cut at {cut}");
            assert_eq!(capture.stats().snapshot().torn_bytes, torn, "cut at {cut}");
            write(&mut capture, [7]);
            drop(capture);
            let items = read(folder.path());
            assert_eq!(findings(&items), Vec::<&Item>::new(), "cut at {cut}");
            assert_eq!(sequences(&items), (1..=requests + 1).collect::<Vec<_>>(), "cut at {cut}");
        }
    }

    #[test]
    fn damage_before_the_end_stays_where_it_is() {
        let mut segment = MemorySegment::of([request(1), request(2), request(3)]);
        let [_, _, two, three, index] = segment.offsets()[..] else { panic!("five frames") };
        segment.bytes.truncate(index as usize + 5); // torn within its index
        segment.bytes[two as usize + 30] ^= 1;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(segment::name(1)), &segment.bytes).expect("written");
        let (mut capture, recovery) = reopen(folder.path());
        assert_eq!((recovery.damaged, recovery.unsealed[0].cut, recovery.next_sequence), (1, 5, 4));
        write(&mut capture, [4]);
        drop(capture);
        let items = read(folder.path());
        assert_eq!(sequences(&items), [1, 3, 4]);
        assert!(
            matches!(findings(&items)[..], [
                Item::Damage { offset, len, .. },
                Item::Gap { after: 1, next: 3, damaged: true, .. }
            ] if (*offset, *len) == (two, three - two)),
            "{items:?}"
        );
    }

    #[test]
    fn file_without_a_sound_frame_is_left_alone_and_its_name_is_used_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(segment::name(1));
        std::fs::write(&file, vec![7; 10_000]).expect("written");
        let (mut capture, recovery) = reopen(folder.path());
        assert_eq!((recovery.damaged, recovery.next_sequence), (1, 2));
        write(&mut capture, [2]);
        assert_eq!(std::fs::read(&file).expect("still there"), vec![7; 10_000]);
    }

    #[test]
    fn sealed_segments_are_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = sealed(folder.path(), 3);
        let before = std::fs::read(&file).expect("readable");
        let (_, recovery) = reopen(folder.path());
        assert_eq!((recovery.unsealed, recovery.next_sequence, recovery.segments), (vec![], 4, 1));
        assert_eq!(std::fs::read(&file).expect("readable"), before);
    }

    #[test]
    fn recovered_segment_is_sealed_with_the_index_its_writer_would_have_given_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), Options::default());
        write(&mut capture, 1..=3);
        drop(capture); // as a crash: not sealed
        let file = folder.path().join(segment::name(1));
        let (_, recovery) = reopen(folder.path());
        assert_eq!((recovery.unsealed[0].requests, recovery.unsealed[0].cut), (3, 0));
        let bytes = std::fs::read(&file).expect("readable");
        let other = tempfile::tempdir().expect("a folder");
        let expect = std::fs::read(sealed(other.path(), 3)).expect("readable");
        let index = |bytes: &[u8]| {
            let salt = frame::Head::parse(bytes).expect("a frame").salt;
            segment::sealing_index(salt, &bytes[bytes.len() - 200..]).expect("sealed")
        };
        assert_eq!(index(&bytes), index(&expect));
    }

    #[test]
    fn compressed_segments_count_for_the_next_sequence() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = sealed(folder.path(), 3);
        let bytes = std::fs::read(&file).expect("readable");
        let compressed = zstd::stream::encode_all(&bytes[..], 1).expect("compressed");
        std::fs::write(folder.path().join(format!("{}.zst", segment::name(1))), compressed).expect("written");
        std::fs::remove_file(&file).expect("removed");
        let (mut capture, recovery) = reopen(folder.path());
        assert_eq!(recovery.next_sequence, 4);
        write(&mut capture, [4]);
        assert_eq!(sequences(&read(folder.path())), [1, 2, 3, 4]);
    }

    #[test]
    fn full_disk_does_not_keep_a_capture_from_opening() {
        let (model, mut capture) = modelled(small());
        write(&mut capture, 1..=2);
        drop(capture);
        model.leave_room(10);
        let mut capture = super::super::testing::reopen(&model, small());
        model.mend();
        write(&mut capture, [3]);
        drop(capture);
        let items = read_on(&model);
        assert_eq!(findings(&items), Vec::<&Item>::new());
        assert_eq!(sequences(&items), [1, 2, 3]);
    }

    #[test]
    fn newer_format_is_refused_by_file_and_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let header = proto::Header { format: 2, first_sequence: 1, ..Default::default() };
        let mut bytes = Vec::new();
        frame::append(&mut bytes, 5, &proto::Record { kind: Some(Kind::Header(header)) });
        std::fs::write(folder.path().join(segment::name(1)), &bytes).expect("written");
        let err = Capture::open(folder.path(), Options::default(), START).expect_err("refused");
        assert!(matches!(&err, OpenError::NewerFormat { format: 2, .. }), "{err}");
        let err = crate::capture::Reader::open(folder.path()).expect("opens").next().expect("an item");
        let err = err.expect_err("refused").to_string();
        assert!(
            err.ends_with("has capture format 2, and this version knows 1: use a newer version"),
            "{err}"
        );
    }
}
