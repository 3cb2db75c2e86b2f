//! Entries of remote write 1.0: `prometheus.WriteRequest`.

use super::cursor::{Cursor, FIXED64, Known, LEN, VARINT, key, room};
use super::sample::plain_sample;
use super::scratch::{Arena, ExemplarRecord};
use super::text::Run;
use super::{DecodeError, FamilyMetadata, Fault, Label, Limits, MetricType, Protocol, REPLACEMENT, Sample};

type Result<T> = std::result::Result<T, DecodeError>;

const LABELS: u32 = key(1, LEN);
const SAMPLES: u32 = key(2, LEN);
const EXEMPLARS: u32 = key(3, LEN);
const HISTOGRAMS: u32 = key(4, LEN);
const FIELDS: &[Known] = &[
    Known::new(LABELS, "label"),
    Known::new(SAMPLES, "sample"),
    Known::new(EXEMPLARS, "exemplar"),
    Known::new(HISTOGRAMS, "histogram"),
];

/// Reads one `TimeSeries` into the arena, which holds nothing of another entry.
pub(super) fn series<'a>(mut cursor: Cursor<'a>, limits: &Limits, arena: &mut Arena<'a>) -> Result<()> {
    let mut fault = None;
    let mut run = Run::default();
    let (mut labels_end, mut in_one_run) = (cursor.pos(), true);
    while !cursor.at_end() {
        let at = cursor.pos();
        match cursor.key("time series")? {
            LABELS => {
                in_one_run &= at == labels_end;
                if run.is_behind(at) {
                    run = Run::ahead(cursor.bytes(), at, LABELS as u8);
                    let read = plain_labels(run.checked(), limits, &mut arena.labels);
                    if read > 0 {
                        cursor.seek(at + read);
                        labels_end = cursor.pos();
                        continue;
                    }
                }
                let label = cursor.element("label")?;
                labels_end = cursor.pos();
                let index = arena.labels.len();
                room(index, limits.labels, at, "labels of a series")?;
                let raw = raw_label(label)?;
                let name = run.text(raw.name.bytes, raw.name.pos);
                let value = run.text(raw.value.bytes, raw.value.pos);
                if name.is_none() {
                    fault = fault.or(Some(Fault::LabelName { label: index }));
                } else if value.is_none() {
                    fault = fault.or(Some(Fault::LabelValue { label: index }));
                }
                arena
                    .labels
                    .push(Label { name: name.unwrap_or(REPLACEMENT), value: value.unwrap_or(REPLACEMENT) });
            }
            SAMPLES => {
                let element = cursor.element("sample")?;
                room(arena.samples.len(), limits.samples, at, "samples of a series")?;
                match plain_sample(element) {
                    Some(plain) => arena.samples.push(plain),
                    None => arena.samples.push(sample(element)?),
                }
            }
            EXEMPLARS => {
                let element = cursor.element("exemplar")?;
                let found = exemplar(element, limits, arena)?;
                arena.exemplar_fault = arena.exemplar_fault.or(found);
            }
            HISTOGRAMS => arena.histograms.read(cursor.element("histogram")?, Protocol::V1, limits)?,
            key => cursor.other(key, FIELDS, "time series")?,
        }
    }
    arena.fault = fault;
    arena.labels_end = in_one_run.then_some(labels_end);
    Ok(())
}

/// Where the labels of a `TimeSeries` probably end. Behind them mostly stands one sample, as Prometheus writes it.
pub(super) fn labels_end(cursor: Cursor<'_>) -> usize {
    const SAMPLE: u8 = SAMPLES as u8;
    let bytes = cursor.rest();
    if let [.., SAMPLE, 16, 9, _, _, _, _, _, _, _, _, 16, _, _, _, _, _, _] = *bytes {
        return cursor.pos() + bytes.len() - 18;
    }
    if let [.., SAMPLE, 7, 16, _, _, _, _, _, _] = *bytes {
        return cursor.pos() + bytes.len() - 9;
    }
    let mut cursor = cursor;
    let mut end = cursor.pos();
    while let Ok(LABELS) = cursor.key("time series")
        && cursor.element("label").is_ok()
    {
        end = cursor.pos();
    }
    end
}

