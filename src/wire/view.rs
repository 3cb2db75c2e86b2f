//! The view both versions are read as.

use std::fmt;

use super::cursor::Cursor;
use super::scratch::Arena;
use super::{Fault, Protocol, v1, v2};

/// Stands in for text that is not UTF-8, or that a reference past the symbol table names.
pub(super) const REPLACEMENT: &str = "\u{fffd}";

/// One top-level element of a request.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'e> {
    Series(Series<'e>),
    /// 1.0 only: metadata of a metric family, an element of its own.
    Metadata(FamilyMetadata<'e>),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label<'a> {
    pub name: &'a str,
    pub value: &'a str,
}

/// One `TimeSeries` element as sent; the same label set may come in several.
///
/// Labels stand in wire order: nothing is sorted, merged or left out.
#[derive(Clone, Copy)]
pub struct Series<'e> {
    /// Position among the request's `TimeSeries`, from 0.
    pub index: usize,
    /// Byte offset of the element's content in the message.
    pub offset: usize,
    /// Length of the element's content, in bytes.
    pub len: usize,
    pub labels: &'e [Label<'e>],
    pub samples: &'e [Sample],
    /// 2.0: type, help and unit of the family; 1.0 never has it.
    pub metadata: Option<Metadata<'e>>,
    /// rc.3 `created_timestamp`, ms; `None` when 0 (unset).
    pub created: Option<i64>,
    /// First broken reference or text. Texts that could not be read are U+FFFD then: do not use the labels
    /// (and whatever else the fault names) for anything but a message.
    pub fault: Option<Fault>,
    pub(super) protocol: Protocol,
    pub(super) message: &'e [u8],
    pub(super) arena: &'e Arena<'e>,
}

impl<'e> Series<'e> {
    /// Value of the first label of that name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&'e str> {
        self.labels.iter().find(|label| label.name == name).map(|label| label.value)
    }

    /// The metric's name: the value of `__name__`.
    #[must_use]
    pub fn name(&self) -> Option<&'e str> {
        self.label("__name__")
    }

    /// Native histograms, in wire order.
    pub fn histograms(&self) -> impl ExactSizeIterator<Item = Histogram<'e>> + use<'e> {
        let histograms = &self.arena.histograms;
        (0..histograms.len()).map(|index| histograms.get(index))
    }

    /// Exemplars, in wire order.
    pub fn exemplars(&self) -> impl ExactSizeIterator<Item = Exemplar<'e>> + use<'e> {
        let arena = self.arena;
        let mut from = 0;
        arena.exemplars.iter().map(move |record| {
            let labels = &arena.exemplar_labels[from..record.labels_end];
            from = record.labels_end;
            Exemplar { labels, value: record.value, timestamp: record.timestamp }
        })
    }

    /// Label pairs as bytes, for messages and for showing labels that are not UTF-8; a reference past the symbol
    /// table gives U+FFFD. Allocates: not for the hot path.
    #[must_use]
    pub fn raw_labels(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        match self.protocol {
            Protocol::V1 => v1::raw_labels(Cursor::at(self.message, self.offset, self.len)),
            Protocol::V2 => v2::raw_labels(self.arena),
        }
    }
}

impl fmt::Debug for Series<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("index", &self.index)
            .field("offset", &self.offset)
            .field("len", &self.len)
            .field("labels", &self.labels)
            .field("samples", &self.samples)
            .field("histograms", &self.histograms().collect::<Vec<_>>())
            .field("exemplars", &self.exemplars().collect::<Vec<_>>())
            .field("metadata", &self.metadata)
            .field("created", &self.created)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// One value of a series.
///
/// `value` keeps its bits: stale markers and other NaNs pass unchanged. Times in ms; `start` 0 is unset.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sample {
    pub value: f64,
    pub timestamp: i64,
    /// rc.4 `start_timestamp`; 1.0 never has it.
    pub start: i64,
}

/// A run of consecutive buckets: `offset` empty ones after the span before, then `length` that are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BucketSpan {
    pub offset: i32,
    pub length: u32,
}

/// A histogram's count of observations: whole in integer histograms, not in float histograms.
#[derive(Clone, Copy, Debug)]
pub enum Count {
    Int(u64),
    Float(f64),
}

/// A native histogram as sent: nothing is checked but sizes.
#[derive(Clone, Copy, Default, Debug)]
pub struct Histogram<'e> {
    pub count: Option<Count>,
    pub sum: f64,
    /// -4 to 8 for exponential buckets, -53 for custom ones; others as sent.
    pub schema: i32,
    pub zero_threshold: f64,
    pub zero_count: Option<Count>,
    pub negative_spans: &'e [BucketSpan],
    pub negative_deltas: &'e [i64],
    pub negative_counts: &'e [f64],
    pub positive_spans: &'e [BucketSpan],
    pub positive_deltas: &'e [i64],
    pub positive_counts: &'e [f64],
    /// 0 unknown, 1 yes, 2 no, 3 gauge; others as sent.
    pub reset_hint: i32,
    /// ms.
    pub timestamp: i64,
    pub custom_values: &'e [f64],
    /// rc.4 `start_timestamp`, ms; 0 is unset; 1.0 never has it.
    pub start: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct Exemplar<'e> {
    pub labels: &'e [Label<'e>],
    pub value: f64,
    /// ms.
    pub timestamp: i64,
}

/// Metadata of a series, as 2.0 has it. Texts are empty when not set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metadata<'e> {
    pub kind: MetricType,
    pub help: &'e str,
    pub unit: &'e str,
}

/// Bits of the value of a series that ended; of a native histogram they stand in `sum`. Spec 1.0 and 2.0,
/// "Stale Markers"; Prometheus `model/value/value.go`.
pub const STALE_NAN: u64 = 0x7ff0_0000_0000_0002;
/// Bits of the NaN that Prometheus writes where a calculation gave no number. Prometheus `model/value/value.go`.
pub const NORMAL_NAN: u64 = 0x7ff8_0000_0000_0001;

/// Metadata of a metric family, as 1.0 has it. Texts are empty when not set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FamilyMetadata<'e> {
    pub family: &'e str,
    pub kind: MetricType,
    pub help: &'e str,
    pub unit: &'e str,
    /// Byte offset of the element's content in the message.
    pub offset: usize,
    /// Length of the element's content, in bytes.
    pub len: usize,
    /// The first text that is not UTF-8; it is U+FFFD then.
    pub fault: Option<Fault>,
}

/// Metric type as sent; numbers the specification does not know are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct MetricType(pub i32);

impl MetricType {
    /// The word OpenMetrics has for it; `unknown` also for numbers the specification does not know.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self.0 {
            1 => "counter",
            2 => "gauge",
            3 => "histogram",
            4 => "gaugehistogram",
            5 => "summary",
            6 => "info",
            7 => "stateset",
            _ => "unknown",
        }
    }
}
