//! `.obsctl.yaml`: what a repository says once about how it is to be checked.
//!
//! ```yaml
//! lint:
//!   select: [default, cost]
//!   ignore: [rules/missing-for]
//!   prometheus-version: "3.5"
//!   enable-feature: [promql-experimental-functions]
//!   fail-on: warning
//!   per-path:
//!     "vendor/**": [all]
//! ```
//!
//! Other sections than `lint` are of others and not looked at.

use super::choice::Name;
use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::{Finding, Severity};
use crate::yaml::{Budget, File, Kind as Shape, Node};

/// What the file says; `None` and empty where it says nothing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Settings {
    pub select: Option<Vec<Name>>,
    pub ignore: Vec<Name>,
    pub prometheus_version: Option<Version>,
    pub enable_feature: Vec<String>,
    pub fail_on: Option<FailOn>,
    /// Globs of paths below the file's folder, and what is ignored in what matches.
    pub per_path: Vec<(String, Vec<Name>)>,
}

/// The least severity that is a failure.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum FailOn {
    #[default]
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    const WORDS: [(&str, Self); 4] =
        [("error", Self::Error), ("warning", Self::Warning), ("info", Self::Info), ("never", Self::Never)];

    /// Whether a finding of this severity is a failure.
    #[must_use]
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

const RULE: &str = "lint/settings";

const KEYS: [&str; 6] = ["select", "ignore", "prometheus-version", "enable-feature", "fail-on", "per-path"];

impl Settings {
    /// Reads the text of an `.obsctl.yaml`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        let file = File::parse(text.to_owned(), &Budget::default());
        let mut reader = Reader { settings: Self::default(), faults: Vec::new() };
        for fault in file.faults() {
            reader.faults.push(Finding::error(RULE, fault.span, fault.message.clone()));
        }
        if let Some(root) = file.documents().first().and_then(|document| document.root()) {
            match root.get("lint") {
                Some(lint) => reader.section(lint),
                None => reader.stray(root),
            }
        }
        if reader.faults.is_empty() { Ok(reader.settings) } else { Err(reader.faults) }
    }
}

struct Reader {
    settings: Settings,
    faults: Vec<Finding>,
}

impl Reader {
    fn fault(&mut self, node: Node<'_>, message: impl Into<String>, help: String) {
        self.faults.push(Finding::error(RULE, node.span(), message).help(help));
    }

    /// Keys of the section that stand without it.
    fn stray(&mut self, root: Node<'_>) {
        for entry in root.entries().filter(|entry| entry.key.text().is_some_and(|key| KEYS.contains(&key))) {
            let key = entry.key.text().unwrap_or_default();
            self.fault(
                entry.key,
                format!("`{key}` stands outside of `lint:`"),
                "put it below `lint:`".into(),
            );
        }
        if root.kind() != Shape::Mapping && root.text() != Some("") {
            self.fault(root, "the file is no mapping", "write `lint:`, and the settings below it".into());
        }
    }

    fn section(&mut self, lint: Node<'_>) {
        if lint.kind() != Shape::Mapping {
            if lint.text() != Some("") {
                self.fault(lint, "`lint` is no mapping", format!("its keys are `{}`", KEYS.join("`, `")));
            }
            return;
        }
        for entry in lint.entries() {
            let (key, value) = (entry.key.text().unwrap_or_default(), entry.value);
            match key {
                "select" => self.settings.select = Some(self.names(value)),
                "ignore" => self.settings.ignore = self.names(value),
                "prometheus-version" => self.version(value),
                "enable-feature" => {
                    self.settings.enable_feature =
                        self.texts(value).into_iter().map(|(_, text)| text.to_owned()).collect();
                }
                "fail-on" => self.fail_on(value),
                "per-path" => self.per_path(value),
                _ => {
                    let help = match nearest(key, KEYS.into_iter()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are `{}`", KEYS.join("`, `")),
                    };
                    self.fault(entry.key, format!("there is no setting `{}`", clip(key, 60)), help);
                }
            }
        }
    }

