//! Bodies and messages: snappy blocks, zstd frames, or the message itself.

use std::io::Read;

use super::{DecompressError, Encoding};

type Result<T> = std::result::Result<T, DecompressError>;

/// The longest copy of a snappy block, 64 bytes, takes at least 3 bytes: no block expands by more than this.
const SNAPPY_EXPANSION: usize = 22;

/// First allocation for a zstd frame that may decompress to anything.
const ZSTD_START: usize = 64 << 10;

/// Zstandard's fastest standard level: bodies are small and sent once.
const ZSTD_LEVEL: i32 = 1;

/// Decompresses `body` into `message`, whose old content is lost, refusing more than `max` bytes before allocating
/// them. A zstd frame needs a window beside it, of at most `max` bytes rounded up to a power of two.
///
/// # Errors
///
/// When the body is not what `encoding` says, or is larger; `message` is empty then.
pub fn decompress(encoding: Encoding, body: &[u8], max: usize, message: &mut Vec<u8>) -> Result<()> {
    let done = match encoding {
        Encoding::Snappy => snappy(body, max, message),
        Encoding::Zstd => zstd(body, max, message),
        Encoding::Identity => identity(body, max, message),
    };
    if done.is_err() {
        message.clear();
    }
    done
}

/// Length that `body` says it decompresses to, unproven; `None` where it does not say.
///
/// # Errors
///
/// When the body's first bytes are not those of the encoding.
pub fn declared_len(encoding: Encoding, body: &[u8]) -> Result<Option<usize>> {
    match encoding {
        Encoding::Snappy => snap::raw::decompress_len(body)
            .map(Some)
            .map_err(|err| corrupt(Encoding::Snappy, body, &err.to_string())),
        Encoding::Zstd => match zstd::zstd_safe::get_frame_content_size(body) {
            Ok(declared) => Ok(declared.map(|len| usize::try_from(len).unwrap_or(usize::MAX))),
            Err(_) => Err(corrupt(Encoding::Zstd, body, "no zstd frame header")),
        },
        Encoding::Identity => Ok(Some(body.len())),
    }
}

/// Compresses `message` into `body`, whose old content is lost.
///
/// # Panics
///
/// When `message` is 4 GiB or more, which snappy has no length for.
pub fn compress(encoding: Encoding, message: &[u8], body: &mut Vec<u8>) {
    match encoding {
        Encoding::Snappy => {
            body.resize(snap::raw::max_compress_len(message.len()), 0);
            let len = snap::raw::Encoder::new()
                .compress(message, body)
                .expect("the message is under 4 GiB and the body has room for it");
            body.truncate(len);
        }
        Encoding::Zstd => {
            body.resize(zstd::zstd_safe::compress_bound(message.len()), 0);
            let len = zstd::bulk::compress_to_buffer(message, body, ZSTD_LEVEL)
                .expect("the body has room for the message");
            body.truncate(len);
        }
        Encoding::Identity => {
            body.clear();
            body.extend_from_slice(message);
        }
    }
}

fn snappy(body: &[u8], max: usize, message: &mut Vec<u8>) -> Result<()> {
    let declared =
        snap::raw::decompress_len(body).map_err(|err| corrupt(Encoding::Snappy, body, &err.to_string()))?;
    if declared > body.len().saturating_mul(SNAPPY_EXPANSION) {
        let len = body.len();
        let detail = format!("{declared} bytes declared, more than a block of {len} bytes can hold");
        return Err(corrupt(Encoding::Snappy, body, &detail));
    }
    if declared > max {
        return Err(too_large(Encoding::Snappy, Some(declared as u64), max));
    }
    // What is there already is overwritten: only growth is paid for.
    grow(message, declared);
    message.resize(declared, 0);
    let len = snap::raw::Decoder::new()
        .decompress(body, message)
        .map_err(|err| corrupt(Encoding::Snappy, body, &err.to_string()))?;
    message.truncate(len);
    Ok(())
}

