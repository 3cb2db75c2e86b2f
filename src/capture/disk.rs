//! The file system, as a capture uses it: every open, write, sync and removal of this module goes through here.
//!
//! Files are created 0600 and folders 0700. `sync` is `fdatasync`: it covers the data and the length of a file,
//! not its name, which [`Disk::sync_folder`] does.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

#[cfg(test)]
use self::faults::{Faults, Op};

/// A handle on the file system; cheap to clone.
#[derive(Clone, Default, Debug)]
pub(super) struct Disk {
    #[cfg(test)]
    pub(super) faults: Faults,
}

/// An open file. Writes append.
#[derive(Debug)]
pub(super) struct File {
    file: fs::File,
    #[cfg(test)]
    faults: Faults,
}

/// The lock of a folder, held until dropped or until the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: fs::File,
}

impl Disk {
    /// Creates `folder` and what is missing above it, and makes the new names durable.
    pub(super) fn create_folders(&self, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && fs::symlink_metadata(path).is_err())
            .collect();
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        for path in missing.into_iter().rev() {
            builder.create(path)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            self.sync_folder(parent.unwrap_or(Path::new(".")))?;
        }
        Ok(())
    }

    /// Names in `folder`, unsorted, each with whether it is a regular file.
    pub(super) fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, bool)>> {
        fs::read_dir(folder)?
            .map(|entry| {
                let entry = entry?;
                let is_file = fs::metadata(entry.path()).is_ok_and(|meta| meta.is_file());
                Ok((entry.file_name(), is_file))
            })
            .collect()
    }

    /// Takes the lock at `path`, creating the file; `None` when another process holds it.
    ///
    /// Readers touch the lock for a moment to learn whether a writer lives, so it is tried for a fifth of a
    /// second before it counts as held.
    pub(super) fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let file = options().read(true).write(true).create(true).truncate(false).open(path)?;
        for attempt in 0..20 {
            if attempt > 0 {
                std::thread::sleep(Duration::from_millis(10));
            }
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock { _file: file })),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(err)) => return Err(err),
            }
        }
        Ok(None)
    }

    /// Whether some process holds the lock at `path`.
    pub(super) fn is_locked(&self, path: &Path) -> bool {
        let Ok(file) = fs::File::open(path) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Creates a file that must not exist yet.
    pub(super) fn create_new(&self, path: &Path) -> io::Result<File> {
        #[cfg(test)]
        self.faults.check(Op::Create)?;
        self.wrap(options().append(true).create_new(true).open(path)?)
    }

    /// Opens a file that exists, to append to it.
    pub(super) fn open_append(&self, path: &Path) -> io::Result<File> {
        self.wrap(options().append(true).open(path)?)
    }

    /// Opens a file to read it.
    pub(super) fn open(&self, path: &Path) -> io::Result<File> {
        self.wrap(fs::File::open(path)?)
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Makes the names in `folder` durable.
    pub(super) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        #[cfg(test)]
        self.faults.check(Op::SyncFolder)?;
        fs::File::open(folder)?.sync_all()
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, clippy::unnecessary_wraps))]
    fn wrap(&self, file: fs::File) -> io::Result<File> {
        Ok(File {
            file,
            #[cfg(test)]
            faults: self.faults.clone(),
        })
    }
}

impl File {
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        if let Err(err) = self.faults.check(Op::Write) {
            self.file.write_all(&bytes[..bytes.len() / 2])?; // a write that fails has often written something
            return Err(err);
        }
        self.file.write_all(bytes)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        #[cfg(test)]
        self.faults.check(Op::Sync)?;
        self.file.sync_data()
    }

    pub(super) fn set_len(&self, len: u64) -> io::Result<()> {
        #[cfg(test)]
        self.faults.check(Op::SetLen)?;
        self.file.set_len(len)
    }

    /// Length now, in bytes.
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The last `max` bytes, or all when there are fewer.
    pub(super) fn tail(&mut self, max: usize) -> io::Result<Vec<u8>> {
        let from = self.len()?.saturating_sub(max as u64);
        self.file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&mut self.file).take(max as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into)
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Failures on demand, for tests.
#[cfg(test)]
pub(super) mod faults {
    use std::io;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(in crate::capture) enum Op {
        Create,
        Write,
        Sync,
        SyncFolder,
        SetLen,
    }

    /// What is still to fail, and with what.
    #[derive(Clone, Default, Debug)]
    pub(in crate::capture) struct Faults(Arc<Mutex<Vec<(Op, io::ErrorKind)>>>);

    impl Faults {
        /// The next `op` fails with `kind`.
        pub(in crate::capture) fn plan(&self, op: Op, kind: io::ErrorKind) {
            self.0.lock().expect("not poisoned").push((op, kind));
        }

        pub(in crate::capture) fn pending(&self) -> usize {
            self.0.lock().expect("not poisoned").len()
        }

        pub(super) fn check(&self, op: Op) -> io::Result<()> {
            let mut planned = self.0.lock().expect("not poisoned");
            match planned.iter().position(|(wanted, _)| *wanted == op) {
                Some(at) => Err(planned.remove(at).1.into()),
                None => Ok(()),
            }
        }
    }
}
