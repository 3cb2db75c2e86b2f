//! From the lines below `body` to the bytes that are sent.

use std::io::Write;

use obsctl::wire::{self, Encoding, Protocol, prototext};

use super::case::{Body, Case, Wrap};

/// The bytes of the case's body; `None` when it has no body at all.
pub(super) fn build(case: &Case, now_ms: i64) -> Result<Option<Vec<u8>>, String> {
    let (mut bytes, encodings) = match &case.body {
        Body::None => return Ok(None),
        Body::Text { version, lines, encodings } => (text(case, *version, lines, now_ms)?, encodings),
        Body::Hex { lines, encodings } => (hex(lines)?, encodings),
    };
    for encoding in encodings {
        bytes = wrap(*encoding, bytes);
    }
    Ok(Some(bytes))
}

/// `repeat N REST` in a line: N and REST.
pub(super) fn repeated(line: &str) -> Option<(usize, &str)> {
    let (count, rest) = line.trim_start().strip_prefix("repeat ")?.split_once(' ')?;
    Some((count.parse().ok()?, rest))
}

/// Puts in what `$metric` and `$xN` (N times the letter x) stand for.
pub(super) fn fill(case: &Case, line: &str) -> String {
    let mut line = line.replace("$metric", &case.metric());
    while let Some(at) = line.find("$x") {
        let digits: String = line[at + 2..].chars().take_while(char::is_ascii_digit).collect();
        line.replace_range(at..at + 2 + digits.len(), &"x".repeat(digits.parse().unwrap_or(0)));
    }
    line
}

/// Protobuf text, line by line, with what `repeat` says written out.
fn text(case: &Case, version: Protocol, lines: &[String], now_ms: i64) -> Result<Vec<u8>, String> {
    let mut out = String::new();
    for line in lines {
        let line = fill(case, line);
        match repeated(&line) {
            Some((count, rest)) => (0..count).for_each(|index| numbered(rest, index, &mut out)),
            None => out.push_str(&line),
        }
        out.push('\n');
    }
    prototext::parse(version, &out, now_ms).map_err(|err| format!("body: {err}"))
}

/// Writes `line` with `$i` and `$i+N` as numbers.
fn numbered(line: &str, index: usize, out: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find("$i") {
        out.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        let digits = rest.strip_prefix('+').unwrap_or("");
        let len = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
        let add: usize = digits[..len].parse().unwrap_or(0);
        if len > 0 {
            rest = &digits[len..];
        }
        out.push_str(&(index + add).to_string());
    }
    out.push_str(rest);
    out.push(' ');
}

fn hex(lines: &[String]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for line in lines {
        let line = line.split('#').next().unwrap_or_default();
        let (count, digits) = repeated(line).unwrap_or((1, line));
        let bytes = digits.split_whitespace().map(|byte| u8::from_str_radix(byte, 16));
        let bytes = bytes.collect::<Result<Vec<_>, _>>().map_err(|_| format!("body: `{line}` is not hex"))?;
        out.extend(bytes.repeat(count));
    }
    Ok(out)
}

fn wrap(encoding: Wrap, bytes: Vec<u8>) -> Vec<u8> {
    let compress = |encoding| {
        let mut body = Vec::new();
        wire::compress(encoding, &bytes, &mut body);
        body
    };
    match encoding {
        Wrap::Identity => bytes,
        Wrap::Snappy => compress(Encoding::Snappy),
        Wrap::Zstd => compress(Encoding::Zstd),
        Wrap::Framed => {
            let mut writer = snap::write::FrameEncoder::new(Vec::new());
            writer.write_all(&bytes).unwrap();
            writer.into_inner().unwrap()
        }
        Wrap::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            writer.write_all(&bytes).unwrap();
            writer.finish().unwrap()
        }
    }
}

#[test]
fn repeat_counts_from_its_summand() {
    let mut out = String::new();
    (0..2).for_each(|index| numbered("a$i [$i+3, 1]", index, &mut out));
    assert_eq!(out, "a0 [3, 1] a1 [4, 1] ");
    assert_eq!(hex(&["01 # one".into(), "repeat 3 0a".into()]).unwrap(), [1, 10, 10, 10]);
}
