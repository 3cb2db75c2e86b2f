//! Everything below a node, for rules that look for something wherever it stands.

use crate::yaml::{Entry, Kind, Node};

/// Gives every node under `root`, itself first, keys too. It ends: see the budget of [`crate::yaml`].
pub(in crate::lint) fn nodes<'d>(root: Node<'d>, see: &mut dyn FnMut(Node<'d>)) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        see(node);
        match node.kind() {
            Kind::Scalar => {}
            Kind::Sequence => open.extend(node.items()),
            Kind::Mapping => open.extend(node.entries().flat_map(|entry| [entry.key, entry.value])),
        }
    }
}

/// Gives every mapping under `root`.
pub(in crate::lint) fn mappings<'d>(root: Node<'d>, see: &mut dyn FnMut(Node<'d>)) {
    nodes(root, &mut |node| {
        if node.kind() == Kind::Mapping {
            see(node);
        }
    });
}

/// Gives every entry of every mapping under `root`; those of merge keys where they are written alone.
pub(in crate::lint) fn entries<'d>(root: Node<'d>, see: &mut dyn FnMut(Entry<'d>)) {
    mappings(root, &mut |node| node.entries().filter(|entry| !entry.merged).for_each(&mut *see));
}
