//! The rules for one native histogram, as `Validate` in Prometheus's `model/histogram` has them.
//!
//! Beyond it: bounds must be finite at both ends, a zero threshold must be a width, counts of one kind only.

use super::{Note, Notes, Violation};
use crate::wire::buckets::{CUSTOM_SCHEMA, is_stale};
use crate::wire::{BucketSpan, Count, Histogram};

/// Checks the histogram at position `at` of its series.
pub(super) fn check(at: usize, histogram: &Histogram<'_>, notes: &mut Notes) -> Result<(), Violation> {
    if is_stale(histogram) {
        return Ok(());
    }
    let schema = histogram.schema;
    check_kind(at, histogram)?;
    match schema {
        CUSTOM_SCHEMA => check_custom(at, histogram)?,
        -4..=52 => {
            if schema > 8 {
                notes.insert(Note::HistogramSchemaAbove8);
            }
            if !histogram.custom_values.is_empty() {
                return Err(Violation::HistogramCustomValues { histogram: at, schema });
            }
        }
        _ => return Err(Violation::HistogramSchema { histogram: at, schema }),
    }
    if histogram.zero_threshold.is_nan() || histogram.zero_threshold < 0.0 {
        return Err(Violation::HistogramZeroThreshold { histogram: at });
    }
    check_spans(at, "positive", histogram.positive_spans, buckets(histogram, Side::Positive))?;
    check_spans(at, "negative", histogram.negative_spans, buckets(histogram, Side::Negative))?;
    match histogram.count {
        Some(Count::Float(count)) => check_floats(at, histogram, count),
        Some(Count::Int(count)) => check_integers(at, histogram, count),
        None => check_integers(at, histogram, 0),
    }
}

#[derive(Clone, Copy)]
enum Side {
    Positive,
    Negative,
}

/// Number of buckets that a side's arrays hold; one of them is empty, by [`check_kind`].
fn buckets(histogram: &Histogram<'_>, side: Side) -> usize {
    match side {
        Side::Positive => histogram.positive_deltas.len().max(histogram.positive_counts.len()),
        Side::Negative => histogram.negative_deltas.len().max(histogram.negative_counts.len()),
    }
}

/// The arrays must be those of the count's kind. A zero bucket of the other kind is let pass while it is empty.
fn check_kind(at: usize, histogram: &Histogram<'_>) -> Result<(), Violation> {
    let deltas = !histogram.positive_deltas.is_empty() || !histogram.negative_deltas.is_empty();
    let counts = !histogram.positive_counts.is_empty() || !histogram.negative_counts.is_empty();
    let mixed = match (histogram.count, histogram.zero_count) {
        (Some(Count::Float(_)), Some(Count::Int(1..))) => true,
        (Some(Count::Float(_)), _) => deltas,
        (_, Some(Count::Float(zero))) if zero != 0.0 => true,
        _ => counts,
    };
    if mixed { Err(Violation::HistogramKindMismatch { histogram: at }) } else { Ok(()) }
}

fn check_spans(at: usize, side: &'static str, spans: &[BucketSpan], buckets: usize) -> Result<(), Violation> {
    let mut length = 0_u64;
    for (n, span) in spans.iter().enumerate() {
        if n > 0 && span.offset < 0 {
            return Err(Violation::HistogramSpanNegativeOffset { histogram: at, offset: span.offset });
        }
        length = length.saturating_add(u64::from(span.length));
    }
    if length == buckets as u64 {
        Ok(())
    } else {
        Err(Violation::HistogramBucketsMismatch { histogram: at, side, spans: length, buckets })
    }
}

fn check_custom(at: usize, histogram: &Histogram<'_>) -> Result<(), Violation> {
    let bounds = histogram.custom_values;
    if bounds.iter().any(|bound| !bound.is_finite()) {
        return Err(Violation::HistogramCustomBoundNotFinite { histogram: at });
    }
    if bounds.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Violation::HistogramCustomBoundsOrder { histogram: at });
    }
    let zero = match histogram.zero_count {
        None => 0.0,
        Some(Count::Int(count)) => count as f64,
        Some(Count::Float(count)) => count,
    };
    let negative = !histogram.negative_spans.is_empty() || buckets(histogram, Side::Negative) > 0;
    if zero != 0.0 || histogram.zero_threshold != 0.0 || negative {
        return Err(Violation::HistogramCustomZero { histogram: at });
    }
    let mut spans = 0_u64;
    for &BucketSpan { offset, length } in histogram.positive_spans {
        let Ok(gap) = u64::try_from(offset) else {
            return Err(Violation::HistogramSpanNegativeOffset { histogram: at, offset });
        };
        spans = spans.saturating_add(gap).saturating_add(u64::from(length));
    }
    // One bucket more than bounds: the last is up to +Inf.
    if spans > bounds.len() as u64 + 1 {
        return Err(Violation::HistogramCustomBoundsFew { histogram: at, spans, bounds: bounds.len() });
    }
    Ok(())
}

/// Whole counts add up: to the count, or to no more than that where a NaN was observed, which is in no bucket.
fn check_integers(at: usize, histogram: &Histogram<'_>, count: u64) -> Result<(), Violation> {
    let zero = match histogram.zero_count {
        Some(Count::Int(zero)) => zero,
        Some(Count::Float(_)) | None => 0,
    };
    let mut found = u128::from(zero);
    for deltas in [histogram.negative_deltas, histogram.positive_deltas] {
        let mut bucket = 0_i64;
        for &delta in deltas {
            // What leaves 64 bits has gone below zero in a receiver that counts with as many.
            bucket = bucket
                .checked_add(delta)
                .filter(|&bucket| bucket >= 0)
                .ok_or(Violation::HistogramNegativeBucket { histogram: at })?;
            found += u128::from(bucket.unsigned_abs());
        }
    }
    let agree = if histogram.sum.is_nan() { found <= u128::from(count) } else { found == u128::from(count) };
    if agree { Ok(()) } else { Err(Violation::HistogramCountMismatch { histogram: at, count, found }) }
}

/// Float counts need not add up: Prometheus's `FloatHistogram.Validate` leaves it at the signs, for rounding.
fn check_floats(at: usize, histogram: &Histogram<'_>, count: f64) -> Result<(), Violation> {
    if count < 0.0 {
        return Err(Violation::HistogramNegativeCount { histogram: at });
    }
    let zero = match histogram.zero_count {
        Some(Count::Float(zero)) => zero,
        Some(Count::Int(_)) | None => 0.0,
    };
    let mut counts = histogram.negative_counts.iter().chain(histogram.positive_counts).chain([&zero]);
    if counts.any(|&count| count < 0.0) {
        return Err(Violation::HistogramNegativeBucket { histogram: at });
    }
    Ok(())
}
