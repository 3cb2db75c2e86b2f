//! What other queues on disk are known to have got wrong, one by one, and every call failing once.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::super::model::{Model, Op};
use super::super::testing::{
    FOLDER, MemorySegment, START, findings, kept, modelled, read_on, reopen, request, sequences, small, write,
};
use super::super::{Ack, Capture, CursorFinding, Item, OpenError, Options, Request, Sink, segment};
use super::is_long;
use super::world::{Act, SINKS, World};

const SINK: &str = SINKS[0];

fn with_sink() -> Options {
    Options { sinks: vec![SINK.into()], ..small() }
}

fn sink(capture: &Capture) -> Sink {
    capture.sink(SINK).expect("configured")
}

/// Sequences that a sink gives now; it must give nothing else.
fn now(sink: &mut Sink) -> Vec<u64> {
    let items: Vec<Item> = sink.map(|item| item.expect("readable")).collect();
    assert_eq!(findings(&items), Vec::<&Item>::new());
    sequences(&items)
}

fn cursor() -> PathBuf {
    Path::new(FOLDER).join("cursors").join(SINK)
}

fn findings_at_start(model: &Model, options: Options) -> Vec<CursorFinding> {
    Capture::open_on(model.disk(), Path::new(FOLDER), options, START).expect("opens").1.cursors
}

/// A bit of everything, so that each kind of call comes several times.
fn everything() -> Vec<Act> {
    let round = [
        Act::Commit(2),
        Act::Commit(1),
        Act::Read(0, 3),
        Act::Acknowledge(0),
        Act::Commit(3),
        Act::Tick(5),
        Act::Seal,
        Act::Reject(2),
    ];
    [&round[..], &[Act::Stop(None)], &round, &[Act::Stop(Some(0))], &round].concat()
}

fn ring_with_sink() -> Options {
    Options { segment_size: 700, retain_size: 2_000, sinks: vec![SINK.into()], ..Options::default() }
}

#[test]
fn each_call_failing_once_loses_nothing() {
    let ops = [
        Op::Create,
        Op::Open,
        Op::Read,
        Op::List,
        Op::Write,
        Op::Sync,
        Op::SyncFolder,
        Op::SetLen,
        Op::Rename,
        Op::Remove,
    ];
    let kinds = [ErrorKind::Other, ErrorKind::StorageFull];
    for (op, skip) in
        ops.into_iter().flat_map(|op| (0..if is_long() { 60 } else { 16 }).map(move |skip| (op, skip)))
    {
        for (at, kind) in kinds
            .into_iter()
            .enumerate()
            .filter(|(at, _)| is_long() || op == Op::Sync || *at == skip as usize % 2)
        {
            let mut options = ring_with_sink();
            if at == 1 {
                (options.segment_size, options.retain_size) = (5_000, u64::MAX);
            }
            let mut world = World::new(options);
            world.act(Act::Fail(op, skip, kind));
            if at == 1 {
                world.act(Act::Fail(Op::SetLen, 0, kind)); // and the cut that may follow: what was written stays
            }
            everything().into_iter().for_each(|act| world.act(act));
            world.act(Act::Stop(Some(0)));
        }
    }
}

#[test]
fn end_at_each_change_loses_nothing() {
    for (at, power) in [None, Some(0), Some(1), Some(77), Some(1_234_567)].into_iter().enumerate() {
        for changes in (0..150).filter(|changes| is_long() || changes % 5 == at) {
            let mut world = World::new(ring_with_sink());
            world.act(Act::End(changes as u32, power));
            everything().into_iter().for_each(|act| world.act(act));
            world.act(Act::Stop(Some(0)));
        }
    }
}

#[test]
fn second_crash_at_each_change_of_a_recovery_loses_nothing() {
    for seed in [0, 1, 3, 4, 5, 6, 7] {
        for changes in 0..20 {
            let mut world = World::new(ring_with_sink());
            [Act::Commit(4), Act::Commit(2), Act::Read(0, 5), Act::Acknowledge(0), Act::End(1, Some(seed))]
                .into_iter()
                .for_each(|act| world.act(act));
            world.act(Act::Commit(3));
            world.act(Act::StopTwice(Some(seed), changes, Some(seed + 1)));
            world.act(Act::Commit(1));
            world.act(Act::Stop(Some(0)));
        }
    }
}

