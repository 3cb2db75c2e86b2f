//! One entry as one JSON object: the lines of `-o ndjson`, the elements of `-o json`.
//!
//! The shape is documented in `docs/ndjson.md` and `docs/schemas/entry.json`; scripts rely on it. Numbers that
//! JSON has are written with as few digits as read back to the same bits; the others are strings: `"+Inf"`,
//! `"-Inf"`, `"NaN"` (the bits Prometheus writes), `"StaleNaN"`, and `"NaN:0x…"` with the bits of any other.

use super::{Item, Origin, Shown, number, reset_hint};
use crate::wire::{
    BucketSpan, Count, Exemplar, FamilyMetadata, Histogram, Label, Metadata, MetricType, Sample,
};

/// What every entry of one request says of it: rendered once.
#[derive(Clone, Debug, Default)]
pub struct Tail(Vec<u8>);

impl Tail {
    /// `request` and `received`, as far as they are known.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        let mut tail = Vec::new();
        if let Some(request) = origin.request {
            tail.extend_from_slice(b",\"request\":");
            value(&mut tail, request);
        }
        if let Some(received) = origin.received {
            tail.extend_from_slice(b",\"received\":");
            string(&mut tail, &received.to_string());
        }
        Self(tail)
    }
}

/// Appends one entry as one object, without a line end.
pub fn entry(out: &mut Vec<u8>, item: &Item<'_>, tail: &Tail) {
    let mut object = Object::begin(out);
    match item {
        Item::Series(shown) => series(&mut object, shown),
        Item::Metadata(metadata) => family(object.value("metadata"), metadata),
    }
    if let Item::Series(Shown { rejected: Some(rule), .. }) = item {
        string(object.value("rejected"), rule);
    }
    object.out.extend_from_slice(&tail.0);
    object.end();
}

fn series(object: &mut Object<'_>, shown: &Shown<'_>) {
    head(object, shown);
    list(object.value("samples"), shown.samples(), sample);
    if shown.histograms().next().is_some() {
        list(object.value("histograms"), shown.histograms(), |out, h| histogram(out, &h));
    }
    if shown.exemplars().next().is_some() {
        list(object.value("exemplars"), shown.exemplars(), |out, e| exemplar(out, &e));
    }
    if let Some(created) = shown.series.created {
        value(object.value("created"), created);
    }
}

/// What an entry says of its series: the label set, metadata, and what is wrong with it.
pub fn head(object: &mut Object<'_>, shown: &Shown<'_>) {
    let series = shown.series;
    match series.name() {
        Some(name) => string(object.value("metric"), name),
        None => object.value("metric").extend_from_slice(b"null"),
    }
    label_set(object.value("labels"), series.labels, Some("__name__"));
    if let Some(fault) = series.fault {
        raw_labels(object.value("raw_labels"), &series.raw_labels());
        string(object.value("fault"), &fault.to_string());
    } else if !is_canonical(series.labels) {
        let pairs = |out: &mut Vec<u8>, label: &Label<'_>| pair(out, label.name, label.value);
        list(object.value("raw_labels"), series.labels.iter(), pairs);
    }
    if let Some(metadata) = series.metadata {
        self::metadata(object, &metadata);
    }
}

fn metadata(object: &mut Object<'_>, metadata: &Metadata<'_>) {
    metric_type(object.value("type"), metadata.kind);
    if !metadata.help.is_empty() {
        string(object.value("help"), metadata.help);
    }
    if !metadata.unit.is_empty() {
        string(object.value("unit"), metadata.unit);
    }
}

/// Metadata of a family, as 1.0 sends it apart from the series.
fn family(out: &mut Vec<u8>, family: &FamilyMetadata<'_>) {
    let mut object = Object::begin(out);
    string(object.value("family"), family.family);
    metric_type(object.value("type"), family.kind);
    string(object.value("help"), family.help);
    string(object.value("unit"), family.unit);
    if let Some(fault) = family.fault {
        string(object.value("fault"), &fault.to_string());
    }
    object.end();
}

/// The specification's word, or the number where it has none.
fn metric_type(out: &mut Vec<u8>, kind: MetricType) {
    match kind.0 {
        0..=7 => string(out, kind.as_str()),
        number => value(out, number),
    }
}

