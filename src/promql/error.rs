//! What is wrong with an expression, where, and how to mend it.

use crate::base::span::Span;

/// What sort of fault it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The text is no expression.
    Syntax,
    /// The parts do not fit together: operands, arguments, parameters of the wrong type.
    Type,
    /// It is right in another version of Prometheus.
    Version,
    /// It is right where a feature flag is on.
    Feature,
}

/// One fault of an expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub kind: ErrorKind,
    pub span: Span,
    /// What is wrong, in one clause.
    pub message: String,
    /// How to mend it, where that can be said.
    pub help: Option<String>,
}

impl Error {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Syntax, span, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }
}
