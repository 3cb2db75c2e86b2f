//! What a file that is no capture may be: a request body as it was sent, or its bytes as text.
//!
//! Tells compression and version by trying: the headers that would say them are gone.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::{Counts, Outcome, Request};
use crate::base::time::UnixNanos;
use crate::wire::{self, Detected, Dialect, Encoding, Protocol};

/// Bytes that a body may decompress to while it is being told what it is.
const MAX_MESSAGE: usize = 256 << 20;

/// Reads `bytes` as a body.
///
/// # Errors
/// Why it is none.
pub(super) fn recognize(bytes: Vec<u8>) -> Result<Request, String> {
    if !is_text(&bytes) {
        return recognize_binary(bytes.into());
    }
    let mut why = String::from("text that is neither hex nor base64 of one");
    for (name, decoded) in [("hex", from_hex(&bytes)), ("base64", from_base64(&bytes))] {
        match decoded.map(|decoded| recognize_binary(decoded.into())) {
            Some(Ok(request)) => return Ok(request),
            // What is hex is base64 as well: the first is what was meant.
            Some(Err(reason)) if why.starts_with("text") => why = format!("{name} of {reason}"),
            _ => {}
        }
    }
    // Bytes of a body may all be printable.
    recognize_binary(bytes.into()).map_err(|_| why)
}

fn recognize_binary(body: Bytes) -> Result<Request, String> {
    if body.is_empty() {
        return Err("nothing".into());
    }
    let mut not_snappy = String::new();
    let mut message = Vec::new();
    let mut damaged = None;
    for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
        if let Err(err) = wire::decompress(encoding, &body, MAX_MESSAGE, &mut message) {
            if encoding == Encoding::Snappy {
                not_snappy = format!(" ({err})");
            }
            continue;
        }
        match wire::detect(&message) {
            Detected::Only(protocol) => return Ok(bare(body, encoding, protocol)),
            // That it decompressed says enough. A request without anything is one of either version.
            Detected::Empty if message.is_empty() => return Ok(bare(body, encoding, Protocol::V1)),
            // Not an encoding of remote write: somebody has packed the file.
            _ if encoding == Encoding::Zstd && is_snappy(&message) => {
                return recognize_binary(std::mem::take(&mut message).into());
            }
            _ => {}
        }
        let begins_as = begins_as(&message);
        // A broken message is worth showing as far as it goes.
        if damaged.is_none() && (encoding != Encoding::Identity || begins_as.is_some()) {
            damaged = Some((encoding, begins_as.unwrap_or(Protocol::V1)));
        }
    }
    damaged.map(|(encoding, protocol)| bare(body, encoding, protocol)).ok_or_else(|| {
        format!("bytes that are no snappy{not_snappy}, no zstd frame and no protobuf of remote write")
    })
}

/// Whether `bytes` are a body in snappy.
fn is_snappy(bytes: &[u8]) -> bool {
    let mut message = Vec::new();
    wire::decompress(Encoding::Snappy, bytes, MAX_MESSAGE, &mut message).is_ok()
        && matches!(wire::detect(&message), Detected::Only(_))
}

/// The version that the first bytes of `message` are typical of: 1.0 begins with a series that begins with a
/// label, 2.0 with the empty symbol.
fn begins_as(message: &[u8]) -> Option<Protocol> {
    const FIELD_1: u8 = 0x0A;
    const FIELD_4: u8 = 0x22;
    match message {
        [FIELD_4, 0, ..] => Some(Protocol::V2),
        [FIELD_1, rest @ ..] => {
            let len = rest.iter().take(10).position(|byte| byte & 0x80 == 0)?;
            (rest.get(len + 1) == Some(&FIELD_1)).then_some(Protocol::V1)
        }
        _ => None,
    }
}

