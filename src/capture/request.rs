//! A captured request as the rest of the program sees it, and its way to and from the record on disk.

use bytes::Bytes;

use super::proto;
use crate::base::time::UnixNanos;
use crate::wire::{Dialect, Encoding, Protocol};

/// One remote-write request.
///
/// Of the headers it keeps only those named here: credentials never reach the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// From 1, without gaps in one capture. 0: not from a capture (a bare body), or not yet in one.
    pub sequence: u64,
    /// When the request had come in whole; 0 for a bare body.
    pub received: UnixNanos,
    /// Of the body, as the content type said.
    pub protocol: Protocol,
    pub dialect: Dialect,
    /// Of the body.
    pub encoding: Encoding,
    /// `Content-Type` as it came; empty when absent.
    pub content_type: String,
    /// `Content-Encoding` as it came; empty when absent.
    pub content_encoding: String,
    /// `X-Prometheus-Remote-Write-Version` as it came; empty when absent.
    pub version: String,
    /// `User-Agent` as it came; empty when absent.
    pub user_agent: String,
    /// `Retry-Attempt`; 0 when absent.
    pub retry_attempt: u32,
    pub tenant: Option<String>,
    /// What the sender was told is written.
    pub counts: Counts,
    pub outcome: Outcome,
    /// Bit for bit as it came, unless `outcome.filtered_from` is set.
    pub body: Bytes,
}

impl Request {
    /// Sequence and receive time of a request that was read from a capture; `None` for a bare body.
    #[must_use]
    pub fn captured(&self) -> Option<(u64, UnixNanos)> {
        (self.sequence > 0).then_some((self.sequence, self.received))
    }

    /// Bytes of memory and disk that it takes, roughly, and not less than its body.
    pub(super) fn weight(&self) -> usize {
        let positions: usize =
            self.outcome.rejections.iter().map(|rejection| 32 + 4 * rejection.series.len()).sum();
        self.body.len() + positions + 256
    }

    /// Upper bound for the length of its record, in bytes.
    pub(super) fn record_len(&self) -> usize {
        let text = |text: &str| text.len() + 16;
        let rejections: usize = self
            .outcome
            .rejections
            .iter()
            .map(|rejection| text(&rejection.rule) + 16 + 5 * rejection.series.len())
            .sum();
        let headers = [&self.content_type, &self.content_encoding, &self.version, &self.user_agent];
        headers.into_iter().map(|header| text(header)).sum::<usize>()
            + self.tenant.as_deref().map_or(0, text)
            + text(&self.outcome.reason)
            + rejections
            + 512
            + self.body.len()
    }
}

/// What a request holds. An element is counted as often as it stands there.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// `TimeSeries` elements: one label set may be counted several times.
    pub series: u64,
    pub samples: u64,
    pub histograms: u64,
    pub exemplars: u64,
    /// 1.0 metadata elements.
    pub metadata: u64,
    /// Least time of samples and histograms, in ms since the epoch; 0 when there are none.
    pub min_time: i64,
    /// Greatest time of samples and histograms, in ms since the epoch; 0 when there are none.
    pub max_time: i64,
}

impl Counts {
    /// Adds the counts of another request; the times become the least and the greatest of both.
    pub fn add(&mut self, other: &Self) {
        if other.is_timed() {
            let timed = self.is_timed();
            self.min_time = if timed { self.min_time.min(other.min_time) } else { other.min_time };
            self.max_time = if timed { self.max_time.max(other.max_time) } else { other.max_time };
        }
        self.series = self.series.saturating_add(other.series);
        self.samples = self.samples.saturating_add(other.samples);
        self.histograms = self.histograms.saturating_add(other.histograms);
        self.exemplars = self.exemplars.saturating_add(other.exemplars);
        self.metadata = self.metadata.saturating_add(other.metadata);
    }

    fn is_timed(&self) -> bool {
        self.samples > 0 || self.histograms > 0
    }
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// Elements that were answered as not written. Series positions ascend within each rejection.
    pub rejections: Vec<Rejection>,
    /// Counts before a filter rewrote the body; `None` when the body is as it came.
    pub filtered_from: Option<Counts>,
    /// HTTP status answered; 0 stands for 204.
    pub status: u16,
    /// The sentence sent with it.
    pub reason: String,
}

