//! What is wrong with an expression, where, and how to mend it.

use crate::base::span::Span;

/// One fault of an expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub span: Span,
    /// What is wrong, in one clause.
    pub message: String,
    /// How to mend it, where that can be said.
    pub help: Option<String>,
}

impl Error {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
