//! What is generated and committed under `src/`, never by a build script, so that a build needs neither this package
//! nor `protoc`: Rust types of the `.proto` files under `proto/`, and the [`tables`] of Kubernetes' kinds.

pub mod tables;

use std::path::{Path, PathBuf};

/// Each protobuf package, and where in the repository its Rust types are committed.
const TARGETS: [(&str, &str); 3] = [
    ("prometheus", "src/wire/proto/v1.rs"),
    ("io.prometheus.write.v2", "src/wire/proto/v2.rs"),
    ("obsctl.capture.v1", "src/capture/proto.rs"),
];

const FILES: [&str; 3] =
    ["prometheus/remote.proto", "io/prometheus/write/v2/types.proto", "obsctl/capture/v1/capture.proto"];

/// The repository, seen from this package.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compiles `proto/` and returns each committed file's path with the text it should have.
///
/// # Errors
/// A `.proto` file that does not compile, or a package that is missing from them.
pub fn generate() -> Result<Vec<(PathBuf, String)>, Box<dyn std::error::Error>> {
    let root = repository();
    let descriptors = protox::compile(FILES, [root.join("proto")])?;
    let mut config = prost_build::Config::new();
    config.bytes([".obsctl.capture.v1.Request.body"]);
    let modules = descriptors
        .file
        .into_iter()
        .map(|file| (prost_build::Module::from_protobuf_package_name(file.package()), file))
        .collect();
    let mut generated = config.generate(modules)?;
    TARGETS
        .iter()
        .map(|(package, path)| {
            let module = prost_build::Module::from_protobuf_package_name(package);
            let code = generated.remove(&module).ok_or_else(|| format!("no package {package} in proto/"))?;
            let text = format!(
                "//! Types of the protobuf package `{package}`: written by `cargo run -p obsctl-codegen`, not by hand.\n\n{code}"
            );
            Ok((root.join(path), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn committed_types_are_what_the_proto_files_say() {
        for (path, expected) in super::generate().expect("proto/ compiles") {
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == expected, "{} is stale: run `cargo run -p obsctl-codegen`", path.display());
        }
    }
}