    /// The texts of a list, or of the one that stands without a list.
    fn texts<'d>(&mut self, node: Node<'d>) -> Vec<(Node<'d>, &'d str)> {
        let items: Vec<Node<'d>> = match node.kind() {
            Shape::Sequence => node.items().collect(),
            _ => vec![node],
        };
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            match item.text() {
                Some(text) => found.push((item, text)),
                None => self.fault(item, "here is a list or mapping", "write a list of names".into()),
            }
        }
        found
    }

    fn names(&mut self, node: Node<'_>) -> Vec<Name> {
        let mut names = Vec::new();
        for (item, text) in self.texts(node) {
            match Name::parse(text) {
                Ok(name) => names.push(name),
                Err(err) => {
                    let help = match err.near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "`obsctl explain` lists all rules".to_owned(),
                    };
                    self.fault(item, err.to_string(), help);
                }
            }
        }
        names
    }

    fn version(&mut self, node: Node<'_>) {
        match node.text().unwrap_or_default().parse() {
            Ok(version) => self.settings.prometheus_version = Some(version),
            Err(err) => self.fault(node, err.to_string(), "write it in quotes: `\"3.5\"`".into()),
        }
    }

    fn fail_on(&mut self, node: Node<'_>) {
        let text = node.text().unwrap_or_default();
        match FailOn::WORDS.iter().find(|(word, _)| *word == text) {
            Some((_, fail_on)) => self.settings.fail_on = Some(*fail_on),
            None => {
                let message = format!("`fail-on` cannot be `{}`", clip(text, 60));
                self.fault(node, message, "use `error`, `warning`, `info` or `never`".into());
            }
        }
    }

    fn per_path(&mut self, node: Node<'_>) {
        if node.kind() != Shape::Mapping {
            return self.fault(
                node,
                "`per-path` is no mapping",
                "write `\"glob/**\": [rules]` below it".into(),
            );
        }
        for entry in node.entries() {
            let names = self.names(entry.value);
            self.settings.per_path.push((entry.key.text().unwrap_or_default().to_owned(), names));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_read() {
        let text = "lint:\n  select: [default, rules]\n  ignore: relabel/regex\n  prometheus-version: 3.10\n  \
                    enable-feature: [a, b]\n  fail-on: never\n  per-path:\n    'x/**': [all]\nother: 1\n";
        let expect = Settings {
            select: Some(vec![Name::Default, Name::Family("rules")]),
            ignore: vec![Name::Rule("relabel/regex")],
            prometheus_version: Some(Version::new(3, 10)),
            enable_feature: vec!["a".into(), "b".into()],
            fail_on: Some(FailOn::Never),
            per_path: vec![("x/**".into(), vec![Name::All])],
        };
        assert_eq!(Settings::parse(text), Ok(expect));
        assert_eq!(Settings::parse(""), Ok(Settings::default()));
        assert_eq!(Settings::parse("lint:\n"), Ok(Settings::default()));
    }

    #[track_caller]
    fn check(text: &str, message: &str, help: &str, at: &str) {
        let faults = Settings::parse(text).expect_err("refused");
        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert_eq!((faults[0].message.as_str(), faults[0].help.as_deref()), (message, Some(help)));
        assert_eq!(faults[0].span.of(text), at);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        let near = |name: &str| format!("did you mean `{name}`?");
        check("lint: {selct: []}", "there is no setting `selct`", &near("select"), "selct");
        check("lint: {ignore: [ruls]}", "there is no rule and no family `ruls`", &near("rules"), "ruls");
        check("ignore: []", "`ignore` stands outside of `lint:`", "put it below `lint:`", "ignore");
        let words = "use `error`, `warning`, `info` or `never`";
        check("lint: {fail-on: all}", "`fail-on` cannot be `all`", words, "all");
        let version = "`x` is no version of Prometheus: write it as `3.5`";
        check("lint: {prometheus-version: x}", version, "write it in quotes: `\"3.5\"`", "x");
    }
}
