//! What several tests of this module need.

use super::{Entry, Node};

/// Calls `see` for a node and all below it, each alias and merged entry again.
pub(super) fn walk<'d>(node: Node<'d>, see: &mut impl FnMut(Node<'d>)) {
    see(node);
    for item in node.items() {
        walk(item, see);
    }
    for Entry { key, value, .. } in node.entries() {
        walk(key, see);
        walk(value, see);
    }
}
