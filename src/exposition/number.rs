//! Values and timestamps as exposition text has them.

/// Reads a value. As Prometheus does: no hexadecimal, no `_`, and a number past the range of `f64` is an error.
pub(super) fn parse_value(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let value: f64 = text.parse().ok()?;
    let spelled = unsigned.starts_with(|c: char| c.is_ascii_alphabetic());
    if (value.is_infinite() && !spelled) || (value.is_nan() && unsigned.len() != text.len()) {
        return None;
    }
    Some(value)
}

/// The shortest text that reads back as the same number; every NaN is `NaN`.
pub(super) fn render_value(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        size if size == 0.0 || (1e-5..1e21).contains(&size) => value.to_string(),
        _ => format!("{value:e}"),
    }
}

/// Milliseconds of OpenMetrics seconds, rounded to the nearest.
pub(super) fn parse_seconds(text: &str) -> Option<i64> {
    let millis = (parse_value(text)? * 1000.0).round();
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&millis).then_some(millis as i64)
}

/// `millis` in seconds, so that it reads back whether the reader rounds or, as Prometheus does, cuts off: some
/// times need a digit more than three. `None` where `f64` is too coarse, which begins 285,000 years from 1970.
pub(super) fn render_seconds(millis: i64) -> Option<String> {
    let reads_back = |seconds: f64| {
        let read = seconds * 1000.0;
        read.abs() < 9_223_372_036_854_775_808.0 && read as i64 == millis && read.round() as i64 == millis
    };
    let (size, sign) = (millis.unsigned_abs(), if millis < 0 { "-" } else { "" });
    let text = format!("{sign}{}.{:03}", size / 1000, size % 1000);
    let seconds: f64 = text.parse().ok()?;
    if reads_back(seconds) {
        return Some(text);
    }
    let further = if millis < 0 { seconds.next_down() } else { seconds.next_up() };
    reads_back(further).then(|| further.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_read_as_in_prometheus() {
        for (text, expect) in [
            ("1", Some(1.0)),
            ("+1.5e3", Some(1500.0)),
            (".5", Some(0.5)),
            ("Inf", Some(f64::INFINITY)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("+Infinity", Some(f64::INFINITY)),
            ("1e400", None),
            ("-NaN", None),
            ("0x1p-2", None),
            ("1_000", None),
            ("", None),
            ("1,5", None),
        ] {
            assert_eq!(parse_value(text), expect, "{text}");
        }
        assert!(parse_value("nan").is_some_and(f64::is_nan));
    }

    #[test]
    fn seconds_have_milliseconds_and_one_digit_more_where_needed() {
        for (millis, expect) in [
            (0, Some("0.000")),
            (1_500, Some("1.500")),
            (-1_500, Some("-1.500")),
            (-1, Some("-0.001")),
            (1_763_736_130_123, Some("1763736130.123")),
            (1_001, Some("1.0010000000000001")),
            (i64::MAX, None),
            (i64::MIN, None),
        ] {
            assert_eq!(render_seconds(millis).as_deref(), expect, "{millis}");
        }
    }

    proptest! {
        #[test]
        fn numbers_read_back(bits: u64, millis in -9_000_000_000_000_000_i64..9_000_000_000_000_000) {
            let value = f64::from_bits(bits);
            let again = parse_value(&render_value(value)).unwrap();
            prop_assert!(again.to_bits() == bits || (again.is_nan() && value.is_nan()));
            let text = render_seconds(millis / 1000);
            prop_assert_eq!(text.and_then(|text| parse_seconds(&text)), Some(millis / 1000));
        }
    }
}
