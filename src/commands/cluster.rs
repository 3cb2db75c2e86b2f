//! A live cluster as a world: the flags that choose it, and its objects as texts.

#[cfg(feature = "kube")]
mod live;

use std::path::PathBuf;

use anyhow::Result;

#[cfg(feature = "kube")]
pub(super) use self::live::read;
use crate::k8s::Selector;
use crate::ui::Failure;
#[cfg(not(feature = "kube"))]
use crate::{commands::world::Found, k8s::Kind, ui::Ui};

/// Which cluster it is, as kubectl has it.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Live cluster")]
pub(crate) struct Connection {
    /// Read the objects of a live cluster; nothing is written to it
    #[arg(long)]
    pub(crate) cluster: bool,
    /// Context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The kubeconfig [default: $KUBECONFIG, ~/.kube/config, or the account of the pod that this runs in]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Read Secrets too: their keys, and the Prometheus configuration in them; no other value is kept
    #[arg(long)]
    secrets: bool,
}

/// The cluster and what of it is read.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Live cluster")]
pub(crate) struct ClusterArgs {
    #[command(flatten)]
    connection: Connection,
    /// This namespace alone [default: that of the context]
    #[arg(short, long, value_name = "NAME", conflicts_with = "all_namespaces")]
    namespace: Option<String>,
    /// Every namespace
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Show only what is found in objects with these labels; the others are read all the same
    #[arg(short = 'l', long, value_name = "LABELS", value_parser = selector)]
    selector: Option<Selector>,
}

fn selector(text: &str) -> Result<Selector, String> {
    Selector::parse(text).map_err(|fault| fault.value.to_string())
}

impl Connection {
    /// Refuses flags that say something of a cluster where none is read.
    pub(crate) fn check(&self) -> Result<()> {
        let flags = [
            ("--context", self.context.is_some()),
            ("--kubeconfig", self.kubeconfig.is_some()),
            ("--secrets", self.secrets),
        ];
        self.refuse(&flags)
    }

    fn refuse(&self, flags: &[(&str, bool)]) -> Result<()> {
        match flags.iter().find(|(_, given)| *given && !self.cluster) {
            Some((flag, _)) => {
                let failure = Failure::new(format!("`{flag}` chooses among the objects of a live cluster"));
                Err(failure.help("add `--cluster`, or leave it out").into())
            }
            None => Ok(()),
        }
    }

    /// All of that cluster.
    pub(crate) fn everything(&self) -> ClusterArgs {
        ClusterArgs { connection: self.clone(), namespace: None, all_namespaces: true, selector: None }
    }
}

impl ClusterArgs {
    /// Whether one is read.
    pub(crate) fn is_on(&self) -> bool {
        self.connection.cluster
    }

    /// Refuses flags that say something of a cluster where none is read.
    pub(crate) fn check(&self) -> Result<()> {
        let flags = [
            ("--namespace", self.namespace.is_some()),
            ("--all-namespaces", self.all_namespaces),
            ("--selector", self.selector.is_some()),
        ];
        self.connection.refuse(&flags)?;
        self.connection.check()
    }
}

/// The objects of these kinds as texts.
#[cfg(not(feature = "kube"))]
pub(super) fn read(_: &ClusterArgs, _: &[Kind], _: &mut Ui) -> Result<Option<Found>> {
    let failure = Failure::new("`--cluster` is not in this program: it was built without the feature `kube`");
    Err(failure.help("save the objects by `kubectl get -o yaml`, and give the files").into())
}
