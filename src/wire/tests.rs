//! Decoding, case by case: faults, limits, odd but legal framing, and memory.

use super::testing::{Request, Series, UNLIMITED, field, labels, varint};
use super::{DecodeError, Dialect, Entry, Fault, Limits, Protocol, Scratch, decode};

/// Reads a message of these fields.
fn read(protocol: Protocol, fields: &[Vec<u8>]) -> Result<Request, DecodeError> {
    Request::read(protocol, &fields.concat()).map(|(request, _)| request)
}

/// The only series of a 2.0 request with the symbols `["", "a", "b", <not UTF-8>]`.
#[track_caller]
fn v2_series(content: &[Vec<u8>]) -> Series {
    let symbols = [&b""[..], b"a", b"b", b"\xff"].map(|symbol| field(4, symbol)).concat();
    let request = read(Protocol::V2, &[symbols, field(5, content.concat())]).expect("sound");
    let [series] = <[Series; 1]>::try_from(request.series).expect("one series");
    series
}

#[track_caller]
fn check_fault(content: &[Vec<u8>], expect: &str) {
    let fault = v2_series(content).fault.expect("a fault");
    assert_eq!(fault.to_string(), expect);
}

#[test]
fn references_past_the_table_are_faults_of_the_series() {
    check_fault(&[field(1, [1, 9])], "label reference 9 is past the symbol table (4 symbols)");
    check_fault(&[field(1, [1, 2, 1])], "odd number of label references (3)");
    check_fault(&[field(5, varint(3, 4))], "help reference 4 is past the symbol table (4 symbols)");
    check_fault(
        &[field(5, varint(4, u64::from(u32::MAX)))],
        "unit reference 4294967295 is past the symbol table (4 symbols)",
    );
    let exemplars = [field(4, ""), field(4, field(1, [1, 7]))];
    check_fault(&exemplars, "exemplar 1: label reference 7 is past the symbol table (4 symbols)");
    check_fault(&[field(4, field(1, [1]))], "exemplar 0: odd number of label references (1)");
}

#[test]
fn symbols_that_are_not_utf8_are_faults_of_the_series_that_use_them() {
    assert_eq!(v2_series(&[field(1, [1, 2])]).fault, None);
    check_fault(&[field(1, [1, 2, 3, 2])], "name of label 1 is not UTF-8");
    check_fault(&[field(1, [1, 3])], "value of label 0 is not UTF-8");
    check_fault(&[field(5, varint(3, 3))], "help text is not UTF-8");
    check_fault(&[field(5, varint(4, 3))], "unit is not UTF-8");
    check_fault(&[field(4, field(1, [3, 2]))], "exemplar 0: name of label 0 is not UTF-8");
}

#[test]
fn a_fault_leaves_the_other_series_alone() {
    let symbols = [field(4, ""), field(4, "a"), field(4, "b")].concat();
    let series =
        [field(5, field(1, [1, 2])), field(5, field(1, [1, 9])), field(5, field(1, [2, 1]))].concat();
    let request = read(Protocol::V2, &[symbols, series]).expect("sound");
    let faults: Vec<bool> = request.series.iter().map(|series| series.fault.is_some()).collect();
    assert_eq!(faults, [false, true, false]);
    assert_eq!(request.series[1].labels, labels(&[("a", "\u{fffd}")]));
    assert_eq!(request.series[2].labels, labels(&[("b", "a")]));
}

