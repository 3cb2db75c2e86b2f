//! What readers make of captures, finished and live.

use std::io::{self, Write};

use super::super::disk::Disk;
use super::super::model::{Model, Op};
use super::super::testing::{
    FOLDER, MemorySegment, START, findings, kept, modelled, open, read, read_bytes, reopen, request, sealed,
    sequences, small, write,
};
use super::*;
use crate::capture::{Capture, Options, Request};

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
    let (model, mut capture) = modelled(Options::default());
    write(&mut capture, [1]);
    let mut reader = Reader::follow_on(model.disk(), Path::new(FOLDER)).expect("opens");
    let file = Path::new(FOLDER).join(segment::name(1));
    let mut half = model.disk().open_append(&file).expect("opens");
    half.append(b"oRWC and half a frame").expect("written");
    assert_eq!(now(&mut reader), [1]);
    model.plan(Op::Write, io::ErrorKind::StorageFull);
    capture.append(vec![request(2)], START).expect_err("no space");
    write(&mut capture, [3]);
    assert_eq!(now(&mut reader), [2]);
}

#[test]
fn following_finds_the_segment_that_takes_the_name_of_one_that_failed_at_once() {
    for (polls, goes_on) in [(false, false), (false, true), (true, false), (true, true)] {
        let model = Model::new();
        let file = Path::new(FOLDER).join(segment::name(1));
        let segment = MemorySegment::of([request(1)]);
        model.put(&file, &segment.bytes[..segment.offsets()[1] as usize]);
        let mut reader = Reader::follow_on(model.disk(), Path::new(FOLDER)).expect("opens");
        assert_eq!(now(&mut reader), Vec::<u64>::new());
        let mut capture = reopen(&model, Options::default()); // removes it
        if polls {
            assert_eq!(now(&mut reader), Vec::<u64>::new());
        }
        write(&mut capture, [1]);
        if goes_on {
            capture.seal();
            write(&mut capture, [2]);
        }
        assert_eq!(now(&mut reader), if goes_on { vec![1, 2] } else { vec![1] }, "{polls} {goes_on}");
        write(&mut capture, [3]);
        assert_eq!(now(&mut reader).len(), 1);
    }
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
        capture.retain(START);
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
