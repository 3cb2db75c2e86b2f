//! Protobuf framing: keys, varints, lengths, and skipping what the schema does not know.
//!
//! A cursor's position is a byte offset of the whole message, also in a sub-message: it borrows the message
//! from its first byte to the end of the sub-message. Nothing is read past that end.

use super::DecodeError;

/// Wire types of protobuf that carry a value. Groups (3 and 4) are only ever skipped.
pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
pub(super) const LEN: u32 = 2;
const START_GROUP: u32 = 3;
const END_GROUP: u32 = 4;
const FIXED32: u32 = 5;

/// Groups of unknown fields may nest this deep, as prost has it.
const GROUP_DEPTH: usize = 100;

type Result<T> = std::result::Result<T, DecodeError>;

/// A field of a schema, for messages about a wrong wire type.
pub(super) struct Known {
    key: u32,
    what: &'static str,
}

impl Known {
    pub(super) const fn new(key: u32, what: &'static str) -> Self {
        Self { key, what }
    }
}

/// Key of a field as it stands on the wire.
pub(super) const fn key(field: u32, wire_type: u32) -> u32 {
    field << 3 | wire_type
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { bytes: message, pos: 0 }
    }

    /// The element at `pos`, `len` bytes long; empty where the message has no such bytes.
    pub(super) fn at(message: &'a [u8], pos: usize, len: usize) -> Self {
        let end = pos.saturating_add(len).min(message.len());
        Self { bytes: &message[..end], pos: pos.min(end) }
    }

    #[inline]
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    /// Goes on at `pos`, or at the end where that is past it.
    #[inline]
    pub(super) fn seek(&mut self, pos: usize) {
        self.pos = pos.min(self.bytes.len());
    }

    /// What is left to read before `pos`, and the rest as a cursor.
    #[inline]
    pub(super) fn split_at(self, pos: usize) -> (&'a [u8], Self) {
        let mut behind = self;
        behind.seek(pos);
        (self.bytes.get(self.pos..behind.pos).unwrap_or_default(), behind)
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.pos
    }

    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.pos == self.bytes.len()
    }

    /// The message up to the end of this element.
    #[inline]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What is left to read.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.pos..]
    }

    #[inline(always)]
    pub(super) fn varint(&mut self, what: &'static str) -> Result<u64> {
        match self.bytes.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(u64::from(byte))
            }
            Some(&byte) if let Some(&next @ ..0x80) = self.bytes.get(self.pos + 1) => {
                self.pos += 2;
                Ok(u64::from(byte & 0x7f) | u64::from(next) << 7)
            }
            _ => self.long_varint(what),
        }
    }

    /// Up to eight bytes at once, with bytes behind the element's end as zeros.
    #[inline]
    fn long_varint(&mut self, what: &'static str) -> Result<u64> {
        const CONTINUES: u64 = 0x8080_8080_8080_8080;
        let left = self.left();
        let word = match (self.rest().first_chunk::<8>(), self.bytes.last_chunk::<8>()) {
            (Some(chunk), _) => u64::from_le_bytes(*chunk),
            (None, Some(chunk)) if left > 0 => u64::from_le_bytes(*chunk) >> (8 * (8 - left)),
            _ => return self.slow_varint(what),
        };
        let ends = !word & CONTINUES;
        let len = ends.trailing_zeros() as usize / 8 + 1;
        if ends == 0 || len > left {
            return self.slow_varint(what);
        }
        self.pos += len;
        // The lowest set bit of `ends` is the highest of the varint's last byte: keep what is below.
        Ok(pack_sevens(word & (ends ^ (ends - 1)) & !CONTINUES))
    }

    #[cold]
    fn slow_varint(&mut self, what: &'static str) -> Result<u64> {
        let mut value = 0;
        for (i, &byte) in self.rest().iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                if i == 9 && byte > 1 {
                    break;
                }
                self.pos += i + 1;
                return Ok(value);
            }
        }
        let left = self.left();
        if left < 10 {
            return Err(DecodeError::Truncated { offset: self.pos, what, needed: left as u64 + 1, left });
        }
        Err(DecodeError::Varint { offset: self.pos, what })
    }

    /// The next field's key: `field << 3 | wire_type`, both of them valid.
    #[inline(always)]
    pub(super) fn key(&mut self, what: &'static str) -> Result<u32> {
        let offset = self.pos;
        let key = self.varint(what)?;
        match u32::try_from(key) {
            Ok(key) if key >= 8 && key & 7 <= FIXED32 => Ok(key),
            _ => Err(DecodeError::Key { offset, what, key }),
        }
    }

    #[inline]
    pub(super) fn fixed64(&mut self, what: &'static str) -> Result<u64> {
        match self.rest().first_chunk::<8>() {
            Some(chunk) => {
                self.pos += 8;
                Ok(u64::from_le_bytes(*chunk))
            }
            None => Err(self.truncated(what, 8)),
        }
    }

    #[inline]
    pub(super) fn double(&mut self, what: &'static str) -> Result<f64> {
        self.fixed64(what).map(f64::from_bits)
    }

    /// A length-delimited field's content as a cursor of its own; this one moves past it.
    #[inline(always)]
    pub(super) fn element(&mut self, what: &'static str) -> Result<Self> {
        let len = self.varint(what)?;
        if len > self.left() as u64 {
            return Err(self.truncated(what, len));
        }
        let start = self.pos;
        self.pos += len as usize;
        Ok(Self { bytes: &self.bytes[..self.pos], pos: start })
    }

    /// Passes over a field that is not read: an error if the schema has it in another wire type.
    #[cold]
    pub(super) fn other(&mut self, key: u32, known: &[Known], what: &'static str) -> Result<()> {
        match known.iter().find(|known| known.key >> 3 == key >> 3) {
            Some(known) => Err(DecodeError::WireType {
                offset: self.pos,
                what: known.what,
                expected: (known.key & 7) as u8,
                found: (key & 7) as u8,
            }),
            None => self.skip(key, what),
        }
    }

    /// Passes over the value that follows `key`; a group with all that is in it.
    pub(super) fn skip(&mut self, key: u32, what: &'static str) -> Result<()> {
        let mut open = [0_u32; GROUP_DEPTH];
        let mut depth = 0;
        let mut key = key;
        loop {
            let field = key >> 3;
            match key & 7 {
                VARINT => {
                    self.varint(what)?;
                }
                FIXED64 => {
                    self.fixed64(what)?;
                }
                LEN => {
                    self.element(what)?;
                }
                FIXED32 => {
                    self.pos =
                        if self.left() >= 4 { self.pos + 4 } else { return Err(self.truncated(what, 4)) }
                }
                START_GROUP => {
                    let Some(slot) = open.get_mut(depth) else {
                        let (limit, count) = (GROUP_DEPTH, GROUP_DEPTH as u64 + 1);
                        return Err(DecodeError::Limit {
                            offset: self.pos,
                            what: "nested groups",
                            limit,
                            count,
                        });
                    };
                    *slot = field;
                    depth += 1;
                }
                END_GROUP if depth > 0 && open[depth - 1] == field => depth -= 1,
                _ => return Err(DecodeError::Group { offset: self.pos, what, field }),
            }
            if depth == 0 {
                return Ok(());
            }
            key = self.key(what)?;
        }
    }

    #[cold]
    fn truncated(&self, what: &'static str, needed: u64) -> DecodeError {
        DecodeError::Truncated { offset: self.pos, what, needed, left: self.left() }
    }
}

