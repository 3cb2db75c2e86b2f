//! The texts of one world: those below a path, or the objects of a live cluster.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use ignore::WalkBuilder;

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
                if is_chart(entry.path()) && entry.path().join("templates").is_dir() {
                    self.charts.push(entry.into_path());
                }
            } else if has_known_name(entry.path())
                && (kind.is_some_and(|it| it.is_file()) || entry.path().is_file())
            {
                self.file(entry.path(), false, ui);
            }
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
                let path = path.map(Path::to_owned);
                self.texts.push(Text { name: name.to_owned(), text, by_name, path, shown: true });
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
