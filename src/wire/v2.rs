//! Entries of remote write 2.0: `io.prometheus.write.v2.Request`, rc.3 and rc.4.

use super::cursor::{Cursor, FIXED64, Known, LEN, VARINT, key, room};
use super::sample::plain_sample;
use super::scratch::{Arena, ExemplarRecord, MetadataRefs};
use super::text::Run;
use super::{DecodeError, Fault, Label, Limits, Metadata, MetricType, Protocol, REPLACEMENT, Sample};

type Result<T> = std::result::Result<T, DecodeError>;

const LABELS: u32 = key(1, VARINT);
const LABELS_PACKED: u32 = key(1, LEN);
const SAMPLES: u32 = key(2, LEN);
const HISTOGRAMS: u32 = key(3, LEN);
const EXEMPLARS: u32 = key(4, LEN);
const METADATA: u32 = key(5, LEN);
const CREATED: u32 = key(6, VARINT);
const FIELDS: &[Known] = &[
    Known::new(LABELS, "label references"),
    Known::new(SAMPLES, "sample"),
    Known::new(HISTOGRAMS, "histogram"),
    Known::new(EXEMPLARS, "exemplar"),
    Known::new(METADATA, "metadata"),
    Known::new(CREATED, "created timestamp"),
];

/// Adds the symbol at the cursor to the table.
pub(super) fn symbol<'a>(
    cursor: Cursor<'a>,
    run: &Run<'a>,
    limits: &Limits,
    arena: &mut Arena<'a>,
) -> Result<()> {
    let index = arena.symbols.len();
    room(index, limits.symbols, cursor.pos(), "symbols")?;
    let bytes = cursor.rest();
    let text = run.text(bytes, cursor.pos()).unwrap_or_else(|| {
        arena.broken.push((index as u32, bytes));
        REPLACEMENT
    });
    arena.symbols.push(text);
    Ok(())
}

/// Reads one `TimeSeries` into the arena, which holds all symbols and nothing of another entry.
pub(super) fn series<'a>(cursor: Cursor<'a>, limits: &Limits, arena: &mut Arena<'a>) -> Result<()> {
    fields(cursor, limits, arena)?;
    labels(arena);
    Ok(())
}

/// Reads one `TimeSeries` into the arena, its labels as references only.
pub(super) fn fields<'a>(mut cursor: Cursor<'a>, limits: &Limits, arena: &mut Arena<'a>) -> Result<()> {
    while !cursor.at_end() {
        let at = cursor.pos();
        match cursor.key("time series")? {
            LABELS_PACKED => packed_refs(cursor.element("label references")?, limits, arena)?,
            LABELS => refs(&mut cursor, LABELS, limits, &mut arena.refs, "labels of a series")?,
            SAMPLES => {
                let element = cursor.element("sample")?;
                room(arena.samples.len(), limits.samples, at, "samples of a series")?;
                match plain_sample(element) {
                    Some(plain) => arena.samples.push(plain),
                    None => arena.samples.push(sample(element)?),
                }
            }
            HISTOGRAMS => arena.histograms.read(cursor.element("histogram")?, Protocol::V2, limits)?,
            EXEMPLARS => {
                let element = cursor.element("exemplar")?;
                let found = exemplar(element, limits, arena)?;
                arena.exemplar_fault = arena.exemplar_fault.or(found);
            }
            METADATA => {
                let metadata = arena.metadata.get_or_insert_default();
                read_metadata(cursor.element("metadata")?, metadata)?;
            }
            CREATED => arena.created = cursor.varint("created timestamp")? as i64,
            key => cursor.other(key, FIELDS, "time series")?,
        }
    }
    Ok(())
}

/// The labels that the references in the arena name.
pub(super) fn labels(arena: &mut Arena<'_>) {
    let broken = resolve(&arena.symbols, &arena.broken, &arena.refs, &mut arena.labels);
    if broken.is_some() {
        arena.fault = label_fault(broken);
    }
}

/// Reads label references: packed, or one of them. There may be twice as many as labels.
#[inline]
fn refs(
    cursor: &mut Cursor<'_>,
    key: u32,
    limits: &Limits,
    refs: &mut Vec<u32>,
    what: &'static str,
) -> Result<()> {
    if key & 7 != LEN {
        room(refs.len() / 2, limits.labels, cursor.pos(), what)?;
        refs.push(cursor.varint("label reference")? as u32);
        return Ok(());
    }
    slow_refs(cursor.element("label references")?, limits, refs, what)
}