#[test]
fn full_disk_at_each_byte_loses_nothing() {
    for room in (0..3_000).step_by(37) {
        let mut world = World::new(ring_with_sink());
        world.act(Act::Commit(2));
        world.act(Act::Full(room));
        everything().into_iter().for_each(|act| world.act(act));
        world.act(Act::Stop(Some(0)));
    }
}

#[test]
fn length_that_got_ahead_of_its_data_is_cut_off() {
    for len in [1, 19, 20, 300, 5_000] {
        let segment = MemorySegment::of([request(1), request(2)]);
        let index = segment.offsets()[3] as usize;
        let model = Model::new();
        let bytes = [&segment.bytes[..index], &vec![0; len]].concat();
        model.put(&Path::new(FOLDER).join(segment::name(1)), &bytes);
        let (_, recovery) = Capture::open_on(model.disk(), Path::new(FOLDER), small(), START).expect("opens");
        assert_eq!((recovery.unsealed[0].cut, recovery.next_sequence), (len as u64, 3));
        assert_eq!(sequences(&read_on(&model)), [1, 2]);
    }
}

#[test]
fn index_of_a_recovery_is_not_durable_before_what_it_counts() {
    let file = Path::new(FOLDER).join(segment::name(1));
    let mut tried = 0;
    for (changes, seed) in (0..10).flat_map(|changes| (2..40).map(move |seed| (changes, seed))) {
        let (model, mut capture) = modelled(Options { ack: Ack::Write, ..Options::default() });
        for n in 1..=8 {
            capture.append(vec![request(n)], START).expect("written");
        }
        drop(capture); // killed, before a sync
        let before = model.bytes(&file).map(|bytes| bytes.len());
        model.end_after(changes);
        let ended = Capture::open_on(model.disk(), Path::new(FOLDER), small(), START).map(|_| ()).is_err();
        let has_index = model.bytes(&file).map(|bytes| bytes.len()) > before;
        model.crash(seed);
        if ended && has_index {
            tried += 1;
            drop(reopen(&model, small()));
            assert_eq!(sequences(&read_on(&model)), (1..=8).collect::<Vec<_>>(), "{changes} {seed}");
        }
    }
    assert!(tried > 0, "no recovery ended behind its index");
}

#[test]
fn cursor_without_its_data_replays_and_holds_everything() {
    let (model, mut capture) = modelled(Options { retain_size: 0, ..with_sink() });
    for n in 1..=3 {
        write(&mut capture, [n]);
        capture.seal();
    }
    let mut sink = sink(&capture);
    assert_eq!(now(&mut sink), [1, 2, 3]);
    sink.acknowledge(2).expect("written");
    let good = model.bytes(&cursor()).expect("there");
    assert_eq!(good.len(), 30);
    drop((capture, sink));
    let mut broken: Vec<Vec<u8>> =
        vec![vec![], vec![0; 30], good[..29].to_vec(), [&good[..], b"\n"].concat()];
    broken.extend((0..30).map(|at| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    }));
    for bytes in broken {
        model.put(&cursor(), &bytes);
        let findings = findings_at_start(&model, Options { retain_size: 0, ..with_sink() });
        assert!(matches!(&findings[..], [CursorFinding::Lost { sink, .. }] if sink == SINK), "{findings:?}");
        let capture = reopen(&model, with_sink());
        assert_eq!(now(&mut self::sink(&capture)), [1, 2, 3]);
    }
    model.put(&cursor(), &good);
    assert_eq!(now(&mut self::sink(&reopen(&model, with_sink()))), [3]);
}

#[test]
fn segment_is_not_removed_before_the_cursor_that_passed_it_is_durable() {
    let options = Options { retain_size: 0, ..with_sink() };
    for (op, skip) in [(Op::Create, 0), (Op::Write, 0), (Op::Sync, 0), (Op::Rename, 0), (Op::SyncFolder, 0)] {
        let (model, mut capture) = modelled(options.clone());
        for n in 1..=3 {
            write(&mut capture, [n]);
            capture.seal();
        }
        let mut sink = sink(&capture);
        assert_eq!(now(&mut sink), [1, 2, 3]);
        model.plan_after(op, skip, ErrorKind::Other);
        sink.acknowledge(3).expect_err("not durable");
        assert_eq!(sink.delivered(), 0);
        capture.retain(START);
        drop((capture, sink));
        model.crash(0);
        assert_eq!(sequences(&read_on(&model)), [1, 2, 3], "{op:?}");
        assert_eq!(now(&mut self::sink(&reopen(&model, options.clone()))), [1, 2, 3], "{op:?}");
    }
}

