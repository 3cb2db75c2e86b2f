//! Plain scalars that are not what they seem.

use std::fmt;

use super::scalar::{Reader, Value, Written};

/// A plain scalar whose text is not what the reader makes of it. Shown as a sentence: `` `017` is 15, read as octal ``.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trap<'d> {
    pub text: &'d str,
    pub surprise: Surprise,
    /// What the text becomes; of a date and of base 60, what readers of YAML 1.1 other than Go's make of it.
    pub becomes: Value<'d>,
}

/// In which way a text is not what it seems.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surprise {
    /// `on`, `no`, `y`: a truth value.
    Word,
    /// `017`: base 8.
    Octal,
    /// `08`, which is no octal number: a float without the zero in front.
    LeadingZero,
    /// `0x1F`, `0o17`, `0b1`.
    Base,
    /// `1_000`.
    Underscore,
    /// `1e3`: commit hashes look like it.
    Exponent,
    /// `1.10`, `5.`, `.5`, `+1`, `-0`: the same number is written in another way afterwards; versions suffer.
    Rewritten,
    /// More digits than the number can keep.
    Rounded,
    /// `.inf`, `.nan`: JSON has no form for it, so kubectl refuses the file.
    NotFinite,
    /// `12:30:45`: a string to Prometheus and kubectl, a number of seconds to readers of YAML 1.1 such as PyYAML.
    BaseSixty,
    /// `2020-01-01`: text to a string field of Prometheus and kubectl, a date to most other readers.
    Date,
}

/// Whether a plain scalar without a tag is other than its text says, to this reader. Of a field that is a number
/// anyway, only some of the surprises matter; the caller knows what the field is.
#[must_use]
pub fn trap(text: &str, reader: Reader) -> Option<Trap<'_>> {
    let value = Written::plain(text).read(reader).ok()?;
    let (surprise, becomes) = match value {
        Value::Bool(_) if !matches!(text.as_bytes(), [b't' | b'T' | b'f' | b'F', ..]) => {
            (Surprise::Word, value)
        }
        Value::Int(_) => (integer(text, value)?, value),
        Value::Float(float) => (float_surprise(text, float)?, value),
        Value::Timestamp(_) => (Surprise::Date, value),
        Value::Str(_) => match Written::plain(text).read(Reader::PrometheusConfig).ok()? {
            date @ Value::Timestamp(_) => (Surprise::Date, date),
            _ => (Surprise::BaseSixty, Value::Int(base_sixty(text)?)),
        },
        _ => return None,
    };
    Some(Trap { text, surprise, becomes })
}

fn integer(text: &str, value: Value<'_>) -> Option<Surprise> {
    if text == value.to_string() {
        return None;
    }
    let digits = text.trim_start_matches(['+', '-']);
    Some(match digits.as_bytes() {
        _ if text.contains('_') => Surprise::Underscore,
        [b'0', b'0'..=b'9', ..] => Surprise::Octal,
        [b'0', _, ..] => Surprise::Base,
        _ if matches!(value, Value::Int(int) if i64::try_from(int).is_err()) => Surprise::Rounded,
        _ => Surprise::Rewritten,
    })
}

fn float_surprise(text: &str, float: f64) -> Option<Surprise> {
    let shown = Value::Float(float).to_string();
    if text == shown {
        return None;
    }
    let digits = text.trim_start_matches(['+', '-']);
    Some(match digits.as_bytes() {
        _ if !float.is_finite() => Surprise::NotFinite,
        _ if text.contains('_') => Surprise::Underscore,
        _ if text.contains(['e', 'E']) => Surprise::Exponent,
        [b'0', b'0'..=b'9', ..] => Surprise::LeadingZero,
        _ if significant(digits) > 15 => Surprise::Rounded,
        _ => Surprise::Rewritten,
    })
}

fn significant(digits: &str) -> usize {
    digits.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count()
}

/// YAML 1.1: `[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+`.
fn base_sixty(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = digits.split(':');
    let first = parts.next()?;
    let starts = first.starts_with(|c: char| ('1'..='9').contains(&c));
    let fits = first.len() <= 10 && first.bytes().all(|byte| byte.is_ascii_digit());
    (starts && fits && digits.contains(':')).then_some(())?;
    let mut number: i128 = first.parse().ok()?;
    for part in parts {
        let fits = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        fits.then_some(())?;
        number = number.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    Some(sign * number)
}

impl fmt::Display for Trap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, surprise, becomes } = self;
        match surprise {
            Surprise::Word => write!(f, "`{text}` is the truth value {becomes}"),
            Surprise::Octal => write!(f, "`{text}` is {becomes}, read as octal"),
            Surprise::LeadingZero => write!(f, "`{text}` is {becomes}, without the zero in front"),
            Surprise::Base | Surprise::Underscore | Surprise::Exponent | Surprise::Rewritten => {
                write!(f, "`{text}` is the number {becomes}")
            }
            Surprise::Rounded => write!(f, "`{text}` is rounded to {becomes}"),
            Surprise::NotFinite => write!(f, "`{text}` is no finite number, and kubectl refuses it"),
            Surprise::BaseSixty => write!(f, "`{text}` is {becomes} to readers of YAML 1.1, at base 60"),
            Surprise::Date => write!(f, "`{text}` is a date to many readers of YAML"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<(Surprise, &str)>) {
        let found = trap(text, Reader::Kubernetes).map(|trap| (trap.surprise, trap.to_string()));
        assert_eq!(found, expect.map(|(surprise, says)| (surprise, says.to_owned())));
    }

    #[test]
    fn says_what_a_text_becomes() {
        check("on", Some((Surprise::Word, "`on` is the truth value true")));
        check("N", Some((Surprise::Word, "`N` is the truth value false")));
        check("017", Some((Surprise::Octal, "`017` is 15, read as octal")));
        check("08", Some((Surprise::LeadingZero, "`08` is 8, without the zero in front")));
        check("0x1F", Some((Surprise::Base, "`0x1F` is the number 31")));
        check("1_000", Some((Surprise::Underscore, "`1_000` is the number 1000")));
        check("12e2", Some((Surprise::Exponent, "`12e2` is the number 1200")));
        check("1.10", Some((Surprise::Rewritten, "`1.10` is the number 1.1")));
        check("+1", Some((Surprise::Rewritten, "`+1` is the number 1")));
        let digits = "12345678901234567891";
        check(digits, Some((Surprise::Rounded, "`12345678901234567891` is rounded to 12345678901234567000")));
        check(".inf", Some((Surprise::NotFinite, "`.inf` is no finite number, and kubectl refuses it")));
        check(
            "12:30:45",
            Some((Surprise::BaseSixty, "`12:30:45` is 45045 to readers of YAML 1.1, at base 60")),
        );
        check("2020-01-01", Some((Surprise::Date, "`2020-01-01` is a date to many readers of YAML")));
    }

    #[test]
    fn plain_texts_are_no_traps() {
        for text in [
            "true",
            "False",
            "null",
            "~",
            "",
            "1",
            "-1",
            "0",
            "0.1",
            "1.5",
            "up",
            "5m",
            "12:60",
            "0:30",
            "10.0.0.1:90",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn words_are_strings_in_rule_files() {
        assert_eq!(trap("on", Reader::PrometheusRules), None);
        assert!(trap("2020-01-01", Reader::PrometheusRules).is_some());
    }
}
