//! What is wrong with the YAML itself.

use crate::base::edit::Edit;
use crate::base::span::Span;

/// What is wrong with the YAML itself.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub kind: FaultKind,
    pub span: Span,
    /// What is wrong, in one clause: lower case, no full stop, values in backticks.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// The changes to the file that mend it, where they are known. Reading went on as if they had been made.
    pub edits: Vec<Edit>,
}

/// Another place of the same file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Related {
    pub span: Span,
    /// What stands there, in a few words.
    pub label: String,
}

/// What sort of fault it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FaultKind {
    /// Not YAML: what follows in the document could not be read.
    Syntax,
    /// A key that its mapping has already; Go refuses the document.
    DuplicateKey,
    /// An alias of an anchor that is not there, or that the alias itself is in.
    Alias,
    /// A merge key (`<<`) whose value is neither a mapping nor a list of mappings.
    Merge,
    /// More than the [`Budget`](super::Budget) allows: reading stopped.
    Limit,
    /// The text of a block scalar (`|`, `>`) that does not stand deeper than its key. Has edits.
    UnindentedBlock,
    /// Tabs where indentation must be spaces. Has edits.
    TabIndentation,
    /// A quoted scalar that goes on further left than YAML 1.2 allows; Go reads it. Has edits.
    ContinuedQuote,
}

impl FaultKind {
    /// Whether Go's YAML libraries refuse the document for it.
    #[must_use]
    pub const fn is_fatal(self) -> bool {
        !matches!(self, Self::ContinuedQuote)
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, span, message, help: None, related: Vec::new(), edits: Vec::new() }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Related { span, label: label.into() });
        self
    }
}
