//! Failures on demand.

use std::io;

/// A kind of call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::capture) enum Op {
    /// Of a file or a folder, also of that of a lock.
    Create,
    Open,
    Read,
    List,
    Write,
    Sync,
    SyncFolder,
    SetLen,
    Rename,
    Remove,
}

/// What is still to fail, and with what.
#[derive(Default, Debug)]
pub(super) struct Faults {
    planned: Vec<(Op, u32, io::ErrorKind)>,
    /// Changes until the process ends.
    left: Option<u32>,
    ended: bool,
}

impl Faults {
    pub(super) fn plan(&mut self, op: Op, skip: u32, kind: io::ErrorKind) {
        self.planned.push((op, skip, kind));
    }

    pub(super) fn planned(&self) -> usize {
        self.planned.len()
    }

    pub(super) fn end_after(&mut self, changes: u32) {
        self.left = Some(changes);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether `op` may happen.
    pub(super) fn check(&mut self, op: Op) -> io::Result<()> {
        if !matches!(op, Op::Open | Op::Read | Op::List)
            && let Some(left) = &mut self.left
        {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => self.ended = true,
            }
        }
        if self.ended {
            return Err(io::Error::other("the process has ended"));
        }
        let mut fails = None;
        for (at, (planned, skip, kind)) in self.planned.iter_mut().enumerate() {
            match skip.checked_sub(1) {
                _ if *planned != op => {}
                Some(fewer) => *skip = fewer,
                None => fails = fails.or(Some((at, *kind))),
            }
        }
        match fails {
            Some((at, kind)) => {
                self.planned.remove(at);
                Err(kind.into())
            }
            None => Ok(()),
        }
    }
}
