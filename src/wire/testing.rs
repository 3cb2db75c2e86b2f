//! Requests as owned values that compare to the bit: what tests build, and what views and prost's messages become
//! to be compared.

use super::proto::{v1, v2};
use super::view;
use super::{
    BucketSpan, Count, DecodeError, Dialect, Encoder, Entry, FamilyMetadata, Fault, Limits, Metadata,
    MetricType, Protocol, REPLACEMENT, Scratch, decode,
};

/// Limits that no message reaches.
pub(crate) const UNLIMITED: Limits = Limits {
    decoded: usize::MAX,
    entries: usize::MAX,
    symbols: usize::MAX,
    labels: usize::MAX,
    samples: usize::MAX,
    histograms: usize::MAX,
    exemplars: usize::MAX,
    buckets: usize::MAX,
};

/// A request; series and 1.0 metadata apart, as prost has them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Request {
    pub(crate) series: Vec<Series>,
    pub(crate) families: Vec<Family>,
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    pub(crate) samples: Vec<Sample>,
    pub(crate) histograms: Vec<Histogram>,
    pub(crate) exemplars: Vec<Exemplar>,
    /// Type, help, unit.
    pub(crate) metadata: Option<(i32, String, String)>,
    pub(crate) created: i64,
    pub(crate) fault: Option<Fault>,
}

pub(crate) type Labels = Vec<(String, String)>;

/// A double by its bits, so that NaNs and zeros compare as what they are.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Double(pub(crate) u64);

impl std::fmt::Debug for Double {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}:{:#018x}", f64::from_bits(self.0), self.0)
    }
}

