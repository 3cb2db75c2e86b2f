//! A message field by field with byte offsets, broken or not: the `wire` form of `decode`.
//!
//! Walks any bytes: what the schema knows it names and descends into, what it does not know it shows by wire
//! type, and what is broken it shows with the reason, then goes on where the enclosing length says that
//! something else begins. Never fails and never recurses; its depth is that of the schema.
//!
//! Memory: one slice per 2.0 symbol, so that references can be shown as text.

mod render;

pub use render::render;

use super::schema::{self, Field, Kind, Message, WireType};
use super::{Limits, Protocol};

/// One field, one element of a packed array, or a stretch of bytes that cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Item<'m> {
    /// 0 for the fields of the request itself.
    pub depth: usize,
    /// Byte offset in the message of the field's tag, or of the element.
    pub offset: usize,
    /// Bytes of the tag and of the length prefix.
    pub header: usize,
    /// Bytes of content that are there, after the header.
    pub len: usize,
    /// 0 for elements and for what has no readable tag.
    pub number: u32,
    /// `None` where the schema does not know the number.
    pub field: Option<&'static Field>,
    /// Position in a packed array or in the 2.0 symbol table.
    pub index: Option<usize>,
    pub value: Value<'m>,
    /// What is wrong; `value` is then as much as could be read.
    pub fault: Option<Broken>,
}

