//! What is measured: a spool folder. Each folder in it is a queue, each file in that waits.
//!
//! This is the part to replace: `scan` may ask a database, an API or a device instead. It knows nothing of Prometheus.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// A label needs few values: what comes after that many queues is counted as one, called [`OTHER`].
const MAX_QUEUES: usize = 200;
const OTHER: &str = "other";

/// What waits in one folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Queue {
    pub files: u64,
    pub bytes: u64,
}

/// What one scan saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    pub taken: SystemTime,
    pub queues: BTreeMap<String, Queue>,
    /// When the file that has waited longest was last changed.
    pub oldest: Option<SystemTime>,
}

/// Looks at every queue once. It fails when the folder or a queue cannot be read.
pub fn scan(folder: &Path, now: SystemTime) -> io::Result<Snapshot> {
    let mut snapshot = Snapshot { taken: now, queues: BTreeMap::new(), oldest: None };
    let mut queues = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    queues.sort_by_key(std::fs::DirEntry::file_name);
    for entry in queues {
        if entry.file_type()?.is_dir() {
            let name = match snapshot.queues.len() {
                0..MAX_QUEUES => entry.file_name().to_string_lossy().into_owned(),
                _ => OTHER.to_owned(),
            };
            count(&mut snapshot, name, &entry.path())?;
        }
    }
    Ok(snapshot)
}

/// Counts the files of `folder` to a queue.
fn count(snapshot: &mut Snapshot, name: String, folder: &Path) -> io::Result<()> {
    let queue = snapshot.queues.entry(name).or_default();
    for entry in std::fs::read_dir(folder)? {
        let status = match entry?.metadata() {
            Ok(status) => status,
            // Taken out of the queue since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if status.is_file() {
            queue.files += 1;
            queue.bytes += status.len();
            let changed = status.modified()?;
            snapshot.oldest = Some(snapshot.oldest.map_or(changed, |oldest| oldest.min(changed)));
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    /// That many seconds since 1970.
    pub fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Two queues; in one of them a file of 999,900 seconds since 1970 and a newer one.
    pub fn spool() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        for (name, content, changed) in [("a", "12", 999_900), ("b", "345", 999_990)] {
            let path = folder.path().join("in").join(name);
            std::fs::write(&path, content).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(at(changed)).unwrap();
        }
        folder
    }

    #[test]
    fn files_are_counted_by_queue() {
        let spool = spool();
        std::fs::write(spool.path().join("beside-the-queues"), "x").unwrap();
        std::fs::create_dir(spool.path().join("in/folder")).unwrap();
        let snapshot = scan(spool.path(), at(1_000_000)).unwrap();
        let queues = [("in".to_owned(), Queue { files: 2, bytes: 5 }), ("out".to_owned(), Queue::default())];
        assert_eq!(snapshot.queues, BTreeMap::from(queues));
        assert_eq!((snapshot.taken, snapshot.oldest), (at(1_000_000), Some(at(999_900))));
    }

    #[test]
    fn queues_beyond_the_limit_are_one() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MAX_QUEUES + 2 {
            let queue = folder.path().join(format!("{number:03}"));
            std::fs::create_dir(&queue).unwrap();
            std::fs::write(queue.join("file"), "x").unwrap();
        }
        let snapshot = scan(folder.path(), at(0)).unwrap();
        assert_eq!((snapshot.queues.len(), snapshot.queues[OTHER].files), (MAX_QUEUES + 1, 2));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = scan(&spool().path().join("nowhere"), at(0)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
