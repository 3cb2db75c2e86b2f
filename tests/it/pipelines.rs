//! What pipelines run: the steps of `action.yml`, the hooks of `.pre-commit-hooks.yaml`, the examples of docs/pipelines.md.
//!
//! `tests/long/pipelines.sh` runs all of it with the real pre-commit, and builds as a pipeline does.

use std::fs;
use std::path::Path;
use std::process::Command;

use obsctl::yaml::{Budget, File, Node};

use crate::cli::workspace;

fn parse(name: &str) -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let file = File::parse(fs::read_to_string(path).unwrap(), &Budget::default());
    assert_eq!(file.faults(), [], "{name}");
    file
}

fn root(file: &File) -> Node<'_> {
    file.documents()[0].root().unwrap()
}

/// Runs the step of the action that lints, in the folder of the transcripts: status, stdout, what it gives on, SARIF.
fn step(path: &str, args: &str, sarif: bool) -> (i32, String, String, Option<serde_json::Value>) {
    let file = parse("action.yml");
    let steps = root(&file).get("runs").unwrap().get("steps").unwrap();
    let lint = steps.items().find(|step| step.get("id").and_then(|it| it.text()) == Some("lint")).unwrap();
    let run = lint.get("run").unwrap().text().unwrap();
    let folder = workspace();
    let tools = tempfile::tempdir().unwrap();
    fs::create_dir(tools.path().join("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_obsctl"), tools.path().join("bin/obsctl")).unwrap();
    let given = tools.path().join("output");
    let done = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", run])
        .current_dir(folder.path())
        .env("FOLDER", tools.path())
        .env("GITHUB_OUTPUT", &given)
        .env("LINT_PATH", path)
        .env("LINT_ARGS", args)
        .env("LINT_SARIF", if sarif { "out.sarif" } else { "" })
        .output()
        .expect("bash runs");
    let sarif = fs::read_to_string(folder.path().join("out.sarif")).ok();
    (
        done.status.code().unwrap(),
        String::from_utf8(done.stdout).unwrap(),
        fs::read_to_string(given).unwrap(),
        sarif.map(|text| serde_json::from_str(&text).unwrap()),
    )
}

#[test]
fn the_action_shows_what_is_found_and_fails() {
    let (status, out, given, sarif) = step("prometheus.yml\nrules\n", "", true);
    assert_eq!((status, given.as_str()), (1, "status=1\n"));
    assert!(out.contains("::error file=prometheus.yml,line=5,"), "{out}");
    let sarif = sarif.unwrap();
    assert!(sarif["runs"][0]["results"].as_array().unwrap().len() > 2, "{sarif}");
}

#[test]
fn the_action_takes_flags_a_line_each() {
    let (status, out, given, sarif) = step("prometheus.yml", "--fail-on=never\n\n--ignore=scrape", false);
    assert_eq!((status, given.as_str(), sarif), (0, "status=0\n", None));
    assert!(!out.contains("scrape/timeout-gt-interval"), "{out}");
    let (status, _, given, sarif) = step("no such file.yml", "", true);
    assert_eq!((status, given.as_str()), (2, "status=2\n"));
    assert_eq!(sarif.unwrap()["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn the_action_reads_inputs_that_it_has() {
    let file = parse("action.yml");
    let inputs = root(&file).get("inputs").unwrap();
    let mut read = 0;
    for part in file.text().split("${{ inputs.").skip(1) {
        let name = part.split_once(" }}").unwrap().0;
        assert!(inputs.get(name).is_some(), "{name}");
        read += 1;
    }
    assert!(read >= inputs.entries().count(), "each input is of use");
}

#[test]
fn hooks_call_lint() {
    let file = parse(".pre-commit-hooks.yaml");
    let hooks: Vec<_> = root(&file).items().collect();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        assert_eq!(hook.get("entry").and_then(|it| it.text()), Some("obsctl lint"));
    }
}

#[test]
fn examples_are_yaml() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipelines.md")).unwrap();
    let examples: Vec<&str> =
        text.split("```yaml\n").skip(1).map(|it| it.split_once("```").unwrap().0).collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let file = File::parse(example.to_owned(), &Budget::default());
        assert_eq!(file.faults(), [], "{example}");
    }
}