/// A request of which nothing is known but its body.
fn bare(body: Bytes, encoding: Encoding, protocol: Protocol) -> Request {
    Request {
        sequence: 0,
        received: UnixNanos(0),
        protocol,
        dialect: match protocol {
            Protocol::V1 => Dialect::V1,
            Protocol::V2 => Dialect::V2,
        },
        encoding,
        content_type: String::new(),
        content_encoding: String::new(),
        version: String::new(),
        user_agent: String::new(),
        retry_attempt: 0,
        tenant: None,
        counts: Counts::default(),
        outcome: Outcome::default(),
        body,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

/// Bytes of hexadecimal text: plain, with blanks, commas, `0x` or `\x`, or as `xxd` and `hexdump -C` print it.
fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut digits = Vec::with_capacity(text.len());
    let is_dump = text.lines().next().is_some_and(|line| line.len() > OFFSET && dumped(line).is_some());
    for line in text.lines() {
        push_digits(if is_dump { dumped(line)? } else { line }, &mut digits)?;
    }
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Digits of the offset at the beginning of a dump's line.
const OFFSET: usize = 8;

/// The digits of a line of `xxd` (`00000010: 6f62 7363  obsc`) or `hexdump -C` (`00000010  6f 62  |ob|`).
fn dumped(line: &str) -> Option<&str> {
    let (offset, rest) = line.split_at_checked(OFFSET)?;
    if !offset.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match rest.strip_prefix(": ") {
        Some(rest) => Some(rest.split_once("  ").map_or(rest, |(digits, _)| digits)),
        None if rest.is_empty() => Some(""), // the length, at the end of `hexdump -C`
        None => rest.strip_prefix("  ").map(|rest| rest.split_once('|').map_or(rest, |(digits, _)| digits)),
    }
}

fn push_digits(text: &str, digits: &mut Vec<u8>) -> Option<()> {
    for word in text.split(|c: char| c.is_ascii_whitespace() || c == ',') {
        let word = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        for part in word.split("\\x") {
            for c in part.chars() {
                digits.push(c.to_digit(16)? as u8);
            }
        }
    }
    Some(())
}

fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [base64::alphabet::STANDARD, base64::alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(&text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of one series and sample.
    fn message(protocol: Protocol) -> Vec<u8> {
        let mut encoder = wire::Encoder::new(protocol);
        encoder.series([wire::Label { name: "__name__", value: "up" }], None, None);
        encoder.sample(wire::Sample { value: 1.0, timestamp: 1_700_000_000_000, start: 0 });
        let mut message = Vec::new();
        encoder.finish(&mut message);
        message
    }

    fn body(encoding: Encoding, protocol: Protocol) -> Vec<u8> {
        let mut body = Vec::new();
        wire::compress(encoding, &message(protocol), &mut body);
        body
    }

    fn bodies() -> impl Iterator<Item = (Encoding, Protocol, Vec<u8>)> {
        [Encoding::Snappy, Encoding::Zstd, Encoding::Identity]
            .into_iter()
            .flat_map(|encoding| [(encoding, Protocol::V1), (encoding, Protocol::V2)])
            .map(|(encoding, protocol)| (encoding, protocol, body(encoding, protocol)))
    }

    #[track_caller]
    fn check(bytes: Vec<u8>, expect: (Encoding, Protocol, &[u8])) {
        let request = recognize(bytes).expect("recognized");
        assert_eq!((request.encoding, request.protocol, &request.body[..]), expect);
        assert_eq!(request.captured(), None);
    }

    #[test]
    fn bodies_are_told_by_trying() {
        for (encoding, protocol, body) in bodies() {
            check(body.clone(), (encoding, protocol, &body));
        }
    }

    #[test]
    fn text_of_bodies_is_read_in_every_common_form() {
        for (encoding, protocol, body) in bodies() {
            let expect = (encoding, protocol, &body[..]);
            let hex: Vec<String> = body.iter().map(|byte| format!("{byte:02x}")).collect();
            check(hex.concat().into_bytes(), expect);
            check(hex.concat().to_uppercase().into_bytes(), expect);
            check((hex.join(" ") + "\r\n").into_bytes(), expect);
            check(format!("0x{}\n", hex.concat()).into_bytes(), expect);
            check(format!("0x{}", hex.join(", 0x")).into_bytes(), expect);
            check(format!("\\x{}", hex.join("\\x")).into_bytes(), expect);
            let ascii = |row: &[u8]| -> String {
                row.iter().map(|&byte| if byte.is_ascii_graphic() { byte as char } else { '.' }).collect()
            };
            let mut xxd = String::new();
            let mut hexdump = String::new();
            for (at, row) in body.chunks(16).enumerate() {
                let hex: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
                let pairs: Vec<String> = hex.chunks(2).map(|pair| pair.concat()).collect();
                xxd += &format!("{:08x}: {:39}  {}\n", at * 16, pairs.join(" "), ascii(row));
                let (left, right) = hex.split_at(hex.len().min(8));
                let columns = format!("{}  {}", left.join(" "), right.join(" "));
                hexdump += &format!("{:08x}  {columns:48}  |{}|\n", at * 16, ascii(row));
            }
            hexdump += &format!("{:08x}\n", body.len());
            check(xxd.into_bytes(), expect);
            check(hexdump.into_bytes(), expect);
            let base64 = base64::engine::general_purpose::STANDARD.encode(&body);
            check(base64.trim_end_matches('=').into(), expect);
            check(base64::engine::general_purpose::URL_SAFE.encode(&body).into(), expect);
            let lines: Vec<&str> =
                base64.as_bytes().chunks(20).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
            check(lines.join("\n").into_bytes(), expect);
        }
    }

    #[test]
    fn empty_request_is_one() {
        check(vec![0], (Encoding::Snappy, Protocol::V1, &[0]));
    }

    #[test]
    fn broken_message_is_kept_to_be_shown() {
        for (encoding, protocol, _) in bodies() {
            let message = message(protocol);
            let mut body = Vec::new();
            wire::compress(encoding, &message[..message.len() - 3], &mut body);
            check(body.clone(), (encoding, protocol, &body));
        }
    }

    #[test]
    fn what_is_nothing_we_know_says_what_was_tried() {
        let check = |bytes: &[u8], expect: &[&str]| {
            let why = recognize(bytes.to_vec()).expect_err("not recognized");
            for part in expect {
                assert!(why.contains(part), "{why:?} lacks {part:?}");
            }
        };
        check(b"# HELP up\nup 1\n", &["text that is neither hex nor base64 of one"]);
        check(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            &["no snappy (snappy body cannot", "no zstd frame", "no protobuf"],
        );
        check(b"deadbeef", &["hex of bytes that are no snappy"]);
    }

    #[test]
    fn snappy_body_in_a_zstd_file_is_unpacked() {
        for protocol in [Protocol::V1, Protocol::V2] {
            let snappy = body(Encoding::Snappy, protocol);
            let mut packed = Vec::new();
            wire::compress(Encoding::Zstd, &snappy, &mut packed);
            check(packed, (Encoding::Snappy, protocol, &snappy));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_told_without_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let _ = recognize(bytes);
        }

        #[test]
        fn any_text_is_told_without_a_panic(text in "[0-9a-f:x| \\\\\n,*]{0,200}") {
            let _ = recognize(text.into_bytes());
        }
    }
}
