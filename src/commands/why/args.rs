//! Flags of `obsctl why`.

use std::path::PathBuf;

use anyhow::Result;

use crate::base::text::printable;
use crate::commands::cluster::Connection;
use crate::lint::why::{Question, Refused};
use crate::ui::Failure;

/// Follow one object from Prometheus to the pods and say which link is broken.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
KIND is servicemonitor, podmonitor, probe, scrapeconfig, rule, service, pod, deployment or another
workload, or what kubectl calls them for short. All PATHs together are one world, as applied to one
cluster; without PATH and --cluster it is the folder where we are. What is not in it is unknown (`?`),
and not broken. A pod is found by its name, or by that of what makes it.

Examples:
  obsctl why servicemonitor/web manifests
  obsctl why service/web manifests -n shop
  obsctl why servicemonitor/web manifests -o patch
  obsctl why http_requests_total --capture obsctl-capture")]
pub(crate) struct Args {
    /// KIND/NAME, or the name of a metric
    #[arg(value_name = "TARGET")]
    target: String,
    /// Files, folders and globs of manifests and configuration; `-` is stdin
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The same as PATH
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// The namespace of the object
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Everything there is stands in the PATHs: what is not there is broken
    #[arg(long)]
    pub(super) complete: bool,
    /// Of a metric: look for it in this capture too
    #[arg(long, value_name = "PATH")]
    pub(super) capture: Option<PathBuf>,
    /// How to show it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Output {
    /// A line for each link, and the broken one with both its sides
    Table,
    /// One document
    Json,
    /// What mends it, as `git apply -p0` and `patch -p0` take it
    Patch,
}

impl Args {
    /// What is asked, and what clap cannot say.
    pub(super) fn question(&self) -> Result<Question> {
        self.connection.check()?;
        let question =
            Question::parse(&self.target, self.namespace.as_deref()).map_err(|err| refused(&err))?;
        if self.capture.is_some() && !matches!(question, Question::Metric(_)) {
            let failure = Failure::new("`--capture` is for the name of a metric");
            return Err(failure.help("`obsctl why METRIC --capture PATH`").into());
        }
        if self.connection.cluster && self.output == Output::Patch {
            let failure = Failure::new("`--cluster` and `-o patch` do not go together");
            return Err(failure.help("give the files that the objects come from").into());
        }
        Ok(question)
    }

    /// Whether anything is asked of rules and objects, and not of a capture alone.
    pub(super) fn has_world(&self) -> bool {
        self.paths().next().is_some() || self.connection.cluster
    }

    /// What is read: the folder where we are, where nothing else is named.
    pub(super) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        let named = self.paths.iter().chain(&self.files).cloned();
        let nothing = self.paths.is_empty() && self.files.is_empty();
        let here = nothing && !self.connection.cluster && self.capture.is_none();
        named.chain(here.then(|| PathBuf::from(".")))
    }
}

fn refused(err: &Refused) -> anyhow::Error {
    let help = match err {
        Refused::Kind(_) => {
            "servicemonitor, podmonitor, probe, scrapeconfig, rule, service, pod, or a workload"
        }
        Refused::NoName(_) => "KIND/NAME, as in `servicemonitor/web`; the namespace is `-n NAMESPACE`",
        Refused::Metric(_) => "KIND/NAME, as in `servicemonitor/web`, or the name of a metric without labels",
    };
    Failure::new(printable(&err.to_string()).into_owned()).help(help).into()
}
