//! The values of literals: Go's strings and numbers.

/// The value of a number's text as Go's `ParseInt(text, 0)` and then `ParseFloat` have it: `017` is octal,
/// underscores separate digits. `None` when it is no number, or out of range.
pub(super) fn number(text: &str) -> Option<f64> {
    if text.eq_ignore_ascii_case("inf") {
        return Some(f64::INFINITY);
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let prefix = text.len() - hex.map_or(text.len(), str::len);
    if !underscores_separate(text, prefix) {
        return None;
    }
    let digits: String = hex.unwrap_or(text).chars().filter(|&c| c != '_').collect();
    if hex.is_some() {
        return i64::from_str_radix(&digits, 16).ok().map(to_float);
    }
    if digits.starts_with('0')
        && digits.bytes().all(|b| matches!(b, b'0'..=b'7'))
        && let Ok(octal) = i64::from_str_radix(&digits, 8)
    {
        return Some(to_float(octal));
    }
    digits.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[allow(clippy::cast_precision_loss, reason = "a PromQL number is a float")]
fn to_float(value: i64) -> f64 {
    value as f64
}

/// Whether every underscore stands between two digits, or between the hexadecimal prefix and one.
fn underscores_separate(text: &str, prefix: usize) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| {
        bytes.get(at).is_some_and(|b| if prefix > 0 { b.is_ascii_hexdigit() } else { b.is_ascii_digit() })
    };
    let before = |at: usize| at > 0 && (digit(at - 1) || (prefix > 0 && at == prefix));
    bytes.iter().enumerate().all(|(at, &b)| b != b'_' || (before(at) && digit(at + 1)))
}

/// The value of a quoted string with its quotes, or the byte offset and cause of its fault.
///
/// Go's strings are bytes; what is not UTF-8 after the escapes becomes U+FFFD here.
pub(crate) fn string(quoted: &str) -> Result<String, (usize, &'static str)> {
    let quote = quoted.as_bytes()[0];
    let inner = &quoted[1..quoted.len() - 1];
    if quote == b'`' || !inner.contains('\\') {
        return Ok(inner.to_owned());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let offset = quoted.len() - 1 - rest.len() + at;
        let escape = &rest[at + 1..];
        let len = unescape(escape, quote, &mut bytes).map_err(|cause| (offset, cause))?;
        rest = &escape[len..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Appends what the escape stands for; returns its length without the backslash.
fn unescape(escape: &str, quote: u8, bytes: &mut Vec<u8>) -> Result<usize, &'static str> {
    let letter = escape.bytes().next().ok_or("the escape sequence does not end")?;
    let simple = match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' => b'\\',
        other if other == quote => quote,
        b'0'..=b'7' => {
            bytes.push(u8::try_from(digits(escape, 0, 3, 8)?).map_err(|_| "an octal escape ends at \\377")?);
            return Ok(3);
        }
        b'x' => {
            bytes.push(u8::try_from(digits(escape, 1, 2, 16)?).map_err(|_| "a byte has two digits")?);
            return Ok(3);
        }
        b'u' | b'U' => {
            let len = if letter == b'u' { 4 } else { 8 };
            let c = char::from_u32(digits(escape, 1, len, 16)?).ok_or("this is no Unicode code point")?;
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(1 + len);
        }
        _ => return Err("unknown escape sequence"),
    };
    bytes.push(simple);
    Ok(1)
}

fn digits(escape: &str, from: usize, len: usize, radix: u32) -> Result<u32, &'static str> {
    let digits = escape.get(from..from + len).filter(|digits| digits.chars().all(|c| c.is_digit(radix)));
    digits
        .and_then(|digits| u32::from_str_radix(digits, radix).ok())
        .ok_or("the escape sequence has too few digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_gos() {
        for (text, expect) in [
            ("0", Some(0.0)),
            ("017", Some(15.0)),
            ("018", Some(18.0)),
            ("0x1F", Some(31.0)),
            ("0X_1f", Some(31.0)),
            ("1_000", Some(1000.0)),
            ("1_0.5_0e1_0", Some(10.5e10)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1.e3", Some(1000.0)),
            ("iNf", Some(f64::INFINITY)),
            ("9223372036854775808", Some(9_223_372_036_854_775_808.0)),
            ("0xFFFFFFFFFFFFFFFF", None),
            ("1__0", None),
            ("1_", None),
            ("1_e5", None),
            ("1e", None),
            ("1e999", None),
            ("1.2.3", None),
            ("0x", None),
        ] {
            assert_eq!(number(text), expect, "{text}");
        }
        assert!(number("NaN").unwrap().is_nan());
    }

    #[test]
    fn strings_are_gos() {
        for (text, expect) in [
            (r#""a""#, Ok("a")),
            (r#""\x41\101\u00e9\U0001F600\n\"""#, Ok("AAé😀\n\"")),
            (r"'\''", Ok("'")),
            (r"`\n`", Ok(r"\n")),
            (r#""\xff""#, Ok("\u{fffd}")),
            (r#""\xc3\xa9""#, Ok("é")),
            (r#""ab\'""#, Err((3, "unknown escape sequence"))),
            (r#""\400""#, Err((1, "an octal escape ends at \\377"))),
            (r#""\ud800""#, Err((1, "this is no Unicode code point"))),
            (r#""\x4é""#, Err((1, "the escape sequence has too few digits"))),
            (r#""\x+4""#, Err((1, "the escape sequence has too few digits"))),
        ] {
            assert_eq!(string(text), expect.map(str::to_owned), "{text}");
        }
    }
}
