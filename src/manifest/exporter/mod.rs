//! A project that exports metrics: a program in Python, Rust or Go that runs as it is, its tests and image, and what
//! monitors it: Prometheus, rules with their test, a dashboard, Kubernetes objects.
//!
//! What people read and change are templates under `templates/`, real files with a few `@WORDS@` in them. Kubernetes
//! objects and rules are built as values, so that the rules of `monitoring/rules.yml` and of the PrometheusRule are the
//! same ones. Nothing is left to fill in: the project measures an example, a spool folder, until it is replaced.

mod fill;
mod kubernetes;
mod name;
mod object;
mod rules;
mod templates;

pub use name::{Name, NameError};

use self::fill::Words;
use super::OutFile;

/// What the project is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    Python,
    Rust,
    Go,
}

impl Language {
    /// As the command line has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Rust => "rust",
            Self::Go => "go",
        }
    }
}

/// How metrics reach Prometheus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It runs all the time and is scraped.
    Server,
    /// It runs now and then, and pushes to a Pushgateway.
    Batch,
}

impl Mode {
    /// As the command line has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Batch => "batch",
        }
    }
}

/// The project to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exporter {
    pub name: Name,
    pub language: Language,
    pub mode: Mode,
    /// The Helm release whose Prometheus finds the monitor and the rules by the label `release`.
    pub release: String,
}

/// Where the exporter listens.
const PORT: u16 = 9351;

impl Exporter {
    /// All files, in the order of their paths.
    #[must_use]
    pub fn files(&self) -> Vec<OutFile> {
        let words = Words::new(self);
        let mut files: Vec<OutFile> =
            templates::of(self.language, self.mode).map(|template| words.file(template)).collect();
        files.extend(self.made().into_iter().map(|(path, text)| words.headed(path.to_owned(), &text)));
        files.sort();
        files
    }

    /// How it was made, as it is typed.
    #[must_use]
    pub fn command(&self) -> String {
        let (name, language, mode) = (&self.name, self.language.word(), self.mode.word());
        let release = match self.release.as_str() {
            DEFAULT_RELEASE => String::new(),
            release => format!(" --release {release}"),
        };
        format!("obsctl gen exporter {name} --lang {language} --mode {mode}{release}")
    }

    /// The files that are made of values.
    fn made(&self) -> Vec<(&'static str, String)> {
        let groups = rules::groups(&self.name, self.mode);
        let dashboard = Words::new(self).fill(templates::dashboard(self.mode));
        let mut made = vec![
            ("monitoring/rules.yml", rules::file(&groups)),
            ("kubernetes/prometheusrule.yaml", kubernetes::rules(self, groups)),
            ("kubernetes/dashboard.yaml", kubernetes::dashboard(self, dashboard)),
        ];
        match self.mode {
            Mode::Server => made.extend([
                ("kubernetes/deployment.yaml", kubernetes::deployment(self)),
                ("kubernetes/podmonitor.yaml", kubernetes::pod_monitor(self)),
            ]),
            Mode::Batch => made.extend([
                ("kubernetes/cronjob.yaml", kubernetes::cron_job(self)),
                ("kubernetes/pushgateway.yaml", kubernetes::pushgateway(self)),
            ]),
        }
        made
    }
}

/// The release of Rancher's Monitoring chart.
pub const DEFAULT_RELEASE: &str = "rancher-monitoring";

#[cfg(test)]
mod tests;
