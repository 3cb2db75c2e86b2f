//! Native histograms, the same in both versions but for the 2.0 start timestamp.

use super::cursor::{Cursor, FIXED64, Known, LEN, VARINT, key, room, zigzag32, zigzag64};
use super::recycle::reset;
use super::{BucketSpan, Count, DecodeError, Histogram, Limits, Protocol};

type Result<T> = std::result::Result<T, DecodeError>;

/// Histograms of one entry. Every repeated field has a vector for all of them; a record knows where its part ends,
/// and it begins where that of the record before ends.
#[derive(Default, Debug)]
pub(super) struct Histograms {
    records: Vec<Record>,
    negative_spans: Vec<BucketSpan>,
    negative_deltas: Vec<i64>,
    negative_counts: Vec<f64>,
    positive_spans: Vec<BucketSpan>,
    positive_deltas: Vec<i64>,
    positive_counts: Vec<f64>,
    custom_values: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    /// All that is not repeated; the slices are empty.
    scalars: Histogram<'static>,
    ends: Ends,
}

#[derive(Clone, Copy, Default, Debug)]
struct Ends {
    negative_spans: usize,
    negative_deltas: usize,
    negative_counts: usize,
    positive_spans: usize,
    positive_deltas: usize,
    positive_counts: usize,
    custom_values: usize,
}

