//! Prometheus's own test files, refused and taken: a corpus beside the repository, in the folder `OBSCTL_CORPORA`.
//!
//! `lint/index.tsv` there names each file with the verdict of Prometheus. Every file that is refused must have an error
//! with a place, every one that is taken none.

use std::io::Write as _;
use std::path::Path;

use obsctl::diagnostic::Severity;
use obsctl::lint::{Options, World};

/// Files that are refused for what their content alone does not show.
const NOT_OURS: [(&str, &str); 1] = [(
    "unknown_global_attr.bad.yml",
    "a lone `global` with nothing known in it may be of any program: values of a Helm chart look so",
)];

/// Files that the index calls good, and that Prometheus refuses: promtool 3.5.3 says so too.
const REFUSED: [(&str, &str); 1] = [(
    "config_with_deprecated_am_api_config.yml",
    "the first API of Alertmanager is not known any more since 3.0",
)];

#[test]
fn files_of_prometheus_are_judged_as_it_judges_them() {
    let Some(folder) = std::env::var_os("OBSCTL_CORPORA") else {
        // `eprintln!` would be captured.
        let _ = writeln!(std::io::stderr(), "SKIPPED: lint corpus: OBSCTL_CORPORA names no folder");
        return;
    };
    let folder = Path::new(&folder).join("lint");
    let index = std::fs::read_to_string(folder.join("index.tsv")).expect("the corpus has an index");
    let files: Vec<Vec<&str>> = index
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|columns| columns[1] == "prom-config")
        .collect();
    let (mut wrong, mut refused, mut taken) = (Vec::new(), 0, 0);
    for columns in &files {
        let errors = errors(&folder.join(columns[0]));
        let misnamed = REFUSED.iter().any(|(name, _)| columns[0].ends_with(name));
        let excepted = NOT_OURS.iter().any(|(name, _)| columns[0].ends_with(name));
        match columns[2] {
            "reject" if errors.is_empty() != excepted => {
                wrong.push(format!("{}: {errors:?}, where it should be refused", columns[0]))
            }
            "accept" if errors.is_empty() == misnamed => wrong.push(format!("{}: {errors:?}", columns[0])),
            "accept" if misnamed => refused += 1,
            "reject" => refused += usize::from(!excepted),
            _ => taken += 1,
        }
    }
    assert!(files.len() > 200, "the corpus is read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let said = format!("lint corpus: {refused} refused, {taken} taken, {} excepted\n", NOT_OURS.len());
    let _ = std::io::stderr().write_all(said.as_bytes());
}

/// The errors of a file, and of the files beside it that it includes.
fn errors(path: &Path) -> Vec<String> {
    let mut world = World::new(Options::default());
    let read = |path: &Path| std::fs::read_to_string(path).expect("a file of the corpus is readable");
    let text = read(path);
    let name = |path: &Path| path.to_str().expect("a name in UTF-8").to_owned();
    if text.contains("scrape_config_files:") {
        for entry in std::fs::read_dir(path.parent().expect("a folder")).expect("a folder") {
            let beside = entry.expect("an entry").path();
            let included =
                beside.file_name().and_then(|name| name.to_str()).is_some_and(|name| text.contains(name));
            if included && beside.is_file() && beside != path {
                world.add(&name(&beside), read(&beside));
            }
        }
    }
    world.add(&name(path), text);
    let checked = world.check();
    let findings =
        checked.iter().flat_map(|checked| checked.findings.iter().map(move |it| (checked.text, it)));
    findings
        .filter(|(text, finding)| finding.severity == Severity::Error && finding.span.end <= text.len())
        .map(|(_, finding)| format!("{}: {}", finding.rule, finding.message))
        .collect()
}
