//! Arbitrary requests as prost's types, for property tests.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::proto::{v1, v2};

/// Zeros, NaNs with any payload, stale markers, and every other pattern of 64 bits.
pub(crate) fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::from_bits(0x7ff0_0000_0000_0002)),
        Just(f64::from_bits(0x7ff8_0000_0000_0001)),
        -1e6..1e6,
        any::<u64>().prop_map(f64::from_bits),
    ]
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 1_700_000_000_000..1_800_000_000_000_i64, any::<i64>()]
}

/// Empty, short, of several scripts, and longer than a one-byte length can say.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        6 => "[a-z_]{1,12}",
        2 => "\\PC{0,8}",
        1 => "[a-zäß日]{100,200}",
    ]
}

fn count() -> impl Strategy<Value = Result<u64, f64>> {
    prop_oneof![any::<u64>().prop_map(Ok), Just(Ok(0)), double().prop_map(Err)]
}

fn enumeration() -> impl Strategy<Value = i32> {
    prop_oneof![0..8, any::<i32>()]
}

fn v1_label() -> impl Strategy<Value = v1::Label> {
    (text(), text()).prop_map(|(name, value)| v1::Label { name, value })
}

/// A 1.0 request, of any shape that prost can write.
pub(crate) fn v1_request() -> impl Strategy<Value = v1::WriteRequest> {
    let sample = (double(), time()).prop_map(|(value, timestamp)| v1::Sample { value, timestamp });
    let exemplar = (vec(v1_label(), 0..3), double(), time());
    let exemplar = exemplar.prop_map(|(labels, value, timestamp)| v1::Exemplar { labels, value, timestamp });
    let histogram = v2_histogram().prop_map(histogram_of_v1);
    let series = (vec(v1_label(), 0..6), vec(sample, 0..4), vec(exemplar, 0..3), vec(histogram, 0..3));
    let series = series.prop_map(|(labels, samples, exemplars, histograms)| v1::TimeSeries {
        labels,
        samples,
        exemplars,
        histograms,
    });
    let metadata = (enumeration(), text(), text(), text()).prop_map(|(kind, family, help, unit)| {
        v1::MetricMetadata { r#type: kind, metric_family_name: family, help, unit }
    });
    (vec(series, 0..5), vec(metadata, 0..3))
        .prop_map(|(timeseries, metadata)| v1::WriteRequest { timeseries, metadata })
}

/// The same histogram as 1.0 has it: without a start timestamp.
fn histogram_of_v1(histogram: v2::Histogram) -> v1::Histogram {
    use v1::histogram::{Count, ZeroCount};
    let spans = |spans: Vec<v2::BucketSpan>| {
        spans.into_iter().map(|span| v1::BucketSpan { offset: span.offset, length: span.length }).collect()
    };
    v1::Histogram {
        sum: histogram.sum,
        schema: histogram.schema,
        zero_threshold: histogram.zero_threshold,
        negative_spans: spans(histogram.negative_spans),
        negative_deltas: histogram.negative_deltas,
        negative_counts: histogram.negative_counts,
        positive_spans: spans(histogram.positive_spans),
        positive_deltas: histogram.positive_deltas,
        positive_counts: histogram.positive_counts,
        reset_hint: histogram.reset_hint,
        timestamp: histogram.timestamp,
        custom_values: histogram.custom_values,
        count: histogram.count.map(|count| match count {
            v2::histogram::Count::CountInt(count) => Count::CountInt(count),
            v2::histogram::Count::CountFloat(count) => Count::CountFloat(count),
        }),
        zero_count: histogram.zero_count.map(|count| match count {
            v2::histogram::ZeroCount::ZeroCountInt(count) => ZeroCount::ZeroCountInt(count),
            v2::histogram::ZeroCount::ZeroCountFloat(count) => ZeroCount::ZeroCountFloat(count),
        }),
    }
}

type Side = (Vec<v2::BucketSpan>, Vec<i64>, Vec<f64>);

fn side() -> impl Strategy<Value = Side> {
    let span = (-5..5_i32, 0..50_u32).prop_map(|(offset, length)| v2::BucketSpan { offset, length });
    (vec(span, 0..4), vec(prop_oneof![-3..3_i64, any::<i64>()], 0..6), vec(double(), 0..4))
}

fn v2_histogram() -> impl Strategy<Value = v2::Histogram> {
    use v2::histogram::{Count, ZeroCount};
    let counts = (proptest::option::of(count()), proptest::option::of(count()));
    let head = (double(), prop_oneof![-4..9_i32, Just(-53), any::<i32>()], double());
    let tail = (enumeration(), time(), vec(double(), 0..4), time());
    (counts, head, side(), side(), tail).prop_map(|(counts, head, negative, positive, tail)| v2::Histogram {
        sum: head.0,
        schema: head.1,
        zero_threshold: head.2,
        negative_spans: negative.0,
        negative_deltas: negative.1,
        negative_counts: negative.2,
        positive_spans: positive.0,
        positive_deltas: positive.1,
        positive_counts: positive.2,
        reset_hint: tail.0,
        timestamp: tail.1,
        custom_values: tail.2,
        start_timestamp: tail.3,
        count: counts.0.map(|count| count.map_or_else(Count::CountFloat, Count::CountInt)),
        zero_count: counts
            .1
            .map(|count| count.map_or_else(ZeroCount::ZeroCountFloat, ZeroCount::ZeroCountInt)),
    })
}

/// References, nearly all of them into a table of `symbols` symbols.
fn refs(symbols: usize, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u32>> {
    let inside =
        any::<Index>().prop_map(move |index| if symbols == 0 { 0 } else { index.index(symbols) as u32 });
    let pair = (inside.clone(), inside).prop_map(|(name, value)| vec![name, value]);
    let any_pair = prop_oneof![40 => pair, 1 => vec(0..20_u32, 0..3)];
    vec(any_pair, count).prop_map(|pairs| pairs.concat())
}

/// A 2.0 request, of any shape that prost can write: sometimes with references past the table.
pub(crate) fn v2_request() -> impl Strategy<Value = v2::Request> {
    let symbols = vec(text(), 0..10).prop_map(|mut symbols| {
        symbols.insert(0, String::new());
        symbols
    });
    prop_oneof![20 => symbols, 1 => vec(text(), 0..3)].prop_flat_map(|symbols| {
        let n = symbols.len();
        let sample = (double(), time(), time());
        let sample = sample.prop_map(|(value, timestamp, start_timestamp)| v2::Sample {
            value,
            timestamp,
            start_timestamp,
        });
        let exemplar = (refs(n, 0..3), double(), time());
        let exemplar = exemplar.prop_map(|(labels_refs, value, timestamp)| v2::Exemplar {
            labels_refs,
            value,
            timestamp,
        });
        let metadata = (enumeration(), 0..n as u32 + 1, 0..n as u32 + 1);
        let metadata =
            metadata.prop_map(|(kind, help_ref, unit_ref)| v2::Metadata { r#type: kind, help_ref, unit_ref });
        let series = (
            refs(n, 0..6),
            vec(sample, 0..4),
            vec(v2_histogram(), 0..3),
            vec(exemplar, 0..3),
            proptest::option::of(metadata),
            time(),
        );
        let series = series.prop_map(|(labels_refs, samples, histograms, exemplars, metadata, created)| {
            v2::TimeSeries {
                labels_refs,
                samples,
                histograms,
                exemplars,
                metadata,
                created_timestamp: created,
            }
        });
        vec(series, 0..5).prop_map(move |timeseries| v2::Request { symbols: symbols.clone(), timeseries })
    })
}

/// One change to the bytes of a message.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index),
    Truncate(Index),
    /// Repeats a part: fields that stand twice.
    Repeat(Index, Index),
}

impl Mutation {
    pub(crate) fn apply(&self, message: &mut Vec<u8>) {
        let at = |index: &Index| index.index(message.len() + 1);
        match self {
            Self::Insert(index, bytes) => {
                let at = at(index);
                message.splice(at..at, bytes.iter().copied());
            }
            Self::Repeat(a, b) => {
                let (a, b) = (at(a), at(b));
                let part = message[a.min(b)..a.max(b)].to_vec();
                message.splice(a.max(b)..a.max(b), part);
            }
            Self::Truncate(index) => message.truncate(at(index)),
            _ if message.is_empty() => {}
            Self::Set(index, byte) => *index.get_mut(message) = *byte,
            Self::Flip(index, bit) => *index.get_mut(message) ^= 1 << (bit % 8),
            Self::Remove(index) => drop(message.remove(index.index(message.len()))),
        }
    }
}

/// A few changes, small ones most often.
pub(crate) fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let byte = prop_oneof![any::<u8>(), 0..0x40_u8, Just(0x80), Just(0xff)];
    let index = any::<Index>;
    let mutation = prop_oneof![
        4 => (index(), byte.clone()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        4 => (index(), any::<u8>()).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        2 => (index(), vec(byte, 1..4)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => index().prop_map(Mutation::Remove),
        1 => index().prop_map(Mutation::Truncate),
        1 => (index(), index()).prop_map(|(a, b)| Mutation::Repeat(a, b)),
    ];
    vec(mutation, 1..4)
}
