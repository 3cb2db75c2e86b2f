//! A message field by field with byte offsets, broken or not: the `wire` form of `decode`.
//!
//! Walks any bytes: what the schema knows it names and descends into, what it does not know it shows by wire
//! type, and what is broken it shows with the reason, then goes on where the enclosing length says that
//! something else begins. Never fails and never recurses; its depth is that of the schema.
//!
//! Memory: one slice per 2.0 symbol, so that references can be shown as text.

use std::fmt::Write as _;
use std::io;

use super::schema::{self, Field, Kind, Message, WireType};
use super::{Limits, Protocol};
use crate::base::text::escape;
use crate::base::time::UnixMillis;

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
            3 => group(rest).map(|len| found(WireType::Group, len, 0)).map_err(broken),
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

/// Length of a group's content and closing tag, which `bytes` begin with.
fn group(bytes: &[u8]) -> Result<usize, Broken> {
    let mut open = 1;
    let mut pos = 0;
    while open > 0 {
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
            3 if open < MAX_GROUP_DEPTH => {
                open += 1;
                0
            }
            4 => {
                open -= 1;
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

/// Characters of a string, or half the digits of raw bytes, that one line shows.
const SHOWN: usize = 200;

/// Writes every item of `message` on a line of its own; returns how many of them have a fault.
///
/// A line has the offset, the length of header and content, the field by number, name and type, its value,
/// and behind `!` what is wrong with it. Strings and bytes are cut at 200.
pub fn render(protocol: Protocol, message: &[u8], out: &mut dyn io::Write) -> io::Result<usize> {
    let mut faults = 0;
    let mut line = String::new();
    for item in walk(protocol, message) {
        faults += usize::from(item.fault.is_some());
        line.clear();
        render_line(&item, &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(faults)
}

fn render_line(item: &Item<'_>, line: &mut String) {
    let Item { depth, offset, header, len, .. } = *item;
    // Writing to a string does not fail.
    let _ = write!(line, "{offset:>8} {header:>2}+{len:<8} {:1$}", "", depth * 2);
    match (item.field, item.index) {
        (Some(field), Some(index)) => {
            let _ = write!(line, "{} {}[{index}]: ", item.number, field.name);
        }
        (Some(field), None) => {
            let _ = write!(line, "{} {}: ", item.number, field.name);
        }
        (None, Some(index)) => {
            let _ = write!(line, "[{index}] ");
        }
        (None, None) if item.number > 0 => {
            let _ = write!(line, "{} (unknown): ", item.number);
        }
        (None, None) => {}
    }
    if let (Some(field), false) = (item.field, matches!(item.value, Value::Unreadable(_))) {
        let packed = if matches!(item.value, Value::Packed(_)) { "packed " } else { "" };
        let _ = write!(line, "{packed}{} ", field.kind.as_str());
    }
    render_value(item.value, line);
    if let (Some(Field { kind: Kind::Int64, .. }), Value::Signed(ms)) = (item.field, item.value)
        && ms != 0
    {
        let _ = write!(line, " = {}", UnixMillis(ms));
    }
    line.truncate(line.trim_end().len());
    if let Some(note) = item.field.and_then(|field| field.note) {
        let _ = write!(line, " ({note})");
    }
    if let Some(fault) = item.fault {
        let _ = write!(line, " ! {fault}");
    }
}

fn render_value(value: Value<'_>, line: &mut String) {
    let _ = match value {
        Value::Unsigned(value) => write!(line, "{value}"),
        Value::Signed(value) => write!(line, "{value}"),
        Value::Double(value) if value.is_nan() => write!(line, "NaN (0x{:016x})", value.to_bits()),
        Value::Double(value) => write!(line, "{value:?}"),
        Value::Enum(number, Some(name)) => write!(line, "{number} {name}"),
        Value::Enum(number, None) => write!(line, "{number} (not in the specification)"),
        Value::Reference(index, None) => write!(line, "{index}"),
        Value::Reference(index, Some(symbol)) => {
            let _ = write!(line, "{index} = ");
            text(symbol, line);
            Ok(())
        }
        Value::Text(bytes) => {
            text(bytes, line);
            Ok(())
        }
        Value::Message(_) | Value::Packed(_) => Ok(()),
        Value::Fixed64(bits) => write!(line, "fixed64 0x{bits:016x}"),
        Value::Fixed32(bits) => write!(line, "fixed32 0x{bits:08x}"),
        Value::Bytes(bytes) => hex("bytes", bytes, line),
        Value::Group(bytes) => hex("group", bytes, line),
        Value::Unreadable(bytes) => hex("unreadable", bytes, line),
    };
}

fn hex(what: &str, bytes: &[u8], line: &mut String) -> std::fmt::Result {
    write!(line, "{what}")?;
    for byte in bytes.iter().take(SHOWN) {
        write!(line, " {byte:02x}")?;
    }
    match bytes.len() {
        0 => write!(line, " (none)"),
        len if len > SHOWN => write!(line, " … ({len} bytes)"),
        _ => Ok(()),
    }
}

/// A quoted string, cut at [`SHOWN`] characters; bytes that are not UTF-8 as `\x..`.
fn text(bytes: &[u8], line: &mut String) {
    line.push('"');
    let mut left = SHOWN;
    // A character has at most four bytes.
    for chunk in bytes[..bytes.len().min(4 * SHOWN)].utf8_chunks() {
        let valid = chunk.valid();
        let shown = valid.char_indices().nth(left).map_or(valid, |(end, _)| &valid[..end]);
        line.push_str(&escape(shown));
        left -= shown.chars().count();
        for byte in chunk.invalid().iter().take(left) {
            let _ = write!(line, "\\x{byte:02x}");
        }
        left -= chunk.invalid().len().min(left);
    }
    line.push('"');
    if left == 0 && bytes.len() > SHOWN {
        let _ = write!(line, "… ({} bytes)", bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(protocol: Protocol, message: &[u8]) -> String {
        let mut out = Vec::new();
        render(protocol, message, &mut out).expect("writing to memory");
        String::from_utf8(out).expect("lines are text")
    }

    #[track_caller]
    fn check(protocol: Protocol, message: &[u8], expect: &str) {
        let got = lines(protocol, message);
        let expect: String = expect.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
        let got: String = got.lines().map(|line| format!("{}\n", line.trim())).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn names_every_field_and_resolves_references() {
        let message = [
            b"\x22\x00\x22\x08__name__\x22\x02up".as_slice(),
            b"\x2a\x1f\x0a\x02\x01\x02\x12\x0e\x09\0\0\0\0\0\0\xf8\x3f\x10\x80\x01\x18\x01\x2a\x04\x08\x02\x18\x09\x30\x07\x4a\x01\xff",
        ]
        .concat();
        check(
            Protocol::V2,
            &message,
            r#"
             0  2+0        4 symbols[0]: string ""
             2  2+8        4 symbols[1]: string "__name__"
            12  2+2        4 symbols[2]: string "up"
            16  2+31       5 timeseries: TimeSeries
            18  2+2          1 labels_refs: packed uint32
            20  0+1            [0] 1 = "__name__"
            21  0+1            [1] 2 = "up"
            22  2+14         2 samples: Sample
            24  1+8            1 value: double 1.5
            33  1+2            2 timestamp: int64 128 = 1970-01-01T00:00:00.128Z
            36  1+1            3 start_timestamp: int64 1 = 1970-01-01T00:00:00.001Z (rc.4)
            38  2+4          5 metadata: Metadata
            40  1+1            1 type: enum 2 GAUGE
            42  1+1            3 help_ref: uint32 9 ! no such symbol: the table has 3
            44  1+1          6 created_timestamp: int64 7 = 1970-01-01T00:00:00.007Z (rc.3 only)
            46  2+1          9 (unknown): bytes ff
            "#,
        );
    }

    #[test]
    fn a_message_cut_short_is_shown_as_far_as_it_goes() {
        check(
            Protocol::V1,
            b"\x0a\x1e\x0a\x06\x0a\x01a\x12\x01b\x12\x09\x10\x05\x09\0\0",
            r#"
             0  2+15       1 timeseries: TimeSeries ! length 30 runs past the end of what encloses it: 15 bytes are left
             2  2+6          1 labels: Label
             4  2+1            1 name: string "a"
             7  2+1            2 value: string "b"
            10  2+5          2 samples: Sample ! length 9 runs past the end of what encloses it: 5 bytes are left
            12  1+1            2 timestamp: int64 5 = 1970-01-01T00:00:00.005Z
            14  0+3            1 value: unreadable 09 00 00 ! needs 8 bytes, 2 are left
            "#,
        );
    }

    #[test]
    fn damage_inside_one_entry_leaves_the_next_readable() {
        check(
            Protocol::V1,
            b"\x0a\x03\x0f\x01\x02\x0a\x02\x0a\x00",
            "
            0  2+3        1 timeseries: TimeSeries
            2  0+3          1 labels: unreadable 0f 01 02 ! no field has wire type 7
            5  2+2        1 timeseries: TimeSeries
            7  2+0          1 labels: Label
            ",
        );
    }

    #[test]
    fn known_field_of_another_wire_type_is_shown_raw() {
        check(
            Protocol::V1,
            b"\x08\x05\x0a\x02\x15\x2a\x0a\x02\x08\x01",
            "
            0  1+1        1 timeseries: TimeSeries 5 ! the schema has bytes here, not varint
            2  2+2        1 timeseries: TimeSeries
            4  0+2          2 samples: unreadable 15 2a ! needs 4 bytes, 1 are left
            6  2+2        1 timeseries: TimeSeries
            8  1+1          1 labels: Label 1 ! the schema has bytes here, not varint
            ",
        );
    }

    #[test]
    fn groups_are_stepped_over() {
        check(
            Protocol::V1,
            b"\x3b\x08\x01\x43\x44\x3c\x3c\x1a\x00\x3b\x08",
            "
            0  1+5        7 (unknown): group 08 01 43 44 3c
            6  1+0        7 (unknown): group (none) ! the end of a group that was never begun
            7  2+0        3 metadata: MetricMetadata
            9  0+2        7 (unknown): unreadable 3b 08 ! a group without an end
            ",
        );
    }

    #[test]
    fn varints_and_numbers_out_of_range_are_named() {
        check(
            Protocol::V1,
            b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            "
            0  1+1        1 ! no field has number 0
            2  0+10       unreadable ff ff ff ff ff ff ff ff ff 02 ! a varint does not fit 64 bits
            ",
        );
    }

    #[test]
    fn text_is_cut_and_escaped() {
        let mut long = b"\x22\xac\x02".to_vec();
        long.extend([b'x'; 300]);
        let got = lines(Protocol::V2, &long);
        assert!(got.ends_with("x\"… (300 bytes)\n") && got.len() < 280, "{got}");
        check(
            Protocol::V2,
            "\u{22}\u{0c}a\"\n\x1b[\u{202e}é\u{9b}".as_bytes(),
            r#"0  2+12       4 symbols[0]: string "a\"\n\u{001B}[\u{202E}é\u{009B}" "#,
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_their_end(message in proptest::collection::vec(any::<u8>(), 0..200), v2: bool) {
            let protocol = if v2 { Protocol::V2 } else { Protocol::V1 };
            let mut pos = 0;
            for item in walk(protocol, &message) {
                prop_assert_eq!(item.offset, pos, "items follow one another without a gap");
                let descends = matches!(item.value, Value::Message(_) | Value::Packed(_));
                pos += item.header + if descends { 0 } else { item.len };
                prop_assert!(item.header + item.len > 0 && item.depth < 8);
            }
            prop_assert_eq!(pos, message.len());
            prop_assert!(lines(protocol, &message).len() <= 400 * (message.len() + 1));
        }
    }
}
