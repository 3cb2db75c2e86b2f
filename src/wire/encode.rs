//! Writing requests of either version.
//!
//! The bytes are what prost would write for the same request: fields in the order of their numbers, zeros left out,
//! numbers packed. One thing differs: -0.0 is written, because a missing field means 0.0, which has other bits.

use std::collections::HashMap;

use super::cursor::{FIXED64, LEN, VARINT, key};
use super::{BucketSpan, Count, FamilyMetadata, Histogram, Label, Metadata, Protocol, Sample};

/// Text of symbols that is kept for the next request at most, in bytes.
const KEEP_SYMBOLS: usize = 4 << 20;

/// Writes requests of one version; reusable, and then without allocating for symbols it has met before.
///
/// 1.0 has no place for metadata of a series, created and start timestamps: they are left out there. Metadata of
/// a family is left out of 2.0.
#[derive(Debug)]
pub struct Encoder {
    protocol: Protocol,
    symbols: Symbols,
    /// Entries that are complete, as fields of the request.
    entries: Vec<u8>,
    /// Whether `parts` are a series not yet complete.
    open: bool,
    parts: Parts,
    /// The element at hand.
    element: Vec<u8>,
}

/// Fields of the series at hand. Apart, as they stand in an order of their own, whatever the order of calls.
#[derive(Default, Debug)]
struct Parts {
    labels: Vec<u8>,
    samples: Vec<u8>,
    histograms: Vec<u8>,
    exemplars: Vec<u8>,
    /// 2.0: metadata and created timestamp.
    family: Vec<u8>,
}

impl Encoder {
    /// An empty request of that version.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            symbols: Symbols::default(),
            entries: Vec::new(),
            open: false,
            parts: Parts::default(),
            element: Vec::new(),
        }
    }

    /// Begins a series; samples, histograms and exemplars that follow belong to it.
    pub fn series<'a>(
        &mut self,
        labels: impl IntoIterator<Item = Label<'a>>,
        metadata: Option<Metadata<'_>>,
        created: Option<i64>,
    ) {
        self.close_series();
        self.open = true;
        match self.protocol {
            Protocol::V1 => write_labels(labels, &mut self.parts.labels),
            Protocol::V2 => {
                self.symbols.write_refs(labels, &mut self.parts.labels);
                if let Some(metadata) = metadata {
                    self.element.clear();
                    int(1, i64::from(metadata.kind.0), &mut self.element);
                    int(3, i64::from(self.symbols.intern(metadata.help)), &mut self.element);
                    int(4, i64::from(self.symbols.intern(metadata.unit)), &mut self.element);
                    bytes(5, &self.element, &mut self.parts.family);
                }
                int(6, created.unwrap_or(0), &mut self.parts.family);
            }
        }
    }

    /// A sample of the series begun last; without one it is left out.
    pub fn sample(&mut self, sample: Sample) {
        self.element.clear();
        double(1, sample.value, &mut self.element);
        int(2, sample.timestamp, &mut self.element);
        if self.protocol == Protocol::V2 {
            int(3, sample.start, &mut self.element);
        }
        bytes(2, &self.element, &mut self.parts.samples);
    }

    /// A native histogram of the series begun last; without one it is left out.
    pub fn histogram(&mut self, histogram: &Histogram<'_>) {
        self.element.clear();
        write_histogram(histogram, &mut self.element);
        let field = match self.protocol {
            Protocol::V1 => 4,
            Protocol::V2 => {
                int(17, histogram.start, &mut self.element);
                3
            }
        };
        bytes(field, &self.element, &mut self.parts.histograms);
    }

    /// An exemplar of the series begun last; without one it is left out.
    pub fn exemplar<'a>(&mut self, labels: impl IntoIterator<Item = Label<'a>>, value: f64, timestamp: i64) {
        self.element.clear();
        let field = match self.protocol {
            Protocol::V1 => {
                write_labels(labels, &mut self.element);
                3
            }
            Protocol::V2 => {
                self.symbols.write_refs(labels, &mut self.element);
                4
            }
        };
        double(2, value, &mut self.element);
        int(3, timestamp, &mut self.element);
        bytes(field, &self.element, &mut self.parts.exemplars);
    }

    /// 1.0 only: a metadata element. 2.0 has metadata per series; there it is left out.
    pub fn metadata(&mut self, metadata: &FamilyMetadata<'_>) {
        if self.protocol == Protocol::V2 {
            return;
        }
        self.close_series();
        self.element.clear();
        int(1, i64::from(metadata.kind.0), &mut self.element);
        text(2, metadata.family, &mut self.element);
        text(4, metadata.help, &mut self.element);
        text(5, metadata.unit, &mut self.element);
        bytes(3, &self.element, &mut self.entries);
    }

    /// Writes the request into `message`, whose old content is lost. The encoder is empty then, and reusable.
    pub fn finish(&mut self, message: &mut Vec<u8>) {
        self.close_series();
        message.clear();
        if self.protocol == Protocol::V2 {
            self.symbols.write_table(message);
            self.symbols.forget_request();
        }
        message.extend_from_slice(&self.entries);
        self.entries.clear();
    }

    fn close_series(&mut self) {
        let Parts { labels, samples, histograms, exemplars, family } = &mut self.parts;
        let (field, parts) = match self.protocol {
            Protocol::V1 => (1, [labels, samples, exemplars, histograms, family]),
            Protocol::V2 => (5, [labels, samples, histograms, exemplars, family]),
        };
        if self.open {
            varint(u64::from(key(field, LEN)), &mut self.entries);
            varint(parts.iter().map(|part| part.len() as u64).sum(), &mut self.entries);
        }
        for part in parts {
            if self.open {
                self.entries.extend_from_slice(part);
            }
            part.clear();
        }
        self.open = false;
    }
}

