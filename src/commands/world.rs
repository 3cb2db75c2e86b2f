//! The texts of one world: those below a path, or the objects of a live cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use ignore::WalkBuilder;

use super::kustomize;
use crate::base::size::ByteSize;
use crate::base::text::printable;
use crate::lint::Live;
use crate::ui::{Failure, Ui};

/// Bytes of one file that are read at most: the largest thing that people keep as YAML is a few megabytes of CRDs.
const MAX_FILE: u64 = 32 << 20;

/// The PATH that is stdin.
pub(crate) const STDIN_PATH: &str = "-";

/// What findings call stdin.
pub(crate) const STDIN: &str = "<stdin>";

/// One text.
pub(crate) struct Text {
    /// As findings call it.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Whether the person named it, and did not only name its folder.
    pub(crate) by_name: bool,
    /// Where it can be written; `None` is stdin, or an object of a cluster.
    pub(crate) path: Option<PathBuf>,
    /// Whether what is found in it is to be shown, and it does not only belong to the world.
    pub(crate) shown: bool,
    /// The folder of the chart or kustomization that it is of; `None` is that of the PATH itself.
    pub(crate) part: Option<PathBuf>,
}

/// All that is below one PATH, or that a cluster served.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) texts: Vec<Text>,
    /// Files that could not be read, and why; the others are here.
    pub(crate) failures: Vec<anyhow::Error>,
    /// Helm charts whose templates are passed over.
    pub(crate) charts: Vec<PathBuf>,
    /// Of a cluster: what of it is not among the texts.
    pub(crate) live: Option<Live>,
    /// Kustomizations whose patches are passed over: parts of objects, which only make sense with what they patch.
    pub(crate) patched: Vec<PathBuf>,
    /// Charts and kustomizations: each is a world of its own.
    parts: Vec<PathBuf>,
    patches: BTreeSet<PathBuf>,
    /// Bytes read so far.
    bytes: u64,
}

/// The file at `path`, or every YAML or JSON file below the folder in the order of their names; what `.gitignore`
/// leaves out is left out here. A glob is all of what matches. `-` is stdin.
pub(crate) fn read(path: &Path, ui: &mut Ui) -> Found {
    let mut found = Found::default();
    if path == Path::new(STDIN_PATH) {
        let read = bytes("stdin", std::io::stdin().lock());
        found.add(STDIN, None, true, read);
        return found;
    }
    let matches = match crate::capture::expand(path) {
        Ok(matches) => matches,
        Err(err) => {
            found.failures.push(err.into());
            return found;
        }
    };
    ui.begin_progress("files", None);
    let is_glob = matches.first().is_none_or(|first| first != path);
    for path in matches {
        match fs::metadata(&path) {
            Err(err) => found.failures.push(failure(&path.to_string_lossy(), err)),
            Ok(metadata) if metadata.is_dir() => found.folder(&path, ui),
            Ok(_) => found.file(&path, !is_glob, ui),
        }
    }
    ui.end_progress();
    found
}

/// The texts of each world: that of the PATH first, then those of charts and kustomizations in it.
pub(crate) fn worlds<T>(texts: Vec<T>, text: fn(&T) -> &Text) -> Vec<Vec<T>> {
    let mut worlds: BTreeMap<Option<PathBuf>, Vec<T>> = BTreeMap::new();
    for of in texts {
        worlds.entry(text(&of).part.clone()).or_default().push(of);
    }
    worlds.into_values().collect()
}

impl Found {
    /// The objects of a cluster.
    #[cfg(feature = "kube")]
    pub(crate) fn of_cluster(texts: Vec<Text>, live: Live) -> Self {
        Self { texts, live: Some(live), ..Self::default() }
    }

