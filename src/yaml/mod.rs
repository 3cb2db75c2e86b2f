//! YAML with the place of everything: text to a tree of nodes that know their bytes in the file.
//!
//! [`File::parse`] never fails: it gives the documents that could be read and the faults of those that could not. What
//! a scalar is (a string, a number, a truth value) is decided as Go's YAML libraries do, by which Prometheus and
//! kubectl read: YAML 1.1 with exceptions. [`Node::value_map`] leads from any byte of a scalar's value to the byte of
//! the file that it was written as, through quotes, escapes, folding and indentation. [`write`] is the way back. No
//! I/O, no knowledge of what a document is about.
//!
//! Always so: any walk by [`Node::items`] and [`Node::entries`] ends and visits no more nodes than the [`Budget`] has,
//! however often aliases repeat them.

mod block;
#[cfg(test)]
mod bounds;
mod budget;
mod build;
mod edit;
mod explain;
mod fault;
mod insert;
mod load;
mod map;
mod merge;
mod parse;
mod plain;
#[cfg(test)]
mod properties;
mod quick;
mod repair;
mod scalar;
mod size;
mod template;
#[cfg(test)]
mod testing;
mod trap;
mod tree;
mod value;
pub mod write;

pub use budget::{Budget, COMMENTS_MAX, DOCUMENTS_MAX};
pub use fault::{Fault, FaultKind, Related};
pub use map::ValueMap;
pub use plain::is_plain_safe;
#[cfg(any(test, fuzzing))]
pub(crate) use quick::agrees;
pub use scalar::{BadTag, Reader, StringField, Value, Written};
pub use template::{Template, Unrendered, unrendered};
pub use trap::{Surprise, Trap, trap};
pub use tree::{Comment, Document, Entry, File, Kind, Node};
pub use value::Style;
