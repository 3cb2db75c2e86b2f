//! Which files are there, as far as whoever has a disk says so: nothing here reads one.

use std::fmt;

/// Says whether a file is there. See [`super::World::with_files`].
pub(super) struct Files(Box<Asked>);

type Asked = dyn Fn(&str, &str) -> Option<bool> + Send + Sync;

impl Files {
    pub(super) fn new(asked: impl Fn(&str, &str) -> Option<bool> + Send + Sync + 'static) -> Self {
        Self(Box::new(asked))
    }

    /// Whether `path`, which may be a pattern, names anything, as the text called `holder` means it. `None` is unknown.
    pub(super) fn has(&self, holder: &str, path: &str) -> Option<bool> {
        (self.0)(holder, path)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Files")
    }
}