fn zstd(body: &[u8], max: usize, message: &mut Vec<u8>) -> Result<()> {
    message.clear();
    let damaged = |err: std::io::Error| corrupt(Encoding::Zstd, body, &err.to_string());
    let declared = declared_len(Encoding::Zstd, body)?;
    if let Some(declared) = declared.filter(|&declared| declared > max) {
        return Err(too_large(Encoding::Zstd, Some(declared as u64), max));
    }
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(damaged)?;
    decoder.window_log_max(window_log(max)).map_err(damaged)?;
    loop {
        if message.len() == message.capacity() {
            let more = message.capacity().max(ZSTD_START).min(max - message.len());
            if more == 0 {
                break;
            }
            message.reserve_exact(more);
        }
        let room = message.capacity().min(max) - message.len();
        if room == 0 {
            break;
        }
        let read = decoder.by_ref().take(room as u64).read_to_end(message).map_err(damaged)?;
        if read < room {
            return Ok(());
        }
    }
    match decoder.read(&mut [0]).map_err(damaged)? {
        0 => Ok(()),
        _ => Err(too_large(Encoding::Zstd, declared.map(|len| len as u64), max)),
    }
}

/// Window of a zstd frame that need not be larger than the message: log2 of `max`, within what zstd accepts.
fn window_log(max: usize) -> u32 {
    max.checked_next_power_of_two().map_or(27, usize::ilog2).clamp(10, 27)
}

fn identity(body: &[u8], max: usize, message: &mut Vec<u8>) -> Result<()> {
    message.clear();
    if body.len() > max {
        return Err(too_large(Encoding::Identity, Some(body.len() as u64), max));
    }
    message.extend_from_slice(body);
    Ok(())
}

/// Makes room for `len` bytes in all, exactly: doubling could pass the limit.
fn grow(message: &mut Vec<u8>, len: usize) {
    if len > message.capacity() {
        // Not worth copying: it is overwritten.
        message.clear();
        message.reserve_exact(len);
    }
}

fn too_large(encoding: Encoding, declared: Option<u64>, limit: usize) -> DecompressError {
    DecompressError::TooLarge { encoding, declared, limit }
}

