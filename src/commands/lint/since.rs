//! Which lines are new since a commit, as git says it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::base::text::printable;
use crate::ui::Failure;

/// Lines changed since a commit, in the repositories that were looked at.
pub(super) struct Since {
    revision: String,
    repositories: Vec<PathBuf>,
    /// By canonical path; `None` is a file that git does not know, which is new as a whole.
    changed: HashMap<PathBuf, Option<Vec<RangeInclusive<usize>>>>,
}

impl Since {
    pub(super) fn new(revision: &str) -> Self {
        Self { revision: revision.to_owned(), repositories: Vec::new(), changed: HashMap::new() }
    }

    /// Asks git about the repository that `path` is in.
    pub(super) fn look_below(&mut self, path: &Path) -> Result<()> {
        let Some(exists) = path.ancestors().find(|it| it.exists()) else {
            return self.look_in(Path::new("."));
        };
        let folder = if exists.is_dir() { exists } else { exists.parent().unwrap_or(Path::new(".")) };
        self.look_in(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    }

    fn look_in(&mut self, folder: &Path) -> Result<()> {
        let top = git(folder, &["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
        if self.repositories.contains(&top) {
            return Ok(());
        }
        let revision = format!("{}^{{commit}}", self.revision);
        let commit = git(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &revision])
            .map_err(|_| {
                let message = format!("there is no commit `{}`", printable(&self.revision));
                Failure::new(message).help("fetch it first: CI often clones the newest commit alone")
            })?;
        let arguments = ["-c", "core.quotePath=false", "diff", "--unified=0", "--no-color", "--no-ext-diff"];
        let diff =
            git(&top, &[&arguments[..], &["--no-prefix", "--no-renames", commit.trim_end(), "--"]].concat())?;
        for (file, lines) in changes(&diff) {
            self.changed.insert(canonical(&top.join(file)), Some(lines));
        }
        let new = git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
        for file in new.split('\0').filter(|file| !file.is_empty()) {
            self.changed.insert(canonical(&top.join(file)), None);
        }
        self.repositories.push(top);
        Ok(())
    }

    /// Whether any of these lines of the file is new.
    pub(super) fn has(&self, file: &Path, first: usize, last: usize) -> bool {
        match self.changed.get(&canonical(file)) {
            Some(Some(changed)) => {
                changed.iter().any(|lines| *lines.start() <= last && first <= *lines.end())
            }
            Some(None) => true,
            None => false,
        }
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn git<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Result<String> {
    let done = Command::new("git").arg("-C").arg(folder).args(arguments).output().map_err(|err| {
        let failure = Failure::new("cannot run `git`, which `--since-commit` asks for changed lines");
        failure.cause(err).help("install git, or leave `--since-commit` out")
    })?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.lines().next().unwrap_or_default().trim().to_owned();
        let message = format!("git cannot say what changed in `{}`", printable(&folder.to_string_lossy()));
        return Err(Failure::new(message).cause(said).into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The files of a difference without context, and their new lines.
fn changes(diff: &str) -> Vec<(String, Vec<RangeInclusive<usize>>)> {
    let mut found: Vec<(String, Vec<RangeInclusive<usize>>)> = Vec::new();
    // Lines of a hunk that are still to come: in them nothing is a header.
    let mut inside = 0;
    for line in diff.lines() {
        if inside > 0 && line.starts_with(['+', '-']) {
            inside -= 1;
        } else if let Some(file) = line.strip_prefix("+++ ") {
            let file = file.trim_end_matches('\t').trim_matches('"');
            found.push((file.to_owned(), Vec::new()));
        } else if let Some(hunk) = line.strip_prefix("@@ -")
            && let Some((old, new)) = hunk.split_once(" @@").and_then(|(hunk, _)| hunk.split_once(" +"))
        {
            let ((_, gone), (start, count)) = (range(old), range(new));
            inside = gone + count;
            if let Some((_, lines)) = found.last_mut()
                && count > 0
            {
                lines.push(start..=start.saturating_add(count - 1));
            }
        }
    }
    found
}

/// `12,3` as 12 and 3; `12` is one line.
fn range(text: &str) -> (usize, usize) {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    (start.parse().unwrap_or(0), count.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_lines_are_read_from_the_difference() {
        let diff = "diff --git a.yml a.yml\n--- a.yml\n+++ a.yml\n@@ -1,2 +1 @@\n-a\n--- b\n+++ c\n@@ -9,0 +9,3 @@ x\n+1\n+2\n+3\n\
                    diff --git b c.yml b c.yml\n--- /dev/null\n+++ b c.yml\t\n@@ -0,0 +1,2 @@\n+x\n+@@ -1 +1 @@\n\
                    --- d\n+++ d\n@@ -4 +3,0 @@\n-x\n";
        let expect = [("a.yml", vec![1..=1, 9..=11]), ("b c.yml", vec![1..=2]), ("d", vec![])];
        let expect = expect.map(|(file, lines)| (file.to_owned(), lines));
        assert_eq!(changes(diff), expect);
    }
}
