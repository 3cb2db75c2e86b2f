//! The bytes of a file: as processes see them, as they are on the disk, and the changes in between.

use super::luck::{Fate, Luck};

#[derive(Default, Debug)]
pub(super) struct Data {
    seen: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    SetLen(usize),
}

impl Data {
    pub(super) fn durable(bytes: &[u8]) -> Self {
        Self { seen: bytes.to_vec(), durable: bytes.to_vec(), pending: Vec::new() }
    }

    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.pending.push(Change::Write { at: self.seen.len(), bytes: bytes.to_vec() });
        self.seen.extend_from_slice(bytes);
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.pending.push(Change::SetLen(len));
        self.seen.resize(len, 0);
    }

    /// Only what was changed since the last sync is written, also when that one failed.
    pub(super) fn sync(&mut self) {
        self.settle(&mut Luck::All);
    }

    /// Some of what was to be written is; the rest is no longer to be.
    pub(super) fn fail_sync(&mut self, luck: &mut Luck) {
        self.settle(luck);
        if luck.half() {
            // Dropped from memory as well. The length stays.
            let len = self.seen.len();
            self.seen.clone_from(&self.durable);
            self.seen.resize(len, 0);
        }
    }

    pub(super) fn crash(&mut self, luck: &mut Luck) {
        self.settle(luck);
        self.seen.clone_from(&self.durable);
    }

    fn settle(&mut self, luck: &mut Luck) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                Change::SetLen(len) if luck.half() => self.durable.resize(len, 0),
                Change::SetLen(_) => {}
                Change::Write { at, bytes } => self.write(at, &bytes, luck),
            }
        }
    }

    fn write(&mut self, at: usize, bytes: &[u8], luck: &mut Luck) {
        match luck.fate(bytes.len()) {
            Fate::Lost => {}
            Fate::Whole => self.put(at, bytes),
            Fate::Length => self.grow(at + bytes.len()),
            Fate::Torn(len) => self.put(at, &bytes[..len]),
            Fate::Blocks(size) => {
                if luck.half() {
                    self.grow(at + bytes.len());
                }
                let mut done = 0;
                while done < bytes.len() {
                    let len = (size - (at + done) % size).min(bytes.len() - done);
                    if luck.half() {
                        self.put(at + done, &bytes[done..done + len]);
                    }
                    done += len;
                }
            }
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.grow(at + bytes.len());
        self.durable[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn grow(&mut self, len: usize) {
        self.durable.resize(self.durable.len().max(len), 0);
    }
}
