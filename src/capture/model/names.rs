//! The names in a folder: as processes see them, as they are on the disk, and the changes in between.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::luck::Luck;

#[derive(Default, Debug)]
pub(super) struct Names {
    seen: BTreeMap<OsString, usize>,
    durable: BTreeMap<OsString, usize>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Link(OsString, usize),
    Unlink(OsString),
    Rename(OsString, OsString, usize),
}

impl Names {
    pub(super) fn find(&self, name: &OsStr) -> Option<usize> {
        self.seen.get(name).copied()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&OsString, usize)> {
        self.seen.iter().map(|(name, node)| (name, *node))
    }

    pub(super) fn nodes(&self) -> Vec<usize> {
        self.seen.values().copied().collect()
    }

    pub(super) fn link(&mut self, name: &OsStr, node: usize) {
        self.change(Change::Link(name.to_owned(), node));
    }

    pub(super) fn unlink(&mut self, name: &OsStr) {
        self.change(Change::Unlink(name.to_owned()));
    }

    /// `false` when there is no such name.
    pub(super) fn rename(&mut self, from: &OsStr, to: &OsStr) -> bool {
        let node = self.find(from);
        node.is_some_and(|node| {
            self.change(Change::Rename(from.to_owned(), to.to_owned(), node));
            true
        })
    }

    pub(super) fn sync(&mut self) {
        self.durable.clone_from(&self.seen);
        self.pending.clear();
    }

    pub(super) fn crash(&mut self, luck: &mut Luck) {
        let pending = std::mem::take(&mut self.pending);
        let in_order = !matches!(luck, Luck::Some(_)) || luck.below(3) > 0;
        let first = luck.below(pending.len() + 1);
        for (at, change) in pending.iter().enumerate() {
            if if in_order { at < first } else { luck.half() } {
                apply(&mut self.durable, change);
            }
        }
        self.seen.clone_from(&self.durable);
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.seen, &change);
        self.pending.push(change);
    }
}

fn apply(names: &mut BTreeMap<OsString, usize>, change: &Change) {
    match change {
        Change::Link(name, node) => {
            names.insert(name.clone(), *node);
        }
        Change::Unlink(name) => {
            names.remove(name);
        }
        Change::Rename(from, to, node) => {
            names.remove(from);
            names.insert(to.clone(), *node);
        }
    }
}