/// `[timestamp_ms, value]`, and the start timestamp when it is set.
pub fn sample(out: &mut Vec<u8>, sample: &Sample) {
    out.push(b'[');
    value(out, sample.timestamp);
    out.push(b',');
    float(out, sample.value);
    if sample.start != 0 {
        out.push(b',');
        value(out, sample.start);
    }
    out.push(b']');
}

/// A native histogram field by field, as it stands on the wire; empty lists are left out.
pub fn histogram(out: &mut Vec<u8>, histogram: &Histogram<'_>) {
    let mut object = Object::begin(out);
    value(object.value("timestamp"), histogram.timestamp);
    if histogram.start != 0 {
        value(object.value("start"), histogram.start);
    }
    count(&mut object, "count_int", "count_float", histogram.count);
    float(object.value("sum"), histogram.sum);
    value(object.value("schema"), histogram.schema);
    float(object.value("zero_threshold"), histogram.zero_threshold);
    count(&mut object, "zero_count_int", "zero_count_float", histogram.zero_count);
    spans(&mut object, "negative_spans", histogram.negative_spans);
    numbers(&mut object, "negative_deltas", histogram.negative_deltas, |out, n| value(out, *n));
    numbers(&mut object, "negative_counts", histogram.negative_counts, |out, n| float(out, *n));
    spans(&mut object, "positive_spans", histogram.positive_spans);
    numbers(&mut object, "positive_deltas", histogram.positive_deltas, |out, n| value(out, *n));
    numbers(&mut object, "positive_counts", histogram.positive_counts, |out, n| float(out, *n));
    numbers(&mut object, "custom_values", histogram.custom_values, |out, n| float(out, *n));
    match reset_hint(histogram.reset_hint) {
        Some(word) => string(object.value("reset_hint"), word),
        None => value(object.value("reset_hint"), histogram.reset_hint),
    }
    object.end();
}

fn count(object: &mut Object<'_>, int: &str, floating: &str, count: Option<Count>) {
    match count {
        Some(Count::Int(n)) => value(object.value(int), n),
        Some(Count::Float(n)) => float(object.value(floating), n),
        None => {}
    }
}

fn spans(object: &mut Object<'_>, name: &str, spans: &[BucketSpan]) {
    numbers(object, name, spans, |out, span| {
        out.push(b'[');
        value(out, span.offset);
        out.push(b',');
        value(out, span.length);
        out.push(b']');
    });
}

fn numbers<T>(object: &mut Object<'_>, name: &str, values: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    if !values.is_empty() {
        list(object.value(name), values.iter(), write);
    }
}

/// An exemplar: its labels, value and time.
pub fn exemplar(out: &mut Vec<u8>, exemplar: &Exemplar<'_>) {
    let mut object = Object::begin(out);
    label_set(object.value("labels"), exemplar.labels, None);
    if !has_distinct_names(exemplar.labels) {
        let pairs = |out: &mut Vec<u8>, label: &Label<'_>| pair(out, label.name, label.value);
        list(object.value("raw_labels"), exemplar.labels.iter(), pairs);
    }
    float(object.value("value"), exemplar.value);
    value(object.value("timestamp"), exemplar.timestamp);
    object.end();
}

