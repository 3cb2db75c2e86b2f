//! Telling the version of a message by its top-level fields.

use super::Protocol;
use super::cursor::{Cursor, LEN, key};

/// What the top-level fields of a message say of its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detected {
    /// No bytes, or no field of either version: both read it as an empty request.
    Empty,
    /// Fields of this version and not of the other.
    Only(Protocol),
    /// Fields of both.
    Both,
    /// Not protobuf.
    Neither,
}

/// The version whose top-level fields `message` has: 1.0 has fields 1 and 3, 2.0 has 4 and 5.
///
/// Looks at the top level only, so a message that is malformed further in is still told.
#[must_use]
pub fn detect(message: &[u8]) -> Detected {
    let mut cursor = Cursor::new(message);
    let (mut v1, mut v2) = (false, false);
    while !cursor.at_end() {
        let Ok(found) = cursor.key("request") else { return Detected::Neither };
        match found >> 3 {
            1 | 3 => v1 = true,
            4 | 5 => v2 = true,
            _ => {}
        }
        let known = matches!(found >> 3, 1 | 3 | 4 | 5);
        if known && found != key(found >> 3, LEN) || cursor.skip(found, "request").is_err() {
            return Detected::Neither;
        }
    }
    match (v1, v2) {
        (false, false) => Detected::Empty,
        (true, false) => Detected::Only(Protocol::V1),
        (false, true) => Detected::Only(Protocol::V2),
        (true, true) => Detected::Both,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{field, varint};

    #[track_caller]
    fn check(fields: &[Vec<u8>], expect: Detected) {
        assert_eq!(detect(&fields.concat()), expect);
    }

    #[test]
    fn the_version_is_told_by_its_fields() {
        check(&[field(1, "")], Detected::Only(Protocol::V1));
        check(&[field(3, ""), field(1, "")], Detected::Only(Protocol::V1));
        check(&[field(4, ""), field(5, "")], Detected::Only(Protocol::V2));
        check(&[field(5, "")], Detected::Only(Protocol::V2));
        check(&[field(1, ""), field(4, "")], Detected::Both);
    }

    #[test]
    fn fields_of_neither_version_do_not_count() {
        check(&[], Detected::Empty);
        check(&[field(2, "x"), varint(9, 1)], Detected::Empty);
        check(&[varint(9, 1), field(5, "")], Detected::Only(Protocol::V2));
    }

    #[test]
    fn what_is_malformed_further_in_is_still_told() {
        check(&[field(1, b"\xff\xff")], Detected::Only(Protocol::V1));
    }

    #[test]
    fn text_and_other_wire_types_are_not_a_request() {
        assert_eq!(detect(b"# HELP up"), Detected::Neither);
        check(&[field(4, ""), varint(5, 1)], Detected::Neither);
        assert_eq!(detect(&field(1, "abc")[..4]), Detected::Neither);
    }
}
