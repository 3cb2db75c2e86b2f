//! Captures: a reader gets through any bytes, whatever its frames hold.

use std::io::Cursor;
use std::path::Path;

use crate::capture::{Item, Progress, ReadError, Reader};

/// Bytes of a frame before its record.
const HEAD: u64 = 20;

/// A byte, then a stream as it is, or records (two bytes of length each) that are put into sound frames, some of them
/// damaged: a fuzzer finds no checksums.
pub(super) fn segment(data: &[u8]) {
    let Some((&mode, rest)) = data.split_first() else { return };
    let bytes = if mode & 1 == 0 { rest.to_vec() } else { framed(rest, mode >> 1) };
    let len = bytes.len() as u64;
    let reader = Reader::stream(Path::new("stream"), Box::new(Cursor::new(bytes)), Progress::default());
    // Where the next frame may begin: what is reported follows one another and never overlaps.
    let mut next = 0;
    let mut place = |offset: u64, taken: u64| {
        assert!(offset >= next && offset + taken <= len, "{taken} bytes at {offset} of {len}, after {next}");
        next = offset + taken;
    };
    for item in reader.with_structure() {
        match item {
            Ok(Item::Request { request, offset, .. }) => {
                assert!(request.sequence > 0 || request.captured().is_none());
                place(offset, HEAD + request.body.len() as u64);
            }
            Ok(Item::Damage { offset, len, .. } | Item::TornTail { offset, len, .. }) => {
                assert!(len > 0, "nothing is damaged");
                place(offset, len);
            }
            Ok(Item::Gap { after, next, .. }) => assert!(next > after + 1),
            Ok(Item::Header { .. } | Item::Index { .. }) => {}
            Ok(Item::Ignored { .. }) => panic!("a stream has no folder"),
            Err(ReadError::NewerFormat { .. }) => {}
            Err(err) => panic!("memory can be read: {err}"),
        }
    }
}

/// Frames of one salt around the records. Every frame whose number has all bits of `damage` set loses a bit.
fn framed(mut records: &[u8], damage: u8) -> Vec<u8> {
    const SALT: u64 = 0x0102_0304_0506_0708;
    let mut bytes = Vec::new();
    let mut number = 0_u8;
    while let Some((len, rest)) = records.split_first_chunk::<2>() {
        let (record, rest) = rest.split_at(usize::from(u16::from_le_bytes(*len)).min(rest.len()));
        records = rest;
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX).to_le_bytes();
        let covered = [&SALT.to_le_bytes()[..], &length, record].concat();
        bytes.extend_from_slice(b"oRWC");
        bytes.extend_from_slice(&covered[..12]);
        bytes.extend_from_slice(&crc32c::crc32c(&covered).to_le_bytes());
        bytes.extend_from_slice(record);
        number = number.wrapping_add(1);
        if damage != 0 && number & damage == damage {
            let at = bytes.len() - 1 - usize::from(number) % (record.len() + 20);
            bytes[at] ^= 4;
        }
    }
    bytes
}
