//! `--diff --cluster`: what a server-side dry run would change, asked of the `kubectl` that people have.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::ui::{Failure, Ui};

/// Which cluster, as kubectl means it.
#[derive(clap::Args, Debug)]
pub(super) struct ClusterArgs {
    /// With --diff: against the live cluster, by a server-side dry run of kubectl
    #[arg(long, requires = "diff", conflicts_with = "out")]
    pub(super) cluster: bool,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME", requires = "cluster")]
    context: Option<String>,
    /// The kubeconfig
    #[arg(long, value_name = "FILE", requires = "cluster")]
    kubeconfig: Option<PathBuf>,
}

/// Shows what applying `text` would change; whether it would change anything.
pub(super) fn diff(args: &ClusterArgs, text: &str, ui: &mut Ui) -> Result<bool> {
    let mut command = Command::new("kubectl");
    command.args(["diff", "--server-side", "-f", "-"]);
    if let Some(context) = &args.context {
        command.arg("--context").arg(context);
    }
    if let Some(file) = &args.kubeconfig {
        command.arg("--kubeconfig").arg(file);
    }
    let cannot = |err: std::io::Error| {
        Failure::new("cannot run `kubectl diff`").cause(err).help("`--cluster` needs kubectl on the PATH")
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let input = child.stdin.take();
    // Fed beside the reading: kubectl may answer before it has read all.
    let output = std::thread::scope(|scope| {
        scope.spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        child.wait_with_output()
    })
    .map_err(cannot)?;
    ui.out().write_all(&output.stdout)?;
    match output.status.code() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr);
            let help = "the namespace must be there, and the CRDs of the Prometheus operator";
            Err(Failure::new("`kubectl diff --server-side` failed")
                .cause(said.trim().to_owned())
                .help(help)
                .into())
        }
    }
}
