//! `obsctl gen spec`: an `obsctl.yaml` to begin with.
//!
//! Exit status: 0 printed, 2 what it is to be inferred from cannot be read.

use std::path::PathBuf;

use anyhow::Result;

use super::source;
use crate::exit::ExitStatus;
use crate::manifest;
use crate::ui::Ui;

/// Print an obsctl.yaml, commented: an example, or what existing manifests say.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "obsctl gen spec [OPTIONS]",
    after_help = "\
What it prints is what `obsctl gen manifests -f` takes. With --from it is inferred,
and comments say from what and why.

Examples:
  obsctl gen spec
  obsctl gen spec | obsctl gen manifests -f -"
)]
pub(super) struct Args {
    /// Infer it from these manifests: files, folders, or `-`
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    if args.from.is_empty() {
        ui.out().write_all(manifest::example().as_bytes())?;
    } else {
        let text = source::inferred(&args.from, ui)?;
        ui.out().write_all(text.as_bytes())?;
    }
    Ok(ExitStatus::Success)
}
