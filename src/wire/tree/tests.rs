//! Messages sound and broken, as lines; and against the decoder.

use super::*;
use crate::base::testing::config;
use crate::wire::arbitrary::{Mutation, mutations, v1_request, v2_request};
use crate::wire::testing::Request;
use proptest::prelude::*;
use prost::Message as _;

fn lines(protocol: Protocol, message: &[u8]) -> String {
    let mut out = Vec::new();
    render(protocol, message, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("lines are text")
}

#[track_caller]
fn check(protocol: Protocol, message: &[u8], expect: &str) {
    let got = lines(protocol, message);
    let expect: String = expect.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
    let got: String = got.lines().map(|line| format!("{}\n", line.trim())).collect();
    assert_eq!(got, expect);
}

#[test]
fn names_every_field_and_resolves_references() {
    let message = [
        b"\x22\x00\x22\x08__name__\x22\x02up".as_slice(),
        b"\x2a\x1f\x0a\x02\x01\x02\x12\x0e\x09\0\0\0\0\0\0\xf8\x3f\x10\x80\x01\x18\x01\x2a\x04\x08\x02\x18\x09\x30\x07\x4a\x01\xff",
    ]
    .concat();
    check(
        Protocol::V2,
        &message,
        r#"
         0  2+0        4 symbols[0]: string ""
         2  2+8        4 symbols[1]: string "__name__"
        12  2+2        4 symbols[2]: string "up"
        16  2+31       5 timeseries: TimeSeries
        18  2+2          1 labels_refs: packed uint32
        20  0+1            [0] 1 = "__name__"
        21  0+1            [1] 2 = "up"
        22  2+14         2 samples: Sample
        24  1+8            1 value: double 1.5
        33  1+2            2 timestamp: int64 128 = 1970-01-01T00:00:00.128Z
        36  1+1            3 start_timestamp: int64 1 = 1970-01-01T00:00:00.001Z (rc.4)
        38  2+4          5 metadata: Metadata
        40  1+1            1 type: enum 2 GAUGE
        42  1+1            3 help_ref: uint32 9 ! no such symbol: the table has 3
        44  1+1          6 created_timestamp: int64 7 = 1970-01-01T00:00:00.007Z (rc.3 only)
        46  2+1          9 (unknown): bytes ff
        "#,
    );
}

#[test]
fn a_message_cut_short_is_shown_as_far_as_it_goes() {
    check(
        Protocol::V1,
        b"\x0a\x1e\x0a\x06\x0a\x01a\x12\x01b\x12\x09\x10\x05\x09\0\0",
        r#"
         0  2+15       1 timeseries: TimeSeries ! length 30 runs past the end of what encloses it: 15 bytes are left
         2  2+6          1 labels: Label
         4  2+1            1 name: string "a"
         7  2+1            2 value: string "b"
        10  2+5          2 samples: Sample ! length 9 runs past the end of what encloses it: 5 bytes are left
        12  1+1            2 timestamp: int64 5 = 1970-01-01T00:00:00.005Z
        14  0+3            1 value: unreadable 09 00 00 ! needs 8 bytes, 2 are left
        "#,
    );
}

#[test]
fn damage_inside_one_entry_leaves_the_next_readable() {
    check(
        Protocol::V1,
        b"\x0a\x03\x0f\x01\x02\x0a\x02\x0a\x00",
        "
        0  2+3        1 timeseries: TimeSeries
        2  0+3          1 labels: unreadable 0f 01 02 ! no field has wire type 7
        5  2+2        1 timeseries: TimeSeries
        7  2+0          1 labels: Label
        ",
    );
}

#[test]
fn known_field_of_another_wire_type_is_shown_raw() {
    check(
        Protocol::V1,
        b"\x08\x05\x0a\x02\x15\x2a\x0a\x02\x08\x01",
        "
        0  1+1        1 timeseries: TimeSeries 5 ! the schema has bytes here, not varint
        2  2+2        1 timeseries: TimeSeries
        4  0+2          2 samples: unreadable 15 2a ! needs 4 bytes, 1 are left
        6  2+2        1 timeseries: TimeSeries
        8  1+1          1 labels: Label 1 ! the schema has bytes here, not varint
        ",
    );
}

#[test]
fn groups_are_stepped_over() {
    check(
        Protocol::V1,
        b"\x3b\x08\x01\x43\x44\x3c\x3c\x1a\x00\x3b\x08",
        "
        0  1+5        7 (unknown): group 08 01 43 44 3c
        6  1+0        7 (unknown): group (none) ! the end of a group that was never begun
        7  2+0        3 metadata: MetricMetadata
        9  0+2        7 (unknown): unreadable 3b 08 ! a group without an end
        ",
    );
}

#[test]
fn varints_and_numbers_out_of_range_are_named() {
    check(
        Protocol::V1,
        b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        "
        0  1+1        1 ! no field has number 0
        2  0+10       unreadable ff ff ff ff ff ff ff ff ff 02 ! a varint does not fit 64 bits
        ",
    );
}

#[test]
fn text_is_cut_and_escaped() {
    let mut long = b"\x22\xac\x02".to_vec();
    long.extend([b'x'; 300]);
    let got = lines(Protocol::V2, &long);
    assert!(got.ends_with("x\"… (300 bytes)\n") && got.len() < 280, "{got}");
    check(
        Protocol::V2,
        "\u{22}\u{0c}a\"\n\x1b[\u{202e}é\u{9b}".as_bytes(),
        r#"0  2+12       4 symbols[0]: string "a\"\n\u{001B}[\u{202E}é\u{009B}" "#,
    );
}

/// What the decoder reads holds nothing unreadable, and where the decoder stops there is something to show.
#[track_caller]
fn check_against_decoder(protocol: Protocol, mut message: Vec<u8>, mutations: &[Mutation]) {
    mutations.iter().for_each(|mutation| mutation.apply(&mut message));
    let text_or_reference = |fault| matches!(fault, Broken::NotUtf8 | Broken::NoSuchSymbol { .. });
    let structure =
        walk(protocol, &message).filter_map(|item| item.fault).find(|&fault| !text_or_reference(fault));
    match (Request::read(protocol, &message), structure) {
        (Ok(_), Some(fault)) => panic!("the decoder reads what the walk calls broken: {fault}"),
        (Err(err), None) => panic!("the walk finds nothing where the decoder says: {err}"),
        _ => {}
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_walk_and_the_decoder_agree_on_what_is_broken(
        one in v1_request(), two in v2_request(), mutations in mutations(), mutate: bool,
    ) {
        let mutations = if mutate { mutations.as_slice() } else { &[] };
        check_against_decoder(Protocol::V1, one.encode_to_vec(), mutations);
        check_against_decoder(Protocol::V2, two.encode_to_vec(), mutations);
    }

    #[test]
    fn the_walk_and_the_decoder_agree_on_any_bytes(message in proptest::collection::vec(any::<u8>(), 0..60)) {
        check_against_decoder(Protocol::V1, message.clone(), &[]);
        check_against_decoder(Protocol::V2, message, &[]);
    }

    #[test]
    fn any_bytes_are_walked_to_their_end(message in proptest::collection::vec(any::<u8>(), 0..200), v2: bool) {
        let protocol = if v2 { Protocol::V2 } else { Protocol::V1 };
        let mut pos = 0;
        for item in walk(protocol, &message) {
            prop_assert_eq!(item.offset, pos, "items follow one another without a gap");
            let descends = matches!(item.value, Value::Message(_) | Value::Packed(_));
            pos += item.header + if descends { 0 } else { item.len };
            prop_assert!(item.header + item.len > 0 && item.depth < 8);
        }
        prop_assert_eq!(pos, message.len());
        prop_assert!(lines(protocol, &message).len() <= 400 * (message.len() + 1));
    }
}
