//! One line of text for each item of a message.

use std::fmt::Write as _;
use std::io;

use super::{Field, Item, Kind, Value, walk};
use crate::base::text::escape;
use crate::base::time::UnixMillis;
use crate::wire::Protocol;

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