#[test]
fn v1_text_that_is_not_utf8_is_a_fault_and_the_bytes_can_be_had() {
    let label = |name: &[u8], value: &[u8]| field(1, [field(1, name), field(2, value)].concat());
    // The second character of the pair `ä` is another label's, so the two together are UTF-8.
    let split = [label(b"a", b"x\xc3"), label(b"\xa4", b"b")].concat();
    let message = field(1, [label(b"ok", "ä".as_bytes()), split].concat());
    let mut scratch = Scratch::default();
    let mut entries = decode(Protocol::V1, &message, &UNLIMITED, &mut scratch).expect("sound");
    let Some(Entry::Series(series)) = entries.next().expect("sound") else { panic!("no series") };
    assert_eq!(series.fault, Some(Fault::LabelValue { label: 1 }));
    assert_eq!(series.label("ok"), Some("ä"));
    assert_eq!(series.labels[1].value, "\u{fffd}");
    assert_eq!(series.labels[2].name, "\u{fffd}");
    assert_eq!(series.raw_labels()[1], (b"a".to_vec(), b"x\xc3".to_vec()));
    assert_eq!(series.raw_labels()[2], (b"\xa4".to_vec(), b"b".to_vec()));
}

#[test]
fn raw_labels_of_v2_are_the_symbols_bytes() {
    let message = [field(4, ""), field(4, b"\xff"), field(5, field(1, [1, 0, 1, 9]))].concat();
    let mut scratch = Scratch::default();
    let mut entries = decode(Protocol::V2, &message, &UNLIMITED, &mut scratch).expect("sound");
    let Some(Entry::Series(series)) = entries.next().expect("sound") else { panic!("no series") };
    let past = "\u{fffd}".as_bytes().to_vec();
    assert_eq!(series.raw_labels(), [(vec![0xff], vec![]), (vec![0xff], past)]);
}

#[test]
fn v1_metadata_that_is_not_utf8_says_which_text() {
    let family = |number, bytes: &[u8]| {
        let request = read(Protocol::V1, &[field(3, field(number, bytes))]).expect("sound");
        request.families[0].fault
    };
    assert_eq!(family(2, b"\xff"), Some(Fault::Family));
    assert_eq!(family(4, b"\xff"), Some(Fault::Help));
    assert_eq!(family(5, b"\xff"), Some(Fault::Unit));
    assert_eq!(family(5, b"bytes"), None);
}

#[test]
fn numbers_may_be_packed_and_unpacked_and_split_anywhere() {
    let refs = [field(1, [1]), varint(1, 2), field(1, [2, 1]), field(1, [])];
    assert_eq!(v2_series(&refs).labels, labels(&[("a", "b"), ("b", "a")]));
    let histogram = [varint(9, 2), field(9, [1, 4]), varint(12, 3)].concat();
    let series = v2_series(&[field(3, histogram)]);
    assert_eq!(series.histograms[0].negative_deltas, [1, -1, 2]);
    assert_eq!(series.histograms[0].positive_deltas, [-2]);
}

#[test]
fn metadata_sent_twice_is_merged_and_the_last_number_counts() {
    let series = v2_series(&[
        field(5, [varint(1, 1), varint(3, 1)].concat()),
        field(5, varint(1, 2)),
        varint(6, 7),
        varint(6, 8),
    ]);
    assert_eq!(series.metadata, Some((2, "a".to_owned(), String::new())));
    assert_eq!(series.created, 8);
}

#[test]
fn reference_zero_is_no_help_even_without_a_table() {
    let request = read(Protocol::V2, &[field(5, field(5, varint(1, 1)))]).expect("sound");
    assert_eq!(request.series[0].fault, None);
    assert_eq!(request.series[0].metadata, Some((1, String::new(), String::new())));
}

#[test]
fn groups_and_unknown_fields_are_passed_over_at_every_level() {
    let unknown = [field(15, "x"), varint(14, 1), b"\x7b\x0a\x01x\x7c".to_vec()].concat();
    let sample = field(2, [varint(2, 5), unknown.clone()].concat());
    let message = [unknown.clone(), field(1, [sample, unknown.clone()].concat()), unknown];
    let request = read(Protocol::V1, &message).expect("sound");
    assert_eq!(request.series[0].samples[0].timestamp, 5);
}

