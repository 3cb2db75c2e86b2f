//! Requests as protobuf text, both ways: to read one, to change it, and to write one by hand.
//!
//! [`print()`] gives what `protoc --decode` gives, with UTF-8 left readable. [`parse`] reads that and more:
//!
//! ```text
//! # 2.0
//! symbols: ["", "__name__", "up"]
//! timeseries {
//!   labels_refs: [1, 2]
//!   samples { value: 1 timestamp: now-5m }    # int64 fields are times in ms: now, now-3h, now+11m
//!   samples { value: stale timestamp: now }   # inf, -inf, nan, nan(0x7ff8000000000000)
//!   created_timestamp: 1700000000000
//!   7: 12                                     # by number: varint, 0x… of 8 or 16 digits, "bytes"
//! }
//! !hex "2a 05 ff"                             # raw bytes at this place, for broken messages
//! ```
//!
//! `nan` is the NaN of Prometheus, `0x7ff8000000000001`; every other one keeps its bits in parentheses.
//! Repeated numbers that stand side by side are packed into one array. What [`print()`] cannot say in fields it
//! says in `!hex`, so that no damage is lost on the way. Not kept: varints longer than need be, and whether
//! numbers came in one array, in several, or singly.

mod parse;

use std::io;

pub use parse::{ParseError, parse};

use super::schema::{Field, WireType};
use super::tree::{self, Item, Value};
use super::{NORMAL_NAN, Protocol, STALE_NAN};
use crate::base::text::quote;

/// Writes `message` (decompressed protobuf of `protocol`) as text.
pub fn print(protocol: Protocol, message: &[u8], out: &mut dyn io::Write) -> io::Result<()> {
    let mut open = 0;
    let mut array: Option<&'static Field> = None;
    // Bytes before this offset are printed already, as they are.
    let mut printed = 0;
    for item in tree::walk(protocol, message) {
        if item.offset < printed {
            continue;
        }
        // An element of a packed array stands where the array would.
        let element = item.field.is_none() && item.index.is_some();
        let depth = item.depth - usize::from(element);
        while open > depth {
            open -= 1;
            writeln!(out, "{:1$}}}", "", 2 * open)?;
        }
        let raw = &message[item.offset..item.offset + item.header + item.len];
        if !sayable(&item, &raw[item.header..]) {
            write!(out, "{:1$}!hex \"", "", 2 * depth)?;
            raw.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
            writeln!(out, "\"")?;
            printed = item.offset + raw.len();
            continue;
        }
        match item.value {
            Value::Packed(_) => {
                array = item.field;
                if item.len > 0 {
                    continue;
                }
            }
            Value::Message(_) => open = depth + 1,
            _ => {}
        }
        write!(out, "{:1$}", "", 2 * depth)?;
        match if element { array } else { item.field } {
            Some(field) if !item.is_raw() => out.write_all(field.name.as_bytes())?,
            _ => write!(out, "{}", item.number)?,
        }
        print_value(item.value, out)?;
        out.write_all(b"\n")?;
    }
    for depth in (0..open).rev() {
        writeln!(out, "{:1$}}}", "", 2 * depth)?;
    }
    Ok(())
}

/// Whether the text format has words for this item; if not, its bytes are given as they are.
fn sayable(item: &Item<'_>, content: &[u8]) -> bool {
    match item.value {
        Value::Unreadable(_) | Value::Group(_) => false,
        Value::Packed(kind) if !tree::is_sound_array(kind, content) => false,
        _ => item.fault.is_none_or(tree::Broken::in_step),
    }
}

fn print_value(value: Value<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    match value {
        Value::Unsigned(value) | Value::Reference(value, _) => write!(out, ": {value}"),
        Value::Signed(value) | Value::Enum(value, None) => write!(out, ": {value}"),
        Value::Enum(_, Some(name)) => write!(out, ": {name}"),
        Value::Double(value) => print_double(value, out),
        Value::Fixed64(bits) => write!(out, ": 0x{bits:016x}"),
        Value::Fixed32(bits) => write!(out, ": 0x{bits:08x}"),
        Value::Text(bytes) | Value::Bytes(bytes) | Value::Group(bytes) | Value::Unreadable(bytes) => {
            out.write_all(b": ")?;
            print_string(bytes, out)
        }
        Value::Message(_) => out.write_all(b" {"),
        Value::Packed(_) => out.write_all(b": []"),
    }
}

fn print_double(value: f64, out: &mut dyn io::Write) -> io::Result<()> {
    match value.to_bits() {
        NORMAL_NAN => out.write_all(b": nan"),
        STALE_NAN => write!(out, ": nan(0x{STALE_NAN:016x})  # stale marker"),
        bits if value.is_nan() => write!(out, ": nan(0x{bits:016x})"),
        _ => {
            let text = format!("{value:?}");
            write!(out, ": {}", text.strip_suffix(".0").unwrap_or(&text))
        }
    }
}

