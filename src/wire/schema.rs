//! The protobuf messages of remote write 1.0 and 2.0 as a table: what the dumps know of field names and types.
//!
//! The decoder does not use it. A test holds it against the files under `proto/`, field by field.

use super::Protocol;

/// A message type and its fields, in the order of their numbers.
#[derive(Debug)]
pub struct Message {
    pub name: &'static str,
    pub fields: &'static [Field],
}

/// One field of a [`Message`].
#[derive(Debug)]
pub struct Field {
    pub number: u32,
    pub name: &'static str,
    pub kind: Kind,
    pub repeated: bool,
    /// The release candidate of 2.0 that has this field, where not all have: `rc.3 only`, `rc.4`.
    pub note: Option<&'static str>,
}

/// Type of a field.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Uint32,
    /// A `uint32` that is an index into the 2.0 symbol table.
    Reference,
    /// All of them are times, in ms since the epoch.
    Int64,
    Sint32,
    Sint64,
    Uint64,
    Double,
    String,
    /// Names by number, from 0.
    Enum(&'static [&'static str]),
    Message(&'static Message),
}

/// How the bytes of a field's value are delimited: the low three bits of its tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WireType {
    Varint,
    Fixed64,
    Len,
    Group,
    Fixed32,
}

impl WireType {
    /// The number that a tag holds; a group is the number of its beginning.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Varint => 0,
            Self::Fixed64 => 1,
            Self::Len => 2,
            Self::Group => 3,
            Self::Fixed32 => 5,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Varint => "varint",
            Self::Fixed64 => "fixed64",
            Self::Len => "bytes",
            Self::Group => "group",
            Self::Fixed32 => "fixed32",
        }
    }
}

impl Kind {
    /// The wire type of one value; a packed array of them is [`WireType::Len`].
    #[must_use]
    pub const fn wire_type(self) -> WireType {
        match self {
            Self::Double => WireType::Fixed64,
            Self::String | Self::Message(_) => WireType::Len,
            _ => WireType::Varint,
        }
    }

    /// The type's name in a `.proto` file; a message's own name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uint32 | Self::Reference => "uint32",
            Self::Int64 => "int64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Uint64 => "uint64",
            Self::Double => "double",
            Self::String => "string",
            Self::Enum(_) => "enum",
            Self::Message(message) => message.name,
        }
    }
}

impl Field {
    /// proto3 packs every repeated number.
    #[must_use]
    pub const fn packed(&self) -> bool {
        self.repeated && !matches!(self.kind.wire_type(), WireType::Len)
    }
}

impl Message {
    #[must_use]
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }

    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The message that a request of `protocol` is.
#[must_use]
pub const fn root(protocol: Protocol) -> &'static Message {
    match protocol {
        Protocol::V1 => &V1_WRITE_REQUEST,
        Protocol::V2 => &V2_REQUEST,
    }
}

/// Number of the 2.0 request's field that holds the symbol table.
pub(super) const SYMBOLS: u32 = 4;

const fn one(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, repeated: false, note: None }
}

const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { repeated: true, ..one(number, name, kind) }
}

const fn noted(number: u32, name: &'static str, kind: Kind, note: &'static str) -> Field {
    Field { note: Some(note), ..one(number, name, kind) }
}

use Kind::{Double, Enum, Int64, Reference, Sint32, Sint64, String as Text, Uint32, Uint64};

static V1_WRITE_REQUEST: Message = Message {
    name: "WriteRequest",
    fields: &[
        many(1, "timeseries", Kind::Message(&V1_TIME_SERIES)),
        many(3, "metadata", Kind::Message(&V1_METRIC_METADATA)),
    ],
};

static V1_TIME_SERIES: Message = Message {
    name: "TimeSeries",
    fields: &[
        many(1, "labels", Kind::Message(&V1_LABEL)),
        many(2, "samples", Kind::Message(&V1_SAMPLE)),
        many(3, "exemplars", Kind::Message(&V1_EXEMPLAR)),
        many(4, "histograms", Kind::Message(&V1_HISTOGRAM)),
    ],
};

