//! Not yet written.
#[rustfmt::skip]
#[allow(unreachable_pub)]
pub mod proto;
mod request;
pub use request::{Counts, Outcome, Rejection, Request};
