//! Rules against their pages and against testdata/lint: every YAML there is checked, and the findings are those said.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Options, World, all};
use crate::base::span::Lines;
use crate::diagnostic::{Finding, Severity};

fn check(text: &str) -> Vec<Finding> {
    let mut world = World::new(Options::default());
    world.add("test.yml", text.to_owned());
    world.check().into_iter().flat_map(|checked| checked.findings).collect()
}

/// One line for each finding: `line:column severity rule: message`.
/// Of rules that are off unless asked for, only those of `own`.
fn lines(text: &str, own: &str) -> String {
    let lines = Lines::new(text);
    let shown = |name: &str| name == own || super::rule(name).is_none_or(|rule| !rule.opt_in);
    check(text).iter().filter(|it| shown(it.rule)).fold(String::new(), |mut out, finding| {
        let at = lines.position(text, finding.span.start);
        let _ = writeln!(out, "{at} {} {}: {}", finding.severity.as_str(), finding.rule, finding.message);
        out
    })
}

#[test]
fn rules_are_sorted_named_for_a_family_and_have_a_page() {
    let names: Vec<&str> = all().iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for rule in all() {
        assert!(
            rule.name.contains('/') && rule.page.starts_with(&format!("# {}\n", rule.name)),
            "{}",
            rule.name
        );
        for heading in ["## Why it is bad", "## Bad", "## Good"] {
            assert!(rule.page.contains(heading), "{} has no `{heading}`", rule.name);
        }
    }
}

/// The first YAML under a heading of a page.
fn example<'p>(page: &'p str, heading: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("## {heading}\n")).expect("checked by another test");
    let (_, rest) = rest.split_once("```yaml\n").expect("an example");
    rest.split_once("```").expect("its end").0
}

#[test]
fn bad_examples_are_found_and_good_ones_are_silent() {
    for rule in all() {
        let bad = check(example(rule.page, "Bad"));
        assert!(bad.iter().any(|finding| finding.rule == rule.name), "{}: {bad:#?}", rule.name);
        let good = example(rule.page, "Good");
        let loud: Vec<_> = check(good)
            .into_iter()
            .filter(|it| it.severity > Severity::Info || it.rule == rule.name)
            .collect();
        assert!(loud.is_empty(), "{}: {loud:#?}", rule.name);
    }
}

/// Every `yaml` block of the files under testdata/lint has the findings of the `findings` block behind it.
/// `UPDATE=1 cargo test lint` rewrites them: read the difference.
#[test]
fn cases_have_the_findings_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint");
    let mut wrong = Vec::new();
    let mut open = vec![root];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("testdata is readable");
            open.extend(entries.map(|entry| entry.expect("testdata is readable").path()));
        } else if path.extension().is_some_and(|it| it == "md") {
            wrong.extend(case(&path));
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 rewrites them\n{}", wrong.join("\n"));
}

fn case(path: &PathBuf) -> Option<String> {
    let text = fs::read_to_string(path).expect("testdata is readable");
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let own = format!("{}/{}", path.parent().map(name).unwrap_or_default(), name(path));
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("```yaml\n") {
        let (yaml, after) = after.split_once("```\n").unwrap_or_else(|| panic!("{}: no end", path.display()));
        let (between, after) =
            after.split_once("```findings\n").unwrap_or_else(|| panic!("{}: no findings", path.display()));
        let (_, after) = after.split_once("```\n").unwrap_or_else(|| panic!("{}: no end", path.display()));
        let _ = write!(out, "{before}```yaml\n{yaml}```\n{between}```findings\n{}```\n", lines(yaml, &own));
        rest = after;
    }
    out.push_str(rest);
    if out == text {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, &out).expect("testdata is writable");
        return None;
    }
    Some(format!("{} should be:\n{out}", path.display()))
}
