//! What every other module may use: time, durations, sizes, names, text for people, places in a text, versions. No I/O, no other module of
//! this crate.

pub mod duration;
pub mod edit;
pub mod name;
pub mod size;
pub mod span;
pub mod suggest;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod time;
pub mod version;
