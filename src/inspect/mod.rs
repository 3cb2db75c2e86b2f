//! What captured traffic is made of: counted, never sampled.
//!
//! Pure: requests are handed in one by one, results are values; reading and showing is the commands'.

mod top;

pub use top::{Dimension, Top};