/// The symbol table of the request at hand, and texts met in earlier ones.
#[derive(Default, Debug)]
struct Symbols {
    known: HashMap<Box<str>, Symbol>,
    /// Bytes of text in `known`.
    known_len: usize,
    /// Number of the request, from 0.
    request: u64,
    /// Symbols of this request but the first, which is empty.
    count: u32,
    /// Those symbols as fields of the request.
    fields: Vec<u8>,
    refs: Vec<u32>,
}

#[derive(Debug)]
struct Symbol {
    request: u64,
    reference: u32,
}

impl Symbols {
    /// The reference of `symbol`, which joins the table if it is not there yet.
    fn intern(&mut self, symbol: &str) -> u32 {
        if symbol.is_empty() {
            return 0;
        }
        let (request, next) = (self.request, self.count + 1);
        match self.known.get_mut(symbol) {
            Some(known) if known.request == request => return known.reference,
            Some(known) => *known = Symbol { request, reference: next },
            None => {
                self.known_len += symbol.len();
                self.known.insert(symbol.into(), Symbol { request, reference: next });
            }
        }
        self.count = next;
        bytes(4, symbol.as_bytes(), &mut self.fields);
        next
    }

    /// Writes the references of `labels` as packed field 1.
    fn write_refs<'a>(&mut self, labels: impl IntoIterator<Item = Label<'a>>, out: &mut Vec<u8>) {
        let mut refs = std::mem::take(&mut self.refs);
        refs.clear();
        for label in labels {
            refs.push(self.intern(label.name));
            refs.push(self.intern(label.value));
        }
        packed_varints(1, &refs, |&reference| u64::from(reference), out);
        self.refs = refs;
    }

    /// Writes the table as fields of the request.
    fn write_table(&self, message: &mut Vec<u8>) {
        // Spec 2.0: the first symbol is the empty string.
        bytes(4, b"", message);
        message.extend_from_slice(&self.fields);
    }

    fn forget_request(&mut self) {
        self.request += 1;
        self.count = 0;
        self.fields.clear();
        if self.known_len > KEEP_SYMBOLS {
            self.known = HashMap::new();
            self.known_len = 0;
        }
    }
}