    /// Everything below `path` that may be config or manifests.
    fn folder(&mut self, path: &Path, ui: &mut Ui) {
        let mut walk = WalkBuilder::new(path);
        // Whoever names a chart's `templates` wants just them.
        walk.require_git(false).sort_by_file_path(Path::cmp).filter_entry(|entry| {
            let is_templates = entry.depth() > 0 && entry.file_name() == "templates";
            !(is_templates && entry.path().parent().is_some_and(is_chart))
        });
        for entry in walk.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(err) => {
                    let failure = Failure::new(format!("cannot read all of `{}`", shown(path))).cause(err);
                    self.failures.push(failure.into());
                    continue;
                }
            };
            let kind = entry.file_type();
            if kind.is_some_and(|kind| kind.is_dir()) {
                self.enter(entry.path(), entry.depth() == 0);
            } else if has_known_name(entry.path())
                && (kind.is_some_and(|it| it.is_file()) || entry.path().is_file())
                && !self.patches.contains(entry.path())
            {
                self.file(entry.path(), false, ui);
            }
        }
    }

    /// Notes what a folder is, before its files are read. `first`: it is the PATH itself.
    fn enter(&mut self, folder: &Path, first: bool) {
        let is_chart = is_chart(folder);
        if is_chart && folder.join("templates").is_dir() {
            self.charts.push(folder.to_owned());
        }
        let kustomization = kustomize::file_in(folder);
        if (is_chart || kustomization.is_some()) && !first {
            self.parts.push(folder.to_owned());
        }
        let patches = kustomization.map(|file| kustomize::patches(&file)).unwrap_or_default();
        if !patches.is_empty() {
            self.patched.push(folder.to_owned());
            self.patches.extend(patches);
        }
    }

    fn file(&mut self, path: &Path, by_name: bool, ui: &mut Ui) {
        let name = path.to_string_lossy();
        let read =
            fs::File::open(path).map_err(|err| failure(&name, err)).and_then(|file| bytes(&name, file));
        self.add(&name, Some(path), by_name, read);
        ui.progress(self.bytes, self.texts.len() as u64);
    }

    fn add(&mut self, name: &str, path: Option<&Path>, by_name: bool, read: Result<Vec<u8>>) {
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(err) => return self.failures.push(err),
        };
        self.bytes += bytes.len() as u64;
        // In a tree there is anything.
        if !by_name && bytes.contains(&0) {
            return;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let parts = self.parts.iter().filter(|part| path.is_some_and(|path| path.starts_with(part)));
                let part = parts.max_by_key(|part| part.as_os_str().len()).cloned();
                let path = path.map(Path::to_owned);
                self.texts.push(Text { name: name.to_owned(), text, by_name, path, part, shown: true });
            }
            Err(err) if by_name => {
                let at = err.utf8_error().valid_up_to();
                let message = format!("`{}` is not text: byte {at} is no UTF-8", printable(name));
                self.failures.push(Failure::new(message).into());
            }
            Err(_) => {}
        }
    }
}

/// Whether `path`, which may be a pattern, names anything, as the file called `holder` means it. `None` where that cannot
/// be said: stdin has no folder, and an absolute path is that of another machine unless it leads into the folder.
pub(super) fn exists(holder: &str, path: &str) -> Option<bool> {
    let folder = Path::new(holder).parent().filter(|_| holder != STDIN)?;
    let relative = Path::new(path).is_relative();
    let here = relative || (folder.is_absolute() && Path::new(path).starts_with(folder));
    // Patterns are for the last part alone, which is what Prometheus takes too.
    let plain = !path.rsplit_once('/').is_some_and(|(folders, _)| folders.contains(['*', '?', '[']));
    (here && plain).then(|| {
        let path = folder.join(path);
        fs::metadata(&path).is_ok()
            || crate::capture::expand(&path)
                .is_ok_and(|found| found.iter().any(|path| fs::metadata(path).is_ok()))
    })
}

fn is_chart(folder: &Path) -> bool {
    folder.join("Chart.yaml").is_file()
}

fn has_known_name(path: &Path) -> bool {
    path.extension().is_some_and(|it| ["yml", "yaml", "json", "rules"].iter().any(|known| it == *known))
}

fn bytes(name: &str, from: impl std::io::Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|err| failure(name, err))?;
    if bytes.len() as u64 > MAX_FILE {
        let message = format!("`{}` is larger than {}", printable(name), ByteSize(MAX_FILE));
        return Err(Failure::new(message).help("lint reads config and manifests; split it").into());
    }
    Ok(bytes)
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

fn failure(name: &str, err: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    Failure::new(format!("cannot read `{}`", printable(name))).cause(err).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_count_from_the_folder_of_the_one_that_names_them() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("rules")).expect("the folder is ours");
        fs::write(folder.path().join("rules/a.yml"), "").expect("the folder is ours");
        let holder = folder.path().join("prometheus.yml").to_string_lossy().into_owned();
        let own = folder.path().join("rules/b.yml").to_string_lossy().into_owned();
        for (holder, path, expect) in [
            (&*holder, "rules/a.yml", Some(true)),
            (&holder, "./rules/../rules/a.yml", Some(true)),
            (&holder, "a.yml", Some(false)),
            (&holder, "rules/*.yml", Some(true)),
            (&holder, "rules/*.json", Some(false)),
            (&holder, "*/a.yml", None),
            (&holder, &own, Some(false)),
            (&holder, "/somewhere/else.yml", None),
            ("prometheus.yml", "/somewhere/else.yml", None),
            (STDIN, "rules/a.yml", None),
        ] {
            assert_eq!(exists(holder, path), expect, "{path}");
        }
    }
}
