//! How much a file may be, so that no text costs more than its size explains.

/// How much a file may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Bytes of text.
    pub text: usize,
    /// Nodes of all documents, those that aliases repeat included. As many comments are read, too, but no more than
    /// [`COMMENTS_MAX`].
    pub nodes: usize,
    /// How deep sequences and mappings may nest, aliases followed.
    pub depth: usize,
    /// Aliases of all documents.
    pub aliases: usize,
}

/// Comments of a file that are read at most, whatever the budget.
pub const COMMENTS_MAX: usize = 100_000;

/// Documents of a file that are read at most, whatever the budget: an empty one takes four bytes of text, and far more
/// than a node of memory.
pub const DOCUMENTS_MAX: usize = 100_000;

impl Default for Budget {
    fn default() -> Self {
        Self { text: 32 << 20, nodes: 1_000_000, depth: 100, aliases: 10_000 }
    }
}

impl Budget {
    pub(super) fn comments(&self) -> usize {
        self.nodes.min(COMMENTS_MAX)
    }
}
