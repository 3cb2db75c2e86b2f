//! What lint says of relabel rules, against the real promtool: an error is refused, everything else is taken.
//!
//! Every YAML of the pages and cases of `relabel`, `cost` and `yaml/smart-quotes` is asked about, one document at a time;
//! a list of rules by itself is put into a job. Objects are not for promtool.

use std::path::{Path, PathBuf};
use std::process::Command;

use obsctl::base::version::Version;
use obsctl::diagnostic::Severity;
use obsctl::lint::{Kind, Options, World};

use crate::support::peers::{self, PROMTOOL};

#[test]
fn promtool_refuses_what_is_an_error_and_nothing_else() {
    let Some([promtool]) = peers::find("lint_relabel", [PROMTOOL]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("prometheus.yml");
    let (mut refused, mut taken, mut wrong) = (0, 0, Vec::new());
    for path in pages() {
        let text = std::fs::read_to_string(&path).expect("pages are text");
        for yaml in blocks(&text).flat_map(|block| block.split("---\n")) {
            let Some((kind, errors)) = errors(yaml) else { continue };
            let config = if kind == Kind::Relabeling { in_job(yaml) } else { yaml.to_owned() };
            std::fs::write(&file, &config).expect("the folder is ours");
            let mut command = Command::new(&promtool);
            let output =
                command.args(["check", "config", "--syntax-only"]).arg(&file).output().expect("it runs");
            match output.status.success() {
                true => taken += 1,
                false => refused += 1,
            }
            if output.status.success() != errors.is_empty() {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                wrong.push(format!("{}: lint {errors:?}, promtool: {said}\n{config}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 3 && taken > 60, "{refused} refused, {taken} taken: the pages are read");
}

/// Each rule that promtool would refuse, alone: of a file with several, it only names the first.
#[test]
fn promtool_refuses_each_rule_that_is_an_error() {
    let Some([promtool]) = peers::find("lint_relabel", [PROMTOOL]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("prometheus.yml");
    let mut refused = 0;
    for name in ["relabel-action", "regex"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/lint/relabel/{name}.md"));
        let text = std::fs::read_to_string(&path).expect("cases are text");
        for rule in blocks(&text).filter(|yaml| yaml.starts_with("scrape_configs")).flat_map(rules) {
            let config = in_job(&rule);
            let (_, errors) = errors(&config).expect("a configuration");
            std::fs::write(&file, &config).expect("the folder is ours");
            let mut command = Command::new(&promtool);
            let output =
                command.args(["check", "config", "--syntax-only"]).arg(&file).output().expect("it runs");
            assert_eq!(output.status.success(), errors.is_empty(), "{errors:?}\n{config}");
            refused += usize::from(!errors.is_empty());
        }
    }
    assert!(refused > 15, "{refused}");
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["docs/rules/relabel", "docs/rules/cost", "testdata/lint/relabel", "testdata/lint/cost"];
    let mut found =
        vec![root.join("docs/rules/yaml/smart-quotes.md"), root.join("testdata/lint/yaml/smart-quotes.md")];
    for folder in folders {
        let entries = std::fs::read_dir(root.join(folder)).expect("the folder is there");
        found.extend(entries.map(|entry| entry.expect("it is readable").path()));
    }
    found
}

fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0))
}

/// The messages of errors, where the text is for Prometheus. promtool is 3.5.
fn errors(yaml: &str) -> Option<(Kind, Vec<String>)> {
    let mut world = World::new(Options { prometheus: Version::new(3, 5), ..Options::default() });
    world.add("prometheus.yml", yaml.to_owned());
    let checked = world.check();
    let checked = checked.first()?;
    let kind = *checked.kinds.first().filter(|kind| matches!(kind, Kind::Prometheus | Kind::Relabeling))?;
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
    Some((kind, errors.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()))
}

/// A list of rules as the relabeling of a job.
fn in_job(list: &str) -> String {
    let rules: String = list.lines().map(|line| format!("      {line}\n")).collect();
    format!("scrape_configs:\n  - job_name: web\n    relabel_configs:\n{rules}")
}

/// The rules of the first list of a configuration, each as a list by itself.
fn rules(config: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in config.lines().filter_map(|line| line.strip_prefix("      ")) {
        match found.last_mut() {
            Some(last) if !line.starts_with('-') => last.push_str(&format!("{line}\n")),
            _ => found.push(format!("{line}\n")),
        }
    }
    found
}