#[test]
fn cursor_that_is_read_at_the_start_is_durable_before_anything_is_removed() {
    let options = Options { retain_size: 0, ..with_sink() };
    let (model, mut capture) = modelled(options.clone());
    for n in 1..=3 {
        write(&mut capture, [n]);
        capture.seal();
    }
    let mut sink = sink(&capture);
    assert_eq!(now(&mut sink), [1, 2, 3]);
    model.plan(Op::SyncFolder, ErrorKind::Other);
    sink.acknowledge(3).expect_err("renamed, but not durable");
    drop((capture, sink));
    drop(reopen(&model, options.clone())); // finds the new cursor, and removes what it has passed
    assert_eq!(sequences(&read_on(&model)), [3]);
    model.crash(0);
    assert_eq!(self::sink(&reopen(&model, options)).delivered(), 3);
}

#[test]
fn cursor_past_the_end_is_set_back_for_good() {
    let (model, mut capture) = modelled(with_sink());
    write(&mut capture, 1..=10);
    let mut sink = sink(&capture);
    assert_eq!(now(&mut sink).len(), 10);
    sink.acknowledge(10).expect("written");
    drop((capture, sink));
    // All but the first four are gone, by hand.
    for name in model.names(Path::new(FOLDER)).iter().filter(|name| segment::parse_name(name).is_some()) {
        model.disk().remove(&Path::new(FOLDER).join(name)).expect("removed");
    }
    let bytes = MemorySegment::of((1..=4).map(request)).bytes;
    model.put(&Path::new(FOLDER).join(segment::name(1)), &bytes);
    let findings = findings_at_start(&model, with_sink());
    assert_eq!(findings, [CursorFinding::PastEnd { sink: SINK.into(), cursor: 10, last: 4 }]);
    let mut capture = reopen(&model, with_sink());
    write(&mut capture, 5..=12);
    drop(capture);
    model.crash(0);
    let capture = reopen(&model, with_sink());
    assert_eq!(now(&mut self::sink(&capture)), (5..=12).collect::<Vec<_>>());
}

#[test]
fn sync_that_failed_is_not_tried_again() {
    for (seed, ack) in [(0, Ack::Fsync), (1, Ack::Fsync), (9, Ack::Fsync)] {
        let (model, mut capture) = modelled(Options { ack, ..small() });
        write(&mut capture, [1]);
        model.seed(seed);
        model.plan(Op::Sync, ErrorKind::Other);
        capture.append(vec![request(2)], START).expect("written");
        capture.sync().expect_err("not kept");
        write(&mut capture, [3]);
        drop(capture);
        model.crash(0);
        let items = read_on(&model);
        assert_eq!(findings(&items), Vec::<&Item>::new());
        let read: Vec<Request> = items
            .into_iter()
            .filter_map(|item| if let Item::Request { request, .. } = item { Some(request) } else { None })
            .collect();
        assert_eq!(read, [kept(1, 1), kept(3, 2)]);
    }
}

#[test]
fn frames_in_the_body_of_a_torn_request_are_no_requests() {
    let inner = MemorySegment::of((91..=99).map(request)).bytes;
    for seed in 2..200 {
        let (model, mut capture) = modelled(Options::default());
        write(&mut capture, [1]);
        let captured = |n| Request { body: inner.clone().into(), ..request(n) };
        capture.append(vec![captured(2), captured(3)], START).expect("written");
        drop(capture);
        model.crash(seed);
        drop(reopen(&model, Options::default()));
        for item in read_on(&model) {
            if let Item::Request { request, .. } = item {
                let n = request.sequence;
                assert_eq!(request, if n == 1 { kept(1, 1) } else { Request { sequence: n, ..captured(n) } });
            }
        }
    }
}

