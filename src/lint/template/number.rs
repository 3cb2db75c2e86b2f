//! Numbers in templates: what Go's lexer takes for one, and which of those are.

/// How many bytes at the start of `text` the lexer takes for a number without its second, imaginary part; whether
/// it may end there.
pub(super) fn scan(text: &str) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let accept = |at: &mut usize, set: &[u8]| {
        let found = bytes.get(*at).is_some_and(|b| set.contains(b));
        *at += usize::from(found);
        found
    };
    let run = |at: &mut usize, set: &[u8]| *at += bytes[*at..].iter().take_while(|b| set.contains(b)).count();
    const DECIMAL: &[u8] = b"0123456789_";
    const HEX: &[u8] = b"0123456789abcdefABCDEF_";
    accept(&mut at, b"+-");
    let mut digits = DECIMAL;
    if accept(&mut at, b"0") {
        if accept(&mut at, b"xX") {
            digits = HEX;
        } else if accept(&mut at, b"oO") {
            digits = b"01234567_";
        } else if accept(&mut at, b"bB") {
            digits = b"01_";
        }
    }
    run(&mut at, digits);
    if accept(&mut at, b".") {
        run(&mut at, digits);
    }
    let exponent: &[u8] = match digits {
        DECIMAL => b"eE",
        HEX => b"pP",
        _ => b"",
    };
    if accept(&mut at, exponent) {
        accept(&mut at, b"+-");
        run(&mut at, DECIMAL);
    }
    accept(&mut at, b"i");
    let ends = !text[at..].starts_with(|c: char| c == '_' || c.is_alphanumeric());
    (at, ends)
}

/// Why what was scanned is no number.
pub(super) fn refuse(text: &str) -> Option<&'static str> {
    const ILLEGAL: &str = "is no number";
    if let Some(imaginary) = text.strip_suffix('i') {
        return float(imaginary).is_none().then_some(ILLEGAL);
    }
    let (signed, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if let Some(value) = integer(digits)
        && let Ok(value) = value
    {
        let fits = !signed || value <= i64::MAX.unsigned_abs() + u64::from(text.starts_with('-'));
        if fits {
            return None;
        }
    }
    match float(text) {
        None => Some(ILLEGAL),
        Some(()) if text.contains(['.', 'e', 'E', 'p', 'P']) => None,
        Some(()) => Some("is too large for an integer"),
    }
}

/// An integer as Go's `ParseUint` reads it with any base; `None` where the text is none, an error where it is too large.
fn integer(text: &str) -> Option<Result<u64, std::num::ParseIntError>> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let digits = separated(digits, radix != 10)?;
    let sound = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    sound.then(|| u64::from_str_radix(&digits, radix))
}

/// Without its underscores, if each stands between two digits, or behind a prefix.
fn separated(digits: &str, prefixed: bool) -> Option<String> {
    let wrong = digits.ends_with('_') || digits.contains("__") || (digits.starts_with('_') && !prefixed);
    (!wrong).then(|| digits.replace('_', ""))
}

/// Whether Go's `ParseFloat` reads it as a finite number.
fn float(text: &str) -> Option<()> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        let (mantissa, exponent) = hex.split_once('p')?;
        let mantissa = separated(&mantissa.replacen('.', "", 1), true)?;
        let sound = !mantissa.is_empty() && mantissa.chars().all(|c| c.is_ascii_hexdigit());
        return (sound && exponent.parse::<i16>().is_ok()).then_some(());
    }
    let digits = separated(&lower, false)?;
    digits.parse::<f64>().ok().filter(|value| value.is_finite()).map(|_| ())
}
