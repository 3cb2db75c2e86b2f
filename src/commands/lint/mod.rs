//! `obsctl lint`: every mistake of config and manifests, where it stands, why it hurts and how to mend it.
//!
//! Exit status: 0 nothing found at or above `--fail-on`, 1 something found, 2 a path cannot be read.

mod files;
mod json;

use std::path::PathBuf;

use anyhow::Result;

use crate::base::text::count;
use crate::base::version::Version;
use crate::diagnostic::{self, Look, Mask, Severity, Source};
use crate::exit::ExitStatus;
use crate::lint::{Checked, Kind, Options, World};
use crate::promql::Features;
use crate::ui::Ui;

/// Find mistakes in config and manifests: where they stand, why they hurt, how to mend them.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Files are known by what they hold, not by their names: Prometheus configuration,
rule files and their tests, target files, web configuration, and Kubernetes
objects. What is none of these is passed over.

Examples:
  obsctl lint prometheus.yml rules/
  obsctl lint . --prometheus-version 3.5 -o compact
  helm template ./chart | obsctl lint -")]
pub(crate) struct Args {
    /// Files and folders; each is a world of its own. `-` is stdin
    #[arg(value_name = "PATH", required_unless_present = "files")]
    paths: Vec<PathBuf>,
    /// The same as PATH
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// How to show it
    #[arg(short, long, value_name = "FORM", default_value = "pretty")]
    output: Output,
    /// The Prometheus that reads it
    #[arg(long, value_name = "VERSION", default_value_t = Version::NEWEST)]
    prometheus_version: Version,
    /// Feature flags it runs with, as Prometheus's own `--enable-feature`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    enable_feature: Vec<String>,
    /// Prometheus runs as an agent, as by its own `--agent`
    #[arg(long)]
    agent: bool,
    /// The least severity that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
    /// Everything there is stands in each PATH: say too what nothing refers to
    #[arg(long)]
    complete: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Output {
    /// With excerpts
    Pretty,
    /// One line each
    Compact,
    /// One document
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

impl FailOn {
    fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    let mut features = Features::default();
    args.enable_feature.iter().for_each(|flag| features.enable(flag));
    let options = Options {
        prometheus: args.prometheus_version,
        features,
        agent: args.agent,
        operator: None,
        complete: args.complete,
    };
    let mut shown = Shown::default();
    let mut document = json::Document::default();
    for path in args.paths.iter().chain(&args.files) {
        let mut world = World::new(options.clone());
        let mut named = Vec::new();
        for text in files::read(path)? {
            if text.by_name {
                named.push(text.name.clone());
            }
            world.add(&text.name, text.text);
        }
        for checked in world.check() {
            if named.iter().any(|name| name == checked.name)
                && checked.kinds.iter().all(|kind| *kind == Kind::Unknown)
                && checked.findings.is_empty()
            {
                ui.note(format!("{}: nothing in it that lint knows", checked.name));
            }
            shown.count(&checked, args.fail_on);
            show(&checked, args.output, &mut document, ui)?;
        }
    }
    match args.output {
        Output::Json => document.write(ui.out())?,
        Output::Pretty | Output::Compact => ui.note(shown.summary()),
    }
    Ok(if shown.failed { ExitStatus::Findings } else { ExitStatus::Success })
}

fn show(checked: &Checked<'_>, output: Output, document: &mut json::Document, ui: &mut Ui) -> Result<()> {
    let source = Source::new(checked.name, checked.text, Mask::default());
    match output {
        Output::Pretty if !checked.findings.is_empty() => {
            let look = Look { color: ui.paint().is_on(), width: ui.columns() };
            writeln!(ui.out(), "{}", diagnostic::render(&source, &checked.findings, look))?;
        }
        Output::Pretty => {}
        Output::Compact => ui.out().write_all(diagnostic::compact(&source, &checked.findings).as_bytes())?,
        Output::Json => document.add(&source, &checked.findings),
    }
    Ok(())
}

/// What the last line says.
#[derive(Default)]
struct Shown {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    failed: bool,
}

impl Shown {
    fn count(&mut self, checked: &Checked<'_>, fail_on: FailOn) {
        self.files += 1;
        for finding in &checked.findings {
            self.failed |= fail_on.fails(finding.severity);
            *match finding.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning => &mut self.warnings,
                Severity::Info => &mut self.infos,
            } += 1;
        }
    }

    fn summary(&self) -> String {
        let files = count(self.files as u64, "file");
        if self.errors + self.warnings + self.infos == 0 {
            return format!("{files}, nothing found");
        }
        let (errors, warnings) = (count(self.errors as u64, "error"), count(self.warnings as u64, "warning"));
        format!("{files}: {errors}, {warnings}, {} of information", self.infos)
    }
}
