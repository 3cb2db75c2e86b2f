//! Which series an entry is of, and how many there are: identity and exact counting.
//!
//! A series is its label set. What a protocol, a dialect or a sender writes differently and Prometheus takes for the
//! same is the same here too: the order of labels does not matter, and a label with an empty value is a label that is
//! not there. The metric's name is the label `__name__`. A set that has one name twice is not valid in any protocol;
//! it has an identity all the same, which no valid set is meant to share: every pair counts, as often as it stands.
//!
//! Identity is a 64-bit hash. That two of n label sets share one has a chance of n²/2 in 2⁶⁴: 3 in 10⁸ for a million
//! series, 3 in 10⁴ for a hundred million. Counts are exact but for that, and never too high.
//!
//! No I/O, no decoding: labels are handed in as `wire` reads them.

mod count;
mod distinct;
mod hash;
#[cfg(test)]
mod properties;
mod set;

pub use count::{Counter, Counts, Group, GroupId};
pub use distinct::DistinctSeries;
pub use hash::HashKey;
pub use set::{Inserted, SeriesSet};
