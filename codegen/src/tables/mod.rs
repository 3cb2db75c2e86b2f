//! The tables that `k8s::schema` of the program checks manifests with: facts of CRDs and of Kubernetes' OpenAPI
//! definitions (names, types, bounds), without a word of their descriptions.
//!
//! Made from the folder that `tests/peers/crds` fills. Several versions of the operator's CRDs are laid over each other,
//! so that every field and enum value carries the first version that has it and, if it went away, the last.

mod core;
mod emit;
mod merge;
mod read;

use std::path::{Path, PathBuf};

use emit::Emitter;
use merge::Merged;

type Error = Box<dyn std::error::Error>;

/// Where the tables are committed, in the repository.
const TARGET: &str = "src/k8s/schema/tables.txt";
/// What `tests/peers/crds` puts Kubernetes' version 1.36.3 and Argo CD's 3.5.1 into.
const KUBERNETES: &str = "kubernetes/swagger.json";
const ARGO: &str = "argo-cd";
const OPERATOR: &str = "prometheus-operator";

/// A custom resource's kind, all its versions of the operator laid over each other.
struct Custom {
    group: String,
    version: String,
    kind: String,
    /// Whether `status` is dropped from what users send.
    status: bool,
    root: Merged,
}

/// The folder of the schemas, whether or not it is there.
#[must_use]
pub fn folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let peers = set("OBSCTL_PEERS").unwrap_or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
        cache.unwrap_or_default().join("obsctl-peers")
    });
    peers.join("crds")
}

/// The committed file's path, and the text it should have.
///
/// # Errors
/// A file that is missing or unreadable, or a schema that says what the tables have no word for.
pub fn generate(folder: &Path) -> Result<(PathBuf, String), Error> {
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(folder.join(OPERATOR))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let minor = name.strip_prefix("0.").and_then(|minor| minor.parse::<u16>().ok());
        versions.push((minor.ok_or_else(|| format!("`{name}` is not a version of the operator"))?, name));
    }
    versions.sort_unstable();
    let minors: Vec<u16> = versions.iter().map(|(minor, _)| *minor).collect();

    let mut emitter = Emitter::new(&minors);
    core::emit(&read::json(&folder.join(KUBERNETES))?, &mut emitter)?;
    let mut customs = Vec::new();
    for (minor, name) in &versions {
        lay_over(&mut customs, &folder.join(OPERATOR).join(name), *minor)?;
    }
    for custom in &customs {
        emitter.custom(custom)?;
    }
    let mut argo = Vec::new();
    lay_over(&mut argo, &folder.join(ARGO), 0)?;
    for custom in &argo {
        emitter.custom(custom)?;
    }
    Ok((crate::repository().join(TARGET), emitter.text()))
}

/// Reads the CRDs of a folder as version `minor` over what older versions left in `customs`.
fn lay_over(customs: &mut Vec<Custom>, folder: &Path, minor: u16) -> Result<(), Error> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort_unstable();
    for file in files {
        let crd = read::yaml(&file)?;
        let spec = &crd["spec"];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        for version in spec["versions"].as_array().into_iter().flatten() {
            let (group, kind) = (text(&spec["group"]), text(&spec["names"]["kind"]));
            let schema = &scalable(version);
            let name = text(&version["name"]);
            let status = !version["subresources"]["status"].is_null();
            let known = customs.iter_mut().find(|custom| custom.kind == kind && custom.version == name);
            match known {
                Some(custom) => {
                    custom.status = status;
                    custom.root.lay(schema, minor);
                }
                None => {
                    let root = Merged::new(schema, minor);
                    customs.push(Custom { group, version: name, kind, status, root });
                }
            }
        }
    }
    Ok(())
}

/// The schema of a version, with what the server asks of the number that scales it.
fn scalable(version: &serde_json::Value) -> serde_json::Value {
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    if let Some(path) = version["subresources"]["scale"]["specReplicasPath"].as_str() {
        let count =
            schema.pointer_mut(&path.replace('.', "/properties/")).and_then(|count| count.as_object_mut());
        if let Some(count) = count {
            count.entry("minimum").or_insert_with(|| 0.into());
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    #![allow(clippy::print_stderr, reason = "a test speaks to whoever runs it")]

    #[test]
    fn committed_tables_are_what_the_schemas_say() {
        let folder = super::folder();
        if !folder.is_dir() {
            let missing = format!("{} is missing: run tests/peers/crds", folder.display());
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
            eprintln!("SKIPPED: {missing}");
            return;
        }
        let (path, expected) = super::generate(&folder).expect("the schemas are readable");
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == expected, "{} is stale: run `cargo run -p obsctl-codegen`", path.display());
    }
}
