//! The file system, as a capture uses it: every open, write, sync and removal of this module goes through here.
//!
//! [`real`] is the operating system's. The tests have another one in memory, which forgets in a crash what no sync has
//! made durable, in every way that a disk may.
//!
//! Files are created 0600 and folders 0700. A sync of a file covers its data and its length, not its name:
//! [`FileSystem::sync_folder`] does that.

mod real;

use std::ffi::OsString;
use std::fmt::Debug;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// A handle on the file system; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<dyn FileSystem>);

/// An open file.
pub(super) type File = Box<dyn OpenFile>;

/// The lock of a folder, held until dropped or until the process ends.
pub(super) type Lock = Box<dyn Debug + Send>;

/// What a capture asks of a file system.
pub(super) trait FileSystem: Debug + Send + Sync {
    /// Whether something is a folder.
    fn is_folder(&self, path: &Path) -> io::Result<bool>;
    /// Creates one folder.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Names in `folder`, unsorted, each with whether it is a regular file.
    fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, bool)>>;
    /// Takes the lock at `path`, creating the file; `None` when another process holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Lock>>;
    /// Whether some process holds the lock at `path`.
    fn is_locked(&self, path: &Path) -> bool;
    /// Creates a file that must not exist yet, to append to it.
    fn create_new(&self, path: &Path) -> io::Result<File>;
    /// Opens a file that exists, to append to it.
    fn open_append(&self, path: &Path) -> io::Result<File>;
    /// Opens a file to read it.
    fn open(&self, path: &Path) -> io::Result<File>;
    /// Gives a file another name in its folder, in place of what has that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in `folder` durable: those that came, and that those that went are gone.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// What a capture does with an open file. Reading begins at its start.
pub(super) trait OpenFile: Read + Debug + Send {
    /// Writes all of `bytes` at the end. After an error some of them may be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes data and length durable. After an error nobody knows what is, and another sync does not tell.
    fn sync(&self) -> io::Result<()>;
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Length now, in bytes.
    fn len(&self) -> io::Result<u64>;
    /// The last `max` bytes, or all when there are fewer.
    fn tail(&mut self, max: usize) -> io::Result<Vec<u8>>;
}

impl Default for Disk {
    fn default() -> Self {
        Self::on(real::Real)
    }
}

impl Deref for Disk {
    type Target = dyn FileSystem;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Disk {
    pub(super) fn on(system: impl FileSystem + 'static) -> Self {
        Self(Arc::new(system))
    }

    /// Creates `folder` and what is missing above it, and makes the new names durable.
    ///
    /// Also when nothing is missing: the last one who created `folder` may have ended before that.
    pub(super) fn create_folders(&self, folder: &Path) -> io::Result<()> {
        let mut missing = Vec::new();
        for path in folder.ancestors().filter(|path| !path.as_os_str().is_empty()) {
            if self.is_folder(path).is_ok() {
                match self.sync_folder(parent(path)) {
                    Err(err) if !is_beyond_us(err.kind()) => return Err(err),
                    _ => break,
                }
            }
            missing.push(path);
        }
        for path in missing.into_iter().rev() {
            self.create_folder(path)?;
            self.sync_folder(parent(path))?;
        }
        Ok(())
    }

    /// Replaces what `path` holds, durably: `bytes` are written to a file `aside` in the same folder, which then gets its
    /// name. Whatever happens, `path` holds what it held or all of `bytes`.
    pub(super) fn replace(&self, path: &Path, aside: &Path, bytes: &[u8]) -> io::Result<()> {
        // Of a try that failed. Not to be written again: nobody knows which of its pages a sync would still write.
        match self.remove(aside) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        let mut file = self.create_new(aside)?;
        file.append(bytes)?;
        file.sync()?;
        self.rename(aside, path)?;
        self.sync_folder(parent(path))
    }
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent().unwrap_or(path);
    if parent.as_os_str().is_empty() { Path::new(".") } else { parent }
}

/// Whether a folder that cannot be synced for this reason is one in which we can have created nothing.
fn is_beyond_us(why: io::ErrorKind) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    matches!(why, PermissionDenied | InvalidInput | ReadOnlyFilesystem | Unsupported)
}