static V1_LABEL: Message = Message { name: "Label", fields: &[one(1, "name", Text), one(2, "value", Text)] };

static V1_SAMPLE: Message =
    Message { name: "Sample", fields: &[one(1, "value", Double), one(2, "timestamp", Int64)] };

static V1_EXEMPLAR: Message = Message {
    name: "Exemplar",
    fields: &[
        many(1, "labels", Kind::Message(&V1_LABEL)),
        one(2, "value", Double),
        one(3, "timestamp", Int64),
    ],
};

static V1_METRIC_METADATA: Message = Message {
    name: "MetricMetadata",
    fields: &[
        one(
            1,
            "type",
            Enum(&[
                "UNKNOWN",
                "COUNTER",
                "GAUGE",
                "HISTOGRAM",
                "GAUGEHISTOGRAM",
                "SUMMARY",
                "INFO",
                "STATESET",
            ]),
        ),
        one(2, "metric_family_name", Text),
        one(4, "help", Text),
        one(5, "unit", Text),
    ],
};

static V1_HISTOGRAM: Message = Message {
    name: "Histogram",
    fields: &[
        one(1, "count_int", Uint64),
        one(2, "count_float", Double),
        one(3, "sum", Double),
        one(4, "schema", Sint32),
        one(5, "zero_threshold", Double),
        one(6, "zero_count_int", Uint64),
        one(7, "zero_count_float", Double),
        many(8, "negative_spans", Kind::Message(&BUCKET_SPAN)),
        many(9, "negative_deltas", Sint64),
        many(10, "negative_counts", Double),
        many(11, "positive_spans", Kind::Message(&BUCKET_SPAN)),
        many(12, "positive_deltas", Sint64),
        many(13, "positive_counts", Double),
        one(14, "reset_hint", Enum(&["UNKNOWN", "YES", "NO", "GAUGE"])),
        one(15, "timestamp", Int64),
        many(16, "custom_values", Double),
    ],
};

static BUCKET_SPAN: Message =
    Message { name: "BucketSpan", fields: &[one(1, "offset", Sint32), one(2, "length", Uint32)] };

static V2_REQUEST: Message = Message {
    name: "Request",
    fields: &[many(SYMBOLS, "symbols", Text), many(5, "timeseries", Kind::Message(&V2_TIME_SERIES))],
};

static V2_TIME_SERIES: Message = Message {
    name: "TimeSeries",
    fields: &[
        many(1, "labels_refs", Reference),
        many(2, "samples", Kind::Message(&V2_SAMPLE)),
        many(3, "histograms", Kind::Message(&V2_HISTOGRAM)),
        many(4, "exemplars", Kind::Message(&V2_EXEMPLAR)),
        one(5, "metadata", Kind::Message(&V2_METADATA)),
        noted(6, "created_timestamp", Int64, "rc.3 only"),
    ],
};

static V2_SAMPLE: Message = Message {
    name: "Sample",
    fields: &[
        one(1, "value", Double),
        one(2, "timestamp", Int64),
        noted(3, "start_timestamp", Int64, "rc.4"),
    ],
};

static V2_EXEMPLAR: Message = Message {
    name: "Exemplar",
    fields: &[many(1, "labels_refs", Reference), one(2, "value", Double), one(3, "timestamp", Int64)],
};

static V2_METADATA: Message = Message {
    name: "Metadata",
    fields: &[
        one(
            1,
            "type",
            Enum(&[
                "UNSPECIFIED",
                "COUNTER",
                "GAUGE",
                "HISTOGRAM",
                "GAUGEHISTOGRAM",
                "SUMMARY",
                "INFO",
                "STATESET",
            ]),
        ),
        one(3, "help_ref", Reference),
        one(4, "unit_ref", Reference),
    ],
};

