//! Cursors: how far each sink has got, each in a file of the folder `cursors`.
//!
//! ```text
//! 00000000000000004711 1f2e3d4c\n     sequence up to which all is delivered, and a CRC-32C in hex
//! ```
//!
//! The checksum covers the sink's name, a blank and the digits. What must always hold:
//!
//! - a cursor is on the disk before [`Cursors::needed`] follows it, so before a segment is removed that it has passed;
//! - it is replaced as a whole, or not;
//! - one that is lost or damaged begins again with the oldest request: delivering twice is safe, not at all is not;
//! - one past the last request is set back to it on the disk before anything is written, or the next requests would
//!   grow up to where it stands, unread.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::disk::Disk;
use super::folder::CURSORS;
use super::{CommitError, OpenError};

/// Longest name of a sink, in bytes.
const MAX_NAME: usize = 63;

/// Digits of a sequence.
const DIGITS: usize = 20;

/// What is worth telling about a cursor when a capture is opened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CursorFinding {
    #[error("the cursor of the sink `{sink}` is lost ({reason}): it begins again with the oldest request")]
    Lost { sink: String, reason: String },
    #[error(
        "the cursor of the sink `{sink}` is at {cursor}, past the last request ({last}): it goes on from there"
    )]
    PastEnd { sink: String, cursor: u64, last: u64 },
    #[error(
        "`{CURSORS}/{name}` is the cursor of a sink that is not configured: what it has yet to read is not retained; \
         remove the file if the sink is gone for good"
    )]
    WithoutSink { name: String },
}

/// The cursors of the configured sinks. Shared by the writer and the sinks.
#[derive(Debug)]
pub(super) struct Cursors {
    disk: Disk,
    folder: PathBuf,
    /// As they are on the disk: the last sequence that is delivered.
    delivered: Mutex<BTreeMap<String, u64>>,
}

impl Cursors {
    /// Reads the cursors of `sinks` in a capture whose last request has the sequence `last`.
    pub(super) fn open(
        disk: Disk,
        capture: &Path,
        sinks: &[String],
        last: u64,
    ) -> Result<(Self, Vec<CursorFinding>), OpenError> {
        if let Some(name) = sinks.iter().find(|name| !is_name(name)) {
            return Err(OpenError::SinkName { name: name.clone() });
        }
        let folder = capture.join(CURSORS);
        let mut findings = without_sink(&disk, &folder, sinks);
        let cursors = Self { disk, folder, delivered: Mutex::default() };
        if !sinks.is_empty() {
            // The last process may have ended between a rename and its sync: what is read here is to be believed.
            let ready = cursors
                .disk
                .create_folders(&cursors.folder)
                .and_then(|()| cursors.disk.sync_folder(&cursors.folder));
            ready.map_err(|source| OpenError::Io {
                action: "create",
                path: cursors.folder.clone(),
                source,
            })?;
        }
        for sink in sinks {
            cursors.delivered().insert(sink.clone(), 0);
            match cursors.read(sink) {
                Ok(Some(cursor)) if cursor > last => {
                    let path = || cursors.folder.join(sink);
                    cursors.write(sink, last).map_err(|source| OpenError::Io {
                        action: "write",
                        path: path(),
                        source,
                    })?;
                    findings.push(CursorFinding::PastEnd { sink: sink.clone(), cursor, last });
                }
                Ok(Some(cursor)) => {
                    cursors.delivered().insert(sink.clone(), cursor);
                }
                Ok(None) => {}
                Err(err) => {
                    findings.push(CursorFinding::Lost { sink: sink.clone(), reason: err.to_string() })
                }
            }
        }
        Ok((cursors, findings))
    }

    /// The lowest sequence that some sink has yet to read; `None` without sinks.
    pub(super) fn needed(&self) -> Option<u64> {
        self.delivered().values().min().map(|delivered| delivered.saturating_add(1))
    }

    /// Last sequence that is delivered, 0 before the first; `None` for a sink that is not configured.
    pub(super) fn of(&self, sink: &str) -> Option<u64> {
        self.delivered().get(sink).copied()
    }

    /// Notes durably that a sink has delivered all up to `sequence`.
    pub(super) fn advance(&self, sink: &str, sequence: u64) -> Result<(), CommitError> {
        self.write(sink, sequence).map_err(|err| CommitError::new("write", self.folder.join(sink), err))
    }

    fn read(&self, sink: &str) -> io::Result<Option<u64>> {
        let mut file = match self.disk.open(&self.folder.join(sink)) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        let expect = DIGITS + 10;
        file.by_ref().take(expect as u64 + 1).read_to_end(&mut bytes)?;
        let digits = std::str::from_utf8(bytes.get(..DIGITS).unwrap_or_default()).unwrap_or_default();
        let sequence = digits.parse().ok().filter(|sequence| render(sink, *sequence) == bytes);
        sequence
            .map(Some)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its checksum does not match"))
    }

    fn write(&self, sink: &str, sequence: u64) -> io::Result<()> {
        let path = self.folder.join(sink);
        // No sink's name has a dot.
        self.disk.replace(&path, &path.with_extension("new"), &render(sink, sequence))?;
        self.delivered().insert(sink.to_owned(), sequence);
        Ok(())
    }

    fn delivered(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a sink may have this name: a DNS label.
fn is_name(name: &str) -> bool {
    let valid = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    valid && !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with('-') && !name.ends_with('-')
}

fn render(sink: &str, sequence: u64) -> Vec<u8> {
    let sum = crc32c::crc32c(format!("{sink} {sequence:020}").as_bytes());
    format!("{sequence:020} {sum:08x}\n").into_bytes()
}

/// Cursors that no sink has. A folder that is missing or cannot be listed has none to tell of.
fn without_sink(disk: &Disk, folder: &Path, sinks: &[String]) -> Vec<CursorFinding> {
    let mut names: Vec<String> = disk
        .list(folder)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, is_file)| name.into_string().ok().filter(|name| is_file && is_name(name)))
        .filter(|name| !sinks.contains(name))
        .collect();
    names.sort();
    names.into_iter().map(|name| CursorFinding::WithoutSink { name }).collect()
}