#[derive(Clone, Copy, Debug)]
pub enum Value<'m> {
    Unsigned(u64),
    Signed(i64),
    Double(f64),
    /// Number and name; `None` for a number that the specification does not name.
    Enum(i64, Option<&'static str>),
    /// Index into the symbol table, and the symbol; `None` past its end.
    Reference(u64, Option<&'m [u8]>),
    /// A string field: UTF-8 is not assured.
    Text(&'m [u8]),
    /// The fields of the message follow, one level deeper.
    Message(&'static Message),
    /// The elements of the array follow, one level deeper.
    Packed(Kind),
    /// A value that the schema does not know or knows otherwise, by its wire type. A group is its bytes
    /// between the two tags, closing tag included.
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'m [u8]),
    Group(&'m [u8]),
    /// Bytes up to the end of the enclosing message that cannot be told apart into fields.
    Unreadable(&'m [u8]),
}

/// Why bytes are not what protobuf or the schema says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    #[error("a varint is cut off by the end of what encloses it")]
    VarintCut,
    #[error("a varint does not fit 64 bits")]
    VarintTooLong,
    #[error("no field has number {0}")]
    FieldNumber(u64),
    #[error("no field has wire type {0}")]
    WireType(u8),
    #[error("the end of a group that was never begun")]
    EndGroup,
    #[error("a group without an end")]
    GroupCut,
    #[error("needs {need} bytes, {left} are left")]
    FixedCut { need: usize, left: usize },
    #[error("length {len} runs past the end of what encloses it: {left} bytes are left")]
    LengthPastEnd { len: u64, left: usize },
    #[error("the schema has {expected} here, not {found}")]
    UnexpectedType { expected: &'static str, found: &'static str },
    #[error("not UTF-8")]
    NotUtf8,
    #[error("no such symbol: the table has {symbols}")]
    NoSuchSymbol { symbols: usize },
}

impl Broken {
    /// Whether `header` and `len` of the item are as the bytes have them: what follows is then in step.
    #[must_use]
    pub const fn in_step(self) -> bool {
        matches!(self, Self::UnexpectedType { .. } | Self::NotUtf8 | Self::NoSuchSymbol { .. })
    }
}

/// Groups within groups that are skipped; deeper ones are unreadable. No remote-write message has any.
const MAX_GROUP_DEPTH: usize = 32;
/// Largest field number of protobuf.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// Starts at the top of `message` (decompressed protobuf) read as a request of `protocol`.
#[must_use]
pub fn walk(protocol: Protocol, message: &[u8]) -> Walk<'_> {
    let symbols = if protocol == Protocol::V2 { collect_symbols(message) } else { Vec::new() };
    let root = Frame { end: message.len(), inside: Inside::Message(schema::root(protocol)) };
    Walk { message, pos: 0, stack: vec![root], symbols, symbols_seen: 0, protocol }
}

/// The items of a message in wire order; ends at the end of the bytes.
#[derive(Debug)]
pub struct Walk<'m> {
    message: &'m [u8],
    pos: usize,
    /// Never deeper than the schema, plus one for a packed array.
    stack: Vec<Frame>,
    symbols: Vec<&'m [u8]>,
    symbols_seen: usize,
    protocol: Protocol,
}

#[derive(Debug)]
struct Frame {
    end: usize,
    inside: Inside,
}

#[derive(Clone, Copy, Debug)]
enum Inside {
    Message(&'static Message),
    Array { kind: Kind, next: usize },
}

impl<'m> Iterator for Walk<'m> {
    type Item = Item<'m>;

    fn next(&mut self) -> Option<Item<'m>> {
        while self.stack.last()?.end <= self.pos {
            self.stack.pop();
        }
        let depth = self.stack.len() - 1;
        let frame = self.stack.last_mut()?;
        let end = frame.end;
        match &mut frame.inside {
            Inside::Message(message) => {
                let message = *message;
                Some(self.field(depth, end, message))
            }
            Inside::Array { kind, next } => {
                let (kind, index) = (*kind, *next);
                *next += 1;
                Some(self.element(depth, end, kind, index))
            }
        }
    }
}

impl<'m> Walk<'m> {
    fn field(&mut self, depth: usize, end: usize, message: &'static Message) -> Item<'m> {
        let offset = self.pos;
        let extent = Extent::read(self.message, offset, end);
        let content_at = offset + extent.header;
        let content = &self.message[content_at..content_at + extent.len];
        let field = message.field(extent.number);
        let mut fault = extent.fault;
        let mut index = None;
        let mut descend = None;

        let value = match (extent.wire, field) {
            (None, _) => Value::Unreadable(content),
            (Some(WireType::Len), Some(field)) if field.packed() => {
                descend = Some(Inside::Array { kind: field.kind, next: 0 });
                Value::Packed(field.kind)
            }
            (Some(WireType::Len), Some(Field { kind: Kind::Message(inner), .. })) => {
                descend = Some(Inside::Message(inner));
                Value::Message(inner)
            }
            (Some(WireType::Len), Some(Field { kind: Kind::String, .. })) => {
                if fault.is_none() && std::str::from_utf8(content).is_err() {
                    fault = Some(Broken::NotUtf8);
                }
                if self.protocol == Protocol::V2 && depth == 0 {
                    index = Some(self.symbols_seen);
                    self.symbols_seen += 1;
                }
                Value::Text(content)
            }
            (Some(wire), Some(field)) if wire == field.kind.wire_type() => {
                let (value, wrong) = self.number(field.kind, extent.scalar);
                fault = fault.or(wrong);
                value
            }
            (Some(wire), field) => {
                if let (Some(field), None) = (field, fault) {
                    let (expected, found) = (field.kind.wire_type().as_str(), wire.as_str());
                    fault = Some(Broken::UnexpectedType { expected, found });
                }
                match wire {
                    WireType::Varint => Value::Unsigned(extent.scalar),
                    WireType::Fixed64 => Value::Fixed64(extent.scalar),
                    // Read from four bytes.
                    WireType::Fixed32 => Value::Fixed32(extent.scalar as u32),
                    WireType::Len => Value::Bytes(content),
                    WireType::Group => Value::Group(content),
                }
            }
        };
        match descend {
            Some(inside) => {
                self.pos = content_at;
                self.stack.push(Frame { end: content_at + extent.len, inside });
            }
            None => self.pos = content_at + extent.len,
        }
        let (header, len) = (extent.header, extent.len);
        Item { depth, offset, header, len, number: extent.number, field, index, value, fault }
    }

    fn element(&mut self, depth: usize, end: usize, kind: Kind, index: usize) -> Item<'m> {
        let offset = self.pos;
        let rest = &self.message[offset..end];
        let read = match kind.wire_type() {
            WireType::Fixed64 => fixed::<8>(rest).map(u64::from_le_bytes).map(|bits| (bits, 8)),
            _ => varint(rest),
        };
        let (value, len, fault) = match read {
            Ok((scalar, len)) => {
                let (value, fault) = self.number(kind, scalar);
                (value, len, fault)
            }
            Err(broken) => (Value::Unreadable(rest), rest.len(), Some(broken)),
        };
        self.pos += len;
        Item { depth, offset, header: 0, len, number: 0, field: None, index: Some(index), value, fault }
    }

    /// What the 64 bits of a varint or fixed64 are as a `kind`.
    fn number(&self, kind: Kind, bits: u64) -> (Value<'m>, Option<Broken>) {
        let value = match kind {
            Kind::Int64 => Value::Signed(bits as i64),
            // Zigzag: the sign is the lowest bit.
            Kind::Sint32 | Kind::Sint64 => Value::Signed((bits >> 1) as i64 ^ -((bits & 1) as i64)),
            Kind::Double => Value::Double(f64::from_bits(bits)),
            Kind::Enum(names) => {
                let name = usize::try_from(bits).ok().and_then(|at| names.get(at)).copied();
                Value::Enum(bits as i64, name)
            }
            Kind::Reference => {
                let symbol = usize::try_from(bits).ok().and_then(|at| self.symbols.get(at)).copied();
                let missing = Broken::NoSuchSymbol { symbols: self.symbols.len() };
                return (Value::Reference(bits, symbol), symbol.is_none().then_some(missing));
            }
            Kind::Uint32 | Kind::Uint64 | Kind::String | Kind::Message(_) => Value::Unsigned(bits),
        };
        (value, None)
    }
}

/// The symbol table, as far as the top level can be read; at most as many as a request may have.
fn collect_symbols(message: &[u8]) -> Vec<&[u8]> {
    let mut symbols = Vec::new();
    let mut pos = 0;
    while pos < message.len() && symbols.len() < Limits::default().symbols {
        let extent = Extent::read(message, pos, message.len());
        let content_at = pos + extent.header;
        pos = content_at + extent.len;
        if extent.number == schema::SYMBOLS && extent.wire == Some(WireType::Len) {
            symbols.push(&message[content_at..pos]);
        }
    }
    symbols
}

/// Where a field's header and content lie. `header + len` is at least 1 and never passes the end.
struct Extent {
    number: u32,
    /// `None` where the rest of the enclosing message cannot be read.
    wire: Option<WireType>,
    header: usize,
    len: usize,
    /// Value of a varint, fixed64 or fixed32.
    scalar: u64,
    fault: Option<Broken>,
}

impl Extent {
    /// Reads the field at `pos` of what ends at `end`; `pos < end`.
    fn read(message: &[u8], pos: usize, end: usize) -> Self {
        let bytes = &message[pos..end];
        Self::try_read(bytes).unwrap_or_else(|(number, broken)| Self {
            number,
            wire: None,
            header: 0,
            len: bytes.len(),
            scalar: 0,
            fault: Some(broken),
        })
    }

    fn try_read(bytes: &[u8]) -> Result<Self, (u32, Broken)> {
        let (tag, tag_len) = varint(bytes).map_err(|broken| (0, broken))?;
        let (number, fault) = match u32::try_from(tag >> 3) {
            Ok(number @ 1..) if tag >> 3 <= MAX_NUMBER => (number, None),
            _ => (0, Some(Broken::FieldNumber(tag >> 3))),
        };
        let rest = &bytes[tag_len..];
        let found =
            |wire, len, scalar| Self { number, wire: Some(wire), header: tag_len, len, scalar, fault };
        let broken = |broken| (number, broken);
        match tag & 7 {
            0 => varint(rest).map(|(value, len)| found(WireType::Varint, len, value)).map_err(broken),
            1 => fixed(rest)
                .map(|value| found(WireType::Fixed64, 8, u64::from_le_bytes(value)))
                .map_err(broken),
            2 => {
                let (claimed, prefix) = varint(rest).map_err(broken)?;
                let left = rest.len() - prefix;
                let past = Broken::LengthPastEnd { len: claimed, left };
                let (len, past) = match usize::try_from(claimed) {
                    Ok(len) if len <= left => (len, None),
                    _ => (left, Some(past)),
                };
                let header = tag_len + prefix;
                Ok(Self { header, fault: fault.or(past), ..found(WireType::Len, len, claimed) })
            }
            3 => group(tag >> 3, rest).map(|len| found(WireType::Group, len, 0)).map_err(broken),
            4 => Ok(Self { fault: Some(Broken::EndGroup), ..found(WireType::Group, 0, 0) }),
            5 => fixed(rest)
                .map(|value| found(WireType::Fixed32, 4, u64::from(u32::from_le_bytes(value))))
                .map_err(broken),
            wire => Err((number, Broken::WireType(wire as u8))),
        }
    }
}

/// The varint that `bytes` begin with, and its length.
fn varint(bytes: &[u8]) -> Result<(u64, usize), Broken> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().take(10).enumerate() {
        if at == 9 && byte > 1 {
            return Err(Broken::VarintTooLong);
        }
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Ok((value, at + 1));
        }
    }
    Err(Broken::VarintCut)
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Broken> {
    bytes.first_chunk().copied().ok_or(Broken::FixedCut { need: N, left: bytes.len() })
}

/// Length of the content and closing tag of group `number`, which `bytes` begin with.
fn group(number: u64, bytes: &[u8]) -> Result<usize, Broken> {
    let mut open = vec![number];
    let mut pos = 0;
    while let Some(&innermost) = open.last() {
        let (tag, len) = varint(&bytes[pos..]).map_err(|_| Broken::GroupCut)?;
        pos += len;
        let rest = &bytes[pos..];
        pos += match tag & 7 {
            0 => varint(rest).map_err(|_| Broken::GroupCut)?.1,
            1 => fixed::<8>(rest).map_err(|_| Broken::GroupCut)?.len(),
            5 => fixed::<4>(rest).map_err(|_| Broken::GroupCut)?.len(),
            2 => {
                let (len, prefix) = varint(rest).map_err(|_| Broken::GroupCut)?;
                let len = usize::try_from(len).ok().filter(|&len| len <= rest.len() - prefix);
                prefix + len.ok_or(Broken::GroupCut)?
            }
            3 if open.len() < MAX_GROUP_DEPTH => {
                open.push(tag >> 3);
                0
            }
            4 if tag >> 3 == innermost => {
                open.pop();
                0
            }
            _ => return Err(Broken::GroupCut),
        };
    }
    Ok(pos)
}

/// Whether a packed array of `kind` can be read to its end.
pub(super) fn is_sound_array(kind: Kind, mut content: &[u8]) -> bool {
    if kind.wire_type() == WireType::Fixed64 {
        return content.len().is_multiple_of(8);
    }
    while !content.is_empty() {
        let Ok((_, len)) = varint(content) else { return false };
        content = &content[len..];
    }
    true
}

#[cfg(test)]
mod tests;
