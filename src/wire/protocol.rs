//! Names of versions, dialects and encodings, and the headers that carry them.

/// Version of the remote-write message schema.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Protocol {
    /// `prometheus.WriteRequest`, remote write 1.0.
    V1,
    /// `io.prometheus.write.v2.Request`, remote write 2.0.
    V2,
}

impl Protocol {
    /// `1.0` or `2.0`, as people and metrics labels say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }

    /// Full name of the protobuf message, as the `proto` parameter of the content type has it.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::V1 => "prometheus.WriteRequest",
            Self::V2 => "io.prometheus.write.v2.Request",
        }
    }

    /// `Content-Type` that a sender of this version sets. Spec 2.0, "Protocol".
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::V1 => "application/x-protobuf",
            Self::V2 => "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        }
    }

    /// `X-Prometheus-Remote-Write-Version` that a sender of this version sets.
    #[must_use]
    pub const fn version_header(self) -> &'static str {
        match self {
            Self::V1 => "0.1.0",
            Self::V2 => "2.0.0",
        }
    }
}

/// The protocol as a sender in the wild speaks it: the 2.0 release candidates carry start times apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dialect {
    V1,
    /// 2.0 without a start time of either kind: rc.3 and rc.4 cannot be told apart.
    V2,
    /// 2.0-rc.3: `TimeSeries.created_timestamp` (field 6). Prometheus 3.5 to 3.7.
    V2Created,
    /// 2.0-rc.4: `start_timestamp` on samples and histograms. Prometheus 3.8 and later.
    V2Start,
    /// Both in one request: no known sender does this.
    V2Mixed,
}

impl Dialect {
    /// `1.0`, `2.0`, `2.0-rc.3`, `2.0-rc.4` or `2.0-mixed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
            Self::V2Created => "2.0-rc.3",
            Self::V2Start => "2.0-rc.4",
            Self::V2Mixed => "2.0-mixed",
        }
    }
}

/// How a body wraps its message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Encoding {
    /// Snappy block format, the specification's own.
    Snappy,
    /// Zstandard frame, as VictoriaMetrics' protocol has it.
    Zstd,
    /// The message itself.
    Identity,
}

impl Encoding {
    /// The `Content-Encoding` token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snappy => "snappy",
            Self::Zstd => "zstd",
            Self::Identity => "identity",
        }
    }
}
