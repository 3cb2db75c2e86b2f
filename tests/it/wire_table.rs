//! The receiver against the table of requests in `testdata/wire/`: status, headers, text, and what the capture holds.
//!
//! The cases are data and say nothing of Rust; `testdata/README.md` describes their form. All cases run before
//! the failures are shown together.

mod body;
mod case;
mod http;
mod kept;

use std::collections::BTreeSet;
use std::path::PathBuf;

use case::Case;

/// All cases, file by file in the order of their names, or every error in them.
fn table() -> Result<Vec<Case>, Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/wire");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        let file = format!("testdata/wire/{}", path.file_name().unwrap().display());
        match case::parse(&file, &std::fs::read_to_string(&path).unwrap()) {
            Ok(more) => cases.extend(more),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

#[test]
fn table_reads_without_errors() {
    let cases = table().unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    assert!(cases.len() >= 94, "{} cases", cases.len());
    let mut names = BTreeSet::new();
    let twice: Vec<_> = cases.iter().filter(|case| !names.insert(&case.name)).map(|case| &case.name).collect();
    assert!(twice.is_empty(), "names that stand twice: {twice:?}");
}

#[test]
fn table_covers_every_requirement() {
    let cases = table().unwrap();
    let rules: BTreeSet<_> = cases.iter().flat_map(|case| case.rules.iter().copied()).collect();
    let missing: Vec<_> = (1..=17).filter(|rule| !rules.contains(rule)).collect();
    assert!(missing.is_empty(), "requirements without a case: {missing:?}");
}

#[test]
fn every_body_can_be_built() {
    let mut errors = Vec::new();
    for case in table().unwrap().iter().filter(|case| !case.is_large()) {
        if let Err(err) = body::build(case, NOW) {
            errors.push(format!("{}: {err}", case.place()));
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// A moment for tests that talk to nobody.
const NOW: i64 = 1_750_000_000_000;