impl Histograms {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The histogram of that position, which must be under `len()`.
    pub(super) fn get(&self, index: usize) -> Histogram<'_> {
        let from = index.checked_sub(1).map_or_else(Ends::default, |before| self.records[before].ends);
        let Record { scalars, ends: to } = self.records[index];
        Histogram {
            negative_spans: &self.negative_spans[from.negative_spans..to.negative_spans],
            negative_deltas: &self.negative_deltas[from.negative_deltas..to.negative_deltas],
            negative_counts: &self.negative_counts[from.negative_counts..to.negative_counts],
            positive_spans: &self.positive_spans[from.positive_spans..to.positive_spans],
            positive_deltas: &self.positive_deltas[from.positive_deltas..to.positive_deltas],
            positive_counts: &self.positive_counts[from.positive_counts..to.positive_counts],
            custom_values: &self.custom_values[from.custom_values..to.custom_values],
            ..scalars
        }
    }

    pub(super) fn has_start(&self) -> bool {
        self.records.iter().any(|record| record.scalars.start != 0)
    }

    /// Address and capacity of every vector.
    #[cfg(test)]
    pub(super) fn memory(&self) -> [(usize, usize); 8] {
        fn of<T>(vec: &Vec<T>) -> (usize, usize) {
            (vec.as_ptr() as usize, vec.capacity())
        }
        [
            of(&self.records),
            of(&self.negative_spans),
            of(&self.negative_deltas),
            of(&self.negative_counts),
            of(&self.positive_spans),
            of(&self.positive_deltas),
            of(&self.positive_counts),
            of(&self.custom_values),
        ]
    }

    /// Forgets the histograms of the last entry.
    pub(super) fn clear(&mut self) {
        if self.records.is_empty() {
            return;
        }
        self.records.clear();
        self.negative_spans.clear();
        self.negative_deltas.clear();
        self.negative_counts.clear();
        self.positive_spans.clear();
        self.positive_deltas.clear();
        self.positive_counts.clear();
        self.custom_values.clear();
    }

    /// Empties for another request; vectors that grew too large are dropped.
    pub(super) fn recycle(&mut self) {
        reset(&mut self.records);
        reset(&mut self.negative_spans);
        reset(&mut self.negative_deltas);
        reset(&mut self.negative_counts);
        reset(&mut self.positive_spans);
        reset(&mut self.positive_deltas);
        reset(&mut self.positive_counts);
        reset(&mut self.custom_values);
    }

    fn ends(&self) -> Ends {
        Ends {
            negative_spans: self.negative_spans.len(),
            negative_deltas: self.negative_deltas.len(),
            negative_counts: self.negative_counts.len(),
            positive_spans: self.positive_spans.len(),
            positive_deltas: self.positive_deltas.len(),
            positive_counts: self.positive_counts.len(),
            custom_values: self.custom_values.len(),
        }
    }

    /// Reads one `Histogram` element.
    pub(super) fn read(&mut self, mut cursor: Cursor<'_>, protocol: Protocol, limits: &Limits) -> Result<()> {
        room(self.records.len(), limits.histograms, cursor.pos(), "histograms")?;
        let from = self.ends();
        let mut head = Histogram::default();
        let mut expanded = 0;
        while !cursor.at_end() {
            match cursor.key("histogram")? {
                COUNT_INT => head.count = Some(Count::Int(cursor.varint("histogram count")?)),
                COUNT_FLOAT => head.count = Some(Count::Float(cursor.double("histogram count")?)),
                SUM => head.sum = cursor.double("histogram sum")?,
                SCHEMA => head.schema = zigzag32(cursor.varint("histogram schema")?),
                ZERO_THRESHOLD => head.zero_threshold = cursor.double("zero threshold")?,
                ZERO_COUNT_INT => head.zero_count = Some(Count::Int(cursor.varint("zero count")?)),
                ZERO_COUNT_FLOAT => head.zero_count = Some(Count::Float(cursor.double("zero count")?)),
                NEGATIVE_SPANS => {
                    let bounds = Bounds::new("negative spans", from.negative_spans, limits);
                    bounds.check(&self.negative_spans, cursor.pos())?;
                    self.negative_spans.push(span(cursor.element("negative span")?, &mut expanded, limits)?);
                }
                POSITIVE_SPANS => {
                    let bounds = Bounds::new("positive spans", from.positive_spans, limits);
                    bounds.check(&self.positive_spans, cursor.pos())?;
                    self.positive_spans.push(span(cursor.element("positive span")?, &mut expanded, limits)?);
                }
                key @ (NEGATIVE_DELTAS | NEGATIVE_DELTAS_PACKED) => {
                    let bounds = Bounds::new("negative deltas", from.negative_deltas, limits);
                    bounds.repeated(&mut cursor, key, &mut self.negative_deltas, delta)?;
                }
                key @ (POSITIVE_DELTAS | POSITIVE_DELTAS_PACKED) => {
                    let bounds = Bounds::new("positive deltas", from.positive_deltas, limits);
                    bounds.repeated(&mut cursor, key, &mut self.positive_deltas, delta)?;
                }
                key @ (NEGATIVE_COUNTS | NEGATIVE_COUNTS_PACKED) => {
                    let bounds = Bounds::new("negative counts", from.negative_counts, limits);
                    bounds.repeated(&mut cursor, key, &mut self.negative_counts, count)?;
                }
                key @ (POSITIVE_COUNTS | POSITIVE_COUNTS_PACKED) => {
                    let bounds = Bounds::new("positive counts", from.positive_counts, limits);
                    bounds.repeated(&mut cursor, key, &mut self.positive_counts, count)?;
                }
                key @ (CUSTOM_VALUES | CUSTOM_VALUES_PACKED) => {
                    let bounds = Bounds::new("custom values", from.custom_values, limits);
                    bounds.repeated(&mut cursor, key, &mut self.custom_values, count)?;
                }
                RESET_HINT => head.reset_hint = cursor.varint("reset hint")? as i32,
                TIMESTAMP => head.timestamp = cursor.varint("histogram timestamp")? as i64,
                START if protocol == Protocol::V2 => {
                    head.start = cursor.varint("histogram start timestamp")? as i64;
                }
                // 1.0 has no field 17, so there it is unknown in any wire type.
                key if key >> 3 == START >> 3 && protocol == Protocol::V1 => cursor.skip(key, "histogram")?,
                key => cursor.other(key, FIELDS, "histogram")?,
            }
        }
        self.records.push(Record { scalars: head, ends: self.ends() });
        Ok(())
    }
}

const COUNT_INT: u32 = key(1, VARINT);
const COUNT_FLOAT: u32 = key(2, FIXED64);
const SUM: u32 = key(3, FIXED64);
const SCHEMA: u32 = key(4, VARINT);
const ZERO_THRESHOLD: u32 = key(5, FIXED64);
const ZERO_COUNT_INT: u32 = key(6, VARINT);
const ZERO_COUNT_FLOAT: u32 = key(7, FIXED64);
const NEGATIVE_SPANS: u32 = key(8, LEN);
const NEGATIVE_DELTAS: u32 = key(9, VARINT);
const NEGATIVE_DELTAS_PACKED: u32 = key(9, LEN);
const NEGATIVE_COUNTS: u32 = key(10, FIXED64);
const NEGATIVE_COUNTS_PACKED: u32 = key(10, LEN);
const POSITIVE_SPANS: u32 = key(11, LEN);
const POSITIVE_DELTAS: u32 = key(12, VARINT);
const POSITIVE_DELTAS_PACKED: u32 = key(12, LEN);
const POSITIVE_COUNTS: u32 = key(13, FIXED64);
const POSITIVE_COUNTS_PACKED: u32 = key(13, LEN);
const RESET_HINT: u32 = key(14, VARINT);
const TIMESTAMP: u32 = key(15, VARINT);
const CUSTOM_VALUES: u32 = key(16, FIXED64);
const CUSTOM_VALUES_PACKED: u32 = key(16, LEN);
const START: u32 = key(17, VARINT);

