//! Fixes over everything that testdata has: they make it better, end by themselves, and leave the rest of the text alone.

use std::fs;
use std::path::{Path, PathBuf};

use obsctl::lint::{self, Choice, Name, Options, Text, World};

use crate::mistakes;

#[test]
fn fixes_leave_less_to_find_and_nothing_for_a_second_run() {
    let mut mended = 0;
    for (name, text) in cases() {
        for all in [false, true] {
            let (after, fixes) = fix(&text, all);
            assert_eq!(fixes > 0, after != text, "{name}: says {fixes} fixes\n{text}\n{after}");
            if after == text {
                continue;
            }
            mended += 1;
            assert!(count(&after) < count(&text), "{name}: no fewer findings\n{text}\n{after}");
            assert_eq!(fix(&after, all), (after.clone(), 0), "{name}: a second run changes it again\n{text}");
        }
    }
    assert!(mended > 100, "{mended} texts were mended");
}

#[test]
fn fixes_keep_comments_and_line_breaks() {
    let mut mended = 0;
    for (name, text) in cases() {
        // A comment at every line that stands by itself and is not inside of a block of text.
        let commented = format!("# first\n{text}# last\n");
        let (after, _) = fix(&commented, true);
        for comment in comments(&commented) {
            assert!(after.contains(comment), "{name}: `{comment}` is gone\n{commented}\n{after}");
        }
        if text.contains('\r') {
            continue;
        }
        let (plain, _) = fix(&text, true);
        let (returned, _) = fix(&text.replace('\n', "\r\n"), true);
        assert_eq!(returned, plain.replace('\n', "\r\n"), "{name}: with returns\n{text}");
        mended += usize::from(plain != text);
    }
    assert!(mended > 50, "{mended} texts were mended");
}

/// The texts of comments that stand behind or between what is there.
fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("# "));
    lines.filter(|comment| !comment.starts_with("obsctl:")).collect()
}

fn world() -> World {
    let names = ["default", "cost"].map(|name| Name::parse(name).expect("it is there"));
    World::new(Options::default()).choosing(Choice { select: Some(names.into()), ignore: Vec::new() })
}

fn fix(text: &str, all: bool) -> (String, usize) {
    let mut texts = [Text { name: "test.yml".to_owned(), text: text.to_owned(), fixes: 0, refused: false }];
    lint::fix(&world(), all, &mut texts, &|checked| checked.findings.clone());
    let [text] = texts;
    (text.text, text.fixes)
}

fn count(text: &str) -> usize {
    let mut world = world();
    world.add("test.yml", text.to_owned());
    world.check().iter().map(|checked| checked.findings.len()).sum()
}

/// Every YAML of testdata/lint and testdata/mistakes, and the bad examples of the rules' pages.
fn cases() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.join("testdata/lint"), root.join("docs/rules")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|it| it == "md") {
            let text = fs::read_to_string(&path).unwrap();
            let blocks = text.split("```yaml").skip(1).map(|rest| rest.split_once('\n').unwrap().1);
            let blocks = blocks.map(|rest| rest.split_once("```\n").unwrap().0.to_owned());
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.extend(blocks.enumerate().map(|(at, text)| (format!("{name}, block {}", at + 1), text)));
        }
    }
    for mistake in mistakes::all() {
        found.extend(mistake.bad.into_iter().map(|(_, text)| (mistake.name.clone(), text)));
    }
    assert!(found.len() > 400, "{} texts", found.len());
    found
}
