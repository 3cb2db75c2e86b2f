//! Lint of rule files against the real promtool: what it finds an error in is what `promtool check rules` refuses.
//!
//! Valid files (`testdata/lint/seeds-rules/`) are changed: expressions of the PromQL table, broken templates, fields that
//! are taken out, put in, emptied or renamed, lines that are doubled or lost. `OBSCTL_RULE_CHANGES` says how many are made
//! (600). One call of promtool judges many files.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use obsctl::base::version::Version;
use obsctl::diagnostic::Severity;
use obsctl::lint::{Options, World};

use crate::promql::{Random, table, yaml};
use crate::support::peers::{self, PROMTOOL};

/// Parts of templates, from which others are made.
const PARTS: [&str; 62] = [
    "{{ ",
    " }}",
    "{{- ",
    " -}}",
    "{{",
    "}}",
    "-}}",
    " ",
    " ",
    "\\n",
    "text",
    "$labels.job",
    "$labels",
    "$label",
    ".Labels.x",
    ".",
    "$",
    "$value",
    " | ",
    "|",
    "humanize",
    "printf",
    "\"%s\"",
    "\"a",
    "`raw`",
    "'a'",
    "'ab'",
    "if ",
    "else",
    "else if ",
    "else with ",
    "end",
    "range ",
    "with ",
    "define \"a\"",
    "define ",
    "template \"a\"",
    "block \"b\" ",
    "$x",
    " := ",
    " = ",
    ", ",
    "(",
    ")",
    "-",
    "1",
    "1.5",
    "-3",
    "0x1g",
    "017",
    "089",
    "1_000",
    "1i",
    "1+2i",
    "99999999999999999999",
    "true",
    "nil",
    "break",
    "/* c */",
    "query \"up\"",
    ".5",
    "é",
];

/// Templates that are read.
const TEMPLATES: [&str; 14] = [
    "plain",
    "{{ $labels.job }} {{ $value | humanize }}",
    "{{ if gt $value 1.0 }}a{{ else if .Value }}b{{ else }}c{{ end }}",
    "{{ range $i, $x := query \"up\" }}{{ if $i }}{{ continue }}{{ end }}{{ $x.Labels.job }}{{ else }}-{{ end }}",
    "{{ with query \"up\" }}{{ . | first | label \"job\" }}{{ else with $value }}{{ . }}{{ end }}",
    "{{ define \"a\" }}x{{ . }}{{ end }}{{ template \"a\" . }}",
    "{{ block \"b\" $labels }}{{ .job }}{{ end }}",
    "{{ $x := 1 }}{{ $x = 2 }}{{ $x }}",
    "{{- /* note */ -}} {{ printf \"%d %s\" 0x1F `x` }}",
    "{{ (index (query \"up\") 0).Value }}",
    "{{ args 1 \"b\" 'c' -1.5e3 true nil }}",
    "{{ $externalLabels.cluster }} {{ $externalURL }}",
    "{{ eq $labels.a \"b\" | not }}",
    "{{ range query \"a\" }}{{ range query \"b\" }}{{ break }}{{ end }}{{ end }}",
];

/// Values that a field may hold by mistake.
const VALUES: [&str; 20] = [
    "",
    "\"\"",
    "null",
    "~",
    "5",
    "1.5",
    "true",
    "[]",
    "{}",
    "[a]",
    "{a: b}",
    "x",
    "5m",
    "0s",
    "-5m",
    "5",
    "1y1d",
    "'{{ $x }}'",
    "\"a b\"",
    "{a: '{{ .x }'}",
];

/// Lines for a rule, or for a group.
const LINES: [&str; 22] = [
    "for: 5m",
    "for: 0s",
    "for: 5",
    "keep_firing_for: 1m",
    "keep_firing_for: 0s",
    "annotations: {a: b}",
    "annotations: {}",
    "annotations: {'': b}",
    "labels: {__name__: b}",
    "labels: {'': b}",
    "labels: {a-b: c}",
    "labels: {é: c}",
    "record: a:b",
    "record: 'a{b=\"c\"}'",
    "record: ''",
    "alert: Z",
    "alert: ''",
    "expr: up",
    "interval: 5m",
    "limit: 3",
    "name: x",
    "annotations: {summary: '{{ $labels }'}",
];

