//! What holds for every project, whatever its language and mode. Whether it builds and runs, `tests/it` says.

use std::collections::BTreeSet;

use super::*;

const ALL: [(Language, Mode); 6] = [
    (Language::Python, Mode::Server),
    (Language::Python, Mode::Batch),
    (Language::Rust, Mode::Server),
    (Language::Rust, Mode::Batch),
    (Language::Go, Mode::Server),
    (Language::Go, Mode::Batch),
];

fn exporter(name: &str, language: Language, mode: Mode) -> Exporter {
    let name = Name::parse(name, language).expect("a good name");
    Exporter { name, language, mode, release: DEFAULT_RELEASE.to_owned() }
}

/// Checks every file of every project; the message says what is wrong with it.
#[track_caller]
fn check(mut fault: impl FnMut(&Exporter, &OutFile) -> Option<String>) {
    for (language, mode) in ALL {
        let exporter = exporter("disk-queue", language, mode);
        for file in exporter.files() {
            if let Some(fault) = fault(&exporter, &file) {
                panic!("{} {}: {fault}", exporter.command(), file.path);
            }
        }
    }
}

#[test]
fn no_word_is_left_to_fill_in() {
    check(|_, file| {
        let left = file.text.split('@').skip(1).step_by(1);
        let mut words = left.filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase()));
        words.next().map(|word| format!("`{word}` is left"))
    });
}

#[test]
fn every_file_says_how_it_was_made_where_it_can() {
    check(|exporter, file| {
        let mute = [".json", ".lock", ".sum", ".txt"].iter().any(|end| file.path.ends_with(end));
        let said = file.text.lines().next().is_some_and(|line| line.contains(&exporter.command()));
        (mute == said).then(|| "its first line".to_owned())
    });
}

#[test]
fn files_are_texts_that_end_with_one_line_break() {
    check(|_, file| {
        let ends = file.text.ends_with('\n') && !file.text.ends_with("\n\n");
        (!ends || file.text.contains('\r')).then(|| "its line breaks".to_owned())
    });
}

#[test]
fn paths_are_sorted_and_each_is_there_once() {
    for (language, mode) in ALL {
        let files = exporter("disk-queue", language, mode).files();
        let paths: Vec<&String> = files.iter().map(|file| &file.path).collect();
        let unique: BTreeSet<&String> = paths.iter().copied().collect();
        assert_eq!(paths, unique.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn both_files_with_rules_have_the_same() {
    for (language, mode) in ALL {
        let files = exporter("disk-queue", language, mode).files();
        let text = |path: &str| &files.iter().find(|file| file.path == path).expect("it is made").text;
        let rules = text("monitoring/rules.yml").split_once("groups:\n").expect("a rule file").1;
        let indented: String = rules.lines().map(|line| format!("  {line}\n")).collect();
        let manifest = text("kubernetes/prometheusrule.yaml");
        assert!(manifest.ends_with(&indented), "{manifest}");
    }
}

#[test]
fn another_release_is_said() {
    let mut exporter = exporter("disk-queue", Language::Go, Mode::Server);
    exporter.release = "kps".to_owned();
    assert!(exporter.command().ends_with(" --release kps"));
    let monitor = exporter.files().into_iter().find(|file| file.path == "kubernetes/podmonitor.yaml");
    assert!(monitor.expect("it is made").text.contains("\n    release: kps\n"));
}
