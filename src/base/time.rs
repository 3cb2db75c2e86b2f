//! Points in time: the wire's milliseconds, the capture's nanoseconds, and RFC 3339 text.
//!
//! The only module that reads a clock, the wall clock and the monotonic one; everything else is handed a
//! `now` or a [`Stopwatch`].

#![expect(clippy::disallowed_methods, reason = "here is where clocks are read")]

use std::fmt;
use std::time::{Duration, Instant};

use super::duration;

/// Milliseconds since the Unix epoch, as remote write carries them; negative before 1970.
///
/// Displays as RFC 3339 in UTC with milliseconds; a time that has no such form (before the year 0 or past
/// 9999, which broken senders do send) as the number with its unit, `9223372036854775807ms`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnixMillis(pub i64);

/// Nanoseconds since the Unix epoch, as the capture stores receive times.
///
/// Displays as RFC 3339 in UTC with nanoseconds; [`millis`](Self::millis) first where that is too fine.
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

impl UnixMillis {
    /// Reads a time as `--since` and `--until` take it: RFC 3339 (`2026-11-21T14:00:00Z`, any offset), Unix
    /// seconds (`1763733600`, `1763733600.5`), or a Prometheus duration (`1h30m`), meaning that long before `now`.
    ///
    /// Finer digits than milliseconds are rounded to the nearest.
    pub fn parse(text: &str, now: Self) -> Result<Self, ParseTimeError> {
        let error = |reason| ParseTimeError { text: text.to_owned(), reason };
        if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'))
            && let Ok(seconds) = text.parse::<f64>()
        {
            let millis = (seconds * 1000.0).round();
            // 2^63 itself is the first float past the range.
            if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&millis) {
                return Err(error(Reason::Range));
            }
            return Ok(Self(millis as i64));
        }
        if let Ok(before) = duration::parse(text) {
            let millis = i64::try_from(before.as_millis()).map_err(|_| error(Reason::Range))?;
            return now.0.checked_sub(millis).map(Self).ok_or_else(|| error(Reason::Range));
        }
        let moment: jiff::Timestamp = text.parse().map_err(|_| error(Reason::Form))?;
        let half_up = moment.as_nanosecond() + 500_000;
        i64::try_from(half_up.div_euclid(1_000_000)).map(Self).map_err(|_| error(Reason::Range))
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) if !moment.to_string().starts_with('-') => f.pad(&format!("{moment:.3}")),
            _ => f.pad(&format!("{}ms", self.0)),
        }
    }
}

impl fmt::Display for UnixNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(moment) => f.pad(&format!("{moment:.9}")),
            Err(_) => f.pad(&format!("{}ns", self.0)),
        }
    }
}

/// Why a text is not a time, and which forms are.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{}` {reason}: write RFC 3339 (`2026-11-21T14:00:00Z`), Unix seconds (`1763733600`), or a duration before now (`1h30m`)",
    super::text::escape(text)
)]
pub struct ParseTimeError {
    text: String,
    reason: Reason,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reason {
    Form,
    Range,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "is not a time",
            Self::Range => "is out of range",
        })
    }
}

/// Elapsed time on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// When it was started, for arithmetic with other moments of the monotonic clock.
    #[must_use]
    pub fn started(self) -> Instant {
        self.started
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_763_733_600_000);

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let got = match UnixMillis::parse(text, NOW) {
            Ok(time) => time.to_string(),
            Err(error) => error.reason.to_string(),
        };
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn reads_every_form_of_a_time() {
        check("2025-11-21T14:00:00Z", "2025-11-21T14:00:00.000Z");
        check("2025-11-21T15:00:00.1239+01:00", "2025-11-21T14:00:00.124Z");
        check("1763733600", "2025-11-21T14:00:00.000Z");
        check("1763733600.5", "2025-11-21T14:00:00.500Z");
        check("1.7637336e9", "2025-11-21T14:00:00.000Z");
        check("-1", "1969-12-31T23:59:59.000Z");
        check("0", "1970-01-01T00:00:00.000Z");
        check("1h30m", "2025-11-21T12:30:00.000Z");
        check("0s", "2025-11-21T14:00:00.000Z");
    }

    #[test]
    fn refuses_what_is_no_time_or_past_the_range() {
        for text in ["", "yesterday", "NaN", "inf", "1h ago", "2025-11-21", "--1", "."] {
            check(text, "is not a time");
        }
        check("1e300", "is out of range");
        check("9223372036854775.808", "is out of range");
        check("-9223372036854775.808", "-9223372036854775808ms");
    }

    #[test]
    fn error_says_what_is_allowed() {
        let error = UnixMillis::parse("\u{1b}[31m", NOW).unwrap_err().to_string();
        assert_eq!(
            error,
            "`\\u{001B}[31m` is not a time: write RFC 3339 (`2026-11-21T14:00:00Z`), Unix seconds (`1763733600`), \
             or a duration before now (`1h30m`)"
        );
    }

    #[test]
    fn times_without_an_rfc_3339_form_are_shown_as_numbers() {
        assert_eq!(UnixMillis(i64::MAX).to_string(), "9223372036854775807ms");
        assert_eq!(UnixMillis(-62_167_219_200_001).to_string(), "-62167219200001ms");
        assert_eq!(UnixMillis(-62_167_219_200_000).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(UnixNanos(1).to_string(), "1970-01-01T00:00:00.000000001Z");
        assert_eq!(UnixNanos(-1).millis(), UnixMillis(-1));
    }
}
