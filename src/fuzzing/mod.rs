//! What must hold for any input: the bodies of the fuzz targets, which the property tests share.
//!
//! A target takes bytes and panics when an invariant is broken. `fuzz/` feeds them with what a fuzzer finds, the tests
//! here with every input that once broke one (`fuzz/regressions/TARGET/`). Built for those two alone.

pub(crate) mod annotation;
pub(crate) mod diagnostic;
mod exposition;
mod k8s;
mod lint;
pub(crate) mod promql;
mod relabel;
mod remote;
mod segment;
mod selector;
mod series;
pub(crate) mod wire;
pub(crate) mod yaml;

/// The bytes of a fuzzer to what must hold for them.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 15] = [
    ("annotation", annotation::annotation),
    ("body", wire::body),
    ("diagnostic", diagnostic::diagnostic),
    ("exposition", exposition::exposition),
    ("k8s", k8s::k8s),
    ("lint", lint::lint),
    ("promql", promql::promql),
    ("relabel", relabel::relabel),
    ("segment", segment::segment),
    ("selector", selector::selector),
    ("series", series::series),
    ("url", remote::url),
    ("v1", wire::v1),
    ("v2", wire::v2),
    ("yaml", yaml::yaml),
];

/// Runs the target of this name.
///
/// # Panics
/// When something does not hold, or there is no such target.
pub fn run(target: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, run) = found.unwrap_or_else(|| panic!("no target `{target}`"));
    run(data);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_once_broke_something_breaks_nothing() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
        for target in std::fs::read_dir(&folder).expect("the folder of regressions") {
            let target = target.expect("an entry").path();
            if !target.is_dir() {
                continue; // what the folder is, in words
            }
            let name = target.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_owned();
            for input in std::fs::read_dir(&target).expect("a folder by target") {
                let data = std::fs::read(input.expect("an entry").path()).expect("a file");
                run(&name, &data);
            }
        }
    }

    #[test]
    fn every_target_takes_anything() {
        for (name, target) in TARGETS {
            for data in [&b""[..], b"\0", b"\x01up{a=\"b\"}", &[0xff; 40]] {
                target(data);
            }
            let file = format!("{}/fuzz/fuzz_targets/{name}.rs", env!("CARGO_MANIFEST_DIR"));
            assert!(Path::new(&file).exists(), "{file}");
        }
    }
}
