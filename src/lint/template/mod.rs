//! Templates of labels and annotations: Go's `text/template` with Prometheus's variables and functions.
//!
//! Refused is what Go refuses to parse, which is what Prometheus checks when it loads rules; unlike Go, the reading
//! goes on behind a fault. What would fail only when an alert fires is not checked here, but every use of a label or
//! of the value is told. No evaluation.
//!
//! Recursion is bounded: parentheses nested deeper than [`DEPTH_MAX`] end the reading without a fault.

mod lex;
mod names;
mod number;
mod parse;
#[cfg(test)]
mod tests;

use crate::base::span::Span;
use crate::base::version::Version;

/// How deep parentheses may nest.
const DEPTH_MAX: usize = 100;

/// What was read of a template.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// In the order of the text.
    pub(super) faults: Vec<Fault>,
    pub(super) uses: Vec<Use>,
}

/// Why Go does not parse a template.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// What stands there instead, where one text is sure to be meant.
    pub(super) instead: Option<String>,
}

/// One use of what an alert brings.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) span: Span,
    pub(super) what: What,
    /// Whether it becomes part of the text; otherwise it is only asked, as by `if`.
    pub(super) shown: bool,
}

#[derive(PartialEq, Eq, Debug)]
pub(super) enum What {
    /// `$value` or `.Value`.
    Value,
    /// `$labels.NAME` or `.Labels.NAME`.
    Label(String),
    /// A field of `.` outside of everything that changes what `.` is.
    Field(String),
}

/// The fields of `.`.
pub(super) const FIELDS: [&str; 4] = ["Labels", "ExternalLabels", "ExternalURL", "Value"];

/// Reads a template as Prometheus `version` does.
pub(super) fn parse(text: &str, version: Version) -> Template {
    if !text.contains("{{") {
        return Template::default();
    }
    parse::run(text, version)
}
