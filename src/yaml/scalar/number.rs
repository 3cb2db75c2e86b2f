//! Numbers: what `strconv` of Go takes, with underscores (nearly) anywhere behind the first character.

use std::borrow::Cow;

use super::{Reader, Value};

/// A number, from a text that begins with a digit, a sign or a point.
pub(super) fn parse(text: &str, reader: Reader) -> Option<Value<'_>> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(Value::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Value::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    if text.starts_with('.') {
        return between_digits(text).and_then(|plain| decimal(&plain)).map(Value::Float);
    }
    let plain = without_underscores(text);
    integer(&plain)
        .map(Value::Int)
        .or_else(|| decimal(&plain).map(Value::Float))
        .or_else(|| signed_behind_prefix(&plain, reader).map(Value::Int))
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) }
}

/// Without its underscores, which must stand between digits: `strconv.ParseFloat` sees them if a point comes first.
fn between_digits(text: &str) -> Option<Cow<'_, str>> {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let fits = |at: usize| {
        bytes[at] != b'_' || is_digit(bytes.get(at.wrapping_sub(1))) && is_digit(bytes.get(at + 1))
    };
    (0..bytes.len()).all(fits).then(|| without_underscores(text))
}

/// `strconv.ParseInt` with base 0, then `ParseUint`: 64 bits with a sign in front, or without.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (0, text),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let magnitude = i128::from(magnitude(digits, base)?);
    if sign == 0 {
        return Some(magnitude);
    }
    let value = sign * magnitude;
    i64::try_from(value).is_ok().then_some(value)
}

/// Digits alone: `from_str_radix` would take a sign.
fn magnitude(digits: &str, base: u32) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(())?;
    u64::from_str_radix(digits, base).ok()
}

/// A decimal float that is finite: what overflows is a string to Go.
fn decimal(text: &str) -> Option<f64> {
    let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    text.bytes().all(number).then_some(())?;
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `0b-1`: the libraries' own binary form (and octal, in yaml.v3) looks for a sign behind the prefix.
fn signed_behind_prefix(text: &str, reader: Reader) -> Option<i128> {
    let (base, signed) = match text.strip_prefix("0b") {
        Some(signed) => (2, signed),
        None if reader == Reader::PrometheusRules => (8, text.strip_prefix("0o")?),
        None => return None,
    };
    signed.starts_with(['+', '-']).then_some(())?;
    i64::from_str_radix(signed, base).ok().map(i128::from)
}

/// A float as `encoding/json` writes it, after `kubectl` has taken whole numbers for integers.
pub(super) fn json(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&size) || !value.is_finite() {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}
