//! Durations in Prometheus's form: `5m`, `1h30m`, `100ms`, `1w`.
//!
//! Grammar and rendering are those of `ParseDuration` and `Duration.String` in `prometheus/common/model`.

use std::time::Duration;

/// Units from the largest, in milliseconds. A day is 24 h, a week 7 d, a year 365 d.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Largest duration Prometheus can hold: an `int64` of nanoseconds, a little over 292 years.
const MAX_NANOS: u128 = i64::MAX as u128;

/// Why a text is not a duration.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseDurationError {
    #[error("a duration is missing: write for example `30s`, `5m` or `1h30m`")]
    Empty,
    #[error(
        "`{}` is not a duration: write whole numbers, each with a unit, largest unit first, as in `30s`, `5m`, `1h30m`",
        super::text::escape(.0)
    )]
    Form(String),
    #[error(
        "unknown unit `{}` in duration `{}`: units are y, w, d, h, m, s, ms",
        super::text::escape(unit),
        super::text::escape(text)
    )]
    Unit { text: String, unit: String },
    #[error("duration `{}` is out of range: at most 292 years", super::text::escape(.0))]
    Range(String),
}

/// Reads a Prometheus duration. `0` needs no unit; each unit stands at most once, largest first.
pub fn parse(text: &str) -> Result<Duration, ParseDurationError> {
    match text {
        "" => return Err(ParseDurationError::Empty),
        "0" => return Ok(Duration::ZERO),
        _ => {}
    }
    let mut rest = text;
    let mut units = UNITS.as_slice();
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let unit_len = tail.bytes().take_while(|b| !b.is_ascii_digit()).count();
        let (unit, tail) = tail.split_at(unit_len);
        if number.is_empty() || unit.is_empty() {
            return Err(ParseDurationError::Form(text.to_owned()));
        }
        let Some(at) = units.iter().position(|(name, _)| *name == unit) else {
            return Err(match UNITS.iter().any(|(name, _)| *name == unit) {
                true => ParseDurationError::Form(text.to_owned()),
                false => ParseDurationError::Unit { text: text.to_owned(), unit: unit.to_owned() },
            });
        };
        let out_of_range = || ParseDurationError::Range(text.to_owned());
        let number: u64 = number.parse().map_err(|_| out_of_range())?;
        nanos += u128::from(number) * u128::from(units[at].1) * 1_000_000;
        if nanos > MAX_NANOS {
            return Err(out_of_range());
        }
        units = &units[at + 1..];
        rest = tail;
    }
    Ok(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}

/// The duration as Prometheus prints it, in whole milliseconds rounded down: `90m` is `1h30m`, nothing is `0s`.
///
/// Years and weeks only where they divide it without rest: `90d` reads easier than `12w6d`.
#[must_use]
pub fn render(duration: Duration) -> String {
    let mut millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, length) in UNITS {
        let length = u128::from(length);
        if matches!(unit, "y" | "w") && !millis.is_multiple_of(length) {
            continue;
        }
        if millis >= length {
            text.push_str(&(millis / length).to_string());
            text.push_str(unit);
            millis %= length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let got = match parse(text) {
            Ok(duration) => render(duration),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn renders_as_prometheus_does() {
        // The table of Prometheus's own TestParseDuration, and remainders of years and weeks.
        for (text, expect) in [
            ("0", "0s"),
            ("0w", "0s"),
            ("0s", "0s"),
            ("324ms", "324ms"),
            ("3s", "3s"),
            ("5m", "5m"),
            ("1h", "1h"),
            ("4d", "4d"),
            ("4d1h", "4d1h"),
            ("14d", "2w"),
            ("3w", "3w"),
            ("3w2d1h", "23d1h"),
            ("10y", "10y"),
            ("90m", "1h30m"),
            ("1y1ms", "365d1ms"),
            ("007s", "7s"),
        ] {
            check(text, expect);
        }
        assert_eq!(render(Duration::from_micros(1_999)), "1ms");
    }

    #[test]
    fn refuses_what_prometheus_refuses() {
        for text in ["1", "1y1m1d", "-1w", "d", "1s1s", "00", "1m5"] {
            assert_eq!(parse(text), Err(ParseDurationError::Form(text.to_owned())));
        }
        for text in ["1.5d", "1h 5m", "1s\u{e9}"] {
            assert!(matches!(parse(text), Err(ParseDurationError::Unit { .. })), "{text}");
        }
    }

    #[test]
    fn names_an_unknown_unit() {
        check("5min", "unknown unit `min` in duration `5min`: units are y, w, d, h, m, s, ms");
        check("5M", "unknown unit `M` in duration `5M`: units are y, w, d, h, m, s, ms");
        check("", "a duration is missing: write for example `30s`, `5m` or `1h30m`");
    }

    #[test]
    fn stops_at_the_range_of_prometheus() {
        check("292y", "292y");
        check("9223372036854ms", "106751d23h47m16s854ms");
        check("9223372036855ms", "duration `9223372036855ms` is out of range: at most 292 years");
        check("300y", "duration `300y` is out of range: at most 292 years");
        check("99999999999999999999s", "duration `99999999999999999999s` is out of range: at most 292 years");
    }
}