/// The same for the references that a series has in one field, which are read quickly where they are no more than may be.
fn packed_refs(packed: Cursor<'_>, limits: &Limits, arena: &mut Arena<'_>) -> Result<()> {
    let (mut rest, from) = (packed.rest(), arena.refs.len());
    if from + rest.len() > limits.labels.saturating_mul(2) {
        return slow_refs(packed, limits, &mut arena.refs, "labels of a series");
    }
    // No reference is shorter than a byte.
    arena.refs.resize(from + rest.len(), 0);
    let mut read = 0;
    for slot in &mut arena.refs[from..] {
        (*slot, rest) = match *rest {
            [a @ ..0x80, ref rest @ ..] => (u32::from(a), rest),
            [a, b @ ..0x80, ref rest @ ..] => (u32::from(a & 0x7f) | u32::from(b) << 7, rest),
            _ => break,
        };
        read += 1;
    }
    arena.refs.truncate(from + read);
    if rest.is_empty() {
        return Ok(());
    }
    let mut behind = packed;
    behind.seek(packed.pos() + packed.left() - rest.len());
    slow_refs(behind, limits, &mut arena.refs, "labels of a series")
}

/// Whatever the references are.
fn slow_refs(mut packed: Cursor<'_>, limits: &Limits, refs: &mut Vec<u32>, what: &'static str) -> Result<()> {
    while !packed.at_end() {
        room(refs.len() / 2, limits.labels, packed.pos(), what)?;
        refs.push(packed.varint("label reference")? as u32);
    }
    Ok(())
}

/// What is wrong with a list of label references.
enum BrokenRef {
    Past { reference: u32, symbols: usize },
    Odd { count: usize },
    Name { label: usize },
    Value { label: usize },
}

