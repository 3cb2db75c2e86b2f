//! Not yet written.
#[rustfmt::skip]
#[allow(unreachable_pub)]
pub mod proto;
