//! The command line: what can be typed. What it means is in [`crate::commands`].

use clap::{ArgAction, Parser, Subcommand};

use crate::commands::{decode, demo, explain, r#gen, inspect, lint, receive, why};
use crate::ui::{ColorChoice, Verbosity};

/// Receive, read, check and replay Prometheus remote-write traffic.
#[derive(Parser, Debug)]
#[command(name = "obsctl", version, disable_help_subcommand = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  obsctl demo                                   the whole loop on this machine in a few seconds
  obsctl receive                                a receiver; it says what to paste into a sender
  obsctl decode obsctl-capture                  what a capture holds: a summary and the first series
  obsctl decode obsctl-capture -o text          one sample a line, histograms drawn
  obsctl inspect top obsctl-capture --by job    series, samples and bytes by job
  obsctl why servicemonitor/web manifests       why it is not scraped, link by link

Exit status: 0 done, 1 found problems, 2 could not do its work, 130 after Ctrl-C.";

/// Flags of every command.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// When to colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Leave out progress and notes; warnings and errors stay
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on stderr (-vv: still more)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

impl Global {
    pub(crate) fn verbosity(&self) -> Verbosity {
        Verbosity::new(self.quiet, self.verbose)
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Receive(receive::Args),
    Decode(decode::Args),
    Inspect(inspect::Args),
    Lint(lint::Args),
    Why(why::Args),
    Explain(explain::Args),
    Gen(r#gen::Args),
    Demo(demo::Args),
}