impl From<f64> for Double {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Sample {
    pub(crate) value: Double,
    pub(crate) timestamp: i64,
    pub(crate) start: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Number {
    Int(u64),
    Float(Double),
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Histogram {
    pub(crate) count: Option<Number>,
    pub(crate) sum: Double,
    pub(crate) schema: i32,
    pub(crate) zero_threshold: Double,
    pub(crate) zero_count: Option<Number>,
    pub(crate) negative_spans: Vec<BucketSpan>,
    pub(crate) negative_deltas: Vec<i64>,
    pub(crate) negative_counts: Vec<Double>,
    pub(crate) positive_spans: Vec<BucketSpan>,
    pub(crate) positive_deltas: Vec<i64>,
    pub(crate) positive_counts: Vec<Double>,
    pub(crate) reset_hint: i32,
    pub(crate) timestamp: i64,
    pub(crate) custom_values: Vec<Double>,
    pub(crate) start: i64,
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Exemplar {
    pub(crate) labels: Labels,
    pub(crate) value: Double,
    pub(crate) timestamp: i64,
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) kind: i32,
    pub(crate) help: String,
    pub(crate) unit: String,
    pub(crate) fault: Option<Fault>,
}

/// Labels from pairs: `labels(&[("__name__", "up")])`.
pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Series {
    /// A series of one sample.
    pub(crate) fn of(pairs: &[(&str, &str)], value: f64, timestamp: i64) -> Self {
        let samples = vec![Sample { value: value.into(), timestamp, start: 0 }];
        Self { labels: labels(pairs), samples, ..Self::default() }
    }
}

/// A length-delimited field as bytes, for messages that no encoder writes. `number` is under 16.
pub(crate) fn field(number: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

/// A varint field as bytes. `number` is under 16.
pub(crate) fn varint(number: u8, value: u64) -> Vec<u8> {
    let mut bytes = vec![number << 3];
    prost::encoding::encode_varint(value, &mut bytes);
    bytes
}

impl Request {
    /// All that `message` holds, through the view.
    pub(crate) fn read(protocol: Protocol, message: &[u8]) -> Result<(Self, Dialect), DecodeError> {
        Self::read_with(protocol, message, &UNLIMITED, &mut Scratch::default())
    }

    pub(crate) fn read_with(
        protocol: Protocol,
        message: &[u8],
        limits: &Limits,
        scratch: &mut Scratch,
    ) -> Result<(Self, Dialect), DecodeError> {
        let mut entries = decode(protocol, message, limits, scratch)?;
        let mut request = Self::default();
        while let Some(entry) = entries.next()? {
            match entry {
                Entry::Series(series) => request.series.push(Series::from_view(&series)),
                Entry::Metadata(metadata) => request.families.push(Family::from_view(&metadata)),
            }
        }
        Ok((request, entries.dialect()))
    }

    /// The message that the encoder writes for this request.
    pub(crate) fn write(&self, protocol: Protocol) -> Vec<u8> {
        let mut message = Vec::new();
        let mut encoder = Encoder::new(protocol);
        self.write_with(&mut encoder, &mut message);
        message
    }

    pub(crate) fn write_with(&self, encoder: &mut Encoder, message: &mut Vec<u8>) {
        for series in &self.series {
            let metadata = series.metadata.as_ref();
            let metadata =
                metadata.map(|(kind, help, unit)| Metadata { kind: MetricType(*kind), help, unit });
            encoder.series(views(&series.labels), metadata, Some(series.created));
            for sample in &series.samples {
                let value = f64::from_bits(sample.value.0);
                encoder.sample(view::Sample { value, timestamp: sample.timestamp, start: sample.start });
            }
            for exemplar in &series.exemplars {
                let value = f64::from_bits(exemplar.value.0);
                encoder.exemplar(views(&exemplar.labels), value, exemplar.timestamp);
            }
            for histogram in &series.histograms {
                histogram.with_view(|histogram| encoder.histogram(histogram));
            }
        }
        for Family { name, kind, help, unit, .. } in &self.families {
            let kind = MetricType(*kind);
            encoder.metadata(&FamilyMetadata {
                family: name,
                kind,
                help,
                unit,
                offset: 0,
                len: 0,
                fault: None,
            });
        }
        encoder.finish(message);
    }
}

fn views(labels: &Labels) -> impl Iterator<Item = view::Label<'_>> {
    labels.iter().map(|(name, value)| view::Label { name, value })
}

fn owned(labels: &[view::Label<'_>]) -> Labels {
    labels.iter().map(|label| (label.name.to_owned(), label.value.to_owned())).collect()
}

fn doubles(values: &[f64]) -> Vec<Double> {
    values.iter().map(|&value| value.into()).collect()
}

fn floats(values: &[Double]) -> Vec<f64> {
    values.iter().map(|value| f64::from_bits(value.0)).collect()
}

impl Series {
    pub(crate) fn from_view(series: &view::Series<'_>) -> Self {
        let sample = |sample: &view::Sample| Sample {
            value: sample.value.into(),
            timestamp: sample.timestamp,
            start: sample.start,
        };
        let exemplar = |exemplar: view::Exemplar<'_>| Exemplar {
            labels: owned(exemplar.labels),
            value: exemplar.value.into(),
            timestamp: exemplar.timestamp,
        };
        Self {
            labels: owned(series.labels),
            samples: series.samples.iter().map(sample).collect(),
            histograms: series.histograms().map(|histogram| Histogram::from_view(&histogram)).collect(),
            exemplars: series.exemplars().map(exemplar).collect(),
            metadata: series.metadata.map(|meta| (meta.kind.0, meta.help.to_owned(), meta.unit.to_owned())),
            created: series.created.unwrap_or(0),
            fault: series.fault,
        }
    }
}

impl Family {
    pub(crate) fn from_view(metadata: &FamilyMetadata<'_>) -> Self {
        Self {
            name: metadata.family.to_owned(),
            kind: metadata.kind.0,
            help: metadata.help.to_owned(),
            unit: metadata.unit.to_owned(),
            fault: metadata.fault,
        }
    }
}

impl From<Count> for Number {
    fn from(count: Count) -> Self {
        match count {
            Count::Int(count) => Self::Int(count),
            Count::Float(count) => Self::Float(count.into()),
        }
    }
}

impl From<Number> for Count {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(count) => Self::Int(count),
            Number::Float(count) => Self::Float(f64::from_bits(count.0)),
        }
    }
}

impl Histogram {
    pub(crate) fn from_view(histogram: &view::Histogram<'_>) -> Self {
        Self {
            count: histogram.count.map(Number::from),
            sum: histogram.sum.into(),
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold.into(),
            zero_count: histogram.zero_count.map(Number::from),
            negative_spans: histogram.negative_spans.to_vec(),
            negative_deltas: histogram.negative_deltas.to_vec(),
            negative_counts: doubles(histogram.negative_counts),
            positive_spans: histogram.positive_spans.to_vec(),
            positive_deltas: histogram.positive_deltas.to_vec(),
            positive_counts: doubles(histogram.positive_counts),
            reset_hint: histogram.reset_hint,
            timestamp: histogram.timestamp,
            custom_values: doubles(histogram.custom_values),
            start: histogram.start,
        }
    }

