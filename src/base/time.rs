//! Points in time: the wire's milliseconds, the capture's nanoseconds, and RFC 3339 text.
//!
//! The only module that reads the wall clock; everything else is handed a `now`.

/// Milliseconds since the Unix epoch, as remote write carries them; negative before 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnixMillis(pub i64);

/// Nanoseconds since the Unix epoch, as the capture stores receive times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnixNanos(pub i64);

impl UnixNanos {
    /// The wall clock now.
    #[must_use]
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }

    /// The same moment in whole milliseconds, rounded down.
    #[must_use]
    pub fn millis(self) -> UnixMillis {
        UnixMillis(self.0.div_euclid(1_000_000))
    }
}
