//! Text exposition, both ways: what a `/metrics` page says, read; and series, written as OpenMetrics.
//!
//! [`parse`] reads the Prometheus text format 0.0.4 and OpenMetrics 1.0, with quoted UTF-8 names, as leniently
//! as a scrape does. [`OpenMetrics`] writes what strict readers take, and what
//! `promtool tsdb create-blocks-from openmetrics` makes blocks of.

mod family;
mod number;
mod parse;
mod write;

pub use parse::{Event, Exemplar, Family, Format, ParseError, Sample, parse};
pub use write::{LeftOut, OpenMetrics};

/// The label that holds the metric name.
const NAME: &str = "__name__";

#[cfg(test)]
mod properties;
