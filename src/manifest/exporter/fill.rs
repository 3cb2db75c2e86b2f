//! Templates to files: the words of this project in place of `@WORDS@`, and above them how they were made.

use super::templates::{self, Template};
use super::{Exporter, Language, PORT};
use crate::manifest::OutFile;

/// What stands for what. No value has a word in it but those that are filled first.
pub(super) struct Words {
    pairs: Vec<(&'static str, String)>,
    /// The line above a file.
    made_by: String,
}

impl Words {
    pub(super) fn new(exporter: &Exporter) -> Self {
        let (name, language) = (&exporter.name, exporter.language);
        let subject = match language {
            Language::Python => "`src/@PKG@/spool.py`",
            Language::Rust => "`src/spool.rs`",
            Language::Go => "`spool.go`",
        };
        let pairs = vec![
            ("@DEVELOP@", templates::develop(language).trim_end().to_owned()),
            ("@PUBLISH@", templates::publish(language).trim_end().to_owned()),
            ("@SUBJECT@", subject.to_owned()),
            ("@NAME@", name.to_string()),
            ("@PKG@", name.package()),
            ("@PREFIX@", name.prefix()),
            ("@ALERT@", name.alert()),
            ("@PORT@", PORT.to_string()),
            ("@RELEASE@", exporter.release.clone()),
        ];
        let made_by = format!("Made by `{}`. It is yours to change.", exporter.command());
        Self { pairs, made_by }
    }

    pub(super) fn fill(&self, template: &str) -> String {
        self.pairs.iter().fold(template.to_owned(), |text, (word, value)| text.replace(word, value))
    }

    pub(super) fn file(&self, template: &Template) -> OutFile {
        let path = self.fill(template.path);
        let text = match path.as_str() {
            "Cargo.lock" => sorted_lock(&self.fill(template.text)),
            _ => self.fill(template.text),
        };
        self.headed(path, &text)
    }

    /// The file with the line above it that says how it was made, where such a line may stand.
    pub(super) fn headed(&self, path: String, text: &str) -> OutFile {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let text = match name.rsplit_once('.').map_or(name, |(_, extension)| extension) {
            "py" | "toml" | "yml" | "yaml" | "Dockerfile" | "gitignore" | "dockerignore" => {
                format!("# {}\n{text}", self.made_by)
            }
            "rs" | "go" | "mod" => format!("// {}\n\n{text}", self.made_by),
            "md" => format!("<!-- {} -->\n\n{text}", self.made_by),
            // requirements.txt has a comment of its own; the others are no place for one
            _ => text.to_owned(),
        };
        OutFile { path, text }
    }
}

/// Cargo keeps the packages of its lock in the order of their names, that of the project among them.
fn sorted_lock(text: &str) -> String {
    const BETWEEN: &str = "\n\n[[package]]\n";
    let mut blocks = text.trim_end().split(BETWEEN);
    let head = blocks.next().unwrap_or_default();
    let mut packages: Vec<&str> = blocks.collect();
    packages.sort_by_key(|package| package.lines().next());
    let packages = packages.join(BETWEEN);
    format!("{head}{BETWEEN}{packages}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_sorted_whatever_the_project_is_called() {
        let lock = |names: [&str; 3]| {
            let packages = names.map(|name| format!("[[package]]\nname = \"{name}\"\nversion = \"1\"\n"));
            format!("# head\nversion = 4\n\n{}", packages.join("\n"))
        };
        assert_eq!(sorted_lock(&lock(["a", "c", "b"])), lock(["a", "b", "c"]));
        assert_eq!(sorted_lock(&lock(["a", "a-b", "b"])), lock(["a", "a-b", "b"]));
    }
}
