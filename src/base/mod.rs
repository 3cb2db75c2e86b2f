//! What every other module may use: time, durations, sizes, names, text for people. No I/O, no other module of
//! this crate.

pub mod duration;
pub mod name;
pub mod size;
pub mod text;
pub mod time;
