//! The texts below a path.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Result;
use ignore::WalkBuilder;

use crate::base::size::ByteSize;
use crate::base::text::printable;
use crate::ui::Failure;

/// Bytes of one file that are read at most: the largest thing that people keep as YAML is a few megabytes of CRDs.
const MAX_FILE: u64 = 32 << 20;

/// One text.
pub(super) struct Text {
    /// As findings call it.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether the person named it, and did not only name its folder.
    pub(super) by_name: bool,
}

/// The file at `path`, or every YAML or JSON file below the folder in the order of their names; what `.gitignore`
/// leaves out is left out here. `-` is stdin.
pub(super) fn read(path: &Path) -> Result<Vec<Text>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(MAX_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|err| failure("stdin", err))?;
        return Ok(vec![Text { name: "<stdin>".into(), text: utf8("stdin", bytes)?, by_name: true }]);
    }
    let name = |path: &Path| path.to_string_lossy().into_owned();
    let metadata = fs::metadata(path).map_err(|err| failure(&name(path), err))?;
    if !metadata.is_dir() {
        return Ok(vec![Text { name: name(path), text: file(path)?, by_name: true }]);
    }
    let mut texts = Vec::new();
    let walk = WalkBuilder::new(path).require_git(false).sort_by_file_path(Path::cmp).build();
    for entry in walk {
        let entry = entry.map_err(|err| failure(&name(path), err))?;
        let known = entry
            .path()
            .extension()
            .is_some_and(|it| ["yml", "yaml", "json", "rules"].iter().any(|known| it == *known));
        if known && entry.file_type().is_some_and(|kind| kind.is_file()) {
            texts.push(Text { name: name(entry.path()), text: file(entry.path())?, by_name: false });
        }
    }
    Ok(texts)
}

fn file(path: &Path) -> Result<String> {
    let name = path.to_string_lossy();
    let mut bytes = Vec::new();
    let opened = fs::File::open(path).map_err(|err| failure(&name, err))?;
    opened.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|err| failure(&name, err))?;
    utf8(&name, bytes)
}

fn utf8(name: &str, bytes: Vec<u8>) -> Result<String> {
    if bytes.len() as u64 > MAX_FILE {
        let message = format!("`{}` is larger than {}", printable(name), ByteSize(MAX_FILE));
        return Err(Failure::new(message).help("lint reads config and manifests; split it").into());
    }
    String::from_utf8(bytes).map_err(|err| {
        let at = err.utf8_error().valid_up_to();
        Failure::new(format!("`{}` is not text: byte {at} is no UTF-8", printable(name))).into()
    })
}

fn failure(name: &str, err: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    Failure::new(format!("cannot read `{}`", printable(name))).cause(err).into()
}
