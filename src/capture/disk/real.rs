//! The operating system's file system. A sync of a file is `fdatasync`.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use super::{File, FileSystem, Lock, OpenFile};

#[derive(Debug)]
pub(super) struct Real;

impl FileSystem for Real {
    fn is_folder(&self, path: &Path) -> io::Result<bool> {
        Ok(fs::metadata(path)?.is_dir())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, bool)>> {
        fs::read_dir(folder)?
            .map(|entry| {
                let entry = entry?;
                let is_file = fs::metadata(entry.path()).is_ok_and(|meta| meta.is_file());
                Ok((entry.file_name(), is_file))
            })
            .collect()
    }

    /// Readers touch the lock for a moment to learn whether a writer lives, so it is tried for a fifth of a second
    /// before it counts as held.
    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let file = options().read(true).write(true).create(true).truncate(false).open(path)?;
        for attempt in 0..20 {
            if attempt > 0 {
                std::thread::sleep(Duration::from_millis(10));
            }
            match file.try_lock() {
                Ok(()) => return Ok(Some(Box::new(file))),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(err)) => return Err(err),
            }
        }
        Ok(None)
    }

    fn is_locked(&self, path: &Path) -> bool {
        let Ok(file) = fs::File::open(path) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    fn create_new(&self, path: &Path) -> io::Result<File> {
        Ok(Box::new(options().append(true).create_new(true).open(path)?))
    }

    fn open_append(&self, path: &Path) -> io::Result<File> {
        Ok(Box::new(options().append(true).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        Ok(Box::new(fs::File::open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        fs::File::open(folder)?.sync_all()
    }
}

impl OpenFile for fs::File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        fs::File::set_len(self, len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn tail(&mut self, max: usize) -> io::Result<Vec<u8>> {
        let from = OpenFile::len(self)?.saturating_sub(max as u64);
        self.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        self.take(max as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