/// Squeezes the bit out of every byte that a varint uses for "more follows".
#[inline]
pub(super) fn pack_sevens(value: u64) -> u64 {
    let value = value & 0x007f_007f_007f_007f | (value & 0x7f00_7f00_7f00_7f00) >> 1;
    let value = value & 0x0000_3fff_0000_3fff | (value & 0x3fff_0000_3fff_0000) >> 2;
    value & 0x0000_0000_0fff_ffff | (value & 0x0fff_ffff_0000_0000) >> 4
}

/// `sint32` and `sint64`: the sign in the lowest bit.
#[inline]
pub(super) fn zigzag32(value: u64) -> i32 {
    let value = value as u32;
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

#[inline]
pub(super) fn zigzag64(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Refuses an element when `len` of its kind are there already.
#[inline]
pub(super) fn room(len: usize, limit: usize, offset: usize, what: &'static str) -> Result<()> {
    if len < limit { Ok(()) } else { Err(DecodeError::Limit { offset, what, limit, count: len as u64 + 1 }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn varint(bytes: &[u8]) -> Result<(u64, usize)> {
        let mut cursor = Cursor::new(bytes);
        cursor.varint("test").map(|value| (value, cursor.pos()))
    }

    #[test]
    fn varints_of_every_length_are_read_near_and_far_from_the_end() {
        for bits in 0..64 {
            for value in [1_u64 << bits, (1 << bits) - 1, u64::MAX >> bits] {
                let mut bytes = Vec::new();
                prost::encoding::encode_varint(value, &mut bytes);
                let len = bytes.len();
                assert_eq!(varint(&bytes), Ok((value, len)));
                bytes.extend([0xff; 10]);
                assert_eq!(varint(&bytes), Ok((value, len)));
                // Last of an element that stands far from the message's start.
                bytes.splice(..0, [0xff; 10]);
                let mut cursor = Cursor::at(&bytes, 10, len);
                assert_eq!((cursor.varint("test"), cursor.left()), (Ok(value), 0));
                let mut cut = Cursor::at(&bytes, 10, len - 1);
                let truncated =
                    DecodeError::Truncated { offset: 10, what: "test", needed: len as u64, left: len - 1 };
                assert_eq!(cut.varint("test"), Err(truncated));
            }
        }
    }

    #[test]
    fn varints_may_be_padded_but_not_past_64_bits() {
        assert_eq!(varint(b"\x81\x80\x00"), Ok((1, 3)));
        assert_eq!(varint(b"\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"), Ok((1, 10)));
        let over = DecodeError::Varint { offset: 0, what: "test" };
        assert_eq!(varint(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), Err(over.clone()));
        assert_eq!(varint(b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), Err(over));
    }

    #[test]
    fn a_varint_cut_short_is_truncated() {
        let truncated = |needed, left| DecodeError::Truncated { offset: 0, what: "test", needed, left };
        assert_eq!(varint(b""), Err(truncated(1, 0)));
        assert_eq!(varint(b"\x80\x80"), Err(truncated(3, 2)));
    }

    #[test]
    fn keys_have_a_field_and_a_wire_type() {
        let key = |bytes: &[u8]| Cursor::new(bytes).key("test");
        assert_eq!(key(b"\x0a"), Ok(0x0a));
        for bad in [&b"\x02"[..], b"\x0e", b"\x0f", b"\x80\x80\x80\x80\x10"] {
            assert!(matches!(key(bad), Err(DecodeError::Key { offset: 0, .. })), "{bad:x?}");
        }
    }

    #[test]
    fn an_element_ends_where_its_length_says() {
        let mut cursor = Cursor::new(b"\x02ab\x05abc");
        let element = cursor.element("test").expect("there");
        assert_eq!((element.rest(), element.pos(), cursor.pos()), (&b"ab"[..], 1, 3));
        let cut = DecodeError::Truncated { offset: 4, what: "test", needed: 5, left: 3 };
        assert_eq!(cursor.element("test").expect_err("cut short"), cut);
        let huge = Cursor::new(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").element("test");
        assert!(matches!(huge, Err(DecodeError::Truncated { needed: u64::MAX, left: 0, .. })));
    }

    /// Skips the first field of `bytes`; gives the position behind it.
    fn skip(bytes: &[u8]) -> Result<usize> {
        let mut cursor = Cursor::new(bytes);
        let key = cursor.key("test")?;
        cursor.skip(key, "test").map(|()| cursor.pos())
    }

    #[test]
    fn fields_of_every_wire_type_are_skipped() {
        assert_eq!(skip(b"\x08\x96\x01!"), Ok(3));
        assert_eq!(skip(b"\x0912345678!"), Ok(9));
        assert_eq!(skip(b"\x0a\x03abc!"), Ok(5));
        assert_eq!(skip(b"\x0d1234!"), Ok(5));
        assert_eq!(skip(b"\x0b\x08\x01\x13\x0a\x01a\x14\x0c!"), Ok(9));
    }

    #[test]
    fn groups_must_match_and_nest_no_deeper_than_a_hundred() {
        assert!(matches!(skip(b"\x0c"), Err(DecodeError::Group { field: 1, .. })));
        assert!(matches!(skip(b"\x0b\x14"), Err(DecodeError::Group { field: 2, .. })));
        assert!(matches!(skip(b"\x0b"), Err(DecodeError::Truncated { .. })));
        let nested = |depth| [vec![0x0b; depth], vec![0x0c; depth]].concat();
        assert_eq!(skip(&nested(100)), Ok(200));
        assert!(skip(&nested(101)).is_err_and(|err| err.is_limit()));
        assert!(skip(&vec![0x0b; 1 << 20]).is_err_and(|err| err.is_limit()));
    }
}
