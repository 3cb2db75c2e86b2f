//! A folder of generated files: what is ours in it is listed in `.obsctl-files`, and nothing else is ever replaced.
//!
//! Each file is put in its place as a whole. Before the first, the list has both the old files and the new ones: a
//! run that is cut off leaves nothing behind that the next one would take for somebody else's.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use super::place::{LIST, failure, list, put, read};
use crate::manifest::OutFile;
use crate::ui::Failure;

const LIST_COMMENT: &str = "# Made by obsctl, which replaces and removes these files and no others.";

/// What the folder has, held against what it should have.
pub(super) struct Folder<'a> {
    path: &'a Path,
    files: &'a [OutFile],
    /// As the list says.
    own: BTreeSet<String>,
}

/// One file that is not as it should be.
pub(super) struct Difference {
    pub(super) path: PathBuf,
    /// Empty where there is none.
    pub(super) before: String,
    pub(super) after: String,
    /// In one word.
    pub(super) what: &'static str,
}

impl<'a> Folder<'a> {
    /// # Errors
    ///
    /// A list that is not ours, and what cannot be read.
    pub(super) fn open(path: &'a Path, files: &'a [OutFile]) -> Result<Self> {
        let list = path.join(LIST);
        let text = read(&list)?.unwrap_or_default();
        let own: BTreeSet<String> = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        if let Some(odd) = own.iter().find(|name| !is_below(name)) {
            let message =
                format!("`{}` lists `{}`, which is no file below it", list.display(), odd.escape_debug());
            return Err(Failure::new(message).help("remove the line; obsctl did not write it").into());
        }
        Ok(Self { path, files, own })
    }

    /// All that is to be written, replaced or removed.
    pub(super) fn differences(&self) -> Result<Vec<Difference>> {
        let mut found = Vec::new();
        for file in self.files {
            let path = self.path.join(&file.path);
            let before = read(&path)?;
            let what = if before.is_some() { "differs" } else { "missing" };
            if before.as_deref() != Some(&*file.text) {
                let after = file.text.clone();
                found.push(Difference { path, before: before.unwrap_or_default(), after, what });
            }
        }
        for name in self.stale() {
            let path = self.path.join(name);
            if let Some(before) = read(&path)? {
                found.push(Difference { path, before, after: String::new(), what: "left over" });
            }
        }
        Ok(found)
    }

    /// Ours, and no longer made.
    fn stale(&self) -> impl Iterator<Item = &String> {
        self.own.iter().filter(|name| self.files.iter().all(|file| file.path != **name))
    }

    /// # Errors
    ///
    /// Everything in the way that is not ours.
    pub(super) fn check(&self) -> Result<()> {
        let mut others = Vec::new();
        for file in self.files.iter().filter(|file| !self.own.contains(&file.path)) {
            let path = self.path.join(&file.path);
            if read(&path)?.is_some_and(|text| text != file.text) {
                others.push(format!("`{}`", path.display()));
            }
        }
        if others.is_empty() {
            return Ok(());
        }
        let message = format!("{} in the way, and not made by obsctl", others.join(", "));
        let help = "nothing is written; choose another folder for `--out`, or move what is there";
        Err(Failure::new(message).help(help).into())
    }

    /// Puts all files in their places and removes those that are no longer made. How many changed.
    pub(super) fn write(&self) -> Result<usize> {
        self.check()?;
        let differences = self.differences()?;
        let names: BTreeSet<&String> = self.files.iter().map(|file| &file.path).collect();
        let list_of = |names: &BTreeSet<&String>| list(LIST_COMMENT, names.iter().map(|name| name.as_str()));
        let both: BTreeSet<&String> = self.own.iter().chain(names.iter().copied()).collect();
        if self.own.iter().collect::<BTreeSet<_>>() != both {
            put(&self.path.join(LIST), &list_of(&both))?;
        }
        for Difference { path, after, what, .. } in &differences {
            if *what == "left over" {
                fs::remove_file(path).map_err(|err| failure("remove", path, err))?;
            } else {
                put(path, after)?;
            }
        }
        if names != both {
            put(&self.path.join(LIST), &list_of(&names))?;
        }
        Ok(differences.len())
    }
}

/// Whether it names a file below a folder, and leads nowhere else.
fn is_below(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<OutFile> {
        names.iter().map(|name| OutFile { path: (*name).to_owned(), text: format!("{name}\n") }).collect()
    }

    #[test]
    fn own_files_are_replaced_and_removed_and_others_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let write = |names: &[&str]| Folder::open(folder.path(), &files(names)).and_then(|it| it.write());
        assert_eq!(write(&["a.yaml", "b/c.yaml"]).expect("written"), 2);
        assert_eq!(write(&["a.yaml", "b/c.yaml"]).expect("written"), 0);
        fs::write(at("a.yaml"), "changed").expect("ours");
        fs::write(at("d.yaml"), "theirs").expect("ours");
        assert_eq!(write(&["a.yaml"]).expect("written"), 2);
        assert_eq!(fs::read_to_string(at("a.yaml")).expect("there"), "a.yaml\n");
        assert!(!at("b/c.yaml").exists());
        let err = write(&["a.yaml", "d.yaml", "e.yaml"]).expect_err("refused");
        assert!(err.to_string().contains("d.yaml` in the way"), "{err}");
        assert!(!at("e.yaml").exists(), "nothing is written");
        assert_eq!(fs::read_to_string(at(LIST)).expect("there"), format!("{LIST_COMMENT}\na.yaml\n"));
    }

    #[test]
    fn a_list_that_leads_out_of_the_folder_is_refused() {
        for name in ["../x", "/etc/passwd", "a/../../b"] {
            let folder = tempfile::tempdir().expect("a folder");
            fs::write(folder.path().join(LIST), format!("{name}\n")).expect("written");
            assert!(Folder::open(folder.path(), &[]).is_err(), "{name}");
        }
    }
}