    /// Calls `f` with this histogram as a view.
    pub(crate) fn with_view<T>(&self, f: impl FnOnce(&view::Histogram<'_>) -> T) -> T {
        f(&view::Histogram {
            count: self.count.map(Count::from),
            sum: f64::from_bits(self.sum.0),
            schema: self.schema,
            zero_threshold: f64::from_bits(self.zero_threshold.0),
            zero_count: self.zero_count.map(Count::from),
            negative_spans: &self.negative_spans,
            negative_deltas: &self.negative_deltas,
            negative_counts: &floats(&self.negative_counts),
            positive_spans: &self.positive_spans,
            positive_deltas: &self.positive_deltas,
            positive_counts: &floats(&self.positive_counts),
            reset_hint: self.reset_hint,
            timestamp: self.timestamp,
            custom_values: &floats(&self.custom_values),
            start: self.start,
        })
    }
}

impl From<&v1::WriteRequest> for Request {
    fn from(request: &v1::WriteRequest) -> Self {
        let pairs = |labels: &[v1::Label]| {
            labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect()
        };
        let sample = |sample: &v1::Sample| Sample {
            value: sample.value.into(),
            timestamp: sample.timestamp,
            start: 0,
        };
        let exemplar = |exemplar: &v1::Exemplar| Exemplar {
            labels: pairs(&exemplar.labels),
            value: exemplar.value.into(),
            timestamp: exemplar.timestamp,
        };
        let series = |series: &v1::TimeSeries| Series {
            labels: pairs(&series.labels),
            samples: series.samples.iter().map(sample).collect(),
            histograms: series.histograms.iter().map(Histogram::from).collect(),
            exemplars: series.exemplars.iter().map(exemplar).collect(),
            ..Series::default()
        };
        let family = |metadata: &v1::MetricMetadata| Family {
            name: metadata.metric_family_name.clone(),
            kind: metadata.r#type,
            help: metadata.help.clone(),
            unit: metadata.unit.clone(),
            fault: None,
        };
        Self {
            series: request.timeseries.iter().map(series).collect(),
            families: request.metadata.iter().map(family).collect(),
        }
    }
}

impl From<&v1::Histogram> for Histogram {
    fn from(histogram: &v1::Histogram) -> Self {
        use v1::histogram::{Count, ZeroCount};
        let spans = |spans: &[v1::BucketSpan]| {
            spans.iter().map(|span| BucketSpan { offset: span.offset, length: span.length }).collect()
        };
        Self {
            count: histogram.count.map(|count| match count {
                Count::CountInt(count) => Number::Int(count),
                Count::CountFloat(count) => Number::Float(count.into()),
            }),
            sum: histogram.sum.into(),
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold.into(),
            zero_count: histogram.zero_count.map(|count| match count {
                ZeroCount::ZeroCountInt(count) => Number::Int(count),
                ZeroCount::ZeroCountFloat(count) => Number::Float(count.into()),
            }),
            negative_spans: spans(&histogram.negative_spans),
            negative_deltas: histogram.negative_deltas.clone(),
            negative_counts: doubles(&histogram.negative_counts),
            positive_spans: spans(&histogram.positive_spans),
            positive_deltas: histogram.positive_deltas.clone(),
            positive_counts: doubles(&histogram.positive_counts),
            reset_hint: histogram.reset_hint,
            timestamp: histogram.timestamp,
            custom_values: doubles(&histogram.custom_values),
            start: 0,
        }
    }
}

impl From<&v2::Request> for Request {
    fn from(request: &v2::Request) -> Self {
        let series =
            request.timeseries.iter().map(|series| SymbolReader::new(request).series(series)).collect();
        Self { series, families: Vec::new() }
    }
}

/// Resolves the references of one series one by one, noting the first that cannot be. Symbols of a prost message
/// are always text.
struct SymbolReader<'a> {
    symbols: &'a [String],
    fault: Option<Fault>,
}

impl<'a> SymbolReader<'a> {
    fn new(request: &'a v2::Request) -> Self {
        Self { symbols: &request.symbols, fault: None }
    }

