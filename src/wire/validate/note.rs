//! What is accepted and yet worth counting.

/// Something about an accepted series that its sender may want to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Note {
    #[error("labels are not sorted by name, as the specification wants them")]
    UnsortedLabels,
    #[error("a label has an empty value, which Prometheus takes for no label")]
    EmptyLabelValue,
    #[error("the metric name has characters that remote write 1.0 does not allow in it")]
    MetricNameNotLegacy,
    #[error("a label name has characters that remote write 1.0 does not allow in it")]
    LabelNameNotLegacy,
    #[error(
        "a sample is older than the one before it, which receivers without an out-of-order window refuse"
    )]
    SamplesOutOfOrder,
    #[error("two samples in a row have the same timestamp, of which receivers keep one")]
    DuplicateTimestamp,
    #[error("the metric type is none of the specification's")]
    UnknownMetricType,
    #[error("an exemplar has no timestamp, or the epoch itself")]
    ExemplarWithoutTimestamp,
    #[error("an exemplar's labels have more than 128 characters, which Prometheus drops in silence")]
    ExemplarLabelsTooLong,
    #[error("a histogram has a schema above 8, which receivers reduce to 8 or refuse")]
    HistogramSchemaAbove8,
    #[error("a series has neither samples nor histograms nor exemplars")]
    EmptySeries,
}

impl Note {
    /// All of them, in the order in which [`Notes`] gives them.
    pub const ALL: [Self; 11] = [
        Self::UnsortedLabels,
        Self::EmptyLabelValue,
        Self::MetricNameNotLegacy,
        Self::LabelNameNotLegacy,
        Self::SamplesOutOfOrder,
        Self::DuplicateTimestamp,
        Self::UnknownMetricType,
        Self::ExemplarWithoutTimestamp,
        Self::ExemplarLabelsTooLong,
        Self::HistogramSchemaAbove8,
        Self::EmptySeries,
    ];

    /// The rule's name: stable, for metrics and captures.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::UnsortedLabels => "unsorted-labels",
            Self::EmptyLabelValue => "empty-label-value",
            Self::MetricNameNotLegacy => "metric-name-not-legacy",
            Self::LabelNameNotLegacy => "label-name-not-legacy",
            Self::SamplesOutOfOrder => "samples-out-of-order",
            Self::DuplicateTimestamp => "duplicate-timestamp",
            Self::UnknownMetricType => "unknown-metric-type",
            Self::ExemplarWithoutTimestamp => "exemplar-without-timestamp",
            Self::ExemplarLabelsTooLong => "exemplar-labels-too-long",
            Self::HistogramSchemaAbove8 => "histogram-schema-above-8",
            Self::EmptySeries => "empty-series",
        }
    }
}

/// The notes of one series, each once.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Notes(u16);

impl Notes {
    pub(super) fn insert(&mut self, note: Note) {
        self.0 |= 1 << note as u16;
    }

    #[must_use]
    pub const fn contains(self, note: Note) -> bool {
        self.0 & (1 << note as u16) != 0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Note> {
        Note::ALL.into_iter().filter(move |&note| self.contains(note))
    }
}
