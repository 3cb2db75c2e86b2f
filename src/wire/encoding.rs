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
