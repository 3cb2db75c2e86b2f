//! The forms that a request may have for a receiver, from the best to the last resort.

use std::fmt;

use crate::wire::{Encoding, Protocol};

/// A form of a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    pub protocol: Protocol,
    pub encoding: Encoding,
}

impl Format {
    /// What every receiver of remote write has to take.
    pub const V1: Self = Self { protocol: Protocol::V1, encoding: Encoding::Snappy };
    /// What every receiver of remote write 2.0 has to take.
    pub const V2: Self = Self { protocol: Protocol::V2, encoding: Encoding::Snappy };
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.protocol.as_str(), self.encoding.as_str())
    }
}

/// What a receiver does not understand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsupported {
    /// 415: the content type or the encoding.
    Format,
    /// The version: a success without counts says that 2.0 was read as 1.0.
    Version,
    /// Perhaps the encoding: some say 400 to what they cannot decompress.
    Encoding,
}

/// Forms in the order in which they are tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ladder(Vec<Format>);

impl Ladder {
    /// `first`, and then the others that it may be exchanged for.
    #[must_use]
    pub fn new(first: Format, others: &[Format]) -> Self {
        Self([&[first], others].concat())
    }

    /// The form on the step `at`.
    pub(super) fn get(&self, at: usize) -> Option<Format> {
        self.0.get(at).copied()
    }

    /// The step below `at` that is without what the receiver does not understand.
    pub(super) fn below(&self, at: usize, what: Unsupported) -> Option<usize> {
        let here = self.get(at)?;
        let better = |format: &Format| match what {
            Unsupported::Format => *format != here,
            Unsupported::Version => format.protocol != here.protocol,
            Unsupported::Encoding => format.encoding != here.encoding && format.protocol == here.protocol,
        };
        self.0.iter().skip(at + 1).position(better).map(|found| at + 1 + found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_down_to_what_helps() {
        let zstd = |protocol| Format { protocol, encoding: Encoding::Zstd };
        let ladder = Ladder::new(zstd(Protocol::V2), &[Format::V2, zstd(Protocol::V1), Format::V1]);
        assert_eq!(ladder.below(0, Unsupported::Format), Some(1));
        assert_eq!(ladder.below(0, Unsupported::Version), Some(2));
        assert_eq!(ladder.below(0, Unsupported::Encoding), Some(1));
        assert_eq!(ladder.below(2, Unsupported::Encoding), Some(3));
        assert_eq!(ladder.below(1, Unsupported::Encoding), None);
        assert_eq!(ladder.below(3, Unsupported::Format), None);
        assert_eq!(Ladder::new(Format::V2, &[]).below(0, Unsupported::Format), None);
        assert_eq!(Format::V2.to_string(), "2.0 in snappy");
    }
}
