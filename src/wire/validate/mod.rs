//! What a receiver may accept: the rules for one series, by names that stay.
//!
//! A [`Violation`] refuses the series, a [`Note`] is worth counting. Stricter than Prometheus in what cannot be
//! meant (1.0 series without a name, which it drops with a 204), as lenient where senders in the wild depend on
//! it (unsorted labels, empty values, order of samples). Metadata of 1.0 has no rules beyond its own `fault`.
//!
//! Source: remote write 1.0 and 2.0, "Labels", "Samples", "Native Histograms"; `model/histogram` of Prometheus.

mod histogram;
mod note;
mod text;

pub use note::{Note, Notes};
pub use text::series_text;

use super::{Fault, Label, Protocol, Series};
use crate::base::name::{is_label_name, is_metric_name};

/// Why a series is refused. Positions count from 0 within it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Violation {
    #[error("{0}: write references and text as the specification has them")]
    Fault(Fault),
    #[error("there is no `__name__`, or it is empty: give every series a metric name")]
    MissingMetricName,
    #[error("label {label} has an empty name: name it or leave it out")]
    EmptyLabelName { label: usize },
    #[error("label {label} has the name of another one: send each name once")]
    DuplicateLabel { label: usize },
    #[error("there are samples and histograms in one series: send them as two")]
    SamplesAndHistograms,
    #[error("there is neither a sample nor a histogram: leave the series out")]
    EmptySeries,
    #[error("histogram {histogram} has schema {schema}: use -4 to 8, or -53 for custom buckets")]
    HistogramSchema { histogram: usize, schema: i32 },
    #[error(
        "histogram {histogram} has a span with offset {offset}: only the first exponential one may go below zero"
    )]
    HistogramSpanNegativeOffset { histogram: usize, offset: i32 },
    #[error(
        "histogram {histogram} has spans for {spans} {side} buckets, and {buckets} buckets: send as many"
    )]
    HistogramBucketsMismatch { histogram: usize, side: &'static str, spans: u64, buckets: usize },
    #[error(
        "histogram {histogram} mixes whole and float counts: send deltas with a whole count, else counts"
    )]
    HistogramKindMismatch { histogram: usize },
    #[error("histogram {histogram} has a bucket with fewer than 0 observations: check its deltas or counts")]
    HistogramNegativeBucket { histogram: usize },
    #[error("histogram {histogram} has a count below 0: send how many observations there were")]
    HistogramNegativeCount { histogram: usize },
    #[error("histogram {histogram} counts {count} observations, its buckets {found}: make them agree")]
    HistogramCountMismatch { histogram: usize, count: u64, found: u128 },
    #[error("histogram {histogram} has a zero threshold that is no width: send 0 or more")]
    HistogramZeroThreshold { histogram: usize },
    #[error("histogram {histogram} has a custom bound that is not finite: leave the one at +Inf out")]
    HistogramCustomBoundNotFinite { histogram: usize },
    #[error("histogram {histogram} has custom bounds out of order: make each greater than the one before")]
    HistogramCustomBoundsOrder { histogram: usize },
    #[error(
        "histogram {histogram} has spans over {spans} buckets and {bounds} custom bounds: send all bounds"
    )]
    HistogramCustomBoundsFew { histogram: usize, spans: u64, bounds: usize },
    #[error("histogram {histogram} has custom buckets and a zero bucket or negative side: leave these out")]
    HistogramCustomZero { histogram: usize },
    #[error("histogram {histogram} has custom bounds and schema {schema}: only schema -53 has custom bounds")]
    HistogramCustomValues { histogram: usize, schema: i32 },
}

impl Violation {
    /// The rule's name: stable, for metrics, captures and tests.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Fault(fault) => match fault {
                Fault::LabelRef { .. } => "label-reference",
                Fault::LabelRefCount { .. } => "odd-label-references",
                Fault::HelpRef { .. } | Fault::UnitRef { .. } => "metadata-reference",
                Fault::ExemplarRef { .. } | Fault::ExemplarRefCount { .. } => "exemplar-reference",
                Fault::LabelName { .. } | Fault::LabelValue { .. } => "label-not-utf8",
                Fault::ExemplarLabelName { .. } | Fault::ExemplarLabelValue { .. } => {
                    "exemplar-label-not-utf8"
                }
                Fault::Family | Fault::Help | Fault::Unit => "metadata-not-utf8",
                Fault::FirstSymbol => "first-symbol",
            },
            Self::MissingMetricName => "missing-metric-name",
            Self::EmptyLabelName { .. } => "empty-label-name",
            Self::DuplicateLabel { .. } => "duplicate-label",
            Self::SamplesAndHistograms => "samples-and-histograms",
            Self::EmptySeries => "empty-series",
            Self::HistogramSchema { .. } => "histogram-schema",
            Self::HistogramSpanNegativeOffset { .. } => "histogram-span-negative-offset",
            Self::HistogramBucketsMismatch { .. } | Self::HistogramKindMismatch { .. } => {
                "histogram-buckets-mismatch"
            }
            Self::HistogramNegativeBucket { .. } => "histogram-negative-bucket",
            Self::HistogramNegativeCount { .. } => "histogram-negative-count",
            Self::HistogramCountMismatch { .. } => "histogram-count-mismatch",
            Self::HistogramZeroThreshold { .. } => "histogram-zero-threshold",
            Self::HistogramCustomBoundNotFinite { .. }
            | Self::HistogramCustomBoundsOrder { .. }
            | Self::HistogramCustomBoundsFew { .. } => "histogram-custom-bounds",
            Self::HistogramCustomZero { .. } => "histogram-custom-zero",
            Self::HistogramCustomValues { .. } => "histogram-custom-values-without-custom-schema",
        }
    }
}

