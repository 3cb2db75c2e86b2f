//! Generated message types: the oracle of tests and benches, and a builder for hand-made requests.
//!
//! Not for hot paths: every label is a `String` of its own here.

#[rustfmt::skip]
#[allow(clippy::pedantic, unreachable_pub)]
pub mod v1;
#[rustfmt::skip]
#[allow(clippy::pedantic, unreachable_pub)]
pub mod v2;
