//! What a kustomization says of the files beside it, as far as lint must know.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::yaml::{Budget, File, Node};

/// The names that kustomize knows.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Bytes that are read of one.
const MAX: u64 = 1 << 20;

/// The file that makes the folder a kustomization.
pub(super) fn file_in(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// The files that it names as patches. None where it cannot be read: it is a file like any other then.
pub(super) fn patches(file: &Path) -> Vec<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    if fs::metadata(file).map_or(true, |metadata| metadata.len() > MAX) {
        return Vec::new();
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let file = File::parse(text, &Budget::default());
    let Some(root) = file.documents().first().and_then(|document| document.root()) else { return Vec::new() };
    let items = |key: &str| root.get(key).into_iter().flat_map(Node::items);
    let named =
        ["patches", "patchesJson6902"].into_iter().flat_map(items).filter_map(|item| item.get("path"));
    // Those are names of files, or the patch itself, which has lines.
    let merged = items("patchesStrategicMerge");
    let paths = named.chain(merged).filter_map(|node| node.text()).filter(|text| !text.contains('\n'));
    paths.map(|path| plain(&folder.join(path))).collect()
}

/// The path without `.` and `..`, as the walk has it.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir if !out.as_os_str().is_empty() => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            component => out.push(component),
        }
    }
    out
}