/// Appends the labels that `refs` name. A reference that names no text gives U+FFFD; the first is returned.
#[inline]
fn resolve<'a>(
    symbols: &[&'a str],
    broken: &[(u32, &'a [u8])],
    refs: &[u32],
    labels: &mut Vec<Label<'a>>,
) -> Option<BrokenRef> {
    let (pairs, odd) = refs.as_chunks::<2>();
    let mut all_there = true;
    let mut text = |reference: u32| match symbols.get(reference as usize) {
        Some(text) => text,
        None => {
            all_there = false;
            REPLACEMENT
        }
    };
    labels.extend(pairs.iter().map(|&[name, value]| Label { name: text(name), value: text(value) }));
    if all_there && broken.is_empty() && odd.is_empty() {
        None
    } else {
        first_broken(symbols.len(), broken, refs)
    }
}

#[cold]
fn first_broken(symbols: usize, broken: &[(u32, &[u8])], refs: &[u32]) -> Option<BrokenRef> {
    let found = refs.iter().enumerate().find_map(|(i, &reference)| {
        if reference as usize >= symbols {
            Some(BrokenRef::Past { reference, symbols })
        } else if is_broken(broken, reference) {
            let label = i / 2;
            Some(if i % 2 == 0 { BrokenRef::Name { label } } else { BrokenRef::Value { label } })
        } else {
            None
        }
    });
    found.or((refs.len() % 2 == 1).then_some(BrokenRef::Odd { count: refs.len() }))
}

fn is_broken(broken: &[(u32, &[u8])], reference: u32) -> bool {
    broken.binary_search_by_key(&reference, |&(index, _)| index).is_ok()
}

fn label_fault(broken: Option<BrokenRef>) -> Option<Fault> {
    Some(match broken? {
        BrokenRef::Past { reference, symbols } => Fault::LabelRef { reference, symbols },
        BrokenRef::Odd { count } => Fault::LabelRefCount { count },
        BrokenRef::Name { label } => Fault::LabelName { label },
        BrokenRef::Value { label } => Fault::LabelValue { label },
    })
}

fn exemplar_fault(exemplar: usize, broken: Option<BrokenRef>) -> Option<Fault> {
    Some(match broken? {
        BrokenRef::Past { reference, symbols } => Fault::ExemplarRef { exemplar, reference, symbols },
        BrokenRef::Odd { count } => Fault::ExemplarRefCount { exemplar, count },
        BrokenRef::Name { label } => Fault::ExemplarLabelName { exemplar, label },
        BrokenRef::Value { label } => Fault::ExemplarLabelValue { exemplar, label },
    })
}

/// The labels of a `TimeSeries` as bytes; U+FFFD where a reference is past the table.
pub(super) fn raw_labels(arena: &Arena<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = |reference: u32| {
        let broken = arena.broken.binary_search_by_key(&reference, |&(index, _)| index);
        match broken {
            Ok(at) => arena.broken[at].1.to_vec(),
            Err(_) => arena.symbols.get(reference as usize).unwrap_or(&REPLACEMENT).as_bytes().to_vec(),
        }
    };
    let (pairs, _) = arena.refs.as_chunks::<2>();
    pairs.iter().map(|&[name, value]| (bytes(name), bytes(value))).collect()
}

fn sample(mut cursor: Cursor<'_>) -> Result<Sample> {
    const VALUE: u32 = key(1, FIXED64);
    const TIMESTAMP: u32 = key(2, VARINT);
    const START: u32 = key(3, VARINT);
    const FIELDS: &[Known] = &[
        Known::new(VALUE, "sample value"),
        Known::new(TIMESTAMP, "sample timestamp"),
        Known::new(START, "sample start timestamp"),
    ];
    let mut sample = Sample { value: 0.0, timestamp: 0, start: 0 };
    while !cursor.at_end() {
        match cursor.key("sample")? {
            VALUE => sample.value = cursor.double("sample value")?,
            TIMESTAMP => sample.timestamp = cursor.varint("sample timestamp")? as i64,
            START => sample.start = cursor.varint("sample start timestamp")? as i64,
            key => cursor.other(key, FIELDS, "sample")?,
        }
    }
    Ok(sample)
}

fn exemplar<'a>(mut cursor: Cursor<'a>, limits: &Limits, arena: &mut Arena<'a>) -> Result<Option<Fault>> {
    const LABELS: u32 = key(1, VARINT);
    const LABELS_PACKED: u32 = key(1, LEN);
    const VALUE: u32 = key(2, FIXED64);
    const TIMESTAMP: u32 = key(3, VARINT);
    const FIELDS: &[Known] = &[
        Known::new(LABELS, "exemplar label references"),
        Known::new(VALUE, "exemplar value"),
        Known::new(TIMESTAMP, "exemplar timestamp"),
    ];
    let offset = cursor.pos();
    let index = arena.exemplars.len();
    room(index, limits.exemplars, offset, "exemplars of a series")?;
    let mut record = ExemplarRecord { value: 0.0, timestamp: 0, labels_end: 0 };
    arena.exemplar_refs.clear();
    while !cursor.at_end() {
        match cursor.key("exemplar")? {
            key @ (LABELS | LABELS_PACKED) => {
                refs(&mut cursor, key, limits, &mut arena.exemplar_refs, "labels of an exemplar")?;
            }
            VALUE => record.value = cursor.double("exemplar value")?,
            TIMESTAMP => record.timestamp = cursor.varint("exemplar timestamp")? as i64,
            key => cursor.other(key, FIELDS, "exemplar")?,
        }
    }
    if let Some(last) = (arena.exemplar_labels.len() + arena.exemplar_refs.len() / 2).checked_sub(1) {
        room(last, limits.samples, offset, "labels of a series' exemplars")?;
    }
    let broken = resolve(&arena.symbols, &arena.broken, &arena.exemplar_refs, &mut arena.exemplar_labels);
    record.labels_end = arena.exemplar_labels.len();
    arena.exemplars.push(record);
    Ok(exemplar_fault(index, broken))
}

/// Reads one `Metadata` over what an earlier one of the same series said.
fn read_metadata(mut cursor: Cursor<'_>, metadata: &mut MetadataRefs) -> Result<()> {
    const KIND: u32 = key(1, VARINT);
    const HELP: u32 = key(3, VARINT);
    const UNIT: u32 = key(4, VARINT);
    const FIELDS: &[Known] = &[
        Known::new(KIND, "metadata type"),
        Known::new(HELP, "help reference"),
        Known::new(UNIT, "unit reference"),
    ];
    while !cursor.at_end() {
        match cursor.key("metadata")? {
            KIND => metadata.kind = cursor.varint("metadata type")? as i32,
            HELP => metadata.help = cursor.varint("help reference")? as u32,
            UNIT => metadata.unit = cursor.varint("unit reference")? as u32,
            key => cursor.other(key, FIELDS, "metadata")?,
        }
    }
    Ok(())
}

/// What the series in the arena says of its family, and what is wrong with that.
#[inline]
pub(super) fn metadata<'a>(arena: &Arena<'a>) -> Option<(Metadata<'a>, Option<Fault>)> {
    let refs = arena.metadata?;
    let symbols = arena.symbols.len();
    let mut fault = None;
    let mut text = |reference, past, broken| match arena.symbols.get(reference as usize) {
        Some(_) if !arena.broken.is_empty() && is_broken(&arena.broken, reference) => {
            fault = fault.or(Some(broken));
            REPLACEMENT
        }
        Some(&text) => text,
        // Reference 0 is "not set", also of a request without a table.
        None if reference == 0 => "",
        None => {
            fault = fault.or(Some(past));
            REPLACEMENT
        }
    };
    let help = text(refs.help, Fault::HelpRef { reference: refs.help, symbols }, Fault::Help);
    let unit = text(refs.unit, Fault::UnitRef { reference: refs.unit, symbols }, Fault::Unit);
    Some((Metadata { kind: MetricType(refs.kind), help, unit }, fault))
}
