//! Remote write on the wire: 1.0 and 2.0 bodies read as one borrowed view, and written.
//!
//! No I/O, no async, no logging. Versions of the protocol end here: above this module an [`Entry`] is an
//! entry. Decoding never panics, and never allocates by a length it has not checked against [`Limits`].
//! In the steady state (a [`Scratch`] that has grown) decoding allocates nothing per series, sample or label.
//!
//! A body becomes a message by [`decompress`], a message a stream of entries by [`decode`]. Reading is lazy:
//! one entry at a time, so a request needs memory for its largest entry, not for all of them. A caller that
//! must know that the whole request is sound reads it to the end first.

#[cfg(test)]
pub(crate) mod arbitrary;
pub mod buckets;
mod cursor;
mod decode;
mod detect;
mod encode;
mod encoding;
mod error;
mod histogram;
mod known;
mod limits;
#[cfg(test)]
mod properties;
pub mod proto;
mod protocol;
pub mod prototext;
mod recall;
mod recycle;
mod repeats;
mod sample;
pub mod schema;
mod scratch;
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code))] // tests use more of it
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod text;
pub mod tree;
mod v1;
mod v2;
pub mod validate;
mod view;

pub use decode::{Entries, decode};
pub use detect::{Detected, detect};
pub use encode::Encoder;
pub use encoding::{compress, declared_len, decompress};
pub use error::{DecodeError, DecompressError, Fault};
pub use known::Known;
pub use limits::Limits;
pub use protocol::{Dialect, Encoding, Protocol};
pub use recall::Recall;
pub use scratch::Scratch;
use view::REPLACEMENT;
pub use view::{
    BucketSpan, Count, Entry, Exemplar, FamilyMetadata, Histogram, Label, Metadata, MetricType, NORMAL_NAN,
    STALE_NAN, Sample, Series,
};
