//! What was sent, as sets: comparable whoever says it, and however it was cut into requests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use obsctl::wire::proto::{v1, v2};
use obsctl::wire::{self, Count, Entry};
use prost::Message as _;

/// Labels by name, `__name__` among them.
pub(crate) type Labels = BTreeMap<String, String>;

/// The bits of a stale marker: the series ended.
pub(crate) const STALE: u64 = 0x7ff0_0000_0000_0002;

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Everything that some requests, or an answer of remote read, hold.
#[derive(Clone, Default)]
pub(crate) struct Traffic {
    /// Series, timestamp in ms, bits of the value.
    pub(crate) samples: BTreeMap<(Labels, i64), u64>,
    pub(crate) histograms: BTreeMap<(Labels, i64), Histogram>,
    /// Series, labels of the exemplar, timestamp in ms, bits of the value.
    pub(crate) exemplars: BTreeSet<(Labels, Labels, i64, u64)>,
    /// Family, type as the protocol numbers it, help.
    pub(crate) metadata: BTreeSet<(String, i32, String)>,
}

impl Traffic {
    /// Adds a sample. A retried request repeats samples: equal ones are one, others are a fault.
    #[track_caller]
    pub(crate) fn sample(&mut self, series: &Labels, timestamp: i64, value: f64) {
        let before = self.samples.insert((series.clone(), timestamp), value.to_bits());
        assert!(
            before.is_none_or(|before| before == value.to_bits()),
            "two values at {timestamp} of {series:?}"
        );
    }

    #[track_caller]
    pub(crate) fn histogram(&mut self, series: &Labels, timestamp: i64, histogram: Histogram) {
        let before = self.histograms.insert((series.clone(), timestamp), histogram.clone());
        assert!(
            before.is_none_or(|before| before.content() == histogram.content()),
            "two histograms at {timestamp} of {series:?}"
        );
    }

    /// Adds an element as the generated types have it: of a 1.0 request, or of an answer of remote read.
    pub(crate) fn series_v1(&mut self, series: &v1::TimeSeries) {
        let owner = labels_v1(&series.labels);
        for sample in &series.samples {
            self.sample(&owner, sample.timestamp, sample.value);
        }
        for histogram in &series.histograms {
            self.histogram(&owner, histogram.timestamp, Histogram::from(histogram));
        }
        for exemplar in &series.exemplars {
            let own = labels_v1(&exemplar.labels);
            self.exemplars.insert((owner.clone(), own, exemplar.timestamp, exemplar.value.to_bits()));
        }
    }

