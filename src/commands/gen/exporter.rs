//! `obsctl gen exporter`: a new project that exports metrics.
//!
//! Exit status: 0 made, or as it is made; 1 `--check` or `--diff` found that something differs; 2 the name does not do,
//! or files are in the way.

use std::path::PathBuf;

use anyhow::Result;

use super::project::{Difference, Project};
use crate::base::text::count;
use crate::diagnostic::{Mask, Source};
use crate::exit::ExitStatus;
use crate::k8s;
use crate::lint::render::unified;
use crate::manifest::exporter::{self, DEFAULT_RELEASE, Exporter, Name};
use crate::ui::{Failure, Ui};

/// Make a project that exports metrics: it runs, is tested, and has all that monitors it.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
The project measures an example, a spool folder, in one file that is to be replaced.
It has unit tests, a Dockerfile, a compose file with Prometheus and Grafana, a
dashboard, rules and their test, and Kubernetes manifests; its README says the rest.
What is in the folder already is never replaced.

Examples:
  obsctl gen exporter spool-exporter --lang go
  obsctl gen exporter spool-exporter --lang go --check
  obsctl gen exporter nightly-report --lang python --mode batch
  obsctl gen exporter tape-exporter --lang rust --out projects/tape --release kube-prometheus-stack")]
pub(super) struct Args {
    /// Of the project, its image and its Kubernetes objects: a DNS label. Metrics are named for it, without `-exporter`
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is written in
    #[arg(long, value_name = "LANG")]
    lang: Lang,
    /// Whether it is scraped, or pushes
    #[arg(long, value_name = "MODE", default_value = "server")]
    mode: Mode,
    /// The Helm release of the Prometheus that finds its monitor and rules by the label `release`
    #[arg(long, value_name = "RELEASE", default_value = DEFAULT_RELEASE)]
    release: String,
    /// The folder to write to; without it, one of that NAME
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; say which files differ from what is made, and end with 1 if any do
    #[arg(long, conflicts_with = "diff")]
    check: bool,
    /// Write nothing; show how files differ from what is made, and end with 1 if any do
    #[arg(long)]
    diff: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Lang {
    /// `prometheus_client`; an executable zip
    Python,
    /// the crate `prometheus`, hyper; a static binary
    Rust,
    /// `client_golang`; a static binary
    Go,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Mode {
    /// Runs all the time and is scraped
    Server,
    /// Runs now and then, and pushes to a Pushgateway under a grouping key
    Batch,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    let exporter = args.exporter()?;
    let files = exporter.files();
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(exporter.name.as_str()));
    let project = Project::open(&out, &files)?;
    if args.check || args.diff {
        for difference in project.differences() {
            args.show(difference, ui)?;
        }
        let same = project.differences().is_empty();
        return Ok(if same { ExitStatus::Success } else { ExitStatus::Findings });
    }
    let written = project.write()?;
    let out = out.display();
    let all = count(files.len() as u64, "file");
    ui.note(format!("`{out}`: {all}, {written} written; `{out}/README.md` says what to do with it"));
    Ok(ExitStatus::Success)
}

impl Args {
    fn exporter(&self) -> Result<Exporter> {
        let language = match self.lang {
            Lang::Python => exporter::Language::Python,
            Lang::Rust => exporter::Language::Rust,
            Lang::Go => exporter::Language::Go,
        };
        let mode = match self.mode {
            Mode::Server => exporter::Mode::Server,
            Mode::Batch => exporter::Mode::Batch,
        };
        let name =
            Name::parse(&self.name, language).map_err(|err| Failure::new(err.to_string()).help(err.mend))?;
        if self.release.is_empty() || k8s::name::label_value(&self.release).is_err() {
            let message =
                format!("`{}` cannot be the value of the label `release`", self.release.escape_debug());
            let help = "a release is at most 63 letters, digits, `-`, `_` and `.`, as `helm list` shows it";
            return Err(Failure::new(message).help(help).into());
        }
        Ok(Exporter { name, language, mode, release: self.release.clone() })
    }

    fn show(&self, difference: &Difference, ui: &mut Ui) -> Result<()> {
        let name = difference.path.display().to_string();
        if self.diff {
            let source = |text| Source::new(&name, text, Mask::default());
            let before = difference.found.as_deref().unwrap_or_default();
            ui.out().write_all(unified(&source(before), &source(difference.made)).as_bytes())?;
        } else {
            let what = if difference.found.is_some() { "differs" } else { "missing" };
            writeln!(ui.out(), "{what}: {name}")?;
        }
        Ok(())
    }
}
