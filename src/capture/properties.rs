//! What must hold for any request and any damage.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use super::testing::{MemorySegment, findings, kept, read_bytes, request, sequences};
use super::{Counts, Item, Outcome, Rejection, Request};
use crate::base::testing::cases;
use crate::base::time::UnixNanos;
use crate::wire::{Dialect, Encoding, Protocol};

fn counts() -> impl Strategy<Value = Counts> {
    (any::<[u32; 5]>(), any::<[i64; 2]>()).prop_map(|(n, [min_time, max_time])| {
        let [series, samples, histograms, exemplars, metadata] = n.map(u64::from);
        Counts { series, samples, histograms, exemplars, metadata, min_time, max_time }
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let rejection = ("[a-z-]{0,20}", vec(any::<u32>(), 0..20)).prop_map(|(rule, mut series)| {
        series.sort_unstable();
        Rejection { rule, series }
    });
    (vec(rejection, 0..4), option::of(counts()), any::<u16>(), ".{0,40}").prop_map(
        |(rejections, filtered_from, status, reason)| Outcome { rejections, filtered_from, status, reason },
    )
}

fn body() -> impl Strategy<Value = Bytes> {
    let captured = vec(any::<u8>(), 0..200)
        .prop_map(|body| MemorySegment::of([Request { body: body.into(), ..request(1) }]).bytes.into());
    prop_oneof![4 => vec(any::<u8>(), 0..5000).prop_map(Bytes::from), 1 => captured]
}

fn any_request() -> impl Strategy<Value = Request> {
    let dialect = prop_oneof![
        Just(Dialect::V1),
        Just(Dialect::V2),
        Just(Dialect::V2Created),
        Just(Dialect::V2Start),
        Just(Dialect::V2Mixed),
    ];
    let encoding = prop_oneof![Just(Encoding::Snappy), Just(Encoding::Zstd), Just(Encoding::Identity)];
    let headers = (".{0,30}", ".{0,30}", ".{0,30}", ".{0,30}", any::<u32>(), option::of(".{1,30}"));
    (any::<i64>(), dialect, encoding, headers, counts(), outcome(), body()).prop_map(
        |(received, dialect, encoding, headers, counts, outcome, body)| {
            let (content_type, content_encoding, version, user_agent, retry_attempt, tenant) = headers;
            let protocol = if dialect == Dialect::V1 { Protocol::V1 } else { Protocol::V2 };
            Request {
                sequence: 0,
                received: UnixNanos(received),
                protocol,
                dialect,
                encoding,
                content_type,
                content_encoding,
                version,
                user_agent,
                retry_attempt,
                tenant,
                counts,
                outcome,
                body,
            }
        },
    )
}

proptest::proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn any_requests_come_back_bit_for_bit(requests in vec(any_request(), 1..8)) {
        let items = read_bytes(&MemorySegment::of(requests.clone()).bytes);
        let read: Vec<Request> = items.into_iter().map(|item| match item {
            Item::Request { request, .. } => request,
            other => panic!("{other:?}"),
        }).collect();
        let expect: Vec<Request> =
            requests.into_iter().zip(1..).map(|(request, sequence)| Request { sequence, ..request }).collect();
        assert_eq!(read, expect);
    }

    #[test]
    fn record_is_never_longer_than_was_reckoned(request in any_request()) {
        let (bound, weight, body) = (request.record_len(), request.weight(), request.body.len());
        let kind = super::proto::record::Kind::Request(request.into());
        let record = super::proto::Record { kind: Some(kind) };
        assert!(prost::Message::encoded_len(&record) <= bound);
        assert!(weight >= body);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..2000)) {
        assert_eq!(sequences(&read_bytes(&bytes)), Vec::<u64>::new());
    }

    #[test]
    fn damaged_stretch_costs_the_requests_it_touches(from in 0usize..2000, len in 1usize..600, seed in any::<u8>()) {
        let segment = MemorySegment::of((1..=8).map(request));
        let mut bytes = segment.bytes.clone();
        let range = from.min(bytes.len() - 1)..(from + len).min(bytes.len());
        for (at, byte) in bytes[range.clone()].iter_mut().enumerate() {
            *byte ^= seed.wrapping_add(at as u8) | 1;
        }
        check(&segment, &bytes, range);
    }
}

