//! The view both versions are read as (contract: bodies are still to be written).
use super::{Dialect, Limits, Protocol};

/// Reusable memory of the decoder: keep one per thread or connection.
#[derive(Default, Debug)]
pub struct Scratch {}

/// Starts reading `message` (decompressed protobuf) of `protocol`. Reads the top level once: framing is
/// checked, 2.0 symbols are collected (and checked for UTF-8), entries are not yet looked into.
pub fn decode<'a>(
    _protocol: Protocol,
    _message: &'a [u8],
    _limits: &Limits,
    _scratch: &'a mut Scratch,
) -> Result<Entries<'a>, DecodeError> {
    todo!()
}

/// The entries of one request, in wire order.
pub struct Entries<'a> {
    _message: &'a [u8],
}

impl Entries<'_> {
    /// The next entry, or `None` at the end. An error ends the stream: the message is malformed from there.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, DecodeError> {
        todo!()
    }
    /// The dialect as far as read: 2.0 is `V2` until a created or start timestamp is met.
    pub fn dialect(&self) -> Dialect {
        todo!()
    }
    /// What is wrong with the 2.0 symbol table as a whole (first symbol not empty); `None` on 1.0.
    pub fn symbols_fault(&self) -> Option<Fault> {
        todo!()
    }
    /// Symbols that stand more than once in the table: allowed by receivers, against the specification.
    pub fn duplicate_symbols(&self) -> usize {
        todo!()
    }
}

/// One top-level element of a request.
pub enum Entry<'e> {
    Series(Series<'e>),
    /// 1.0 only: metadata of a metric family, an element of its own.
    Metadata(FamilyMetadata<'e>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label<'a> {
    pub name: &'a str,
    pub value: &'a str,
}

/// One `TimeSeries` element as sent; the same label set may come in several.
pub struct Series<'e> {
    /// Position among the request's `TimeSeries`, from 0.
    pub index: usize,
    /// Byte offset of the element's content in the message, and the content's length.
    pub offset: usize,
    pub len: usize,
    pub labels: &'e [Label<'e>],
    pub samples: &'e [Sample],
    /// 2.0: type, help and unit of the family; 1.0 never has it.
    pub metadata: Option<Metadata<'e>>,
    /// rc.3 `created_timestamp`, ms; `None` when 0 (unset).
    pub created: Option<i64>,
    /// First broken reference or text; labels (and whatever else) are then incomplete: do not use them
    /// for anything but a message.
    pub fault: Option<Fault>,
    // private: protocol, histograms and exemplars arenas
}

impl<'e> Series<'e> {
    /// Value of the first label of that name.
    pub fn label(&self, _name: &str) -> Option<&'e str> {
        todo!()
    }
    pub fn name(&self) -> Option<&'e str> {
        self.label("__name__")
    }
    pub fn histograms(&self) -> impl ExactSizeIterator<Item = Histogram<'e>> + use<'e> {
        std::iter::empty()
    }
    pub fn exemplars(&self) -> impl ExactSizeIterator<Item = Exemplar<'e>> + use<'e> {
        std::iter::empty()
    }
    /// Label pairs as bytes, for messages and `raw_labels` where they are not UTF-8. Allocates; cold.
    pub fn raw_labels(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        todo!()
    }
}

/// `value` keeps its bits: stale markers and other NaNs pass unchanged. Times in ms; `start` 0 is unset.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub value: f64,
    pub timestamp: i64,
    pub start: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BucketSpan {
    pub offset: i32,
    pub length: u32,
}

#[derive(Clone, Copy, Debug)]
pub enum Count {
    Int(u64),
    Float(f64),
}

#[derive(Clone, Copy, Debug)]
pub struct Histogram<'e> {
    pub count: Option<Count>,
    pub sum: f64,
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
    pub timestamp: i64,
    pub custom_values: &'e [f64],
    pub start: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct Exemplar<'e> {
    pub labels: &'e [Label<'e>],
    pub value: f64,
    pub timestamp: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct Metadata<'e> {
    pub kind: MetricType,
    pub help: &'e str,
    pub unit: &'e str,
}

#[derive(Clone, Copy, Debug)]
pub struct FamilyMetadata<'e> {
    pub family: &'e str,
    pub kind: MetricType,
    pub help: &'e str,
    pub unit: &'e str,
    pub offset: usize,
    pub len: usize,
}

/// Metric type as sent; numbers the specification does not know are kept. `as_str()` gives OpenMetrics
/// words: unknown counter gauge histogram gaugehistogram summary info stateset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MetricType(pub i32);

/// A fault of one entry: the rest of the request can still be read. (`Display`: one sentence.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {}

/// The message cannot be read on: structure broken or a limit passed. Every variant has the byte offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {}

/// Decompresses `body` into `message` (cleared first), refusing more than `max` bytes before allocating them.
pub fn decompress(
    _encoding: super::Encoding,
    _body: &[u8],
    _max: usize,
    _message: &mut Vec<u8>,
) -> Result<(), DecompressError> {
    todo!()
}

/// Length that `body` says it decompresses to, unproven; `None` where the encoding does not say.
pub fn declared_len(_encoding: super::Encoding, _body: &[u8]) -> Result<Option<usize>, DecompressError> {
    todo!()
}

/// Compresses `message` into `body` (cleared first).
pub fn compress(_encoding: super::Encoding, _message: &[u8], _body: &mut Vec<u8>) {
    todo!()
}

/// Why a body is not what its encoding says; `is_limit()` tells a limit from damage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecompressError {}

/// The version whose top-level fields `message` has: 1.0 has fields 1 and 3, 2.0 has 4 and 5.
pub fn detect(_message: &[u8]) -> Detected {
    todo!()
}

/// What the top-level fields of a message say of its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detected {
    /// No bytes, or no field of either version: both read it as an empty request.
    Empty,
    /// Fields of this version and not of the other.
    Only(Protocol),
    /// Fields of both.
    Both,
    /// Not protobuf.
    Neither,
}

/// Writes a request of either version.
pub struct Encoder {}

impl Encoder {
    pub fn new(_protocol: Protocol) -> Self {
        todo!()
    }
    /// Begins a series; samples, histograms and exemplars that follow belong to it.
    pub fn series<'a>(
        &mut self,
        _labels: impl IntoIterator<Item = Label<'a>>,
        _metadata: Option<Metadata<'_>>,
        _created: Option<i64>,
    ) {
    }
    pub fn sample(&mut self, _sample: Sample) {}
    pub fn histogram(&mut self, _histogram: &Histogram<'_>) {}
    pub fn exemplar<'a>(
        &mut self,
        _labels: impl IntoIterator<Item = Label<'a>>,
        _value: f64,
        _timestamp: i64,
    ) {
    }
    /// 1.0 only: a metadata element (2.0 has metadata per series; there it is ignored).
    pub fn metadata(&mut self, _metadata: &FamilyMetadata<'_>) {}
    /// The message; the encoder is empty and reusable afterwards.
    pub fn finish(&mut self, _message: &mut Vec<u8>) {}
}
