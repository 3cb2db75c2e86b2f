//! A capture's folder: whose files are in it, and in which order they are read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::segment::{self, Wrap};

/// Held by the one writer of a folder.
pub(super) const LOCK: &str = ".lock";

/// The ring of wholly refused requests, a capture of its own.
pub(super) const REJECTED: &str = "rejected";

/// How far each sink has got.
pub(super) const CURSORS: &str = "cursors";

/// What may stand beside segments without being foreign.
const OWN: [&str; 4] = [LOCK, REJECTED, CURSORS, "lost+found"];

/// One segment file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Listed {
    pub(super) first_sequence: u64,
    pub(super) wrap: Wrap,
    pub(super) path: PathBuf,
}

/// What a folder holds.
#[derive(Default, Debug)]
pub(super) struct Listing {
    /// By first sequence. Of a segment that is there plain and compressed, the plain one.
    pub(super) segments: Vec<Listed>,
    /// Names of files that are neither segments nor our own, sorted.
    pub(super) ignored: Vec<OsString>,
}

pub(super) fn list(disk: &Disk, folder: &Path) -> io::Result<Listing> {
    let mut segments: BTreeMap<(u64, Wrap), OsString> = BTreeMap::new();
    let mut ignored = Vec::new();
    for (name, is_file) in disk.list(folder)? {
        match segment::parse_name(&name).filter(|_| is_file) {
            Some(key) => {
                segments.insert(key, name);
            }
            None if OWN.iter().any(|own| name == *own) => {}
            None => ignored.push(name),
        }
    }
    let mut listing = Listing::default();
    for ((first_sequence, wrap), name) in segments {
        if listing.segments.last().is_some_and(|last: &Listed| last.first_sequence == first_sequence) {
            ignored.push(name);
        } else {
            listing.segments.push(Listed { first_sequence, wrap, path: folder.join(name) });
        }
    }
    ignored.sort();
    listing.ignored = ignored;
    Ok(listing)
}

/// Whether a writer holds the folder now.
pub(super) fn is_live(disk: &Disk, folder: &Path) -> bool {
    disk.is_locked(&folder.join(LOCK))
}
