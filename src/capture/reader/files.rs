//! Which files a reader reads, and when it looks for more of them.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::super::durable::Durable;
use super::super::folder::{self, Listed};
use super::super::scan::Frames;
use super::super::segment::Wrap;
use super::{Current, ReadError, Reader};

impl Reader {
    /// Opens the next file; `None` when there is none (yet).
    pub(super) fn open_next(&mut self) -> Option<Result<(), ReadError>> {
        while self.grow() {
            let listed = self.waiting.pop_front()?;
            match self.frames(&listed) {
                Ok(frames) => {
                    self.current = Some(Current::new(listed.path.as_path().into(), Some(listed), frames));
                    return Some(Ok(()));
                }
                // Somebody has compressed it, or retention was faster: then the gap will say what is missing.
                Err(err) if err.kind() == io::ErrorKind::NotFound && self.folder.is_some() => {
                    if let Some(renamed) = self.renamed(&listed) {
                        self.waiting.push_front(renamed);
                    }
                }
                Err(source) => return Some(Err(ReadError::Io { file: listed.path, source })),
            }
        }
        None
    }

    fn frames(&self, listed: &Listed) -> io::Result<Frames<Box<dyn Read + Send>>> {
        let file = self.progress.count(self.disk.open(&listed.path)?);
        Ok(Frames::new(match (&self.durable, listed.wrap) {
            (Some(durable), Wrap::Plain) => {
                let (first_sequence, durable) = (listed.first_sequence, Arc::clone(durable));
                Box::new(Bounded { file, at: 0, first_sequence, durable })
            }
            (_, wrap) => wrap.open(file)?,
        }))
    }

    /// The segment that was listed under another name, as it is called now.
    fn renamed(&self, listed: &Listed) -> Option<Listed> {
        let segments = folder::list(&self.disk, self.folder.as_deref()?).ok()?.segments;
        let is_it = |now: &Listed| now.first_sequence == listed.first_sequence && now.path != listed.path;
        segments.into_iter().find(is_it)
    }

    /// Opens the file at hand again when it had no request yet: a writer whose first batch failed has removed it, and
    /// begins another one under its name.
    pub(super) fn open_again(&mut self) {
        let Some(mut current) = self.current.take_if(|current| current.is_to_be_opened) else { return };
        current.is_to_be_opened = false;
        if let Some(listed) = &current.listed {
            match self.frames(listed) {
                Ok(frames) => current.frames = frames,
                Err(err) if err.kind() == io::ErrorKind::NotFound => {
                    if !current.settled {
                        self.listed = listed.first_sequence.checked_sub(1);
                    }
                    return;
                }
                Err(_) => {} // what is open can be read on
            }
        }
        self.current = Some(current);
    }

    /// Whether a file waits, after looking for new ones when following.
    pub(super) fn grow(&mut self) -> bool {
        if let (true, true, Some(folder)) = (self.follow, self.waiting.is_empty(), &self.folder)
            && let Ok(listing) = folder::list(&self.disk, folder)
        {
            let (listed, durable) = (self.listed, self.durable.as_deref());
            let is_new = |new: &Listed| Some(new.first_sequence) > listed && is_readable(durable, new);
            self.waiting.extend(listing.segments.into_iter().filter(is_new));
            self.listed = self.waiting.back().map(|last| last.first_sequence).or(self.listed);
        }
        !self.waiting.is_empty()
    }

    /// Whether a writer may still append to the file at hand.
    pub(super) fn is_live(&self, current: &Current) -> bool {
        if !current.is_plain() || current.sealed || !self.waiting.is_empty() {
            return false;
        }
        let Some(folder) = self.folder.as_deref().or_else(|| current.file.parent()) else { return false };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let newest = |listing: folder::Listing| {
            listing.segments.last().is_some_and(|last| last.path.file_name() == current.file.file_name())
        };
        folder::is_live(&self.disk, folder)
            && (self.folder.is_some() || folder::list(&self.disk, folder).is_ok_and(newest))
    }
}

/// Whether any of a segment may be read.
pub(super) fn is_readable(durable: Option<&Durable>, listed: &Listed) -> bool {
    durable.is_none_or(|durable| durable.len(listed.first_sequence).is_some())
}

/// A segment up to where it is durable. Ends there, and goes on once more is.
struct Bounded<R> {
    file: R,
    at: u64,
    first_sequence: u64,
    durable: Arc<Durable>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let durable = self.durable.len(self.first_sequence).unwrap_or(0);
        let room = usize::try_from(durable.saturating_sub(self.at)).unwrap_or(usize::MAX).min(into.len());
        let len = self.file.read(&mut into[..room])?;
        self.at += len as u64;
        Ok(len)
    }
}