#[test]
fn changed_rule_files_are_judged_as_promtool_judges_them() {
    let name = "lint_rules_promtool::changed_rule_files_are_judged_as_promtool_judges_them";
    let Some([promtool]) = peers::find(name, [PROMTOOL]) else { return };
    let count = std::env::var("OBSCTL_RULE_CHANGES").map_or(600, |text| text.parse().expect("a number"));
    let mut random = Random(0x0B5C);
    let seeds = seeds();
    let files: Vec<String> = (0..count).map(|_| changed(&mut random, &seeds)).collect();
    let mut refused = 0;
    let mut wrong = String::new();
    for chunk in files.chunks(500) {
        let told = refused_by(&promtool, chunk);
        refused += told.len();
        for (at, text) in chunk.iter().enumerate() {
            let errors = errors(text);
            if told.contains(&at) == errors.is_empty() && !has_reason(&errors, text) {
                let verdict = if errors.is_empty() { "refuses" } else { "accepts" };
                let _ = writeln!(wrong, "promtool {verdict}; lint says {errors:?}\n{text}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(refused > count / 5 && refused < count, "{refused} of {count} refused: both kinds are there");
}

#[test]
fn the_seeds_are_without_findings_but_advice() {
    for (name, text) in seeds() {
        assert_eq!(errors(&text), Vec::<String>::new(), "{name}");
    }
}

/// Differences that are meant.
fn has_reason(errors: &[String], text: &str) -> bool {
    // Up to 3.5 Prometheus takes any letter behind a number in brackets for a colon: `a[5m x]` is `a[5m:]`.
    (!errors.is_empty() && errors.iter().all(|error| error.contains("may not stand in a range")))
        // A second document is not read by promtool, and another kind of file is not judged as rules by lint.
        || text.contains("\n---")
        // A block that lost its `|` leaves a template in the open: a file that is not rendered yet, to lint.
        || obsctl::yaml::unrendered(text).is_some()
}

fn seeds() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint/seeds-rules");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| (path.display().to_string(), std::fs::read_to_string(path).unwrap());
    paths.iter().map(read).collect()
}

fn errors(text: &str) -> Vec<String> {
    let mut world = World::new(Options { prometheus: Version::new(3, 5), ..Options::default() });
    world.add("rules.yml", text.to_owned());
    let findings = world.check().into_iter().flat_map(|checked| checked.findings);
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
}

/// Indexes of the files that promtool refuses.
fn refused_by(promtool: &Path, files: &[String]) -> BTreeSet<usize> {
    let folder = tempfile::tempdir().unwrap();
    for (at, text) in files.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{at}.yml")), text).unwrap();
    }
    let output = Command::new(promtool)
        .args(["check", "rules", "--lint=none"])
        .args((0..files.len()).map(|at| format!("{at}.yml")))
        .current_dir(folder.path())
        .output()
        .expect("promtool runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let parts: Vec<&str> = told.split("Checking ").skip(1).collect();
    assert_eq!(parts.len(), files.len(), "{}", String::from_utf8_lossy(&output.stderr));
    let refused = parts.iter().enumerate().filter(|(_, part)| !part.contains("SUCCESS"));
    refused.map(|(at, _)| at).collect()
}

fn changed(random: &mut Random, seeds: &[(String, String)]) -> String {
    let mut lines: Vec<String> = random.pick(seeds).1.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(2) {
        change(random, &mut lines);
    }
    lines.join("\n") + "\n"
}

/// One change of a file; its first line stays, which says that it is one of rules.
fn change(random: &mut Random, lines: &mut Vec<String>) {
    if lines.len() < 3 {
        return;
    }
    let at = 1 + random.below(lines.len() - 1);
    let keys = |lines: &[String], key: &str| -> Vec<usize> {
        let with =
            lines.iter().enumerate().filter(|(_, line)| line.trim_start_matches([' ', '-']).starts_with(key));
        with.map(|(at, _)| at).collect()
    };
    match random.below(9) {
        0 => drop(lines.remove(at)),
        1 => {
            let line = lines[at].clone();
            lines.insert(at, line);
        }
        2 => {
            let expressions = keys(lines, "expr: ");
            if expressions.is_empty() {
                return;
            }
            let at = *random.pick(&expressions);
            let text = random.pick(&table()).1.clone();
            set(lines, at, &format!("\"{}\"", yaml(&text)));
        }
        3 | 4 => {
            let texts: Vec<usize> =
                ["summary: ", "team: ", "runbook: ", "first: ", "chain: ", "own: ", "loop: ", "math: "]
                    .iter()
                    .flat_map(|key| keys(lines, key))
                    .collect();
            if texts.is_empty() {
                return;
            }
            let at = *random.pick(&texts);
            let text = template(random);
            set(lines, at, &format!("\"{}\"", yaml(&text)));
        }
        5 => set(lines, at, random.pick::<&str>(&VALUES)),
        6 => {
            let rules: Vec<usize> = [keys(lines, "expr: "), keys(lines, "interval: ")].concat();
            if rules.is_empty() {
                return;
            }
            let at = *random.pick(&rules);
            let indent = " ".repeat(lines[at].find(|c| c != ' ' && c != '-').unwrap_or(0));
            lines.insert(at + 1, format!("{indent}{}", random.pick(&LINES)));
        }
        7 => {
            let names: Vec<usize> = [keys(lines, "name: "), keys(lines, "record: ")].concat();
            if names.is_empty() {
                return;
            }
            let at = *random.pick(&names);
            set(
                lines,
                at,
                random.pick::<&str>(&["web", "nodes", "empty", "''", "a b", "a{b}", "5", "a:b:c"]),
            );
        }
        _ => lines[at] = lines[at].replacen("or", "xr", 1).replacen("ex", "ax", 1),
    }
}

/// Gives the key of a line another value.
fn set(lines: &mut [String], at: usize, value: &str) {
    if let Some((key, _)) = lines[at].split_once(": ") {
        lines[at] = format!("{key}: {value}");
    }
}

fn template(random: &mut Random) -> String {
    if random.below(3) == 0 {
        return (0..=random.below(8)).map(|_| *random.pick(&PARTS)).collect();
    }
    let text = random.pick(&TEMPLATES).to_string();
    random.mutate(&text, &PARTS)
}