    /// Adds a whole 1.0 request.
    pub(crate) fn request_v1(&mut self, request: &v1::WriteRequest) {
        request.timeseries.iter().for_each(|series| self.series_v1(series));
        for metadata in &request.metadata {
            let family = metadata.metric_family_name.clone();
            self.metadata.insert((family, metadata.r#type, metadata.help.clone()));
        }
    }

    /// Adds a whole 2.0 request. Metadata stands under the series' own name there.
    pub(crate) fn request_v2(&mut self, request: &v2::Request) {
        let text = |reference: u32| request.symbols[reference as usize].clone();
        let pairs = |references: &[u32]| -> Labels {
            references.chunks(2).map(|pair| (text(pair[0]), text(pair[1]))).collect()
        };
        for series in &request.timeseries {
            let owner = pairs(&series.labels_refs);
            for sample in &series.samples {
                self.sample(&owner, sample.timestamp, sample.value);
            }
            for histogram in &series.histograms {
                // 1.0 numbers the fields alike
                let same = v1::Histogram::decode(&*histogram.encode_to_vec()).expect("just encoded");
                self.histogram(&owner, histogram.timestamp, Histogram::from(&same));
            }
            for exemplar in &series.exemplars {
                let own = pairs(&exemplar.labels_refs);
                self.exemplars.insert((owner.clone(), own, exemplar.timestamp, exemplar.value.to_bits()));
            }
            if let Some(metadata) = &series.metadata {
                self.metadata.insert((owner["__name__"].clone(), metadata.r#type, text(metadata.help_ref)));
            }
        }
    }

    /// Adds an entry as the library reads it.
    pub(crate) fn entry(&mut self, entry: &Entry<'_>) {
        let series = match entry {
            Entry::Series(series) => series,
            Entry::Metadata(metadata) => {
                let (family, help) = (metadata.family.to_owned(), metadata.help.to_owned());
                self.metadata.insert((family, metadata.kind.0, help));
                return;
            }
        };
        assert_eq!(series.fault, None, "a real sender makes no faulty series");
        let pairs = |pairs: &[obsctl::wire::Label<'_>]| -> Labels {
            let count = pairs.len();
            let labels: Labels =
                pairs.iter().map(|pair| (pair.name.to_owned(), pair.value.to_owned())).collect();
            assert_eq!(labels.len(), count, "no label name repeats: {labels:?}");
            labels
        };
        let owner = pairs(series.labels);
        for sample in series.samples {
            self.sample(&owner, sample.timestamp, sample.value);
        }
        for histogram in series.histograms() {
            self.histogram(&owner, histogram.timestamp, Histogram::from(&histogram));
        }
        for exemplar in series.exemplars() {
            let own = pairs(exemplar.labels);
            self.exemplars.insert((owner.clone(), own, exemplar.timestamp, exemplar.value.to_bits()));
        }
        if let Some(metadata) = &series.metadata {
            self.metadata.insert((owner["__name__"].clone(), metadata.kind.0, metadata.help.to_owned()));
        }
    }

    /// Only what lies in `times` (ms). Metadata has no time and stays.
    pub(crate) fn within(&self, times: RangeInclusive<i64>) -> Self {
        let mut cut = self.clone();
        cut.samples.retain(|(_, timestamp), _| times.contains(timestamp));
        cut.histograms.retain(|(_, timestamp), _| times.contains(timestamp));
        cut.exemplars.retain(|(_, _, timestamp, _)| times.contains(timestamp));
        cut
    }

    /// The largest timestamp of a sample; 0 when there is none.
    pub(crate) fn newest(&self) -> i64 {
        self.samples.keys().map(|(_, timestamp)| *timestamp).max().unwrap_or(0)
    }

    /// Series that ended, and when.
    pub(crate) fn stale(&self) -> BTreeSet<(Labels, i64)> {
        let stale = self.samples.iter().filter(|(_, bits)| **bits == STALE);
        let histograms = self.histograms.iter().filter(|(_, histogram)| histogram.sum.to_bits() == STALE);
        stale.map(|(at, _)| at.clone()).chain(histograms.map(|(at, _)| at.clone())).collect()
    }
}

pub(crate) fn labels_v1(labels: &[v1::Label]) -> Labels {
    let count = labels.len();
    let labels: Labels = labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect();
    assert_eq!(labels.len(), count, "no label name repeats: {labels:?}");
    labels
}

/// A native histogram with its layout.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    pub(crate) count: Option<Count>,
    pub(crate) sum: f64,
    pub(crate) schema: i32,
    pub(crate) zero_threshold: f64,
    pub(crate) zero_count: Option<Count>,
    /// Offset and length.
    pub(crate) negative_spans: Vec<(i32, u32)>,
    pub(crate) negative_deltas: Vec<i64>,
    pub(crate) negative_counts: Vec<f64>,
    pub(crate) positive_spans: Vec<(i32, u32)>,
    pub(crate) positive_deltas: Vec<i64>,
    pub(crate) positive_counts: Vec<f64>,
    pub(crate) custom_values: Vec<f64>,
    pub(crate) reset_hint: i32,
}

/// What a histogram says, whatever its layout: Prometheus's storage widens the spans of one chunk to those of
/// its fullest histogram, and sets the reset hint by what stands before in the chunk. Empty buckets are left out.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Content {
    count: String,
    sum: u64,
    schema: i32,
    zero_threshold: u64,
    zero_count: String,
    negative: BTreeMap<i64, String>,
    positive: BTreeMap<i64, String>,
    custom_values: Vec<u64>,
}

impl Histogram {
    pub(crate) fn layout(&self) -> Layout<'_> {
        let negative = (&*self.negative_spans, &*self.negative_deltas);
        let positive = (&*self.positive_spans, &*self.positive_deltas);
        ([negative, positive], self.reset_hint)
    }

    pub(crate) fn content(&self) -> Content {
        Content {
            count: number(self.count),
            sum: self.sum.to_bits(),
            schema: self.schema,
            zero_threshold: self.zero_threshold.to_bits(),
            zero_count: number(self.zero_count),
            negative: buckets(&self.negative_spans, &self.negative_deltas, &self.negative_counts),
            positive: buckets(&self.positive_spans, &self.positive_deltas, &self.positive_counts),
            custom_values: self.custom_values.iter().map(|bound| bound.to_bits()).collect(),
        }
    }
}

/// Spans and deltas of the negative and of the positive side, and the reset hint: how a histogram was sent, beside
/// what it says.
type Layout<'a> = ([(&'a [(i32, u32)], &'a [i64]); 2], i32);

/// A count with its kind; an absent one is the integer 0, which proto3 cannot tell apart in every encoder.
fn number(count: Option<Count>) -> String {
    match count {
        Some(Count::Int(count)) => count.to_string(),
        Some(Count::Float(count)) => format!("float {:x}", count.to_bits()),
        None => "0".to_owned(),
    }
}

/// Index to count, without the empty ones.
fn buckets(spans: &[(i32, u32)], deltas: &[i64], counts: &[f64]) -> BTreeMap<i64, String> {
    let mut found = BTreeMap::new();
    let (mut index, mut position, mut count) = (0_i64, 0_usize, 0_i64);
    for &(offset, length) in spans {
        index += i64::from(offset);
        for _ in 0..length {
            if let Some(delta) = deltas.get(position) {
                count += delta;
                if count != 0 {
                    found.insert(index, count.to_string());
                }
            } else {
                let count = counts[position];
                if count != 0.0 {
                    found.insert(index, format!("float {:x}", count.to_bits()));
                }
            }
            (index, position) = (index + 1, position + 1);
        }
    }
    assert_eq!(position, deltas.len().max(counts.len()), "spans and buckets agree");
    found
}

impl From<&v1::Histogram> for Histogram {
    fn from(histogram: &v1::Histogram) -> Self {
        use v1::histogram::{Count as Total, ZeroCount};
        let spans = |spans: &[v1::BucketSpan]| spans.iter().map(|span| (span.offset, span.length)).collect();
        Self {
            count: histogram.count.map(|count| match count {
                Total::CountInt(count) => Count::Int(count),
                Total::CountFloat(count) => Count::Float(count),
            }),
            sum: histogram.sum,
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            zero_count: histogram.zero_count.map(|count| match count {
                ZeroCount::ZeroCountInt(count) => Count::Int(count),
                ZeroCount::ZeroCountFloat(count) => Count::Float(count),
            }),
            negative_spans: spans(&histogram.negative_spans),
            negative_deltas: histogram.negative_deltas.clone(),
            negative_counts: histogram.negative_counts.clone(),
            positive_spans: spans(&histogram.positive_spans),
            positive_deltas: histogram.positive_deltas.clone(),
            positive_counts: histogram.positive_counts.clone(),
            custom_values: histogram.custom_values.clone(),
            reset_hint: histogram.reset_hint,
        }
    }
}

impl From<&wire::Histogram<'_>> for Histogram {
    fn from(histogram: &wire::Histogram<'_>) -> Self {
        let spans =
            |spans: &[wire::BucketSpan]| spans.iter().map(|span| (span.offset, span.length)).collect();
        Self {
            count: histogram.count,
            sum: histogram.sum,
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            zero_count: histogram.zero_count,
            negative_spans: spans(histogram.negative_spans),
            negative_deltas: histogram.negative_deltas.to_vec(),
            negative_counts: histogram.negative_counts.to_vec(),
            positive_spans: spans(histogram.positive_spans),
            positive_deltas: histogram.positive_deltas.to_vec(),
            positive_counts: histogram.positive_counts.to_vec(),
            custom_values: histogram.custom_values.to_vec(),
            reset_hint: histogram.reset_hint,
        }
    }
}