#[test]
fn the_symbol_table_as_a_whole_must_begin_with_the_empty_string() {
    let fault = |fields: &[Vec<u8>]| {
        let (message, mut scratch) = (fields.concat(), Scratch::default());
        let mut entries = decode(Protocol::V2, &message, &UNLIMITED, &mut scratch).expect("sound");
        (entries.symbols_fault(), entries.duplicate_symbols())
    };
    let first = Some(Fault::FirstSymbol);
    assert_eq!(fault(&[]), (None, 0));
    assert_eq!(fault(&[field(4, ""), field(5, "")]), (None, 0));
    assert_eq!(fault(&[field(4, "a"), field(4, "")]), (first, 0));
    assert_eq!(fault(&[field(5, "")]), (first, 0));
    assert_eq!(fault(&[field(4, ""), field(4, "a"), field(4, ""), field(4, "a"), field(4, "a")]), (None, 3));
}

#[test]
fn the_dialect_is_known_when_a_start_time_is_met() {
    let dialects = |series: &[Vec<u8>]| {
        let (message, mut scratch) = (series.concat(), Scratch::default());
        let mut entries = decode(Protocol::V2, &message, &UNLIMITED, &mut scratch).expect("sound");
        let mut seen = vec![entries.dialect()];
        while entries.next().expect("sound").is_some() {
            seen.push(entries.dialect());
        }
        seen
    };
    let created = field(5, varint(6, 1));
    let sample = field(5, field(2, varint(3, 1)));
    let histogram = field(5, field(3, [0x88, 0x01, 0x01]));
    let neither = field(5, field(2, varint(2, 1)));
    assert_eq!(dialects(&[neither.clone(), created.clone()]), [Dialect::V2, Dialect::V2, Dialect::V2Created]);
    assert_eq!(dialects(&[sample, neither]), [Dialect::V2, Dialect::V2Start, Dialect::V2Start]);
    assert_eq!(dialects(&[histogram, created]), [Dialect::V2, Dialect::V2Start, Dialect::V2Mixed]);
}

#[track_caller]
fn check_error(protocol: Protocol, fields: &[Vec<u8>], expect: &str) {
    let err = read(protocol, fields).expect_err("malformed");
    assert_eq!(err.to_string(), expect);
    assert!(!err.is_limit());
}

#[test]
fn errors_say_where_and_what() {
    let cut = vec![0x0a, 5, 1];
    check_error(Protocol::V1, &[cut], "byte 2: entry is cut short: 5 bytes needed, 1 left");
    let value = field(1, field(2, b"\x09\x00"));
    check_error(
        Protocol::V1,
        &[field(1, ""), value],
        "byte 7: sample value is cut short: 8 bytes needed, 1 left",
    );
    let text = field(1, field(2, field(2, "x")));
    check_error(Protocol::V1, &[text], "byte 5: sample timestamp has wire type 2, expected 0");
    check_error(Protocol::V2, &[varint(4, 1)], "byte 1: symbol has wire type 0, expected 2");
    check_error(Protocol::V2, &[field(5, b"\x07")], "byte 2: time series: 7 is not a field key");
    check_error(Protocol::V2, &[vec![0x7c]], "byte 1: request: end of group 15 without its start");
    let long = [vec![0x30], vec![0xff; 10]].concat();
    check_error(Protocol::V2, &[field(5, long)], "byte 3: created timestamp: varint is longer than 64 bits");
}

#[test]
fn an_error_ends_the_entries() {
    let message = [field(1, ""), field(1, b"\x07"), field(1, "")].concat();
    let mut scratch = Scratch::default();
    let mut entries = decode(Protocol::V1, &message, &UNLIMITED, &mut scratch).expect("framing is sound");
    assert!(entries.next().expect("sound").is_some());
    assert!(entries.next().is_err());
    assert!(entries.next().expect("ended").is_none());
}