const FIELDS: &[Known] = &[
    Known::new(COUNT_INT, "histogram count"),
    Known::new(COUNT_FLOAT, "histogram count"),
    Known::new(SUM, "histogram sum"),
    Known::new(SCHEMA, "histogram schema"),
    Known::new(ZERO_THRESHOLD, "zero threshold"),
    Known::new(ZERO_COUNT_INT, "zero count"),
    Known::new(ZERO_COUNT_FLOAT, "zero count"),
    Known::new(NEGATIVE_SPANS, "negative span"),
    Known::new(NEGATIVE_DELTAS, "negative deltas"),
    Known::new(NEGATIVE_COUNTS, "negative counts"),
    Known::new(POSITIVE_SPANS, "positive span"),
    Known::new(POSITIVE_DELTAS, "positive deltas"),
    Known::new(POSITIVE_COUNTS, "positive counts"),
    Known::new(RESET_HINT, "reset hint"),
    Known::new(TIMESTAMP, "histogram timestamp"),
    Known::new(CUSTOM_VALUES, "custom values"),
    Known::new(START, "histogram start timestamp"),
];

/// How much one repeated field may hold: of its histogram, and of all histograms of the entry.
struct Bounds {
    what: &'static str,
    from: usize,
    one: usize,
    all: usize,
}

impl Bounds {
    fn new(what: &'static str, from: usize, limits: &Limits) -> Self {
        Self { what, from, one: limits.buckets, all: limits.samples }
    }

    #[inline]
    fn check<T>(&self, values: &[T], offset: usize) -> Result<()> {
        room(values.len() - self.from, self.one, offset, self.what)?;
        room(values.len(), self.all, offset, self.what)
    }

    /// Reads a repeated number: packed, or one value of it.
    fn repeated<T>(
        &self,
        cursor: &mut Cursor<'_>,
        key: u32,
        values: &mut Vec<T>,
        read: impl Fn(&mut Cursor<'_>, &'static str) -> Result<T>,
    ) -> Result<()> {
        if key & 7 != LEN {
            self.check(values, cursor.pos())?;
            values.push(read(cursor, self.what)?);
            return Ok(());
        }
        let mut packed = cursor.element(self.what)?;
        while !packed.at_end() {
            self.check(values, packed.pos())?;
            values.push(read(&mut packed, self.what)?);
        }
        Ok(())
    }
}

fn delta(cursor: &mut Cursor<'_>, what: &'static str) -> Result<i64> {
    cursor.varint(what).map(zigzag64)
}

fn count(cursor: &mut Cursor<'_>, what: &'static str) -> Result<f64> {
    cursor.double(what)
}

/// Reads one `BucketSpan`; `expanded` counts the buckets that the histogram's spans stand for.
fn span(mut cursor: Cursor<'_>, expanded: &mut u64, limits: &Limits) -> Result<BucketSpan> {
    const OFFSET: u32 = key(1, VARINT);
    const LENGTH: u32 = key(2, VARINT);
    const FIELDS: &[Known] = &[Known::new(OFFSET, "span offset"), Known::new(LENGTH, "span length")];
    let offset = cursor.pos();
    let mut span = BucketSpan::default();
    while !cursor.at_end() {
        match cursor.key("bucket span")? {
            OFFSET => span.offset = zigzag32(cursor.varint("span offset")?),
            LENGTH => span.length = cursor.varint("span length")? as u32,
            key => cursor.other(key, FIELDS, "bucket span")?,
        }
    }
    // Cannot overflow: fewer than 2^32 spans fit in memory, each under 2^32.
    *expanded += u64::from(span.length);
    if *expanded > limits.buckets as u64 {
        let (limit, count) = (limits.buckets, *expanded);
        return Err(DecodeError::Limit { offset, what: "buckets of a histogram's spans", limit, count });
    }
    Ok(span)
}
