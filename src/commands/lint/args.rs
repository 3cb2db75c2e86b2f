//! Flags of `obsctl lint`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::base::version::Version;
use crate::commands::cluster::ClusterArgs;
use crate::diagnostic::Look;
use crate::lint::render::Form;
use crate::lint::{self, Name};
use crate::ui::{Failure, Ui};

/// Find mistakes in Prometheus config and Kubernetes manifests, and mend them.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Files are known by what they hold, not by their names: Prometheus configuration, rule files and
their tests, target files, web configuration, Helm values, and Kubernetes objects. What is none of
these is passed over. A comment `# obsctl: ignore RULE reason` switches a finding off, for its line
or the next. An `.obsctl.yaml` above PATH says for a whole repository what these flags say.

With --cluster the objects of a live cluster are one complete world. It asks for the rights to `list`
namespaces, services, pods, configmaps, deployments, statefulsets, daemonsets, jobs, cronjobs, roles,
rolebindings, clusterroles, clusterrolebindings, the kinds of monitoring.coreos.com and applications
of argoproj.io; with -n also to `get` that namespace, and in it a Role is enough. Without some of
them it goes on, and says which rules are silent. docs/lint-cluster.md has the roles to apply.

Examples:
  obsctl lint prometheus.yml rules
  obsctl lint . --prometheus-version 3.5 -o compact
  obsctl lint . --fix
  cat prometheus.yml | obsctl lint -
  obsctl lint --cluster -A")]
pub(crate) struct Args {
    /// Files, folders and globs; each is a world of its own. `-` is stdin
    #[arg(value_name = "PATH", required_unless_present_any = ["files", "cluster"])]
    paths: Vec<PathBuf>,
    /// The same as PATH
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// How to show it
    #[arg(short, long, value_name = "FORM", default_value = "pretty")]
    output: Output,
    /// Only these rules or families: `default` (those that are on without this), `all`
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = name)]
    pub(super) select: Option<Vec<Name>>,
    /// Not these rules or families
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = name)]
    pub(super) ignore: Vec<Name>,
    /// The least severity that makes the exit status 1 [default: error]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// The Prometheus that reads it [default: the newest that is known]
    #[arg(long, value_name = "VERSION")]
    pub(super) prometheus_version: Option<Version>,
    /// Feature flags it runs with, as Prometheus's own `--enable-feature`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) enable_feature: Vec<String>,
    /// Prometheus runs as an agent, as by its own `--agent`
    #[arg(long)]
    pub(super) agent: bool,
    /// Everything there is stands in each PATH: say too what nothing refers to
    #[arg(long)]
    pub(super) complete: bool,
    /// Make the safe fixes, and show what is left
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix or --diff: the fixes too that may change the meaning
    #[arg(long = "unsafe")]
    pub(super) all_fixes: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long, conflicts_with = "output")]
    pub(super) diff: bool,
    /// Only what is not in this file yet
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write all there is to the file of --baseline
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "diff"])]
    pub(super) update_baseline: bool,
    /// Only what stands in lines changed since this commit, and in new files
    #[arg(long, value_name = "REV", conflicts_with_all = ["fix", "diff", "update_baseline"])]
    pub(super) since_commit: Option<String>,
    #[command(flatten)]
    pub(super) cluster: ClusterArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Output {
    /// With excerpts
    Pretty,
    /// One line each
    Compact,
    /// One document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Commands of a GitHub workflow: annotations in a pull request
    Github,
    /// JUnit's XML, for CI systems
    Junit,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|err| match err.near {
        Some(near) => format!("{err}; did you mean `{near}`?"),
        None => format!("{err}; `obsctl explain` lists all"),
    })
}

impl Args {
    /// What clap cannot say.
    pub(super) fn check(&self) -> Result<()> {
        self.cluster.check()?;
        if self.cluster.is_on() {
            self.check_cluster()?;
        }
        let has_stdin = self.paths().any(|path| path == Path::new("-"));
        if has_stdin && self.since_commit.is_some() {
            let failure = Failure::new("`--since-commit` cannot tell which lines of stdin are new");
            return Err(failure.help("give paths of a git repository").into());
        }
        if has_stdin && self.fix && !self.diff {
            let failure = Failure::new("`--fix` cannot write to stdin");
            return Err(failure.help("give the path of the file; `--diff` shows the fixes").into());
        }
        if self.all_fixes && !self.fix && !self.diff {
            let failure = Failure::new("`--unsafe` alone changes nothing");
            return Err(failure.help("add `--fix`, or `--diff` to see it first").into());
        }
        Ok(())
    }

    /// What makes no sense of a live cluster.
    fn check_cluster(&self) -> Result<()> {
        let (flag, help) = if self.paths().next().is_some() {
            ("a PATH", "lint the files by themselves; what would select them there is not told yet")
        } else if self.fix || self.diff {
            (
                if self.diff { "`--diff`" } else { "`--fix`" },
                "mend the files that the objects come from: what is changed in a cluster alone is lost",
            )
        } else if self.since_commit.is_some() {
            ("`--since-commit`", "a cluster has no commits; `--baseline` knows what was found before")
        } else {
            return Ok(());
        };
        Err(Failure::new(format!("`--cluster` and {flag} do not go together")).help(help).into())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().chain(&self.files).map(PathBuf::as_path)
    }

    pub(super) fn fail_on(&self) -> Option<lint::FailOn> {
        Some(match self.fail_on? {
            FailOn::Error => lint::FailOn::Error,
            FailOn::Warning => lint::FailOn::Warning,
            FailOn::Info => lint::FailOn::Info,
            FailOn::Never => lint::FailOn::Never,
        })
    }

    pub(super) fn form(&self, ui: &Ui) -> Form {
        match self.output {
            Output::Pretty => Form::Pretty(Look { color: ui.paint().is_on(), width: ui.columns() }),
            Output::Compact => Form::Compact,
            Output::Json => Form::Json,
            Output::Sarif => Form::Sarif,
            Output::Github => Form::Github,
            Output::Junit => Form::Junit,
        }
    }

    /// Whether the last line of stderr says how much was found: for people.
    pub(super) fn says_totals(&self) -> bool {
        matches!(self.output, Output::Pretty | Output::Compact)
    }
}
