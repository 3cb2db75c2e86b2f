//! The sums that stand at the end of a sealed segment. They can always be rebuilt from its requests.

use super::{Counts, Request, proto};
use crate::base::time::UnixNanos;

/// What a segment holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Index {
    pub first_sequence: u64,
    pub last_sequence: u64,
    pub requests: u64,
    pub first_received: UnixNanos,
    pub last_received: UnixNanos,
    /// Sums over the requests; times are the least and the greatest.
    pub counts: Counts,
    pub body_bytes: u64,
}

impl Index {
    /// An index over no request yet.
    pub(super) const EMPTY: Self = Self {
        first_sequence: 0,
        last_sequence: 0,
        requests: 0,
        first_received: UnixNanos(0),
        last_received: UnixNanos(0),
        counts: Counts {
            series: 0,
            samples: 0,
            histograms: 0,
            exemplars: 0,
            metadata: 0,
            min_time: 0,
            max_time: 0,
        },
        body_bytes: 0,
    };

    pub(super) fn add(&mut self, request: &Request) {
        if self.requests == 0 {
            self.first_sequence = request.sequence;
            self.first_received = request.received;
            self.last_received = request.received;
        }
        self.last_sequence = self.last_sequence.max(request.sequence);
        self.first_received = self.first_received.min(request.received);
        self.last_received = self.last_received.max(request.received);
        self.requests += 1;
        self.counts.add(&request.counts);
        self.body_bytes += request.body.len() as u64;
    }
}

impl From<Index> for proto::Index {
    fn from(index: Index) -> Self {
        Self {
            first_sequence: index.first_sequence,
            last_sequence: index.last_sequence,
            requests: index.requests,
            first_received_unix_nano: index.first_received.0,
            last_received_unix_nano: index.last_received.0,
            counts: Some(index.counts.into()),
            body_bytes: index.body_bytes,
        }
    }
}

impl From<proto::Index> for Index {
    fn from(index: proto::Index) -> Self {
        Self {
            first_sequence: index.first_sequence,
            last_sequence: index.last_sequence,
            requests: index.requests,
            first_received: UnixNanos(index.first_received_unix_nano),
            last_received: UnixNanos(index.last_received_unix_nano),
            counts: index.counts.unwrap_or_default().into(),
            body_bytes: index.body_bytes,
        }
    }
}