/// Whether an object holds the label set whole: names ascending, so that none repeats.
fn is_canonical(labels: &[Label<'_>]) -> bool {
    labels.is_sorted_by(|a, b| a.name < b.name)
}

/// Exemplar labels need no order.
fn has_distinct_names(labels: &[Label<'_>]) -> bool {
    is_canonical(labels) || labels.iter().enumerate().all(|(at, label)| is_first(labels, at, label.name))
}

fn is_first(labels: &[Label<'_>], at: usize, name: &str) -> bool {
    labels[..at].iter().all(|earlier| earlier.name != name)
}

/// Labels as an object, without `leave_out`; of labels with one name the first is kept.
fn label_set(out: &mut Vec<u8>, labels: &[Label<'_>], leave_out: Option<&str>) {
    let canonical = is_canonical(labels);
    let mut object = Object::begin(out);
    for (at, label) in labels.iter().enumerate() {
        if Some(label.name) != leave_out && (canonical || is_first(labels, at, label.name)) {
            string(object.key(label.name), label.value);
        }
    }
    object.end();
}

fn pair(out: &mut Vec<u8>, name: &str, value: &str) {
    out.push(b'[');
    string(out, name);
    out.push(b',');
    string(out, value);
    out.push(b']');
}

/// Pairs as they stand on the wire; what is not UTF-8 is `{"base64":"…"}`.
fn raw_labels(out: &mut Vec<u8>, labels: &[(Vec<u8>, Vec<u8>)]) {
    fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
        use base64::Engine as _;
        match std::str::from_utf8(bytes) {
            Ok(text) => string(out, text),
            Err(_) => {
                let mut object = Object::begin(out);
                string(object.value("base64"), &base64::engine::general_purpose::STANDARD.encode(bytes));
                object.end();
            }
        }
    }
    list(out, labels.iter(), |out, (name, value)| {
        out.push(b'[');
        bytes(out, name);
        out.push(b',');
        bytes(out, value);
        out.push(b']');
    });
}

/// A float as a number that reads back to the same bits, or as the string JSON has no number for.
pub fn float(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        number::float(out, value);
    } else {
        out.push(b'"');
        number::float(out, value);
        out.push(b'"');
    }
}

/// A string, quoted and escaped.
pub fn string(out: &mut Vec<u8>, text: &str) {
    json(out, text);
}

/// Anything else JSON has a form for: integers in full, maps, lists.
pub fn value(out: &mut Vec<u8>, value: impl serde::Serialize) {
    json(out, &value);
}

fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("a vector takes all bytes, and strings and numbers are JSON");
}

/// A list of what `write` appends for each item.
pub fn list<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// An object being written: puts the commas.
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Object<'o> {
    /// Opens an object at the end of `out`.
    pub fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes the key, which needs no escapes, and gives the place of its value.
    pub fn value(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Writes a key of somebody else's choosing, and gives the place of its value.
    pub fn key(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push(b'}');
    }

    fn comma(&mut self) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, expect: &str) {
        let mut out = Vec::new();
        float(&mut out, value);
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn what_json_has_no_number_for_is_a_string() {
        check(-0.0, "-0.0");
        check(f64::from_bits(0x7ff0_0000_0000_0002), "\"StaleNaN\"");
        check(f64::INFINITY, "\"+Inf\"");
    }

    #[track_caller]
    fn check_labels(labels: &[(&str, &str)], object: &str, canonical: bool) {
        let labels: Vec<_> = labels.iter().map(|(name, value)| Label { name, value }).collect();
        let mut out = Vec::new();
        label_set(&mut out, &labels, Some("__name__"));
        assert_eq!(String::from_utf8(out).unwrap(), object);
        assert_eq!(is_canonical(&labels), canonical);
    }

    #[test]
    fn label_objects_leave_out_the_name_and_keep_the_first_of_equals() {
        check_labels(&[("__name__", "up"), ("job", "x")], r#"{"job":"x"}"#, true);
        check_labels(&[("__name__", "up"), ("job", "x"), ("job", "y")], r#"{"job":"x"}"#, false);
        check_labels(&[("job", "x"), ("__name__", "up")], r#"{"job":"x"}"#, false);
        check_labels(&[("a\"b", "\n")], r#"{"a\"b":"\n"}"#, true);
        check_labels(&[], "{}", true);
    }

    #[test]
    fn histograms_keep_every_field_of_the_wire() {
        let histogram = Histogram {
            count: Some(Count::Int(7)),
            sum: 2.5,
            schema: 3,
            zero_threshold: 0.0,
            zero_count: Some(Count::Int(1)),
            negative_spans: &[],
            negative_deltas: &[],
            negative_counts: &[],
            positive_spans: &[BucketSpan { offset: -2, length: 2 }],
            positive_deltas: &[2, 2],
            positive_counts: &[],
            reset_hint: 2,
            timestamp: 1000,
            custom_values: &[],
            start: 500,
        };
        let mut out = Vec::new();
        super::histogram(&mut out, &histogram);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"timestamp":1000,"start":500,"count_int":7,"sum":2.5,"schema":3,"zero_threshold":0,"zero_count_int":1,"positive_spans":[[-2,2]],"positive_deltas":[2,2],"reset_hint":"no"}"#
        );
    }
}
