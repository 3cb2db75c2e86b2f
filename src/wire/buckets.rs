//! The buckets of a native histogram in plain numbers: from where to where, and how many observations.
//!
//! Takes histograms as they come, broken or not, and never does more work than the arrays present are long:
//! spans that claim more buckets than there are yield those that are there.
//!
//! Source: native histogram specification, "Exponential buckets" and "Custom-bucket histograms".

use super::{BucketSpan, Count, Histogram, STALE_NAN};

/// Schema of histograms whose bounds are in `custom_values`.
pub(super) const CUSTOM_SCHEMA: i32 = -53;

/// One bucket, in the unit of what is observed. Bounds are NaN where schema or custom bounds do not give any.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bucket {
    pub lower: f64,
    pub upper: f64,
    pub lower_inclusive: bool,
    pub upper_inclusive: bool,
    /// Observations in this bucket alone. Of an integer histogram: exact up to 2^53, then the nearest float;
    /// below zero where the deltas say so, which no valid histogram does.
    pub count: f64,
}

/// Whether the histogram is a stale marker: its series ended, and nothing else in it means anything.
#[must_use]
pub fn is_stale(histogram: &Histogram<'_>) -> bool {
    histogram.sum.to_bits() == STALE_NAN
}

/// The buckets that the spans have, and the zero bucket unless empty, from the lowest bounds to the highest.
///
/// A side with both deltas and counts is read as the histogram's count has it: counts when that is a float.
pub fn buckets<'e>(histogram: &Histogram<'e>) -> impl Iterator<Item = Bucket> + use<'e> {
    let Histogram { schema, custom_values, zero_threshold, .. } = *histogram;
    let float = matches!(histogram.count, Some(Count::Float(_)));
    let negative = Side::new(
        histogram.negative_spans,
        Counts::new(float, histogram.negative_deltas, histogram.negative_counts),
    );
    let positive = Side::new(
        histogram.positive_spans,
        Counts::new(float, histogram.positive_deltas, histogram.positive_counts),
    );
    let zero_count = as_f64(histogram.zero_count);
    let zero = (zero_count != 0.0).then_some(Bucket {
        lower: -zero_threshold,
        upper: zero_threshold,
        lower_inclusive: true,
        upper_inclusive: true,
        count: zero_count,
    });
    let below = negative.down().map(move |(index, count)| {
        let Bucket { lower, upper, lower_inclusive, upper_inclusive, count } =
            bucket(schema, custom_values, index, count);
        let (lower_inclusive, upper_inclusive) = (upper_inclusive, lower_inclusive);
        Bucket { lower: -upper, upper: -lower, lower_inclusive, upper_inclusive, count }
    });
    let above = positive.up().map(move |(index, count)| bucket(schema, custom_values, index, count));
    below.chain(zero).chain(above)
}

fn as_f64(count: Option<Count>) -> f64 {
    match count {
        None => 0.0,
        Some(Count::Int(count)) => count as f64,
        Some(Count::Float(count)) => count,
    }
}

/// Bucket `index` of the positive side.
fn bucket(schema: i32, custom_values: &[f64], index: i64, count: f64) -> Bucket {
    let bound = |index| match schema {
        CUSTOM_SCHEMA => custom_bound(custom_values, index),
        _ => exponential_bound(schema, index),
    };
    Bucket {
        lower: bound(index.saturating_sub(1)),
        upper: bound(index),
        // The first custom bucket begins at -Inf, and includes it.
        lower_inclusive: schema == CUSTOM_SCHEMA && index == 0,
        upper_inclusive: true,
        count,
    }
}

fn custom_bound(values: &[f64], index: i64) -> f64 {
    match usize::try_from(index) {
        Ok(index) if index == values.len() => f64::INFINITY,
        Ok(index) => values.get(index).copied().unwrap_or(f64::NAN),
        Err(_) if index == -1 => f64::NEG_INFINITY,
        Err(_) => f64::NAN,
    }
}

/// Upper bound of bucket `index` in an exponential native histogram, in the unit of the observed value.
///
/// `schema` is -4..=8 (larger is finer; -9..=52 are reserved and read alike); bucket `i` covers
/// `(base^(i-1), base^i]` with `base = 2^(2^-schema)`. The bound that would be 2^1024 is the largest finite
/// float, as Prometheus has it: only infinite observations lie above. NaN for any other schema. Powers of two
/// are exact; between them the bounds are the nearest floats, which in Prometheus's own table are up to four
/// units in the last place away.
#[must_use]
pub fn exponential_bound(schema: i32, index: i64) -> f64 {
    let (whole, fraction) = match schema {
        -9..=0 => (index.saturating_mul(1 << -schema), 0.0),
        1..=52 => {
            let per_octave = 1_i64 << schema;
            (index.div_euclid(per_octave), index.rem_euclid(per_octave) as f64 / per_octave as f64)
        }
        _ => return f64::NAN,
    };
    if whole == 1024 && fraction == 0.0 {
        return f64::MAX;
    }
    // Far past both ends of the floats.
    let whole = whole.clamp(-2_000, 2_000) as i32;
    let bound = fraction.exp2();
    if whole < -1_000 {
        // Rounds once, in the last step, where the bound is subnormal.
        bound * power_of_two(whole + 1_000) * power_of_two(-1_000)
    } else {
        bound * power_of_two(whole)
    }
}

