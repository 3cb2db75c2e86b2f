//! Requests as protobuf text, both ways: to read one, to change it, and to write one by hand.
//!
//! [`print`] gives what `protoc --decode` gives, with UTF-8 left readable. [`parse`] reads that and more:
//!
//! ```text
//! # 2.0
//! symbols: ["", "__name__", "up"]
//! timeseries {
//!   labels_refs: [1, 2]
//!   samples { value: 1 timestamp: now-5m }    # int64 fields are times in ms: now, now-3h, now+11m
//!   samples { value: stale timestamp: now }   # inf, -inf, nan, nan(0x7ff8000000000000)
//!   created_timestamp: 1700000000000
//!   7: 12                                     # unknown fields: varint, 0x… of 8 or 16 digits, "bytes"
//! }
//! !hex "2a 05 ff"                             # raw bytes at this place, for broken messages
//! ```
//!
//! `nan` is the NaN of Prometheus, `0x7ff8000000000001`; every other one keeps its bits in parentheses.
//! Repeated numbers that stand side by side are packed. What [`print`] cannot say in fields it says in `!hex`,
//! so that no damage is lost on the way. Not kept: varints longer than need be, arrays that were not packed.

use std::io;

use super::Protocol;
use super::schema::{self, Field, Kind, Message, WireType};
use super::tree::{self, Item, Value, is_unseen};

/// A NaN that a sample may hold: `value.NormalNaN` of Prometheus.
const NORMAL_NAN: u64 = 0x7ff8_0000_0000_0001;
/// The value of a series that ended. Spec 1.0 and 2.0, "Stale Markers".
const STALE_NAN: u64 = 0x7ff0_0000_0000_0002;

/// Writes `message` (decompressed protobuf of `protocol`) as text.
pub fn print(protocol: Protocol, message: &[u8], out: &mut dyn io::Write) -> io::Result<()> {
    let mut open = 0;
    let mut array: Option<&'static Field> = None;
    // Fields before this offset are printed already, as raw bytes.
    let mut printed = 0;
    for item in tree::walk(protocol, message) {
        if item.offset < printed {
            continue;
        }
        // An element of a packed array stands where the array stands.
        let depth = item.depth - usize::from(item.field.is_none() && item.index.is_some());
        while open > depth {
            open -= 1;
            writeln!(out, "{:1$}}}", "", 2 * open)?;
        }
        let field = if item.field.is_none() && item.index.is_some() { array } else { item.field };
        write!(out, "{:1$}", "", 2 * depth)?;
        match item.value {
            Value::Packed(_) if item.fault.is_none() => array = item.field,
            Value::Message(_) if item.fault.is_none() => open = depth + 1,
            _ => {}
        }
        if let Some(raw) = unsayable(message, &item) {
            printed = item.offset + raw.len();
            write!(out, "!hex \"")?;
            for (at, byte) in raw.iter().enumerate() {
                write!(out, "{}{byte:02x}", if at == 0 { "" } else { " " })?;
            }
            writeln!(out, "\"")?;
            continue;
        }
        print_field(&item, field, out)?;
    }
    for depth in (0..open).rev() {
        writeln!(out, "{:1$}}}", "", 2 * depth)?;
    }
    Ok(())
}
