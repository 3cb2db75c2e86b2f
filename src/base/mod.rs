//! What every other module may use: time, sizes, durations. No I/O, no other module of this crate.

pub mod time;