/// 2^exponent, exactly; 0 below the normal floats, infinite above them.
fn power_of_two(exponent: i32) -> f64 {
    match exponent {
        ..-1022 => 0.0,
        -1022..1024 => f64::from_bits(((exponent + 1023) as u64) << 52),
        1024.. => f64::INFINITY,
    }
}

/// Counts of one side's buckets: each as the difference to the one before, or as it is.
#[derive(Clone, Copy)]
enum Counts<'e> {
    Deltas(&'e [i64]),
    Floats(&'e [f64]),
}

impl<'e> Counts<'e> {
    fn new(float: bool, deltas: &'e [i64], counts: &'e [f64]) -> Self {
        if counts.is_empty() || (!float && !deltas.is_empty()) {
            Self::Deltas(deltas)
        } else {
            Self::Floats(counts)
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Deltas(deltas) => deltas.len(),
            Self::Floats(counts) => counts.len(),
        }
    }
}

/// One side's buckets. Deltas add up in 128 bits, which no number of them that fits memory overflows.
#[derive(Clone, Copy)]
struct Side<'e> {
    spans: &'e [BucketSpan],
    counts: Counts<'e>,
    /// Buckets that both spans and counts have.
    len: usize,
}

impl<'e> Side<'e> {
    fn new(spans: &'e [BucketSpan], counts: Counts<'e>) -> Self {
        let claimed = spans.iter().map(|span| u64::from(span.length)).fold(0, u64::saturating_add);
        let len = usize::try_from(claimed).map_or(counts.len(), |claimed| claimed.min(counts.len()));
        Self { spans, counts, len }
    }

