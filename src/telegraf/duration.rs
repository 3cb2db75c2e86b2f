//! Durations in Go's form, as Telegraf reads `interval` and `timeout`: `30s`, `1m30s`, `1.5h`.

use std::time::Duration;

const UNITS: [(&str, u32); 8] = [
    ("ns", 0),
    ("us", 3),
    ("µs", 3), // U+00B5
    ("μs", 3), // U+03BC
    ("ms", 6),
    ("s", 9),
    ("m", 9),
    ("h", 9),
];

/// Why a text is no duration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// It is a number without a unit.
    Unit,
    /// It has a unit that Go does not know, or is of another form.
    Form,
    /// It is negative, or longer than Go can hold.
    Range,
}

/// Reads what Go's `time.ParseDuration` reads, of zero and more.
pub(super) fn parse(text: &str) -> Result<Duration, Fault> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.starts_with('-') {
        return Err(Fault::Range);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return Err(Fault::Form);
    }
    let mut nanos: f64 = 0.0;
    while !rest.is_empty() {
        let number_len = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, tail) = rest.split_at(number_len);
        let unit_len = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let number: f64 = match number {
            "" | "." => return Err(Fault::Form),
            number => number.parse().map_err(|_| Fault::Form)?,
        };
        if unit.is_empty() {
            return Err(if number_len == text.len() { Fault::Unit } else { Fault::Form });
        }
        let (name, power) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or(Fault::Form)?;
        let seconds = match name {
            "m" => 60.0,
            "h" => 3_600.0,
            _ => 1.0,
        };
        nanos += number * seconds * 10_f64.powi(power.cast_signed());
        rest = tail;
    }
    if nanos >= 9_223_372_036_854_775_807.0 {
        return Err(Fault::Range);
    }
    Ok(Duration::from_nanos(nanos as u64)) // checked above: below 2^63, and no part is negative
}

/// The duration as Telegraf reads it back: whole hours, minutes, seconds and milliseconds, `1h30m`, `500ms`.
pub(super) fn render(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    let mut rest = millis;
    for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&str, Fault>) {
        assert_eq!(parse(text).map(render), expect.map(str::to_owned), "{text}");
    }

    #[test]
    fn reads_durations_as_go_does() {
        check("30s", Ok("30s"));
        check("1m30s", Ok("1m30s"));
        check("90s", Ok("1m30s"));
        check("1.5h", Ok("1h30m"));
        check("100ms", Ok("100ms"));
        check("+5s", Ok("5s"));
        check("1h1h", Ok("2h"));
        check("0", Ok("0s"));
        check("5.s", Ok("5s"));
        check(".5s", Ok("500ms"));
        check("1500000us", Ok("1s500ms"));
        check("1500µs", Ok("1ms"));
    }

    #[test]
    fn refuses_what_go_refuses() {
        check("30", Err(Fault::Unit));
        check("1.5", Err(Fault::Unit));
        check("-5s", Err(Fault::Range));
        check("9999999h", Err(Fault::Range));
        for text in ["", "s", "1d", "5 s", "5min", "1s5", "1..5s", ".s", "5S", "+"] {
            check(text, Err(Fault::Form));
        }
    }
}