/// Whether `series` may be accepted, and what is worth noting of it if so.
///
/// Linear in the size of the series where its labels are sorted.
pub fn check(series: &Series<'_>) -> Result<Notes, Violation> {
    check_values(series, check_labels(series)?)
}

/// The part of [`check`] that looks at anything but labels, of which [`check_labels`] noted `labels`.
pub fn check_values(series: &Series<'_>, labels: Notes) -> Result<Notes, Violation> {
    let mut notes = labels;
    let has_histograms = series.histograms().len() > 0;
    let empty = series.samples.is_empty() && !has_histograms && series.exemplars().len() == 0;
    match series.protocol {
        Protocol::V1 if empty => notes.insert(Note::EmptySeries),
        Protocol::V1 => {}
        // Spec 2.0: at least one sample or histogram, and not both. Exemplars alone do reach receivers.
        Protocol::V2 if empty => return Err(Violation::EmptySeries),
        Protocol::V2 if has_histograms && !series.samples.is_empty() => {
            return Err(Violation::SamplesAndHistograms);
        }
        Protocol::V2 => {}
    }
    for (at, histogram) in series.histograms().enumerate() {
        histogram::check(at, &histogram, &mut notes)?;
    }
    note_order(series.samples.iter().map(|sample| sample.timestamp), &mut notes);
    note_order(series.histograms().map(|histogram| histogram.timestamp), &mut notes);
    if series.metadata.is_some_and(|metadata| !(0..=7).contains(&metadata.kind.0)) {
        notes.insert(Note::UnknownMetricType);
    }
    note_exemplars(series, &mut notes);
    Ok(notes)
}

/// The part of [`check`] that looks at faults and labels only. Without a fault, it says the same of the same labels in
/// the same version of the protocol.
pub fn check_labels(series: &Series<'_>) -> Result<Notes, Violation> {
    if let Some(fault) = series.fault {
        return Err(Violation::Fault(fault));
    }
    let mut notes = Notes::default();
    let labels = series.labels;
    let legacy_only = series.protocol == Protocol::V1;
    let mut name = "";
    for (at, label) in labels.iter().enumerate() {
        if label.name.is_empty() {
            return Err(Violation::EmptyLabelName { label: at });
        }
        if at > 0 && labels[at - 1].name >= label.name {
            if labels[at - 1].name == label.name {
                return Err(Violation::DuplicateLabel { label: at });
            }
            notes.insert(Note::UnsortedLabels);
        }
        if label.name == "__name__" {
            name = label.value;
        } else {
            if label.value.is_empty() {
                notes.insert(Note::EmptyLabelValue);
            }
            if legacy_only && !is_label_name(label.name) {
                notes.insert(Note::LabelNameNotLegacy);
            }
        }
    }
    if notes.contains(Note::UnsortedLabels)
        && let Some(label) = repeated(labels)
    {
        return Err(Violation::DuplicateLabel { label });
    }
    if name.is_empty() {
        return Err(Violation::MissingMetricName);
    }
    if legacy_only && !is_metric_name(name) {
        notes.insert(Note::MetricNameNotLegacy);
    }
    Ok(notes)
}

/// Position of a label whose name stands before it, whatever the order.
fn repeated(labels: &[Label<'_>]) -> Option<usize> {
    // Comparing a few with each other is cheaper than sorting them, and takes no memory.
    const FEW: usize = 32;
    if labels.len() <= FEW {
        return (1..labels.len()).find(|&at| labels[..at].iter().any(|label| label.name == labels[at].name));
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_unstable_by_key(|&at| (labels[at].name, at));
    order.windows(2).filter(|pair| labels[pair[0]].name == labels[pair[1]].name).map(|pair| pair[1]).min()
}

fn note_order(timestamps: impl Iterator<Item = i64>, notes: &mut Notes) {
    let mut last = None;
    for timestamp in timestamps {
        match last {
            Some(last) if timestamp < last => notes.insert(Note::SamplesOutOfOrder),
            Some(last) if timestamp == last => notes.insert(Note::DuplicateTimestamp),
            _ => {}
        }
        last = Some(timestamp);
    }
}

/// Characters of names and values together that an exemplar's labels may have. OpenMetrics 1.0, "Exemplars".
const MAX_EXEMPLAR_CHARS: usize = 128;

fn note_exemplars(series: &Series<'_>, notes: &mut Notes) {
    for exemplar in series.exemplars() {
        if exemplar.timestamp == 0 {
            notes.insert(Note::ExemplarWithoutTimestamp);
        }
        let bytes: usize = exemplar.labels.iter().map(|label| label.name.len() + label.value.len()).sum();
        let chars = |label: &Label<'_>| label.name.chars().count() + label.value.chars().count();
        if bytes > MAX_EXEMPLAR_CHARS && exemplar.labels.iter().map(chars).sum::<usize>() > MAX_EXEMPLAR_CHARS
        {
            notes.insert(Note::ExemplarLabelsTooLong);
        }
    }
}

#[cfg(test)]
mod tests;