/// Reads labels as all senders write them from the start of `text`: name and value, each with a length of one byte.
/// Gives the number of bytes read; what stands behind them is for the reader of everything.
fn plain_labels<'a>(text: &'a str, limits: &Limits, labels: &mut Vec<Label<'a>>) -> usize {
    const KEY: u8 = LABELS as u8;
    const NAME: u8 = key(1, LEN) as u8;
    const VALUE: u8 = key(2, LEN) as u8;
    let mut rest = text;
    while labels.len() < limits.labels
        && let [KEY, len, NAME, name_len, ..] = *rest.as_bytes()
        && let (len, name_end) = (usize::from(len) + 2, usize::from(name_len) + 4)
        && let Some([VALUE, value_len]) = rest.as_bytes().get(name_end..name_end + 2)
        && name_end + 2 + usize::from(*value_len) == len
        && let Some((label, behind)) = rest.split_at_checked(len)
        && let (Some(name), Some(value)) = (label.get(4..name_end), label.get(name_end + 2..))
    {
        labels.push(Label { name, value });
        rest = behind;
    }
    text.len() - rest.len()
}

/// Bytes of a string field and where they stand in the message.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) bytes: &'a [u8],
    pos: usize,
}

pub(super) struct RawLabel<'a> {
    pub(super) name: Raw<'a>,
    pub(super) value: Raw<'a>,
}

/// Reads one `Label`, not yet looking at the text.
#[inline]
fn raw_label(mut cursor: Cursor<'_>) -> Result<RawLabel<'_>> {
    const NAME: u32 = key(1, LEN);
    const VALUE: u32 = key(2, LEN);
    const FIELDS: &[Known] = &[Known::new(NAME, "label name"), Known::new(VALUE, "label value")];
    let empty = Raw { bytes: &[], pos: cursor.pos() };
    let mut label = RawLabel { name: empty, value: empty };
    while !cursor.at_end() {
        match cursor.key("label")? {
            NAME => label.name = raw(&mut cursor, "label name")?,
            VALUE => label.value = raw(&mut cursor, "label value")?,
            key => cursor.other(key, FIELDS, "label")?,
        }
    }
    Ok(label)
}

#[inline]
fn raw<'a>(cursor: &mut Cursor<'a>, what: &'static str) -> Result<Raw<'a>> {
    let element = cursor.element(what)?;
    Ok(Raw { bytes: element.rest(), pos: element.pos() })
}

/// The labels of a `TimeSeries` as bytes. Stops where the element is malformed.
pub(super) fn raw_labels(mut cursor: Cursor<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut labels = Vec::new();
    let mut next = || -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        while !cursor.at_end() {
            match cursor.key("time series")? {
                LABELS => {
                    let label = raw_label(cursor.element("label")?)?;
                    return Ok(Some((label.name.bytes.to_vec(), label.value.bytes.to_vec())));
                }
                key => cursor.skip(key, "time series")?,
            }
        }
        Ok(None)
    };
    while let Ok(Some(label)) = next() {
        labels.push(label);
    }
    labels
}

fn sample(mut cursor: Cursor<'_>) -> Result<Sample> {
    const VALUE: u32 = key(1, FIXED64);
    const TIMESTAMP: u32 = key(2, VARINT);
    const FIELDS: &[Known] = &[Known::new(VALUE, "sample value"), Known::new(TIMESTAMP, "sample timestamp")];
    let mut sample = Sample { value: 0.0, timestamp: 0, start: 0 };
    while !cursor.at_end() {
        match cursor.key("sample")? {
            VALUE => sample.value = cursor.double("sample value")?,
            TIMESTAMP => sample.timestamp = cursor.varint("sample timestamp")? as i64,
            key => cursor.other(key, FIELDS, "sample")?,
        }
    }
    Ok(sample)
}

