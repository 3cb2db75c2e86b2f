//! `obsctl gen`: what would otherwise be written by hand.

mod cluster;
mod folder;
mod manifests;
mod source;
mod spec;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::ExitStatus;
use crate::ui::Ui;

/// Make manifests from a description in a few words.
#[derive(clap::Args, Debug)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Examples:
  obsctl gen spec
  obsctl gen manifests app --name shop -n shop-eu --target api:http-metrics"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Manifests(Box<manifests::Args>),
    Spec(spec::Args),
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    match &args.command {
        Command::Manifests(args) => manifests::run(args, ui),
        Command::Spec(args) => spec::run(args, ui),
    }
}