impl Outcome {
    /// Whether the `TimeSeries` at position `series` was answered as not written: readers skip it.
    #[must_use]
    pub fn is_rejected(&self, series: u32) -> bool {
        self.rejections.iter().any(|rejection| rejection.series.binary_search(&series).is_ok())
    }
}

/// Elements refused for one reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// Stable id, such as `duplicate-label`.
    pub rule: String,
    /// Positions among the request's `TimeSeries`, ascending.
    pub series: Vec<u32>,
}

/// A record that is whole, but says what this version cannot mean.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    #[error("not a record: {0}")]
    Protobuf(String),
    #[error("{len} bytes beside the body, more than {max}")]
    TooMuchBesideBody { len: usize, max: usize },
    #[error("unknown protocol {0}")]
    Protocol(i32),
    #[error("unknown dialect {dialect} of protocol {protocol}")]
    Dialect { protocol: i32, dialect: i32 },
    #[error("unknown encoding {0}")]
    Encoding(i32),
    #[error("status {0} is not an HTTP status")]
    Status(u32),
}

impl From<Request> for proto::Request {
    fn from(request: Request) -> Self {
        let protocol = match request.protocol {
            Protocol::V1 => proto::Protocol::V1,
            Protocol::V2 => proto::Protocol::V2,
        };
        let dialect = match request.dialect {
            Dialect::V1 | Dialect::V2 => proto::Dialect::Plain,
            Dialect::V2Created => proto::Dialect::CreatedTimestamp,
            Dialect::V2Start => proto::Dialect::StartTimestamp,
            Dialect::V2Mixed => proto::Dialect::Mixed,
        };
        let encoding = match request.encoding {
            Encoding::Snappy => proto::Encoding::Snappy,
            Encoding::Zstd => proto::Encoding::Zstd,
            Encoding::Identity => proto::Encoding::Identity,
        };
        Self {
            sequence: request.sequence,
            received_unix_nano: request.received.0,
            protocol: protocol.into(),
            dialect: dialect.into(),
            encoding: encoding.into(),
            content_type: request.content_type,
            content_encoding: request.content_encoding,
            version: request.version,
            user_agent: request.user_agent,
            retry_attempt: request.retry_attempt,
            tenant: request.tenant.unwrap_or_default(),
            counts: Some(request.counts.into()),
            outcome: (request.outcome != Outcome::default()).then(|| request.outcome.into()),
            body: request.body,
        }
    }
}

impl TryFrom<proto::Request> for Request {
    type Error = RecordError;

    fn try_from(record: proto::Request) -> Result<Self, RecordError> {
        let protocol = match record.protocol() {
            proto::Protocol::V1 => Protocol::V1,
            proto::Protocol::V2 => Protocol::V2,
            proto::Protocol::Unknown => return Err(RecordError::Protocol(record.protocol)),
        };
        let dialect = match (protocol, proto::Dialect::try_from(record.dialect)) {
            (Protocol::V1, Ok(proto::Dialect::Plain)) => Dialect::V1,
            (Protocol::V2, Ok(proto::Dialect::Plain)) => Dialect::V2,
            (Protocol::V2, Ok(proto::Dialect::CreatedTimestamp)) => Dialect::V2Created,
            (Protocol::V2, Ok(proto::Dialect::StartTimestamp)) => Dialect::V2Start,
            (Protocol::V2, Ok(proto::Dialect::Mixed)) => Dialect::V2Mixed,
            _ => return Err(RecordError::Dialect { protocol: record.protocol, dialect: record.dialect }),
        };
        let encoding = match record.encoding() {
            proto::Encoding::Snappy => Encoding::Snappy,
            proto::Encoding::Zstd => Encoding::Zstd,
            proto::Encoding::Identity => Encoding::Identity,
            proto::Encoding::Unknown => return Err(RecordError::Encoding(record.encoding)),
        };
        Ok(Self {
            sequence: record.sequence,
            received: UnixNanos(record.received_unix_nano),
            protocol,
            dialect,
            encoding,
            content_type: record.content_type,
            content_encoding: record.content_encoding,
            version: record.version,
            user_agent: record.user_agent,
            retry_attempt: record.retry_attempt,
            tenant: Some(record.tenant).filter(|tenant| !tenant.is_empty()),
            counts: record.counts.unwrap_or_default().into(),
            outcome: record.outcome.map(Outcome::try_from).transpose()?.unwrap_or_default(),
            body: record.body,
        })
    }
}

