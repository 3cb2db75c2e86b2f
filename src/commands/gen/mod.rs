//! `obsctl gen`: what would otherwise be written by hand.

mod cluster;
mod exporter;
mod folder;
mod manifests;
mod place;
mod post;
mod project;
mod receiver;
mod sender;
mod source;
mod spec;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::ExitStatus;
use crate::ui::Ui;

/// Make what would otherwise be written by hand: manifests, an exporter.
#[derive(clap::Args, Debug)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Examples:
  obsctl gen spec
  obsctl gen manifests app --name shop -n shop-eu --target api:http-metrics
  obsctl gen exporter spool-exporter --lang go"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Manifests(Box<manifests::Args>),
    Exporter(exporter::Args),
    Spec(spec::Args),
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    match &args.command {
        Command::Manifests(args) => manifests::run(args, ui),
        Command::Exporter(args) => exporter::run(args, ui),
        Command::Spec(args) => spec::run(args, ui),
    }
}
