//! Files of a folder that something was made into: read, and put in their places as a whole.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::ui::Failure;

/// The list of what was made here; kubectl passes it over.
pub(super) const LIST: &str = ".obsctl-files";

/// The text of the list, of names in order.
pub(super) fn list<'n>(comment: &str, names: impl Iterator<Item = &'n str>) -> String {
    let mut text = format!("{comment}\n");
    names.for_each(|name| {
        text.push_str(name);
        text.push('\n');
    });
    text
}

/// `None` where there is no such file; what is no text is shown as far as it is one.
pub(super) fn read(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(err) => Err(failure("read", path, err)),
    }
}

/// Writes beside the place and renames: there is never half a file. What begins with `#!` can be run.
pub(super) fn put(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|err| failure("make", folder, err))?;
    }
    let beside = beside(path);
    let put = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        #[cfg(unix)]
        if text.starts_with("#!") {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file.metadata()?.permissions().mode();
            // Whoever may read it may run it.
            file.set_permissions(fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))?;
        }
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    put().map_err(|err| {
        let _ = fs::remove_file(&beside); // what could not be renamed is of no use
        failure("write", path, err)
    })
}

/// A name of our own next to `path`.
pub(super) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.obsctl-{}", std::process::id()))
}

pub(super) fn failure(verb: &str, path: &Path, err: std::io::Error) -> anyhow::Error {
    Failure::new(format!("cannot {verb} `{}`", path.display())).cause(err).into()
}