/// Labels as elements of 1.0, of a series or an exemplar: field 1 of both.
fn write_labels<'a>(labels: impl IntoIterator<Item = Label<'a>>, out: &mut Vec<u8>) {
    for Label { name, value } in labels {
        varint(u64::from(key(1, LEN)), out);
        varint((text_len(name) + text_len(value)) as u64, out);
        text(1, name, out);
        text(2, value, out);
    }
}

/// All fields that both versions have.
fn write_histogram(histogram: &Histogram<'_>, out: &mut Vec<u8>) {
    count(1, histogram.count, out);
    double(3, histogram.sum, out);
    varint_field(4, zigzag(i64::from(histogram.schema)), out);
    double(5, histogram.zero_threshold, out);
    count(6, histogram.zero_count, out);
    spans(8, histogram.negative_spans, out);
    packed_varints(9, histogram.negative_deltas, |&delta| zigzag(delta), out);
    packed_doubles(10, histogram.negative_counts, out);
    spans(11, histogram.positive_spans, out);
    packed_varints(12, histogram.positive_deltas, |&delta| zigzag(delta), out);
    packed_doubles(13, histogram.positive_counts, out);
    int(14, i64::from(histogram.reset_hint), out);
    int(15, histogram.timestamp, out);
    packed_doubles(16, histogram.custom_values, out);
}

/// A count of either kind: `field` whole, `field + 1` float. As one of a choice it is written also when zero.
fn count(field: u32, count: Option<Count>, out: &mut Vec<u8>) {
    match count {
        None => {}
        Some(Count::Int(count)) => {
            varint(u64::from(key(field, VARINT)), out);
            varint(count, out);
        }
        Some(Count::Float(count)) => {
            varint(u64::from(key(field + 1, FIXED64)), out);
            out.extend_from_slice(&count.to_bits().to_le_bytes());
        }
    }
}

fn spans(field: u32, spans: &[BucketSpan], out: &mut Vec<u8>) {
    for span in spans {
        let (offset, length) = (zigzag(i64::from(span.offset)), u64::from(span.length));
        let len =
            [offset, length].iter().filter(|&&value| value != 0).map(|&value| 1 + varint_len(value)).sum();
        varint(u64::from(key(field, LEN)), out);
        varint(len, out);
        varint_field(1, offset, out);
        varint_field(2, length, out);
    }
}

fn packed_varints<T>(field: u32, values: &[T], to_varint: impl Fn(&T) -> u64, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    varint(u64::from(key(field, LEN)), out);
    varint(values.iter().map(|value| varint_len(to_varint(value))).sum(), out);
    for value in values {
        varint(to_varint(value), out);
    }
}

fn packed_doubles(field: u32, values: &[f64], out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    varint(u64::from(key(field, LEN)), out);
    varint(values.len() as u64 * 8, out);
    for value in values {
        out.extend_from_slice(&value.to_bits().to_le_bytes());
    }
}

/// A number of up to 64 bits, `int32`, `int64` or enum: left out when zero.
fn int(field: u32, value: i64, out: &mut Vec<u8>) {
    varint_field(field, value as u64, out);
}

fn varint_field(field: u32, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        varint(u64::from(key(field, VARINT)), out);
        varint(value, out);
    }
}

/// Left out when it is 0.0 to the bit.
fn double(field: u32, value: f64, out: &mut Vec<u8>) {
    if value.to_bits() != 0 {
        varint(u64::from(key(field, FIXED64)), out);
        out.extend_from_slice(&value.to_bits().to_le_bytes());
    }
}

/// Left out when empty.
fn text(field: u32, value: &str, out: &mut Vec<u8>) {
    if !value.is_empty() {
        bytes(field, value.as_bytes(), out);
    }
}

/// Length of what [`text`] writes, for a field under 16.
fn text_len(value: &str) -> usize {
    if value.is_empty() { 0 } else { 1 + varint_len(value.len() as u64) as usize + value.len() }
}