    /// Index and count of each bucket, upwards.
    fn up(self) -> impl Iterator<Item = (i64, f64)> + use<'e> {
        let mut next = 0_i64;
        let mut count = 0_i128;
        let indices = self.spans.iter().flat_map(move |span| {
            let from = next.saturating_add(i64::from(span.offset));
            next = from.saturating_add(i64::from(span.length));
            from..next
        });
        indices.zip(0..self.len).map(move |(index, at)| {
            let count = match self.counts {
                Counts::Floats(counts) => counts[at],
                Counts::Deltas(deltas) => {
                    count += i128::from(deltas[at]);
                    count as f64
                }
            };
            (index, count)
        })
    }

    /// The same, from the last bucket to the first.
    fn down(self) -> impl Iterator<Item = (i64, f64)> + use<'e> {
        let all = match self.counts {
            Counts::Deltas(deltas) => deltas[..self.len].iter().map(|&delta| i128::from(delta)).sum(),
            Counts::Floats(_) => 0,
        };
        let end = self.spans.iter().fold(0_i64, |end, span| {
            end.saturating_add(i64::from(span.offset)).saturating_add(i64::from(span.length))
        });
        let claimed = self.spans.iter().map(|span| u64::from(span.length)).fold(0, u64::saturating_add);
        // Buckets that the spans claim and the counts do not have are the last ones.
        let mut missing = claimed - self.len as u64;
        let mut end = end;
        let indices = self.spans.iter().rev().flat_map(move |span| {
            let from = end.saturating_sub(i64::from(span.length));
            let left_out = missing.min(u64::from(span.length));
            missing -= left_out;
            let range = from..end.saturating_sub(left_out as i64);
            end = from.saturating_sub(i64::from(span.offset));
            range.rev()
        });
        let mut count: i128 = all;
        indices.zip((0..self.len).rev()).map(move |(index, at)| {
            let this = match self.counts {
                Counts::Floats(counts) => counts[at],
                Counts::Deltas(deltas) => {
                    let this = count as f64;
                    count -= i128::from(deltas[at]);
                    this
                }
            };
            (index, this)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::config;
    use proptest::prelude::*;

    fn spans(spans: &[(i32, u32)]) -> Vec<BucketSpan> {
        spans.iter().map(|&(offset, length)| BucketSpan { offset, length }).collect()
    }

    #[track_caller]
    fn check(histogram: &Histogram<'_>, expect: &str) {
        let got: Vec<String> = buckets(histogram)
            .map(|bucket| {
                let open = if bucket.lower_inclusive { '[' } else { '(' };
                let close = if bucket.upper_inclusive { ']' } else { ')' };
                format!("{open}{:?},{:?}{close}:{}", bucket.lower, bucket.upper, bucket.count)
            })
            .collect();
        assert_eq!(got.join(" "), expect);
    }

    #[test]
    fn both_sides_come_in_order_of_their_bounds() {
        let (negative, positive) = (spans(&[(0, 2), (1, 1)]), spans(&[(-1, 1), (0, 0), (1, 2)]));
        let histogram = Histogram {
            count: Some(Count::Int(16)),
            zero_count: Some(Count::Int(2)),
            zero_threshold: 0.001,
            negative_spans: &negative,
            negative_deltas: &[1, 1, 2],
            positive_spans: &positive,
            positive_deltas: &[3, -2, 2],
            ..Histogram::default()
        };
        check(
            &histogram,
            "[-8.0,-4.0):4 [-2.0,-1.0):2 [-1.0,-0.5):1 [-0.001,0.001]:2 (0.25,0.5]:3 (1.0,2.0]:1 (2.0,4.0]:3",
        );
    }

    #[test]
    fn custom_buckets_end_at_infinity() {
        let positive = spans(&[(0, 2), (1, 1)]);
        let histogram = Histogram {
            schema: -53,
            count: Some(Count::Float(6.0)),
            positive_spans: &positive,
            positive_counts: &[1.0, 0.0, 5.5],
            custom_values: &[0.1, 1.0, 10.0],
            ..Histogram::default()
        };
        check(&histogram, "[-inf,0.1]:1 (0.1,1.0]:0 (10.0,inf]:5.5");
        check(&Histogram { custom_values: &[0.1], ..histogram }, "[-inf,0.1]:1 (0.1,inf]:0 (NaN,NaN]:5.5");
    }

    #[test]
    fn spans_without_counts_and_counts_without_spans_are_left_out() {
        let wide = spans(&[(5, 1), (0, u32::MAX), (i32::MAX, u32::MAX)]);
        let histogram = Histogram {
            negative_spans: &wide,
            negative_deltas: &[1, 1],
            positive_spans: &wide[..1],
            positive_deltas: &[7, 7],
            ..Histogram::default()
        };
        check(&histogram, "[-64.0,-32.0):2 [-32.0,-16.0):1 (16.0,32.0]:7");
    }

    #[test]
    fn bounds_are_exact_at_powers_of_two_and_alike_in_all_schemas() {
        for schema in -9..=52 {
            for octave in [-1074_i64, -1023, -512, 0, 512] {
                let Some(index) = (if schema > 0 {
                    Some(octave << schema)
                } else {
                    (octave % (1 << -schema) == 0).then_some(octave >> -schema)
                }) else {
                    continue;
                };
                let expect = 2_f64.powi(octave as i32 / 2) * 2_f64.powi(octave as i32 - octave as i32 / 2);
                assert_eq!(exponential_bound(schema, index), expect, "schema {schema}, 2^{octave}");
            }
        }
        assert_eq!(exponential_bound(1, 1), std::f64::consts::SQRT_2);
        assert_eq!(exponential_bound(3, 1).to_string(), "1.0905077326652577");
        assert_eq!(exponential_bound(8, -3), exponential_bound(10, -12));
    }

    #[test]
    fn the_last_finite_bucket_ends_at_the_largest_float() {
        for (schema, last) in [(0, 1024), (-4, 64), (8, 1024 << 8), (2, 4096)] {
            assert_eq!(exponential_bound(schema, last), f64::MAX);
            assert_eq!(exponential_bound(schema, last + 1), f64::INFINITY);
            assert!(exponential_bound(schema, last - 1) < f64::MAX);
        }
        assert_eq!(exponential_bound(0, i64::MIN), 0.0);
        assert_eq!(exponential_bound(-9, i64::MAX), f64::INFINITY);
        assert!(exponential_bound(53, 1).is_nan() && exponential_bound(-10, 1).is_nan());
    }

    #[test]
    fn only_the_stale_bits_are_stale() {
        let with = |bits| Histogram { sum: f64::from_bits(bits), ..Histogram::default() };
        assert!(is_stale(&with(0x7ff0_0000_0000_0002)));
        assert!(!is_stale(&with(0x7ff8_0000_0000_0001)));
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn downwards_is_upwards_reversed(
            parts in proptest::collection::vec((any::<i32>(), 0u32..4), 0..5),
            deltas in proptest::collection::vec(any::<i64>(), 0..12),
            floats: bool,
        ) {
            let counts: Vec<f64> = deltas.iter().map(|&delta| delta as f64).collect();
            let spans = spans(&parts);
            let counts = if floats { Counts::Floats(&counts) } else { Counts::Deltas(&deltas) };
            let side = Side::new(&spans, counts);
            let up: Vec<_> = side.up().collect();
            let mut down: Vec<_> = side.down().collect();
            down.reverse();
            prop_assert_eq!(up.len(), side.len);
            prop_assert_eq!(up, down);
        }

        #[test]
        fn any_histogram_yields_at_most_what_its_arrays_hold(
            schema: i32, near in -12i32..60, use_near: bool,
            parts in proptest::collection::vec((any::<i32>(), any::<u32>()), 0..5),
            deltas in proptest::collection::vec(any::<i64>(), 0..8),
            values in proptest::collection::vec(any::<f64>(), 0..8),
        ) {
            let spans = spans(&parts);
            let histogram = Histogram {
                schema: if use_near { near } else { schema },
                negative_spans: &spans,
                negative_deltas: &deltas,
                positive_spans: &spans,
                positive_counts: &values,
                custom_values: &values,
                ..Histogram::default()
            };
            prop_assert!(buckets(&histogram).count() <= deltas.len() + values.len());
        }
    }
}