/// Damage, or another encoding than was said: its first bytes name it.
fn corrupt(encoding: Encoding, body: &[u8], detail: &str) -> DecompressError {
    const MAGIC: [(&[u8], Option<Encoding>, &str); 3] = [
        (
            b"\xff\x06\x00\x00sNaPpY",
            None,
            "this is snappy's framed format, remote write has the block format",
        ),
        (b"\x1f\x8b", None, "this is gzip"),
        (b"\x28\xb5\x2f\xfd", Some(Encoding::Zstd), "this is zstd"),
    ];
    let seems = MAGIC.iter().find(|(magic, is, _)| body.starts_with(magic) && *is != Some(encoding));
    let detail = match seems {
        Some((_, _, seems)) => format!("{seems} ({detail})"),
        _ if body.is_empty() => "the body is empty".to_owned(),
        _ => detail.to_owned(),
    };
    DecompressError::Corrupt { encoding, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(encoding: Encoding, message: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        compress(encoding, message, &mut body);
        body
    }

    /// Decompresses, and checks that no more was allocated than allowed.
    #[track_caller]
    fn check(encoding: Encoding, body: &[u8], max: usize) -> Result<Vec<u8>> {
        let mut message = Vec::new();
        let done = decompress(encoding, body, max, &mut message);
        assert!(message.capacity() <= max, "{} allocated", message.capacity());
        done.map(|()| message)
    }

    #[track_caller]
    fn check_corrupt(encoding: Encoding, body: &[u8], expect: &str) {
        let err = check(encoding, body, 1 << 20).expect_err("not decompressed");
        assert!(!err.is_limit());
        assert_eq!(err.to_string(), format!("{} body cannot be decompressed: {expect}", encoding.as_str()));
    }

    #[test]
    fn the_specifications_own_block_is_read() {
        // 5 bytes, a literal of 5.
        assert_eq!(check(Encoding::Snappy, b"\x05\x10hello", 5).expect("sound"), b"hello");
        assert_eq!(check(Encoding::Snappy, b"\x00", 0).expect("sound"), b"");
    }

    #[test]
    fn a_forged_length_is_refused_before_anything_is_allocated() {
        let forged = b"\xff\xff\xff\x0f\x10hello";
        let lie = "33554431 bytes declared, more than a block of 10 bytes can hold";
        let err = check(Encoding::Snappy, forged, 64 << 20).expect_err("a lie");
        assert_eq!(err.to_string(), format!("snappy body cannot be decompressed: {lie}"));
    }

    #[test]
    fn the_densest_block_is_not_taken_for_a_lie() {
        // A literal of one byte, then copies of 64 bytes, 3 bytes each.
        let copies = 1000;
        let mut body = Vec::new();
        prost::encoding::encode_varint(1 + 64 * copies, &mut body);
        body.extend(b"\x00a");
        body.extend(b"\xfe\x01\x00".repeat(copies as usize));
        assert_eq!(check(Encoding::Snappy, &body, 64_001).expect("sound"), b"a".repeat(64_001));
    }

    #[test]
    fn a_length_over_the_limit_is_refused_with_both_numbers() {
        let body = compressed(Encoding::Snappy, &[7; 2000]);
        let err = check(Encoding::Snappy, &body, 1999).expect_err("too large");
        assert!(err.is_limit());
        assert_eq!(err.to_string(), "snappy body decompresses to 2000 bytes, the limit is 1999 bytes");
    }

    #[test]
    fn a_zstd_bomb_stops_at_the_limit() {
        let declared = compressed(Encoding::Zstd, &vec![0; 10 << 20]);
        assert!(declared.len() < 2000);
        let err = check(Encoding::Zstd, &declared, 1 << 20).expect_err("too large");
        assert_eq!(err.to_string(), "zstd body decompresses to 10485760 bytes, the limit is 1048576 bytes");

        // The same in frames that do not say their size, and two frames that are small each.
        let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("in memory");
        std::io::Write::write_all(&mut writer, &vec![0; 10 << 20]).expect("in memory");
        let silent = writer.finish().expect("in memory");
        assert_eq!(declared_len(Encoding::Zstd, &silent), Ok(None));
        let err = check(Encoding::Zstd, &silent, 1 << 20).expect_err("too large");
        assert_eq!(err.to_string(), "zstd body decompresses to more, the limit is 1048576 bytes");
        let two = compressed(Encoding::Zstd, &[0; 1000]).repeat(2);
        assert!(check(Encoding::Zstd, &two, 1999).is_err_and(|err| err.is_limit()));
        assert_eq!(check(Encoding::Zstd, &two, 2000).expect("sound").len(), 2000);
    }

    #[test]
    fn a_body_in_another_encoding_is_named() {
        let framed = b"\xff\x06\x00\x00sNaPpY\x01\x09\x00\x00";
        let err = check(Encoding::Snappy, framed, 1 << 20).expect_err("framed").to_string();
        assert!(err.contains("this is snappy's framed format, remote write has the block format"), "{err}");
        let err = check(Encoding::Snappy, b"\x1f\x8b\x08\x00\x00", 1 << 20).expect_err("gzip").to_string();
        assert!(err.contains("this is gzip"), "{err}");
        let zstd = compressed(Encoding::Zstd, b"hello");
        let err = check(Encoding::Snappy, &zstd, 1 << 20).expect_err("zstd").to_string();
        assert!(err.contains("this is zstd"), "{err}");
        check_corrupt(Encoding::Zstd, b"\x05\x10hello", "no zstd frame header");
    }

    #[test]
    fn an_empty_body_is_said_to_be_empty() {
        check_corrupt(Encoding::Snappy, b"", "the body is empty");
        check_corrupt(Encoding::Zstd, b"", "the body is empty");
        assert_eq!(check(Encoding::Identity, b"", 0), Ok(Vec::new()));
    }

    #[test]
    fn a_body_cut_short_is_corrupt() {
        let message = b"0123456789abcdef".repeat(50);
        for encoding in [Encoding::Snappy, Encoding::Zstd] {
            let body = compressed(encoding, &message);
            for len in 1..body.len() {
                let err = check(encoding, &body[..len], 1 << 20).expect_err("cut short");
                assert!(!err.is_limit(), "{encoding:?} {len}: {err}");
            }
        }
    }

    #[test]
    fn what_is_declared_is_told_without_decompressing() {
        let message = [1; 3000];
        for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
            assert_eq!(declared_len(encoding, &compressed(encoding, &message)), Ok(Some(3000)));
        }
    }

    #[test]
    fn the_message_is_overwritten_not_appended_to() {
        for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
            let mut message = vec![9; 100];
            decompress(encoding, &compressed(encoding, b"abc"), 100, &mut message).expect("sound");
            assert_eq!(message, b"abc");
        }
    }
}
