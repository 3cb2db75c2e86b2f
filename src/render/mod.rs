//! Entries of requests as text for people ([`text`]) and as JSON ([`json`]): one entry, one piece of output.
//!
//! Pure: bytes are appended to a buffer; reading, choosing and writing is the caller's. Nothing is lost in
//! JSON: values keep their bits, label sets that JSON objects cannot hold are repeated as pairs.

pub mod json;
mod number;
pub mod text;

pub use number::is_stale;

use crate::base::time::UnixNanos;
use crate::wire::{Exemplar, FamilyMetadata, Histogram, Sample, Series};

/// A span of sample time, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeRange {
    /// Milliseconds since the Unix epoch.
    pub since: i64,
    /// Milliseconds since the Unix epoch.
    pub until: i64,
}

impl TimeRange {
    /// All of time.
    pub const ALL: Self = Self { since: i64::MIN, until: i64::MAX };

    /// Whether `timestamp`, in ms since the epoch, is in the range.
    #[must_use]
    pub fn contains(&self, timestamp: i64) -> bool {
        (self.since..=self.until).contains(&timestamp)
    }

    /// Whether it leaves nothing out.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }
}

/// The request an entry came in. A bare body has neither sequence nor receive time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Origin {
    pub request: Option<u64>,
    pub received: Option<UnixNanos>,
}

/// A series entry as it is shown: what lies in the time range, with what is known of it besides.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub series: &'a Series<'a>,
    pub range: TimeRange,
    /// The rule by which the receiver refused this entry while it took others of the request.
    pub rejected: Option<&'a str>,
}

impl<'a> Shown<'a> {
    /// The entry whole, as it was accepted.
    #[must_use]
    pub fn all(series: &'a Series<'a>) -> Self {
        Self { series, range: TimeRange::ALL, rejected: None }
    }

    /// Samples in the time range, as sent.
    pub fn samples(&self) -> impl Iterator<Item = &'a Sample> + use<'a> {
        let range = self.range;
        self.series.samples.iter().filter(move |sample| range.contains(sample.timestamp))
    }

    /// Native histograms in the time range, as sent.
    pub fn histograms(&self) -> impl Iterator<Item = Histogram<'a>> + use<'a> {
        let range = self.range;
        self.series.histograms().filter(move |histogram| range.contains(histogram.timestamp))
    }

    /// Exemplars in the time range, as sent.
    pub fn exemplars(&self) -> impl Iterator<Item = Exemplar<'a>> + use<'a> {
        let range = self.range;
        self.series.exemplars().filter(move |exemplar| range.contains(exemplar.timestamp))
    }

    /// Whether the time range leaves nothing of an entry that had something.
    #[must_use]
    pub fn is_out_of_range(&self) -> bool {
        !self.range.is_all()
            && self.samples().next().is_none()
            && self.histograms().next().is_none()
            && self.exemplars().next().is_none()
    }
}

/// Words of the specification for a histogram's reset hint; `None` for numbers it does not know.
fn reset_hint(number: i32) -> Option<&'static str> {
    match number {
        0 => Some("unknown"),
        1 => Some("yes"),
        2 => Some("no"),
        3 => Some("gauge"),
        _ => None,
    }
}

/// One entry of either kind, as the forms take it.
#[derive(Clone, Copy)]
pub enum Item<'a> {
    Series(Shown<'a>),
    Metadata(&'a FamilyMetadata<'a>),
}
