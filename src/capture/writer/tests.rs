//! What the writer does to its folder.

use std::time::Duration;

use super::super::model::Op;
use super::super::segment;
use super::super::testing::{
    FOLDER, START, findings, modelled, names_on, open, read, read_on, reopen, request, sealed, sequences,
    small, write,
};
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
    capture.tick(after(100)); // nothing to seal: no segment is begun for nothing
    assert_eq!(capture.stats().snapshot().segments, 0);
    write(&mut capture, [1]);
    capture.tick(after(59));
    assert!(capture.current.is_some());
    capture.tick(after(61));
    assert!(capture.current.is_none());
    assert!(matches!(capture.take_events()[..], [Event::Synced(_), Event::Sealed { .. }]));
}

#[test]
fn clock_that_goes_back_neither_keeps_a_segment_open_nor_removes_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (segment_age, retain_time) = (Some(Duration::from_secs(60)), Some(Duration::from_secs(600)));
    let mut capture = open(folder.path(), Options { segment_age, retain_time, ..Options::default() });
    write(&mut capture, [1]);
    capture.tick(after(-59));
    assert!(capture.current.is_some());
    capture.tick(after(-100_000));
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
        capture.retain(START);
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
fn retention_keeps_what_a_sink_needs_and_the_segment_that_is_written() {
    let options = Options { retain_size: 0, sinks: vec!["slow".into(), "fast".into()], ..small() };
    let (model, mut capture) = modelled(options.clone());
    let mut sinks = ["slow", "fast"].map(|name| capture.sink(name).expect("configured"));
    write(&mut capture, 1..=50);
    let deliver = |sink: &mut Sink, upto: u64| {
        while sink.given() < upto {
            sink.next().expect("an item").expect("readable");
        }
        sink.acknowledge(upto).expect("written");
    };
    deliver(&mut sinks[1], 50);
    capture.retain(START);
    assert_eq!(dropped(&mut capture), []);
    deliver(&mut sinks[0], 20);
    capture.retain(START);
    let kept = sequences(&read_on(&model));
    assert!(kept[0] > 1 && kept[0] <= 21, "{kept:?}");
    drop(capture);
    model.crash(0);
    let mut capture = reopen(&model, options);
    assert_eq!(sequences(&read_on(&model)), kept, "what cursors say is known before anything is removed");
    deliver(&mut capture.sink("slow").expect("configured"), 50);
    capture.retain(START);
    assert_eq!(capture.stats().snapshot().segments, 1);
    assert_eq!(sequences(&read_on(&model)).last(), Some(&50));
}

#[test]
fn old_segments_are_dropped_by_time_also_after_a_restart_but_not_the_last() {
    let (model, mut capture) = modelled(Options::default());
    for n in 1..=3 {
        write(&mut capture, [n]);
        capture.seal();
    }
    drop(capture);
    let options = Options { retain_time: Some(Duration::from_secs(60)), ..Options::default() };
    let open = |now| Capture::open_on(model.disk(), Path::new(FOLDER), options.clone(), now).expect("opens");
    let (capture, _) = open(after(60));
    assert_eq!(capture.stats().snapshot().segments, 3);
    drop(capture);
    for _ in 0..2 {
        let (mut capture, recovery) = open(after(61));
        capture.append(vec![request(4)], after(61)).expect("written"); // but not synced
        capture.retain(after(200));
        drop(capture);
        model.crash(0);
        assert_eq!(sequences(&read_on(&model)), [3], "the next sequence follows from it");
        assert_eq!(recovery.next_sequence, 4);
    }
}

#[test]
fn end_of_a_failure_is_noticed_without_a_request_and_the_try_leaves_nothing() {
    for op in [Op::Create, Op::Write, Op::Sync, Op::SyncFolder] {
        let (model, mut capture) = modelled(small());
        let tick = |capture: &mut Capture| {
            capture.tick(START);
            let events = capture.take_events();
            events.iter().filter(|event| matches!(event, Event::Recovered)).count()
        };
        for _ in 0..2 {
            model.plan(op, io::ErrorKind::StorageFull);
        }
        capture.append(vec![request(1)], START).and_then(|_| capture.sync()).expect_err("not kept");
        assert_eq!(tick(&mut capture), 0, "{op:?}: the second failure");
        assert_eq!(model.planned(), 0);
        assert_eq!(tick(&mut capture), 1, "{op:?}");
        assert_eq!(tick(&mut capture), 0, "{op:?}: said once");
        assert_eq!(names_on(&model), [".lock"], "{op:?}");
        write(&mut capture, [2]);
        assert_eq!(sequences(&read_on(&model)), [1], "{op:?}");
    }
}

#[test]
fn segment_that_cannot_be_removed_is_no_failure_to_write() {
    let (model, mut capture) = modelled(Options { retain_size: 0, ..small() });
    write(&mut capture, [1]);
    capture.seal();
    write(&mut capture, [2]);
    capture.take_events();
    model.plan(Op::Remove, io::ErrorKind::Other);
    capture.retain(START);
    let events = capture.take_events();
    assert!(
        matches!(events[..], [Event::NotRemoved(CommitError::Io { action: "remove", .. })]),
        "{events:?}"
    );
    capture.retain(START);
    assert_eq!(dropped(&mut capture), [(1, 1, true)]);
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
