//! A finding: what is wrong in a text, where, why it hurts and how to mend it.
//!
//! Every library that judges text gives these, and one renderer shows them. What may not be shown (values of Secrets,
//! credentials) is masked in excerpts, in fixes, and where messages quote it. Whatever the source and the finding
//! hold, what is rendered has no control characters but line breaks (and colours, when asked for), and has a length
//! that does not grow with the source.

mod change;
mod excerpt;
mod mask;
#[cfg(test)]
mod properties;
mod render;
mod source;
#[cfg(test)]
mod tests;

pub use mask::{Mask, credentials};
pub use render::{Look, compact, render};
pub use source::{Located, Source};

use std::borrow::Cow;

use crate::base::edit::Edit;
use crate::base::span::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing; nothing is broken.
    Info,
    /// Works, and will hurt.
    Warning,
    /// Does not work.
    Error,
}

/// One fault of one text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Its name, `family/name`: named for the fault, stable for ever.
    pub rule: &'static str,
    pub severity: Severity,
    /// What is wrong, in one clause: lower case, no full stop, values in backticks.
    pub message: String,
    /// Where, in the outer file.
    pub span: Span,
    /// What stands there, in a few words; may be empty.
    pub label: String,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// What happens because of it.
    pub why: Option<Cow<'static, str>>,
    /// How to mend it.
    pub help: Option<String>,
    /// The change that mends it, where one is known.
    pub fix: Option<Fix>,
}

/// Another place in the same text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Related {
    pub span: Span,
    pub label: String,
}

/// Edits that mend a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What they do, as a command: "quote the value".
    pub title: String,
    pub safety: Safety,
    pub edits: Vec<Edit>,
}

/// Whether a fix can be made without a person looking at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Safety {
    /// It says what the file said, or what its author without doubt meant.
    Safe,
    /// It may change the meaning.
    Unsafe,
}

/// The `findings` of one source by line, column and rule. Of those with the same rule at the same place only the first
/// is there, with the number of the others.
#[must_use]
pub fn in_order(findings: &[Finding]) -> Vec<(&Finding, usize)> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| (finding.span.start, finding.rule, finding.span.end));
    let same = |a: &&Finding, b: &&Finding| (a.span, a.rule) == (b.span, b.rule);
    sorted.chunk_by(same).filter_map(|all| Some((*all.first()?, all.len() - 1))).collect()
}

impl Finding {
    #[must_use]
    pub fn new(rule: &'static str, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            why: None,
            help: None,
            fix: None,
        }
    }

    #[must_use]
    pub fn error(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Error, span, message)
    }

    #[must_use]
    pub fn warning(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Warning, span, message)
    }

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Related { span, label: label.into() });
        self
    }

    #[must_use]
    pub fn why(mut self, why: impl Into<Cow<'static, str>>) -> Self {
        self.why = Some(why.into());
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, safety: Safety, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { title: title.into(), safety, edits });
        self
    }
}
