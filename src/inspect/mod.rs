//! What captured traffic is made of: counted, never sampled.
//!
//! Pure: requests are handed in one by one, results are values; reading and showing is the commands'.

mod hash;
mod top;

pub use hash::{body_hash, series_hash};
pub use top::{Counts, Dimension, Group, Top};