#[test]
fn half_a_label_takes_the_room_of_one() {
    let limits = Limits { labels: 2, ..UNLIMITED };
    for (references, passes) in [(3, true), (4, true), (5, false)] {
        let message = [field(4, ""), field(5, field(1, vec![0; references]))].concat();
        let read = Request::read_with(Protocol::V2, &message, &limits, &mut Scratch::default());
        assert_eq!(read.is_ok(), passes, "{references} references");
    }
}

/// Every limit lets as many pass as it says, and refuses one more.
#[test]
fn limits_are_exact() {
    let v1 = |content: Vec<u8>| (Protocol::V1, field(1, content));
    let v2 = |content: Vec<u8>| (Protocol::V2, field(5, content));
    let histogram = |content: Vec<u8>| v2(field(3, content));
    let span = |length| field(11, varint(2, length));
    let cases = [
        (
            "2 entries",
            Limits { entries: 1, ..UNLIMITED },
            (Protocol::V1, [field(1, ""), field(3, "")].concat()),
        ),
        ("2 entries", Limits { entries: 1, ..UNLIMITED }, (Protocol::V2, field(5, "").repeat(2))),
        ("3 symbols", Limits { symbols: 2, ..UNLIMITED }, (Protocol::V2, field(4, "").repeat(3))),
        ("2 labels of a series", Limits { labels: 1, ..UNLIMITED }, v1(field(1, "").repeat(2))),
        ("2 labels of a series", Limits { labels: 1, ..UNLIMITED }, v2(field(1, [0; 4]))),
        ("2 labels of a series", Limits { labels: 1, ..UNLIMITED }, v2(varint(1, 0).repeat(4))),
        ("2 labels of an exemplar", Limits { labels: 1, ..UNLIMITED }, v1(field(3, field(1, "").repeat(2)))),
        ("2 labels of an exemplar", Limits { labels: 1, ..UNLIMITED }, v2(field(4, field(1, [0; 4])))),
        ("2 samples of a series", Limits { samples: 1, ..UNLIMITED }, v1(field(2, "").repeat(2))),
        ("2 samples of a series", Limits { samples: 1, ..UNLIMITED }, v2(field(2, "").repeat(2))),
        ("2 exemplars of a series", Limits { exemplars: 1, ..UNLIMITED }, v2(field(4, "").repeat(2))),
        ("2 histograms", Limits { histograms: 1, ..UNLIMITED }, v2(field(3, "").repeat(2))),
        (
            "4 buckets of a histogram's spans",
            Limits { buckets: 3, ..UNLIMITED },
            histogram([span(2), span(2)].concat()),
        ),
        ("3 positive spans", Limits { buckets: 2, ..UNLIMITED }, histogram(span(0).repeat(3))),
        ("3 negative deltas", Limits { buckets: 2, ..UNLIMITED }, histogram(field(9, [0; 3]))),
        ("3 positive counts", Limits { buckets: 2, ..UNLIMITED }, histogram(field(13, [0; 24]))),
        ("3 positive deltas", Limits { samples: 2, ..UNLIMITED }, v2(field(3, field(12, [0])).repeat(3))),
    ];
    for (what, limits, (protocol, message)) in cases {
        let read = |limits: &Limits| Request::read_with(protocol, &message, limits, &mut Scratch::default());
        let err = read(&limits).expect_err("too many");
        assert!(err.is_limit());
        assert!(err.to_string().contains(&format!(": {what}, the limit is ")), "{err}: expected {what}");
        let more = |limit: usize| limit.saturating_add(1);
        let wider = Limits {
            entries: more(limits.entries),
            symbols: more(limits.symbols),
            labels: more(limits.labels),
            samples: more(limits.samples),
            histograms: more(limits.histograms),
            exemplars: more(limits.exemplars),
            buckets: more(limits.buckets),
            ..limits
        };
        read(&wider).unwrap_or_else(|err| panic!("{what}: {err}"));
    }
}