impl From<Outcome> for proto::Outcome {
    fn from(outcome: Outcome) -> Self {
        Self {
            rejections: outcome
                .rejections
                .into_iter()
                .map(|rejection| proto::Rejection { rule: rejection.rule, series: rejection.series })
                .collect(),
            filtered_from: outcome.filtered_from.map(Into::into),
            status: outcome.status.into(),
            reason: outcome.reason,
        }
    }
}

impl TryFrom<proto::Outcome> for Outcome {
    type Error = RecordError;

    fn try_from(outcome: proto::Outcome) -> Result<Self, RecordError> {
        Ok(Self {
            rejections: outcome
                .rejections
                .into_iter()
                .map(|proto::Rejection { rule, mut series }| {
                    // `is_rejected` relies on the order, and another program may have written the record.
                    if !series.is_sorted() {
                        series.sort_unstable();
                    }
                    Rejection { rule, series }
                })
                .collect(),
            filtered_from: outcome.filtered_from.map(Into::into),
            status: u16::try_from(outcome.status).map_err(|_| RecordError::Status(outcome.status))?,
            reason: outcome.reason,
        })
    }
}

impl From<Counts> for proto::Counts {
    fn from(counts: Counts) -> Self {
        let Counts { series, samples, histograms, exemplars, metadata, min_time, max_time } = counts;
        Self { series, samples, histograms, exemplars, metadata, min_time, max_time }
    }
}

impl From<proto::Counts> for Counts {
    fn from(counts: proto::Counts) -> Self {
        let proto::Counts { series, samples, histograms, exemplars, metadata, min_time, max_time } = counts;
        Self { series, samples, histograms, exemplars, metadata, min_time, max_time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_series_are_found_under_every_rule() {
        let outcome = Outcome {
            rejections: vec![
                Rejection { rule: "duplicate-label".into(), series: vec![1, 5, 9] },
                Rejection { rule: "no-name".into(), series: vec![2] },
            ],
            ..Outcome::default()
        };
        let rejected: Vec<u32> = (0..12).filter(|&series| outcome.is_rejected(series)).collect();
        assert_eq!(rejected, [1, 2, 5, 9]);
    }

    #[test]
    fn unsorted_rejections_are_sorted_when_read() {
        let outcome = proto::Outcome {
            rejections: vec![proto::Rejection { rule: "x".into(), series: vec![9, 1] }],
            ..Default::default()
        };
        let outcome = Outcome::try_from(outcome).expect("a sound outcome");
        assert!(outcome.is_rejected(1) && outcome.is_rejected(9) && !outcome.is_rejected(2));
    }

    #[test]
    fn values_of_later_versions_are_refused_by_name() {
        let sound = proto::Request { protocol: 1, encoding: 1, ..Default::default() };
        let check = |record: proto::Request, expect: &str| {
            assert_eq!(Request::try_from(record).expect_err("refused").to_string(), expect);
        };
        assert!(Request::try_from(sound.clone()).is_ok());
        check(proto::Request { protocol: 9, ..sound.clone() }, "unknown protocol 9");
        check(proto::Request { encoding: 0, ..sound.clone() }, "unknown encoding 0");
        check(proto::Request { dialect: 1, ..sound.clone() }, "unknown dialect 1 of protocol 1");
        let outcome = Some(proto::Outcome { status: 70_000, ..Default::default() });
        check(proto::Request { outcome, ..sound }, "status 70000 is not an HTTP status");
    }

    #[test]
    fn times_of_counts_without_samples_do_not_widen_the_range() {
        let timed = Counts { samples: 1, min_time: 10, max_time: 20, ..Counts::default() };
        let mut sum = Counts::default();
        sum.add(&timed);
        sum.add(&Counts { metadata: 3, ..Counts::default() });
        sum.add(&Counts { histograms: 1, min_time: 15, max_time: 30, ..Counts::default() });
        assert_eq!(
            (sum.min_time, sum.max_time, sum.samples, sum.histograms, sum.metadata),
            (10, 30, 1, 1, 3)
        );
    }
}