fn print_string(bytes: &[u8], out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    for chunk in bytes.utf8_chunks() {
        let quoted = quote(chunk.valid());
        out.write_all(&quoted.as_bytes()[1..quoted.len() - 1])?;
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}")?;
        }
    }
    out.write_all(b"\"")
}

impl Item<'_> {
    /// Whether the value is shown by its wire type, since the schema has no other word for it.
    fn is_raw(&self) -> bool {
        let raw = |wire: WireType| self.field.is_none_or(|field| field.kind.wire_type() != wire);
        match self.value {
            Value::Unsigned(_) => raw(WireType::Varint),
            Value::Fixed64(_) | Value::Fixed32(_) | Value::Bytes(_) | Value::Group(_) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::config;
    use crate::wire::arbitrary::{mutations, v1_request, v2_request};
    use crate::wire::proto::v1;
    use proptest::prelude::*;
    use prost::Message as _;

    const NOW: i64 = 1_700_000_000_000;

    fn printed(protocol: Protocol, message: &[u8]) -> String {
        let mut out = Vec::new();
        print(protocol, message, &mut out).expect("writing to memory");
        String::from_utf8(out).expect("the text is UTF-8")
    }

    /// `text` has the fields that `expect` has in the plainest form, and that form is kept.
    #[track_caller]
    fn check(protocol: Protocol, text: &str, expect: &str) {
        let message = parse(protocol, text, NOW).unwrap_or_else(|err| panic!("{err}"));
        let expect: String = expect.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
        let got = printed(protocol, &message);
        assert_eq!(got.lines().map(|line| format!("{}\n", line.trim_start())).collect::<String>(), expect);
        assert_eq!(parse(protocol, &got, 0).as_deref(), Ok(message.as_slice()), "{got}");
    }

    #[track_caller]
    fn refused(text: &str, expect: &str) {
        let err = parse(Protocol::V2, text, NOW).expect_err("not a request");
        assert_eq!(err.to_string(), expect);
    }

    #[test]
    fn prints_as_protoc_does() {
        let request = v1::WriteRequest {
            timeseries: vec![v1::TimeSeries {
                labels: vec![v1::Label { name: "job".into(), value: "a\"\n\u{1}\u{202e}é".into() }],
                samples: vec![v1::Sample { value: 1.0, timestamp: -5 }],
                ..Default::default()
            }],
            metadata: vec![v1::MetricMetadata { r#type: 3, ..Default::default() }],
        };
        let expect = concat!(
            "timeseries {\n",
            "  labels {\n",
            "    name: \"job\"\n",
            "    value: \"a\\\"\\n\\x01\\u202eé\"\n",
            "  }\n",
            "  samples {\n",
            "    value: 1\n",
            "    timestamp: -5\n",
            "  }\n",
            "}\n",
            "metadata {\n",
            "  type: HISTOGRAM\n",
            "}\n",
        );
        assert_eq!(printed(Protocol::V1, &request.encode_to_vec()), expect);
    }

    #[test]
    fn reads_lists_comments_separators_and_strings_in_pieces() {
        check(
            Protocol::V2,
            r#"symbols: ["", 'it"s', "a" # first
                 "\x62\143\u00e9\U0001F600" ] ;
               timeseries: { labels_refs: [1, 0x2], samples: [{value: 1e20}, {}] }
               timeseries { labels_refs: 7 labels_refs: 8 metadata { type: 3 } }"#,
            r#"
            symbols: ""
            symbols: "it\"s"
            symbols: "abcé😀"
            timeseries {
              labels_refs: 1
              labels_refs: 2
              samples {
                value: 1e20
              }
              samples {
              }
            }
            timeseries {
              labels_refs: 7
              labels_refs: 8
              metadata {
                type: HISTOGRAM
              }
            }
            "#,
        );
    }

    #[test]
    fn every_nan_keeps_its_bits() {
        check(
            Protocol::V1,
            "timeseries { samples { value: nan } samples { value: stale } samples { value: -inf }
             samples { value: nan(0xfff8000000000000) } samples { value: -0.0 } }",
            "
            timeseries {
              samples {
                value: nan
              }
              samples {
                value: nan(0x7ff0000000000002)  # stale marker
              }
              samples {
                value: -inf
              }
              samples {
                value: nan(0xfff8000000000000)
              }
              samples {
                value: -0
              }
            }
            ",
        );
        let message = parse(Protocol::V1, "timeseries { samples { value: stale } }", 0).expect("a request");
        let request = v1::WriteRequest::decode(message.as_slice()).expect("protobuf");
        assert_eq!(request.timeseries[0].samples[0].value.to_bits(), 0x7ff0_0000_0000_0002);
    }

    #[test]
    fn times_may_be_said_from_now() {
        check(
            Protocol::V2,
            "timeseries { samples { timestamp: now } samples { timestamp: now-1h30m }
             samples { timestamp: now+11m start_timestamp: 0 } created_timestamp: -1 }",
            &format!(
                "timeseries {{
                samples {{
                timestamp: {NOW}
                }}
                samples {{
                timestamp: {}
                }}
                samples {{
                timestamp: {}
                start_timestamp: 0
                }}
                created_timestamp: -1
                }}",
                NOW - 5_400_000,
                NOW + 660_000
            ),
        );
    }

    #[test]
    fn what_is_unknown_or_broken_is_kept() {
        check(
            Protocol::V1,
            r#"timeseries { 9: 300 9: 0x0000000000000001 9: 0x00000002 9: "\xff" 1: 5 !hex "0a ff" }
               !hex "3b083c" !hex "07""#,
            r#"
            timeseries {
            9: 300
            9: 0x0000000000000001
            9: 0x00000002
            9: "\xff"
            1: 5
            !hex "0aff"
            }
            !hex "3b083c07"
            "#,
        );
    }

    #[test]
    fn broken_arrays_are_kept_whole() {
        check(
            Protocol::V2,
            r#"timeseries { !hex "0a0401028080" labels_refs: [] samples { value: 1 } }"#,
            r#"
            timeseries {
            !hex "0a0401028080"
            labels_refs: []
            samples {
            value: 1
            }
            }
            "#,
        );
    }

    #[test]
    fn says_where_and_why_a_text_is_refused() {
        refused(
            "symbols: \"\"\ntimeseries {\n  é }",
            "line 3, column 3: `é` is no field of `TimeSeries`: it has `labels_refs`, `samples`, `histograms`, \
             `exemplars`, `metadata`, `created_timestamp`",
        );
        refused("timeseries {", "line 1, column 13: the text ends before the `}` of a `TimeSeries`");
        refused("symbols 1", "line 1, column 9: expected `:`, found `1`");
        refused("symbols: \"a\n\"", "line 1, column 12: the line ends inside a string");
        refused("symbols: \"\\400\"", "line 1, column 11: `\\4…` is not an escape of a string");
        refused("symbols: \"\\ud800\"", "line 1, column 11: `\\u…` is not an escape of a string");
        refused(
            "timeseries { samples { timestamp: now-3q } }",
            "line 1, column 35: unknown unit `q` in duration `3q`: units are y, w, d, h, m, s, ms",
        );
        refused("timeseries { labels_refs: [1 2] }", "line 1, column 30: expected `,`, found `2`");
        refused(
            "timeseries { labels_refs: -1 }",
            "line 1, column 27: `-1` is not a number from 0 to 18446744073709551615",
        );
        refused(
            "timeseries { samples { value: infinity } }",
            "line 1, column 31: `infinity` is not a 64-bit float",
        );
        refused("0: 1", "line 1, column 1: no field has number `0`");
        refused("}", "line 1, column 1: `}` is no field of `Request`: it has `symbols`, `timeseries`");
        refused("!hex \"123\"", "line 1, column 11: `!hex` takes an even number of digits");
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn canonical_messages_come_back_byte_for_byte(one in v1_request(), two in v2_request()) {
            for (protocol, message) in [(Protocol::V1, one.encode_to_vec()), (Protocol::V2, two.encode_to_vec())] {
                let text = printed(protocol, &message);
                prop_assert_eq!(parse(protocol, &text, NOW), Ok(message), "{}", text);
            }
        }

        #[test]
        fn any_bytes_print_as_a_text_that_means_the_same(
            message in proptest::collection::vec(any::<u8>(), 0..200),
            v2: bool,
        ) {
            let protocol = if v2 { Protocol::V2 } else { Protocol::V1 };
            let text = printed(protocol, &message);
            let again = parse(protocol, &text, NOW).map_err(|err| TestCaseError::fail(format!("{err}\n{text}")))?;
            prop_assert_eq!(printed(protocol, &again), text);
        }

        #[test]
        fn damaged_messages_print_as_a_text_that_means_the_same(request in v2_request(), mutations in mutations()) {
            let mut message = request.encode_to_vec();
            mutations.iter().for_each(|mutation| mutation.apply(&mut message));
            let text = printed(Protocol::V2, &message);
            let again = parse(Protocol::V2, &text, NOW).map_err(|err| TestCaseError::fail(format!("{err}\n{text}")))?;
            prop_assert_eq!(printed(Protocol::V2, &again), text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a-z_:{}\\[\\]\"'!#0-9 \n\\\\é.+-]{0,60}", v2: bool) {
            let _ = parse(if v2 { Protocol::V2 } else { Protocol::V1 }, &text, NOW);
        }
    }
}
