//! YAML with the place of everything: text to a tree of nodes that know their bytes in the file.
//!
//! [`File::parse`] never fails: it gives the documents that could be read and the faults of those that could not. What
//! a scalar is (a string, a number, a truth value) is decided as Go's YAML libraries do, by which Prometheus and
//! kubectl read: YAML 1.1 with exceptions. [`write`] is the way back. No I/O, no knowledge of what a document is about.

mod load;
mod plain;
mod scalar;
mod template;
mod trap;
mod tree;
pub mod write;

pub use load::Budget;
pub use plain::is_plain_safe;
pub use scalar::{BadTag, Reader, StringField, Value, Written};
pub use template::{Template, Unrendered, unrendered};
pub use trap::{Surprise, Trap, trap};
pub use tree::{Comment, Document, Entry, Fault, File, Kind, Node, Style};