fn exemplar<'a>(mut cursor: Cursor<'a>, limits: &Limits, arena: &mut Arena<'a>) -> Result<Option<Fault>> {
    const LABELS: u32 = key(1, LEN);
    const VALUE: u32 = key(2, FIXED64);
    const TIMESTAMP: u32 = key(3, VARINT);
    const FIELDS: &[Known] = &[
        Known::new(LABELS, "exemplar label"),
        Known::new(VALUE, "exemplar value"),
        Known::new(TIMESTAMP, "exemplar timestamp"),
    ];
    let index = arena.exemplars.len();
    room(index, limits.exemplars, cursor.pos(), "exemplars of a series")?;
    let from = arena.exemplar_labels.len();
    let mut record = ExemplarRecord { value: 0.0, timestamp: 0, labels_end: from };
    let mut fault = None;
    while !cursor.at_end() {
        let at = cursor.pos();
        match cursor.key("exemplar")? {
            LABELS => {
                let raw = raw_label(cursor.element("exemplar label")?)?;
                let label = arena.exemplar_labels.len() - from;
                room(label, limits.labels, at, "labels of an exemplar")?;
                room(from + label, limits.samples, at, "labels of a series' exemplars")?;
                let name = std::str::from_utf8(raw.name.bytes).unwrap_or_else(|_| {
                    fault = fault.or(Some(Fault::ExemplarLabelName { exemplar: index, label }));
                    REPLACEMENT
                });
                let value = std::str::from_utf8(raw.value.bytes).unwrap_or_else(|_| {
                    fault = fault.or(Some(Fault::ExemplarLabelValue { exemplar: index, label }));
                    REPLACEMENT
                });
                arena.exemplar_labels.push(Label { name, value });
            }
            VALUE => record.value = cursor.double("exemplar value")?,
            TIMESTAMP => record.timestamp = cursor.varint("exemplar timestamp")? as i64,
            key => cursor.other(key, FIELDS, "exemplar")?,
        }
    }
    record.labels_end = arena.exemplar_labels.len();
    arena.exemplars.push(record);
    Ok(fault)
}

/// Reads one `MetricMetadata`.
pub(super) fn metadata(mut cursor: Cursor<'_>) -> Result<FamilyMetadata<'_>> {
    const KIND: u32 = key(1, VARINT);
    const FAMILY: u32 = key(2, LEN);
    const HELP: u32 = key(4, LEN);
    const UNIT: u32 = key(5, LEN);
    const FIELDS: &[Known] = &[
        Known::new(KIND, "metadata type"),
        Known::new(FAMILY, "metric family name"),
        Known::new(HELP, "help text"),
        Known::new(UNIT, "unit"),
    ];
    let (offset, len) = (cursor.pos(), cursor.left());
    let mut kind = MetricType(0);
    let (mut family, mut help, mut unit): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    while !cursor.at_end() {
        match cursor.key("metadata")? {
            KIND => kind = MetricType(cursor.varint("metadata type")? as i32),
            FAMILY => family = cursor.element("metric family name")?.rest(),
            HELP => help = cursor.element("help text")?.rest(),
            UNIT => unit = cursor.element("unit")?.rest(),
            key => cursor.other(key, FIELDS, "metadata")?,
        }
    }
    let mut fault = None;
    let mut text = |bytes, broken| {
        std::str::from_utf8(bytes).unwrap_or_else(|_| {
            fault = fault.or(Some(broken));
            REPLACEMENT
        })
    };
    let (family, help, unit) =
        (text(family, Fault::Family), text(help, Fault::Help), text(unit, Fault::Unit));
    Ok(FamilyMetadata { family, kind, help, unit, offset, len, fault })
}