#[test]
fn folder_that_was_there_already_is_durable_before_a_request_is() {
    for missing in 0..4 {
        let model = Model::new();
        model.end_after(missing);
        let open = || Capture::open_on(model.disk(), Path::new(FOLDER), small(), START);
        let failed = open().map(|_| ()).expect_err("the process has ended");
        assert!(matches!(failed, OpenError::Io { .. }), "{failed}");
        model.mend();
        let (mut capture, _) = open().expect("opens");
        write(&mut capture, [1]);
        drop(capture);
        model.crash(0);
        assert_eq!(sequences(&read_on(&model)), [1], "after {missing} changes");
    }
}

#[test]
fn sink_is_never_given_what_is_withdrawn() {
    for seed in [0, 1, 5] {
        let (model, mut capture) = modelled(with_sink());
        write(&mut capture, 1..=2);
        let mut sink = sink(&capture);
        capture.append(vec![request(3)], START).expect("written");
        assert_eq!(now(&mut sink), [1, 2], "what is not synced is not there");
        model.seed(seed);
        model.plan(Op::Sync, ErrorKind::Other);
        capture.sync().expect_err("not kept");
        write(&mut capture, [4]);
        let items: Vec<Item> = sink.by_ref().map(|item| item.expect("readable")).collect();
        let [Item::Request { request, .. }] = &items[..] else { panic!("{items:?}") };
        assert_eq!(*request, kept(4, 3));
        sink.acknowledge(100).expect("written");
        assert_eq!(sink.delivered(), 3, "what was not given is not acknowledged");
    }
}

#[test]
fn sink_tries_again_what_it_could_not_read() {
    for op in [Op::Open, Op::Read, Op::List] {
        let (model, mut capture) = modelled(with_sink());
        write(&mut capture, 1..=60);
        let mut sink = sink(&capture);
        let mut read = Vec::new();
        for skip in (0..20).rev() {
            model.plan_after(op, skip, ErrorKind::Other);
        }
        for _ in 0..200 {
            if let Some(Ok(Item::Request { request, .. })) = sink.next() {
                read.push(request.sequence);
            }
        }
        assert_eq!(read, (1..=60).collect::<Vec<_>>(), "{op:?}");
    }
}

#[test]
fn sink_finds_a_segment_that_was_compressed_since_it_was_listed() {
    let (model, mut capture) = modelled(Options { segment_size: 700, ..with_sink() });
    write(&mut capture, 1..=20);
    let mut sink = sink(&capture);
    sink.next().expect("an item").expect("readable");
    for name in model.names(Path::new(FOLDER)) {
        let path = Path::new(FOLDER).join(&name);
        if let (Some((first, _)), Some(bytes)) = (segment::parse_name(&name), model.bytes(&path))
            && (4..18).contains(&first)
        {
            let packed = zstd::stream::encode_all(&bytes[..], 1).expect("compressed");
            model.put(&path.with_extension("rwcap.zst"), &packed);
            model.disk().remove(&path).expect("removed");
        }
    }
    assert_eq!(now(&mut sink), (2..=20).collect::<Vec<_>>());
}

#[test]
fn cursor_without_a_sink_is_told_of_and_holds_nothing() {
    let (model, mut capture) = modelled(with_sink());
    write(&mut capture, 1..=60);
    let mut sink = sink(&capture);
    sink.next().expect("an item").expect("readable");
    sink.acknowledge(1).expect("written");
    drop((capture, sink));
    let alone = Options { retain_size: 0, ..small() };
    let findings = findings_at_start(&model, alone);
    assert_eq!(findings, [CursorFinding::WithoutSink { name: SINK.into() }]);
    assert!(
        findings[0]
            .to_string()
            .starts_with("`cursors/archive` is the cursor of a sink that is not configured")
    );
    assert!(sequences(&read_on(&model))[0] > 2);
}

#[test]
fn sinks_are_named_as_hosts_are() {
    let long = "x".repeat(64);
    for (name, valid) in [
        ("s3", true),
        ("forward-1", true),
        (&long[..63], true),
        (&long, false),
        ("", false),
        ("-a", false),
        ("a-", false),
        ("S3", false),
        ("a.new", false),
        ("../x", false),
    ] {
        let options = Options { sinks: vec![name.into()], ..small() };
        let opened = Capture::open_on(Model::new().disk(), Path::new(FOLDER), options, START);
        match opened {
            Ok((capture, _)) => {
                assert!(valid && capture.sink(name).is_some() && capture.sink("other").is_none())
            }
            Err(err) => assert!(!valid && matches!(err, OpenError::SinkName { .. }), "{err}"),
        }
    }
}