fn bytes(field: u32, value: &[u8], out: &mut Vec<u8>) {
    varint(u64::from(key(field, LEN)), out);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

#[inline]
fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint_len(value: u64) -> u64 {
    u64::from((value | 1).ilog2() / 7 + 1)
}

/// `sint32` and `sint64`: the sign in the lowest bit.
fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::MetricType;
    use crate::wire::testing::{Family, Histogram, Request, Sample, Series};

    /// Writes `request` and reads it again.
    fn round_trip(protocol: Protocol, request: &Request) -> Request {
        Request::read(protocol, &request.write(protocol)).expect("what we write we read").0
    }

    /// A request that has all that only one version has.
    fn full() -> Request {
        let series = Series {
            samples: vec![Sample { value: 1.0.into(), timestamp: 2, start: 1 }],
            histograms: vec![Histogram { timestamp: 2, start: 1, ..Histogram::default() }],
            metadata: Some((1, "Help.".to_owned(), "bytes".to_owned())),
            created: 1,
            ..Series::of(&[("__name__", "up")], 0.0, 0)
        };
        let family = Family { name: "up".to_owned(), kind: 2, help: "Help.".to_owned(), ..Family::default() };
        Request { series: vec![series], families: vec![family] }
    }

    #[test]
    fn v1_leaves_out_what_it_has_no_place_for() {
        let mut expect = full();
        expect.series[0].samples[0].start = 0;
        expect.series[0].histograms[0].start = 0;
        expect.series[0].metadata = None;
        expect.series[0].created = 0;
        assert_eq!(round_trip(Protocol::V1, &full()), expect);
    }

    #[test]
    fn v2_leaves_out_metadata_of_families() {
        let expect = Request { families: Vec::new(), ..full() };
        assert_eq!(round_trip(Protocol::V2, &full()), expect);
    }

    #[test]
    fn negative_zero_keeps_its_bits() {
        for protocol in [Protocol::V1, Protocol::V2] {
            let request = Request { series: vec![Series::of(&[("a", "b")], -0.0, 1)], families: Vec::new() };
            assert_eq!(round_trip(protocol, &request), request);
        }
    }

    #[test]
    fn symbols_stand_once_in_the_order_of_first_use() {
        let mut encoder = Encoder::new(Protocol::V2);
        let mut message = Vec::new();
        let label = |name, value| Label { name, value };
        let meta = Metadata { kind: MetricType(1), help: "h", unit: "" };
        encoder.series([label("__name__", "up"), label("a", "")], Some(meta), None);
        encoder.series([label("__name__", "a")], None, None);
        encoder.exemplar([label("up", "z")], 1.0, 2);
        encoder.finish(&mut message);
        let request: crate::wire::proto::v2::Request = prost::Message::decode(&*message).expect("sound");
        assert_eq!(request.symbols, ["", "__name__", "up", "a", "h", "z"]);
        assert_eq!(request.timeseries[0].labels_refs, [1, 2, 3, 0]);
        assert_eq!(request.timeseries[1].labels_refs, [1, 3]);
        assert_eq!(request.timeseries[1].exemplars[0].labels_refs, [2, 5]);
    }

    #[test]
    fn an_empty_v2_request_still_has_a_symbol_table() {
        assert_eq!(Request::default().write(Protocol::V2), b"\x22\x00");
        assert_eq!(Request::default().write(Protocol::V1), b"");
    }

    #[test]
    fn what_belongs_to_no_series_is_left_out() {
        let mut encoder = Encoder::new(Protocol::V1);
        let mut message = Vec::new();
        encoder.sample(super::Sample { value: 1.0, timestamp: 1, start: 0 });
        encoder.series([], None, None);
        encoder.finish(&mut message);
        assert_eq!(message, b"\x0a\x00");
    }

    #[test]
    fn texts_of_many_requests_are_forgotten_in_time() {
        let mut encoder = Encoder::new(Protocol::V2);
        let mut message = Vec::new();
        for i in 0..50 {
            let value = format!("{i:02}").repeat(50_000);
            encoder.series([Label { name: "a", value: &value }], None, None);
            encoder.finish(&mut message);
            assert!(encoder.symbols.known_len <= KEEP_SYMBOLS);
        }
    }
}
