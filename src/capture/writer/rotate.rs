//! One segment after another: how one begins, ends, and is given up after a failure.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::super::frame;
use super::super::proto::{self, record::Kind};
use super::super::recover::Closed;
use super::super::{CommitError, Event, Index, segment};
use super::{Capture, KEEP, Open};
use crate::base::time::UnixNanos;

impl Capture {
    /// Whether the current segment is to be sealed before `more` bytes are written.
    pub(super) fn is_due(&self, more: u64, now: UnixNanos) -> bool {
        self.current.as_ref().is_some_and(|open| {
            let too_large = open.len + more > self.options.segment_size;
            // Of one that begins in the future the clock has gone back: sealing it early harms nobody.
            let far = Duration::from_nanos(now.0.abs_diff(open.created.0));
            let too_old = self.options.segment_age.is_some_and(|limit| far >= limit);
            open.index.requests > 0 && (too_large || too_old)
        })
    }

    /// Begins a segment, durable in its header and its name before it takes a request.
    pub(super) fn begin(&mut self, now: UnixNanos) -> Result<Open, CommitError> {
        let path = self.path_of(self.next);
        let mut file = match self.disk.create_new(&path) {
            Ok(file) => file,
            Err(err) => return Err(self.failure("create", path, err)),
        };
        let salt = frame::new_salt();
        self.buffer.clear();
        let header = proto::Header {
            format: segment::FORMAT,
            writer: concat!("obsctl ", env!("CARGO_PKG_VERSION")).to_owned(),
            created_unix_nano: now.0,
            first_sequence: self.next,
        };
        frame::append(&mut self.buffer, salt, &proto::Record { kind: Some(Kind::Header(header)) });
        let begun = file
            .append(&self.buffer)
            .and_then(|()| file.sync())
            .and_then(|()| self.disk.sync_folder(&self.folder));
        if let Err(err) = begun {
            if self.disk.remove(&path).is_err() {
                self.next += 1; // its name is used up
            }
            return Err(self.failure("begin", path, err));
        }
        let len = self.buffer.len() as u64;
        Ok(Open {
            file,
            path,
            first_sequence: self.next,
            created: now,
            salt,
            len,
            index: Index::EMPTY,
            kept: (len, Index::EMPTY),
            synced: true,
        })
    }

    /// Seals the current segment: it ends with its index, is durable, and is never written again.
    pub(in crate::capture) fn seal(&mut self) {
        if self.sync().is_err() {
            return;
        }
        let Some(mut open) = self.current.take() else { return };
        self.buffer.clear();
        let record = proto::Record { kind: Some(Kind::Index(open.index.into())) };
        frame::append(&mut self.buffer, open.salt, &record);
        match open.file.append(&self.buffer).and_then(|()| open.file.sync()) {
            Ok(()) => {
                open.len += self.buffer.len() as u64;
                self.durable.sealed(open.first_sequence);
                self.events.push(Event::Sealed { file: open.path.clone(), index: open.index });
                self.close(open);
            }
            Err(err) => {
                self.abandon(open, "seal", err);
            }
        }
    }

    /// Closes a segment after a failure, without what nobody was told is kept.
    pub(super) fn abandon(&mut self, mut open: Open, action: &'static str, err: io::Error) -> CommitError {
        let (len, index) = open.kept;
        if index.requests > 0 {
            self.durable.failed(open.first_sequence, len);
        }
        let withdrawn = open.file.set_len(len).and_then(|()| open.file.sync()).is_ok();
        let failure = self.failure(action, open.path.clone(), err);
        if !withdrawn {
            // What is there may come back after a crash, so its sequences stay used up.
            open.len = open.file.len().unwrap_or(open.len);
            self.close(open);
            return failure;
        }
        (open.len, open.index) = (len, index);
        self.next = index.last_sequence.max(open.first_sequence - 1) + 1;
        if index.requests == 0 && self.disk.remove(&open.path).is_ok() {
            self.measure();
            return failure;
        }
        if index.requests == 0 {
            self.next = open.first_sequence + 1; // its name is used up
        }
        self.close(open);
        failure
    }

    fn close(&mut self, open: Open) {
        self.closed_bytes += open.len;
        self.closed.push_back(Closed {
            first_sequence: open.first_sequence,
            path: open.path,
            bytes: open.len,
            created: Some(open.created),
            last_received: (open.index.requests > 0).then_some(open.index.last_received),
        });
        self.measure();
    }

    /// Tries whether the disk takes as much again as it did not take, and leaves nothing behind. A receiver that
    /// is not ready gets no requests, so it must not need one to learn that it could be.
    pub(super) fn probe(&mut self, bytes: usize, now: UnixNanos) {
        if self.current.is_some() {
            return; // its next sync will tell
        }
        let Ok(mut open) = self.begin(now) else { return };
        let tried = open.file.append(&vec![0; bytes.min(KEEP)]).and_then(|()| open.file.sync());
        let removed = self.disk.remove(&open.path);
        if removed.is_err() {
            self.next += 1; // its name is used up
        }
        if tried.and(removed).is_ok() {
            self.recovered();
        }
    }

    fn path_of(&self, first_sequence: u64) -> PathBuf {
        self.folder.join(segment::name(first_sequence))
    }
}