/// Reads `bytes`, which are those of `segment` but in `range`: every request outside is there, none is altered
/// or invented, and findings cover the damage.
#[track_caller]
fn check(segment: &MemorySegment, bytes: &[u8], range: std::ops::Range<usize>) {
    let offsets = segment.offsets();
    let ends = offsets[1..].iter().copied().chain([segment.bytes.len() as u64]);
    let frames: Vec<(u64, u64)> = offsets.iter().copied().zip(ends).collect();
    let sound = |(start, end): (u64, u64)| end <= range.start as u64 || start >= range.end as u64;
    let requests = 1..frames.len() as u64 - 1;
    let expect: Vec<u64> = requests.filter(|&n| sound(frames[n as usize])).collect();
    let items = read_bytes(bytes);
    assert_eq!(sequences(&items), expect, "damage at {range:?}");
    for item in &items {
        if let Item::Request { request, offset, .. } = item {
            assert_eq!(*request, kept(request.sequence, request.sequence), "damage at {range:?}");
            assert_eq!(*offset, offsets[request.sequence as usize], "damage at {range:?}");
        }
    }
    let reported: Vec<(u64, u64)> = findings(&items)
        .into_iter()
        .filter_map(|item| match item {
            Item::Damage { offset, len, .. } | Item::TornTail { offset, len, .. } => {
                Some((*offset, offset + len))
            }
            _ => None,
        })
        .collect();
    let broken = frames.iter().copied().filter(|&frame| !sound(frame));
    let expect = broken.fold(Vec::<(u64, u64)>::new(), |mut joined, frame| {
        match joined.last_mut() {
            Some(last) if last.1 == frame.0 => last.1 = frame.1,
            _ => joined.push(frame),
        }
        joined
    });
    assert_eq!(reported, expect, "damage at {range:?}");
}

#[test]
fn flipped_bit_anywhere_costs_the_record_it_is_in_and_is_reported() {
    let segment = MemorySegment::of((1..=4).map(request));
    for at in 0..segment.bytes.len() {
        for bit in 0..8 {
            let mut bytes = segment.bytes.clone();
            bytes[at] ^= 1 << bit;
            check(&segment, &bytes, at..at + 1);
        }
    }
}

#[test]
fn segment_cut_anywhere_gives_every_whole_request_before_the_cut() {
    let segment = MemorySegment::of((1..=4).map(request));
    let offsets = segment.offsets();
    for cut in 0..segment.bytes.len() {
        let items = read_bytes(&segment.bytes[..cut]);
        let whole = offsets[1..].iter().filter(|&&end| end <= cut as u64).count() as u64;
        assert_eq!(sequences(&items), (1..whole).collect::<Vec<_>>(), "cut at {cut}");
        let end = whole.checked_sub(1).map_or(0, |last| offsets[last as usize + 1]);
        let torn = findings(&items);
        if end == cut as u64 {
            assert_eq!(torn, Vec::<&Item>::new(), "cut at {cut}");
        } else {
            let expect = (end, cut as u64 - end);
            assert!(
                matches!(torn[..], [Item::TornTail { offset, len, .. }] if (*offset, *len) == expect),
                "cut at {cut}: {torn:?}"
            );
        }
    }
}

#[test]
fn frames_within_a_body_are_never_taken_for_records() {
    // A body that is a whole capture, as of someone who sends what they captured.
    let inner = MemorySegment::of((91..=93).map(request)).bytes;
    let outer = Request { body: inner.into(), ..request(2) };
    let segment = MemorySegment::of([request(1), outer.clone(), request(3)]);
    let [header, _, two, three, _] = segment.offsets()[..] else { panic!("five frames") };
    let (header, two, three) = (header as usize, two as usize, three as usize);
    let read = |damage: &[usize]| {
        let mut bytes = segment.bytes.clone();
        for &at in damage {
            bytes[at] ^= 1;
        }
        let items = read_bytes(&bytes);
        for item in &items {
            if let Item::Request { request: read, .. } = item {
                let n = read.sequence;
                let expect = if n == 2 { Request { sequence: 2, ..outer.clone() } } else { kept(n, n) };
                assert_eq!(*read, expect);
            }
        }
        sequences(&items)
    };
    assert_eq!(read(&[]), [1, 2, 3]);
    // The outer frame damaged in each of its fields, its record, and its end.
    for at in [two, two + 5, two + 12, two + 15, two + 17, two + 22, three - 1] {
        assert_eq!(read(&[at]), [1, 3], "byte {at}");
        // Also when the salt has to be learned, as the header is damaged too.
        for learn in [header, header + 6, header + 21] {
            assert_eq!(read(&[learn, at]), [1, 3], "bytes {learn} and {at}");
        }
    }
}
