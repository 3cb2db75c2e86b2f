//! How much a walk meets where aliases repeat nodes.

use super::tree::{Content, Id, Tree};

/// How much a walk from a node meets.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) nodes: usize,
    pub(super) depth: usize,
}

/// The size of each node of a document, from its first alias on: without any, a walk meets each node once, and no more
/// than nest, which is counted anyway.
#[derive(Default)]
pub(super) struct Sizes {
    of: Option<Vec<Size>>,
}

impl Sizes {
    const ONE: Size = Size { nodes: 1, depth: 0 };

    /// A node was added, which is as large as `target` if it is an alias.
    pub(super) fn add(&mut self, tree: &Tree, target: Option<Id>) {
        if self.of.is_none() && target.is_some() {
            self.begin(tree);
        }
        let Some(of) = &mut self.of else { return };
        of.push(target.map_or(Self::ONE, |target| of[target as usize]));
    }

    /// A collection has ended; gives its size where it can be more than that of what stands there.
    pub(super) fn end(&mut self, tree: &Tree, id: Id) -> Option<Size> {
        let of = self.of.as_mut()?;
        let size = collection(tree, id, of);
        of[id as usize] = size;
        Some(size)
    }

    pub(super) fn clear(&mut self) {
        self.of = None;
    }

    /// The sizes of all nodes but the last: children come after their parents.
    fn begin(&mut self, tree: &Tree) {
        let count = tree.nodes.len() - 1;
        let mut of = vec![Self::ONE; count];
        for id in (0..count).rev() {
            if !matches!(tree.nodes[id].content, Content::Scalar { .. }) {
                of[id] = collection(tree, id as Id, &of);
            }
        }
        self.of = Some(of);
    }
}

fn collection(tree: &Tree, id: Id, of: &[Size]) -> Size {
    let mut size = Size { nodes: 1, depth: 1 };
    let mut add = |child: Id| {
        let child = of[child as usize];
        size.nodes = size.nodes.saturating_add(child.nodes);
        size.depth = size.depth.max(child.depth + 1);
    };
    tree.items(id).iter().copied().for_each(&mut add);
    let (own, merged) = tree.entries(id);
    own.iter().chain(merged).flat_map(|(key, value)| [*key, *value]).for_each(&mut add);
    size
}