    fn symbol(&mut self, reference: u32, fault: impl FnOnce(usize) -> Fault) -> String {
        if let Some(symbol) = self.symbols.get(reference as usize) {
            return symbol.clone();
        }
        self.fault = self.fault.or(Some(fault(self.symbols.len())));
        REPLACEMENT.to_owned()
    }

    fn optional(&mut self, reference: u32, fault: impl FnOnce(usize) -> Fault) -> String {
        if reference == 0 && self.symbols.is_empty() { String::new() } else { self.symbol(reference, fault) }
    }

    fn series(mut self, series: &v2::TimeSeries) -> Series {
        let refs = &series.labels_refs;
        let mut labels = Labels::new();
        for pair in refs.chunks_exact(2) {
            let mut text =
                |reference| self.symbol(reference, |symbols| Fault::LabelRef { reference, symbols });
            labels.push((text(pair[0]), text(pair[1])));
        }
        if refs.len() % 2 == 1 {
            let (reference, count) = (refs[refs.len() - 1], refs.len());
            self.symbol(reference, |symbols| Fault::LabelRef { reference, symbols });
            self.fault = self.fault.or(Some(Fault::LabelRefCount { count }));
        }
        let metadata = series.metadata.map(|meta| {
            let (help, unit) = (meta.help_ref, meta.unit_ref);
            (
                meta.r#type,
                self.optional(help, |symbols| Fault::HelpRef { reference: help, symbols }),
                self.optional(unit, |symbols| Fault::UnitRef { reference: unit, symbols }),
            )
        });
        let exemplars = series.exemplars.iter().enumerate();
        let exemplars = exemplars.map(|(index, exemplar)| self.exemplar(index, exemplar)).collect();
        let sample = |sample: &v2::Sample| Sample {
            value: sample.value.into(),
            timestamp: sample.timestamp,
            start: sample.start_timestamp,
        };
        Series {
            labels,
            samples: series.samples.iter().map(sample).collect(),
            histograms: series.histograms.iter().map(Histogram::from).collect(),
            exemplars,
            metadata,
            created: series.created_timestamp,
            fault: self.fault,
        }
    }

    fn exemplar(&mut self, exemplar: usize, sent: &v2::Exemplar) -> Exemplar {
        let refs = &sent.labels_refs;
        let mut labels = Labels::new();
        let past = |reference| move |symbols| Fault::ExemplarRef { exemplar, reference, symbols };
        for pair in refs.chunks_exact(2) {
            labels.push((self.symbol(pair[0], past(pair[0])), self.symbol(pair[1], past(pair[1]))));
        }
        if refs.len() % 2 == 1 {
            let (reference, count) = (refs[refs.len() - 1], refs.len());
            self.symbol(reference, past(reference));
            self.fault = self.fault.or(Some(Fault::ExemplarRefCount { exemplar, count }));
        }
        Exemplar { labels, value: sent.value.into(), timestamp: sent.timestamp }
    }
}

impl From<&v2::Histogram> for Histogram {
    fn from(histogram: &v2::Histogram) -> Self {
        use v2::histogram::{Count, ZeroCount};
        let spans = |spans: &[v2::BucketSpan]| {
            spans.iter().map(|span| BucketSpan { offset: span.offset, length: span.length }).collect()
        };
        Self {
            count: histogram.count.map(|count| match count {
                Count::CountInt(count) => Number::Int(count),
                Count::CountFloat(count) => Number::Float(count.into()),
            }),
            sum: histogram.sum.into(),
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold.into(),
            zero_count: histogram.zero_count.map(|count| match count {
                ZeroCount::ZeroCountInt(count) => Number::Int(count),
                ZeroCount::ZeroCountFloat(count) => Number::Float(count.into()),
            }),
            negative_spans: spans(&histogram.negative_spans),
            negative_deltas: histogram.negative_deltas.clone(),
            negative_counts: doubles(&histogram.negative_counts),
            positive_spans: spans(&histogram.positive_spans),
            positive_deltas: histogram.positive_deltas.clone(),
            positive_counts: doubles(&histogram.positive_counts),
            reset_hint: histogram.reset_hint,
            timestamp: histogram.timestamp,
            custom_values: doubles(&histogram.custom_values),
            start: histogram.start_timestamp,
        }
    }
}