/// What one side has and the other has not; empty when they agree.
pub(crate) struct Difference(Vec<String>);

impl Difference {
    /// Of samples (bits) and histograms (content).
    pub(crate) fn of(found: &Traffic, expected: &Traffic) -> Self {
        let mut lines = Vec::new();
        maps(&mut lines, "sample", &found.samples, &expected.samples);
        let content = |traffic: &Traffic| -> BTreeMap<(Labels, i64), Content> {
            traffic.histograms.iter().map(|(at, histogram)| (at.clone(), histogram.content())).collect()
        };
        maps(&mut lines, "histogram", &content(found), &content(expected));
        Self(lines)
    }

    /// Of two sets of anything.
    pub(crate) fn of_sets<T: Ord + fmt::Debug>(found: &BTreeSet<T>, expected: &BTreeSet<T>) -> Self {
        let missing = expected.difference(found).map(|one| format!("missing: {one:?}"));
        let extra = found.difference(expected).map(|one| format!("not expected: {one:?}"));
        Self(missing.chain(extra).collect())
    }

    #[track_caller]
    pub(crate) fn assert_none(&self, what: &str) {
        let shown = self.0.iter().take(12).map(|line| format!("\n  {line}")).collect::<String>();
        assert!(self.0.is_empty(), "{what}: {} differences{shown}", self.0.len());
    }
}

fn maps<V: PartialEq + fmt::Debug>(
    lines: &mut Vec<String>,
    what: &str,
    found: &BTreeMap<(Labels, i64), V>,
    expected: &BTreeMap<(Labels, i64), V>,
) {
    for (at, value) in expected {
        match found.get(at) {
            None => lines.push(format!("missing {what}: {at:?} {value:?}")),
            Some(other) if other != value => {
                lines.push(format!("other {what}: {at:?} is {other:?}, expected {value:?}"));
            }
            Some(_) => {}
        }
    }
    for (at, value) in found.iter().filter(|(at, _)| !expected.contains_key(*at)) {
        lines.push(format!("{what} not expected: {at:?} {value:?}"));
    }
}
