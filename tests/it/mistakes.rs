//! `testdata/mistakes`: mistakes that people make again and again, each with its mended twin.
//!
//! Lint must find each where it stands and say nothing of the twin. `others` puts the same files to the programs that
//! people use today, and prints who finds what.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use obsctl::base::span::Lines;
use obsctl::diagnostic::Severity;
use obsctl::lint::{Options, World};

mod others;
mod schemas;

/// One file of `testdata/mistakes`; `testdata/README.md` says how it is written.
pub(crate) struct Mistake {
    pub(crate) name: String,
    /// Whether everything there is stands in it.
    pub(crate) complete: bool,
    /// Files by their names.
    pub(crate) bad: Vec<(String, String)>,
    pub(crate) good: Vec<(String, String)>,
    /// What must be found in the bad ones, a line each: `[FILE:]LINE SEVERITY RULE`.
    findings: String,
}

#[test]
fn each_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    for mistake in all() {
        let found = mistake.found(&mistake.bad, mistake.complete);
        assert!(!mistake.findings.is_empty(), "{}: no finding", mistake.name);
        if found != mistake.findings {
            wrong.push(format!("{}: found\n{found}expected\n{}", mistake.name, mistake.findings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_mended_twins_are_silent() {
    let mut wrong = String::new();
    for mistake in all() {
        for complete in [false, mistake.complete] {
            let found = mistake.found(&mistake.good, complete);
            if !found.is_empty() {
                let _ = writeln!(wrong, "{} (complete: {complete}):\n{found}", mistake.name);
            }
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn there_are_enough_and_each_says_where_it_was_seen() {
    let mistakes = all();
    assert!(mistakes.len() >= 56, "{} mistakes", mistakes.len());
    for mistake in mistakes {
        let text = fs::read_to_string(folder().join(format!("{}.md", mistake.name))).unwrap();
        assert!(text.contains("\nEvidence: "), "{} has no evidence", mistake.name);
        assert_eq!(mistake.bad.len(), mistake.good.len(), "{}", mistake.name);
    }
}

impl Mistake {
    /// Findings that are a warning or an error, as `findings` has them.
    fn found(&self, files: &[(String, String)], complete: bool) -> String {
        let mut world = World::new(Options { complete, ..Options::default() });
        files.iter().for_each(|(name, text)| world.add(name, text.clone()));
        let mut out = String::new();
        for checked in world.check() {
            let lines = Lines::new(checked.text);
            for finding in checked.findings.iter().filter(|it| it.severity > Severity::Info) {
                if files.len() > 1 {
                    let _ = write!(out, "{}:", checked.name);
                }
                let line = lines.position(checked.text, finding.span.start).line;
                let _ = writeln!(out, "{line} {} {}", finding.severity.as_str(), finding.rule);
            }
        }
        out
    }
}

/// Every mistake, in the order of their names.
pub(crate) fn all() -> Vec<Mistake> {
    let entries = fs::read_dir(folder()).expect("testdata is readable");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("testdata is readable").path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mistakes")
}

fn read(path: &Path) -> Mistake {
    let text = fs::read_to_string(path).expect("testdata is readable");
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut mistake =
        Mistake { name, complete: false, bad: Vec::new(), good: Vec::new(), findings: String::new() };
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once("\n```") {
        let (info, after) = after.split_once('\n').expect("a block has lines");
        // An empty block ends where it begins.
        let (body, after) = match after.strip_prefix("```") {
            Some(after) => ("", after),
            None => after.split_once("\n```").expect("a block ends"),
        };
        let body = if body.is_empty() { String::new() } else { format!("{body}\n") };
        match info.split(' ').collect::<Vec<_>>().as_slice() {
            ["yaml", side @ ("bad" | "good"), file, more @ ..] => {
                mistake.complete |= more.contains(&"complete");
                let files = if *side == "bad" { &mut mistake.bad } else { &mut mistake.good };
                files.push(((*file).to_owned(), body));
            }
            ["findings"] => mistake.findings = body,
            _ => panic!("{}: a block of `{info}`", path.display()),
        }
        rest = after;
    }
    mistake
}
