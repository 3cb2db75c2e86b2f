//! `obsctl gen`: what would otherwise be written by hand.

mod exporter;
mod project;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::ExitStatus;
use crate::ui::Ui;

/// Make what would otherwise be written by hand.
#[derive(clap::Args, Debug)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Examples:
  obsctl gen exporter spool-exporter --lang go
  obsctl gen exporter nightly-report --lang python --mode batch"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Exporter(exporter::Args),
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    match &args.command {
        Command::Exporter(args) => exporter::run(args, ui),
    }
}
