//! One scalar against its bounds.

use super::table::{Bounds, Node, Shape};
use crate::yaml::Value;

/// How a scalar does not fit its node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Misfit {
    /// Another type altogether.
    Type,
    /// A number that its type cannot hold.
    Range,
}

/// Whether a scalar is of the node's type.
///
/// A number with a fraction of zero (`1.0`) becomes a whole one on its way through JSON, as it does in kubectl.
pub(super) fn fits(value: Value<'_>, node: &Node, core: bool) -> Result<(), Misfit> {
    let holds = |holds: bool| if holds { Ok(()) } else { Err(Misfit::Type) };
    match (&node.shape, value) {
        (Shape::Any, _) => Ok(()),
        (Shape::Bool, value) => holds(matches!(value, Value::Bool(_))),
        (Shape::String, value) => holds(matches!(value, Value::Str(_))),
        (Shape::Number, value) => holds(matches!(value, Value::Int(_) | Value::Float(_))),
        (Shape::IntOrString | Shape::Quantity, Value::Str(_)) => Ok(()),
        (Shape::Quantity, value) => holds(matches!(value, Value::Int(_) | Value::Float(_))),
        (Shape::Int(bits), value) => int(value).ok_or(Misfit::Type).and_then(|value| range(value, *bits)),
        (Shape::IntOrString, value) => {
            let value = int(value).ok_or(Misfit::Type)?;
            range(value, if core { 32 } else { 64 })
        }
        _ => Err(Misfit::Type),
    }
}

/// The whole number of a value.
pub(super) fn int(value: Value<'_>) -> Option<i128> {
    match value {
        Value::Int(value) => Some(value),
        #[allow(clippy::cast_possible_truncation, reason = "whole, and small enough")]
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e18 => Some(value as i128),
        _ => None,
    }
}

fn range(value: i128, bits: u8) -> Result<(), Misfit> {
    let holds = if bits == 32 { i32::try_from(value).is_ok() } else { i64::try_from(value).is_ok() };
    if holds { Ok(()) } else { Err(Misfit::Range) }
}

/// What is wrong with a length, count or value that has bounds, as "must be …".
pub(super) fn out_of_bounds(value: i128, bounds: &Bounds) -> Option<String> {
    let low = bounds.min.filter(|min| value < i128::from(*min));
    let high = bounds.max.filter(|max| value > i128::from(*max));
    match (bounds.min, bounds.max) {
        _ if low.is_none() && high.is_none() => None,
        (Some(min), Some(max)) => Some(format!("must be from {min} to {max}")),
        (Some(min), None) => Some(format!("must be at least {min}")),
        (_, max) => Some(format!("must be at most {}", max.unwrap_or_default())),
    }
}

/// A quantity as Kubernetes reads it: a decimal number, and a suffix or an exponent.
#[must_use]
pub fn is_quantity(text: &str) -> bool {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (number, suffix) = number.split_at(end);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || number.len() - digits > 1 {
        return false;
    }
    let exponent =
        suffix.strip_prefix(['e', 'E']).map(|power| power.strip_prefix(['+', '-']).unwrap_or(power));
    let known = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    known.contains(&suffix)
        || exponent.is_some_and(|power| !power.is_empty() && power.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A time as RFC 3339 has it.
pub(super) fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    let clock = digits(0..4)
        && is(4, b'-')
        && digits(5..7)
        && is(7, b'-')
        && digits(8..10)
        && is(10, b'T')
        && digits(11..13)
        && is(13, b':')
        && digits(14..16)
        && is(16, b':')
        && digits(17..19);
    let Some(rest) = text.get(19..).filter(|_| clock) else { return false };
    let rest = rest
        .strip_prefix('.')
        .map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest == "Z" || (rest.len() == 6 && rest.starts_with(['+', '-']) && rest.as_bytes()[3] == b':')
}

/// A time of RFC 3339 with six digits behind the point.
pub(super) fn is_microtime(text: &str) -> bool {
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    is_time(text) && fraction.bytes().take_while(u8::is_ascii_digit).count() == 6
}

/// Base64 with padding; Go reads past line breaks.
pub(super) fn is_base64(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
    bytes.len().is_multiple_of(4)
        && bytes.len() - end <= 2
        && bytes[end..].iter().all(|byte| *byte == b'=')
        && bytes[..end].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(is: impl Fn(&str) -> bool, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(is(text), "{text:?}");
        }
        for text in no {
            assert!(!is(text), "{text:?}");
        }
    }

    #[test]
    fn quantities_are_as_kubernetes_reads_them() {
        check(
            is_quantity,
            &[
                "0", "1", "0.5", "1.", "5.", ".5", "-1", "+1k", "+1.5Gi", "100m", "500m", "128Mi", "1e3",
                "1E3", "1e-3", "1E-3", "1E", "2E", "5u", "3n", "100n",
            ],
            &[
                "", ".", "m", "Mi", "1 Gi", "1 Mi", "1gi", "1mi", "1K", "800x", "1e", "1e+", "1.2.3", "Gi",
                "1KB", "0x1", "1e1.5", "--1", "１",
            ],
        );
    }

    #[test]
    fn times_are_of_rfc_3339() {
        check(
            is_time,
            &["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456+01:00"],
            &["", "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05Zz", "ü"],
        );
    }

    #[test]
    fn times_with_microseconds_have_six_digits() {
        let yes = ["2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.000000+01:00"];
        check(is_microtime, &yes, &["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123Z", "x.123456"]);
    }

    #[test]
    fn base64_is_the_standard_one_with_padding() {
        check(is_base64, &["", "aGk=", "aGVs\nbG8=", "+/+/"], &["a", "aGk", "aG=k", "====", "a-_=", "ab c"]);
    }
}