#[test]
fn spans_that_would_overflow_a_sum_are_refused() {
    let huge = field(8, varint(2, u64::from(u32::MAX)));
    let message = field(1, field(4, huge.repeat(3)));
    let limits = Limits::default();
    let err =
        Request::read_with(Protocol::V1, &message, &limits, &mut Scratch::default()).expect_err("a bomb");
    let expect = "byte 6: 4294967295 buckets of a histogram's spans, the limit is 20000";
    assert_eq!(err.to_string(), expect);
}

#[test]
fn a_message_over_the_limit_is_not_looked_into() {
    let limits = Limits { decoded: 3, ..UNLIMITED };
    let mut scratch = Scratch::default();
    assert!(decode(Protocol::V1, b"\x0a\x02\x0a", &limits, &mut scratch).is_err_and(|err| !err.is_limit()));
    assert!(
        decode(Protocol::V1, b"\x0a\x02\x0a\x00", &limits, &mut scratch).is_err_and(|err| err.is_limit())
    );
}

/// Addresses and capacities of all the scratch's vectors: the same after as before when nothing was allocated.
fn memory(scratch: &Scratch) -> Vec<(usize, usize)> {
    fn of<T>(vec: &Vec<T>) -> (usize, usize) {
        (vec.as_ptr() as usize, vec.capacity())
    }
    let arena = &scratch.arena;
    let mut memory = vec![
        of(&arena.symbols),
        of(&arena.broken),
        of(&arena.labels),
        of(&arena.refs),
        of(&arena.samples),
        of(&arena.exemplars),
        of(&arena.exemplar_labels),
        of(&arena.exemplar_refs),
    ];
    memory.extend(arena.histograms.memory());
    memory
}

/// A request that fills every vector of the scratch.
fn full(protocol: Protocol) -> Vec<u8> {
    let histogram = || {
        let spans = [field(8, varint(2, 1)), field(11, varint(2, 1))].concat();
        let doubles = [field(10, [1; 8]), field(13, [1; 8]), b"\x82\x01\x0812345678".to_vec()].concat();
        [spans, doubles, field(9, [1]), field(12, [1])].concat()
    };
    match protocol {
        Protocol::V1 => {
            let label = field(1, [field(1, "name"), field(2, "value")].concat());
            let series = [label.repeat(20), field(2, ""), field(3, label), field(4, histogram())].concat();
            field(1, series).repeat(50)
        }
        Protocol::V2 => {
            let symbols = [field(4, ""), field(4, "name"), field(4, b"\xff")].concat();
            let series =
                [field(1, [1; 40]), field(2, ""), field(3, histogram()), field(4, field(1, [1; 2]))].concat();
            [symbols, field(5, series).repeat(50)].concat()
        }
    }
}

#[test]
fn reading_allocates_nothing_once_the_scratch_has_grown() {
    let messages = [Protocol::V1, Protocol::V2].map(|protocol| (protocol, full(protocol)));
    let mut scratch = Scratch::default();
    let read = |scratch: &mut Scratch| {
        for (protocol, message) in &messages {
            let mut entries = decode(*protocol, message, &UNLIMITED, scratch).expect("sound");
            while entries.next().expect("sound").is_some() {}
        }
    };
    read(&mut scratch);
    let grown = memory(&scratch);
    assert!(grown.iter().all(|&(_, capacity)| capacity > 0), "the request fills every vector: {grown:?}");
    for _ in 0..3 {
        read(&mut scratch);
        assert_eq!(memory(&scratch), grown);
    }
}

#[test]
fn memory_of_an_unusually_large_request_is_given_back() {
    let message = field(4, "").repeat(100_000);
    let mut scratch = Scratch::default();
    decode(Protocol::V2, &message, &UNLIMITED, &mut scratch).expect("sound");
    assert_eq!(scratch.arena.symbols.capacity(), 0);
    decode(Protocol::V2, &message[..2000], &UNLIMITED, &mut scratch).expect("sound");
    assert!(scratch.arena.symbols.capacity() >= 1000);
}
