//! Samples as nearly all senders write them, in both versions.

use super::Sample;
use super::cursor::{Cursor, FIXED64, VARINT, key, pack_sevens};

/// Reads a sample of a value, unless it is 0, and a time between 2^35 and 2^42 ms (1971 to 2109), in this order and with
/// nothing else. `None` for any other, which is for the reader of everything.
#[inline(always)]
pub(super) fn plain_sample(element: Cursor<'_>) -> Option<Sample> {
    const VALUE: u8 = key(1, FIXED64) as u8;
    const TIMESTAMP: u8 = key(2, VARINT) as u8;
    let (value, time) = match *element.rest() {
        [VALUE, a, b, c, d, e, f, g, h, ref time @ ..] => {
            (f64::from_le_bytes([a, b, c, d, e, f, g, h]), time)
        }
        ref time => (0.0, time),
    };
    let &[TIMESTAMP, a, b, c, d, e, f] = time else { return None };
    let word = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
    if word & 0x8080_8080_8080 != 0x0080_8080_8080 {
        return None;
    }
    Some(Sample { value, timestamp: pack_sevens(word & 0x7f7f_7f7f_7f7f) as i64, start: 0 })
}
