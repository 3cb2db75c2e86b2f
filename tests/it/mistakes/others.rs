//! Who finds the mistakes: obsctl beside promtool, pint and kubeconform.
//!
//! A mistake is found by a program when it fails or says something of the bad files, and does neither of their mended
//! twins. Each program gets what it can be given: kubeconform the schemas of Kubernetes and of the operator, pint leave
//! to read rules in PrometheusRules, promtool its lint and both of its modes for configurations.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Mistake, all, schemas};
use crate::support::peers::{self, KUBECONFORM, PINT, PROMTOOL};

/// Programs by the names that the table has for them.
const PROGRAMS: [&str; 4] = ["obsctl lint", "promtool", "pint", "kubeconform"];

#[test]
fn obsctl_finds_every_mistake_and_the_others_together_less_than_half() {
    let test = "mistakes by other programs";
    let Some([promtool, pint, kubeconform]) = peers::find(test, [PROMTOOL, PINT, KUBECONFORM]) else {
        return;
    };
    let Some(crds) = peers::crds(test) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let schemas = folder.path().join("schemas");
    schemas::write(&crds, &schemas);
    let run = |program: &str, mistake: &Mistake, side: &Path| match program {
        "promtool" => run_promtool(&promtool, side),
        "pint" => run_pint(&pint, side),
        "kubeconform" => run_kubeconform(&kubeconform, &schemas, side),
        _ => run_obsctl(mistake, side),
    };
    let mut table: BTreeMap<String, [bool; 4]> = BTreeMap::new();
    for mistake in all() {
        let sides = ["bad", "good"].map(|side| folder.path().join(&mistake.name).join(side));
        for (side, files) in sides.iter().zip([&mistake.bad, &mistake.good]) {
            std::fs::create_dir_all(side).expect("the folder is ours");
            for (name, text) in files {
                std::fs::write(side.join(name), text).expect("the folder is ours");
            }
        }
        let found = PROGRAMS.map(|program| {
            let [bad, good] = sides.each_ref().map(|side| run(program, &mistake, side));
            bad.iter().zip(good).any(|(bad, good)| *bad && !good)
        });
        table.insert(mistake.name, found);
    }
    let said = show(&table);
    let _ = std::io::stderr().write_all(said.as_bytes());
    assert!(table.values().all(|[ours, ..]| *ours), "obsctl misses some:\n{said}");
    let by_others = table.values().filter(|[_, others @ ..]| others.contains(&true)).count();
    assert!(by_others * 2 < table.len() && by_others > 10, "{by_others} of {}:\n{said}", table.len());
}

/// Whether each of its ways complains of the folder.
fn run_promtool(program: &Path, folder: &Path) -> Vec<bool> {
    let mut found = [false; 3];
    for name in names(folder) {
        let ways: &[(usize, &[&str])] = match name.as_str() {
            "prometheus.yml" => &[
                (0, &["check", "config", "--syntax-only"]),
                (1, &["check", "config", "--lint=all", "--lint-fatal"]),
            ],
            "rules.yml" => &[(2, &["check", "rules", "--lint=all", "--lint-fatal"])],
            _ => continue, // objects, values
        };
        for (way, args) in ways {
            found[*way] |= fails(Command::new(program).args(*args).arg(&name).current_dir(folder));
        }
    }
    found.to_vec()
}

fn run_pint(program: &Path, folder: &Path) -> Vec<bool> {
    let config = folder.join(".pint.hcl");
    std::fs::write(&config, "parser {\n  relaxed = [\".*\"]\n}\n").expect("the folder is ours");
    let args = ["--offline", "--no-color", "lint", "--min-severity=info", "--fail-on=info"];
    let found = names(folder).into_iter().map(|name| {
        // It reads rules; of any other file it says nothing.
        fails(Command::new(program).args(args).arg(name).current_dir(folder))
    });
    vec![found.fold(false, |some, fails| some | fails)]
}

fn run_kubeconform(program: &Path, schemas: &Path, folder: &Path) -> Vec<bool> {
    let schemas = format!("{}/{{{{.ResourceKind}}}}-{{{{.ResourceAPIVersion}}}}.json", schemas.display());
    let mut command = Command::new(program);
    vec![fails(
        command.args(["-strict", "-schema-location", &schemas]).args(names(folder)).current_dir(folder),
    )]
}

fn run_obsctl(mistake: &Mistake, folder: &Path) -> Vec<bool> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    command.args(["lint", ".", "--fail-on", "warning"]).current_dir(folder);
    if mistake.complete {
        command.arg("--complete");
    }
    vec![fails(&mut command)]
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is ours");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let yaml = paths.filter(|path: &PathBuf| path.extension().is_some_and(|it| it == "yml" || it == "yaml"));
    let mut names: Vec<String> =
        yaml.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

fn fails(command: &mut Command) -> bool {
    let output = command.env("CI", "true").output().expect("the program runs");
    !output.status.success()
}

/// The table, and how many each found.
fn show(table: &BTreeMap<String, [bool; 4]>) -> String {
    let mark = |found: &bool| if *found { "x" } else { "" };
    let mut out = format!("\n| mistake | {} |\n|---|---|---|---|---|\n", PROGRAMS.join(" | "));
    for (name, found) in table {
        out.push_str(&format!("| {name} | {} |\n", found.each_ref().map(mark).join(" | ")));
    }
    let count = |at: usize| table.values().filter(|found| found[at]).count();
    let all = table.len();
    let counts: Vec<String> = (0..PROGRAMS.len()).map(|at| format!("{} of {all}", count(at))).collect();
    out.push_str(&format!("| **found** | {} |\n", counts.join(" | ")));
    let by_none = table.values().filter(|[_, others @ ..]| !others.contains(&true)).count();
    out.push_str(&format!("by none of the other three: {by_none} of {all}\n"));
    out
}
