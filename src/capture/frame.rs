//! One frame: the envelope of a record on disk. [`super`] draws it byte by byte.
//!
//! No I/O. What a frame claims is checked before it is believed: the length against [`MAX_RECORD`], then the
//! checksum over salt, length and record.

use std::hash::{BuildHasher, Hasher};

/// First four bytes of every frame, `oRWC`.
pub(super) const MAGIC: [u8; 4] = *b"oRWC";

/// Bytes of a frame before its record.
pub(super) const HEAD: usize = 20;

/// Longest record that is written or believed, in bytes.
pub(super) const MAX_RECORD: usize = 256 << 20;

/// The first [`HEAD`] bytes of a frame, as claimed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) salt: u64,
    /// Of the record, in bytes; not yet compared with [`MAX_RECORD`].
    pub(super) length: u32,
    pub(super) checksum: u32,
}

impl Head {
    /// Reads the head that `bytes` begin with; `None` when they are too short or begin with another magic.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (checksum, _) = rest.split_first_chunk::<4>()?;
        (*magic == MAGIC).then_some(Self {
            salt: u64::from_le_bytes(*salt),
            length: u32::from_le_bytes(*length),
            checksum: u32::from_le_bytes(*checksum),
        })
    }

    /// Whether the checksum covers this salt, this length and `record`.
    pub(super) fn covers(&self, record: &[u8]) -> bool {
        record.len() == self.length as usize && checksum(self.salt, self.length, record) == self.checksum
    }
}

/// Appends the frame of `record` to `out`.
///
/// The record must not be longer than [`MAX_RECORD`]: the caller has refused such a request.
pub(super) fn append(out: &mut Vec<u8>, salt: u64, record: &impl prost::Message) {
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&salt.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    record.encode(out).expect("a Vec grows as needed");
    let length = u32::try_from(out.len() - start - HEAD).expect("a record is at most MAX_RECORD long");
    let sum = checksum(salt, length, &out[start + HEAD..]);
    out[start + 12..start + 16].copy_from_slice(&length.to_le_bytes());
    out[start + 16..start + 20].copy_from_slice(&sum.to_le_bytes());
}

/// CRC-32C over salt, length and record, in the byte order of the file.
pub(super) fn checksum(salt: u64, length: u32, record: &[u8]) -> u32 {
    let sum = crc32c::crc32c(&salt.to_le_bytes());
    let sum = crc32c::crc32c_append(sum, &length.to_le_bytes());
    crc32c::crc32c_append(sum, record)
}

/// A salt for a new segment: unpredictable to senders, so that no body can be made to hold a frame of it.
pub(super) fn new_salt() -> u64 {
    // Keys of `RandomState` come from the operating system; SipHash does not reveal them.
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::proto;

    #[test]
    fn frame_is_laid_out_as_documented() {
        let record = proto::Record { kind: None };
        let mut out = vec![0xAA];
        append(&mut out, 0x0102_0304_0506_0708, &record);
        let mut expect = vec![0xAA, b'o', b'R', b'W', b'C', 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0];
        expect.extend(crc32c::crc32c(&[8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0]).to_le_bytes());
        assert_eq!(out, expect);
    }

    #[test]
    fn head_covers_its_own_record_only() {
        let record = proto::Record {
            kind: Some(proto::record::Kind::Header(proto::Header { format: 1, ..Default::default() })),
        };
        let mut out = Vec::new();
        append(&mut out, 7, &record);
        let head = Head::parse(&out).expect("a whole head");
        assert!(head.covers(&out[HEAD..]));
        assert!(!Head { salt: 8, ..head }.covers(&out[HEAD..]));
        assert!(!head.covers(&out[HEAD..out.len() - 1]));
        assert_eq!(Head::parse(&out[..HEAD - 1]), None);
        assert_eq!(Head::parse(&out[1..]), None);
    }

    #[test]
    fn salts_differ() {
        assert_ne!(new_salt(), new_salt());
    }
}
