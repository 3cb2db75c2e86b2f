//! A folder with a project in it: files are added, and never replaced.
//!
//! People change what they were given. A file that is not what would be made is theirs, whoever made it first; one that
//! was deleted comes back. `.obsctl-files` lists what was made.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::place::{LIST, beside, failure, list, put, read};
use crate::manifest::OutFile;
use crate::ui::Failure;

const LIST_COMMENT: &str = "# Made by obsctl; what has been changed since is not replaced.";

/// What a folder has, held against what it should have.
pub(super) struct Project<'a> {
    folder: &'a Path,
    differences: Vec<Difference<'a>>,
    list: String,
}

/// A file that is not as it is made.
pub(super) struct Difference<'a> {
    pub(super) path: PathBuf,
    /// `None` where there is none.
    pub(super) found: Option<String>,
    pub(super) made: &'a str,
}

impl<'a> Project<'a> {
    /// # Errors
    ///
    /// What cannot be read.
    pub(super) fn open(folder: &'a Path, files: &'a [OutFile]) -> Result<Self> {
        let mut differences = Vec::new();
        let list = list(LIST_COMMENT, files.iter().map(|file| &*file.path));
        for file in files {
            let path = folder.join(&file.path);
            let found = read(&path)?;
            if found.as_deref() != Some(&*file.text) {
                differences.push(Difference { path, found, made: &file.text });
            }
        }
        Ok(Self { folder, differences, list })
    }

    pub(super) fn differences(&self) -> &[Difference<'a>] {
        &self.differences
    }

    /// Adds what is missing. How many files that are.
    ///
    /// A project that is not there yet appears as a whole: it is made beside its place and then renamed.
    ///
    /// # Errors
    ///
    /// Files that differ, before anything is written.
    pub(super) fn write(&self) -> Result<usize> {
        let changed = self.differences.iter().filter(|difference| difference.found.is_some());
        let changed: Vec<String> = changed.map(|it| format!("`{}`", it.path.display())).collect();
        if !changed.is_empty() {
            let message = format!("{} would have to be replaced", changed.join(", "));
            let help = "nothing is written; `--diff` shows the differences. Move these files, or choose another folder by `--out`";
            return Err(Failure::new(message).help(help).into());
        }
        if read(&self.folder.join(LIST))?.is_none() && !self.folder.exists() {
            let beside = beside(self.folder);
            let made = self.put_all(&beside).and_then(|()| {
                fs::rename(&beside, self.folder).map_err(|err| failure("make", self.folder, err))
            });
            if made.is_err() {
                let _ = fs::remove_dir_all(&beside); // what could not be finished is of no use
            }
            made?;
        } else {
            self.put_all(self.folder)?;
        }
        Ok(self.differences.len())
    }

    fn put_all(&self, folder: &Path) -> Result<()> {
        put(&folder.join(LIST), &self.list)?;
        for difference in &self.differences {
            let name = difference.path.strip_prefix(self.folder).unwrap_or(&difference.path);
            put(&folder.join(name), difference.made)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<OutFile> {
        names.iter().map(|name| OutFile { path: (*name).to_owned(), text: format!("{name}\n") }).collect()
    }

    /// Writes these files; how many were, or what was said.
    fn write(folder: &Path, names: &[&str]) -> Result<usize, String> {
        Project::open(folder, &files(names))
            .and_then(|project| project.write())
            .map_err(|err| err.to_string())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_missing_is_added_and_nothing_is_replaced() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("new/project");
        assert_eq!(write(&folder, &["a", "b/c"]), Ok(2));
        assert_eq!(names(&folder), [".obsctl-files", "a", "b"]);
        assert_eq!(names(&parent.path().join("new")), ["project"]);
        assert_eq!(write(&folder, &["a", "b/c"]), Ok(0));
        fs::remove_file(folder.join("a")).expect("it is there");
        assert_eq!(write(&folder, &["a", "b/c"]), Ok(1));
        fs::write(folder.join("b/c"), "mine").expect("ours");
        fs::remove_file(folder.join("a")).expect("it is there");
        let said = write(&folder, &["a", "b/c"]).expect_err("refused");
        assert!(said.contains("b/c` would have to be replaced"), "{said}");
        assert_eq!(names(&folder), [".obsctl-files", "b"], "nothing is written");
        assert_eq!(fs::read_to_string(folder.join("b/c")).expect("there"), "mine");
    }

    #[test]
    fn a_project_that_cannot_be_finished_is_not_begun() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("project");
        // A file cannot be below another one.
        write(&folder, &["a", "a/b"]).expect_err("it fails");
        assert_eq!(names(parent.path()), Vec::<String>::new());
    }

    #[test]
    fn a_folder_with_other_files_keeps_them() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("mine"), "mine").expect("ours");
        assert_eq!(write(folder.path(), &["a"]), Ok(1));
        assert_eq!(names(folder.path()), [".obsctl-files", "a", "mine"]);
    }
}