static V2_HISTOGRAM: Message = Message {
    name: "Histogram",
    fields: &[
        one(1, "count_int", Uint64),
        one(2, "count_float", Double),
        one(3, "sum", Double),
        one(4, "schema", Sint32),
        one(5, "zero_threshold", Double),
        one(6, "zero_count_int", Uint64),
        one(7, "zero_count_float", Double),
        many(8, "negative_spans", Kind::Message(&BUCKET_SPAN)),
        many(9, "negative_deltas", Sint64),
        many(10, "negative_counts", Double),
        many(11, "positive_spans", Kind::Message(&BUCKET_SPAN)),
        many(12, "positive_deltas", Sint64),
        many(13, "positive_counts", Double),
        one(14, "reset_hint", Enum(&["UNSPECIFIED", "YES", "NO", "GAUGE"])),
        one(15, "timestamp", Int64),
        many(16, "custom_values", Double),
        noted(17, "start_timestamp", Int64, "rc.4"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// `Message.field` → `number [repeated] type [notes and enum names]`, from the text of a `.proto` file.
    fn read_proto(text: &str) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        let mut enums: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut open: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            let (code, comment) = line.split_once("//").unwrap_or((line, ""));
            let words: Vec<&str> = code.split([' ', ';', '=']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                [kind @ ("message" | "enum" | "oneof"), name, "{"] => {
                    open.push((kind.to_string(), name.to_string()));
                }
                ["}"] => drop(open.pop().expect("balanced braces")),
                ["reserved" | "syntax" | "package", ..] | [] => {}
                [name, number] if open.last().is_some_and(|(kind, _)| kind == "enum") => {
                    let names = enums.entry(open.last().expect("inside an enum").1.clone()).or_default();
                    assert_eq!(number.parse(), Ok(names.len()), "enum numbers count up from 0");
                    names.push(name.to_string());
                }
                [words @ .., kind, name, number] => {
                    let message = &open.iter().find(|(kind, _)| kind == "message").expect("in a message").1;
                    let note =
                        ["rc.3 only", "rc.4"].into_iter().find(|note| comment.trim().starts_with(note));
                    let kind = enums.get(*kind).map_or(kind.to_string(), |names| format!("enum {names:?}"));
                    let text = format!("{number} {}{kind} {note:?}", ["", "repeated "][words.len()]);
                    assert_eq!(fields.insert(format!("{message}.{name}"), text), None);
                }
                _ => panic!("cannot read `{line}`"),
            }
        }
        fields
    }

    fn read_table(message: &Message, fields: &mut BTreeMap<String, String>) {
        for field in message.fields {
            let kind = match field.kind {
                Kind::Enum(names) => format!("enum {names:?}"),
                kind => kind.as_str().to_string(),
            };
            let repeated = if field.repeated { "repeated " } else { "" };
            let text = format!("{} {repeated}{kind} {:?}", field.number, field.note);
            fields.insert(format!("{}.{}", message.name, field.name), text);
            if let Kind::Message(inner) = field.kind {
                read_table(inner, fields);
            }
        }
    }

    #[track_caller]
    fn check(protocol: Protocol, proto: &str, count: usize) {
        let mut table = BTreeMap::new();
        read_table(root(protocol), &mut table);
        let proto = read_proto(proto);
        assert_eq!(proto.len(), count, "the file was not read as expected");
        assert_eq!(table, proto);
    }

    #[test]
    fn table_is_what_the_proto_file_of_1_0_says() {
        check(Protocol::V1, include_str!("../../proto/prometheus/remote.proto"), 35);
    }

    #[test]
    fn table_is_what_the_proto_file_of_2_0_says() {
        check(Protocol::V2, include_str!("../../proto/io/prometheus/write/v2/types.proto"), 36);
    }

    #[test]
    fn references_are_exactly_the_fields_named_so() {
        fn go(message: &Message) {
            for field in message.fields {
                let named = field.name.ends_with("_ref") || field.name.ends_with("_refs");
                assert_eq!(named, matches!(field.kind, Kind::Reference), "{}.{}", message.name, field.name);
                if let Kind::Message(inner) = field.kind {
                    go(inner);
                }
            }
        }
        go(root(Protocol::V1));
        go(root(Protocol::V2));
    }
}
