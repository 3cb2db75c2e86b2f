//! obsctl: receive, read, check and replay Prometheus remote-write traffic.
//!
//! The crate is one program. Its modules stand on four floors, and imports point down only
//! (`tests/it/layers.rs` holds the table):
//!
//! - `cli` and `commands` — one file or folder per subcommand: flags, gather, call, show, status; `ui` — the
//!   only writer to stdout and stderr;
//! - domains: `receive`, `inspect`, `lint`, `manifest`;
//! - libraries: `render`, `wire`, `capture`, `selector`, `relabel`, `promql`, `yaml`, `diagnostic`, `series`,
//!   `k8s`, `telegraf`, `exposition`, `remote`;
//! - `base` — time, sizes, durations, names.
//!
//! Not a stable library: what is `pub` is so for the binary, the benches and the tests.

pub mod base;
pub mod capture;
mod cli;
mod commands;
pub mod diagnostic;
mod exit;
pub mod exposition;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod inspect;
pub mod k8s;
pub mod lint;
pub mod manifest;
pub mod promql;
pub mod receive;
pub mod relabel;
pub mod remote;
pub mod render;
pub mod selector;
pub mod series;
pub mod telegraf;
pub mod ui;
pub mod wire;
pub mod yaml;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use exit::ExitStatus;
use ui::{ColorChoice, Ui, Verbosity};

/// Runs the program with `args` (the first is its name) on the process's own streams.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(answer) => {
            let mut ui = Ui::new(ColorChoice::Auto, Verbosity::Normal);
            let status = if answer.use_stderr() { ExitStatus::Failure } else { ExitStatus::Success };
            let result = ui.usage(&answer).map(|()| status);
            return finish(result.map_err(Into::into), &mut ui);
        }
    };
    let mut ui = Ui::new(cli.global.color, cli.global.verbosity());
    let result = match &cli.command {
        Command::Receive(args) => commands::receive::run(args, &mut ui),
        Command::Decode(args) => commands::decode::run(args, &mut ui),
        Command::Inspect(args) => commands::inspect::run(args, &mut ui),
        Command::Demo(args) => commands::demo::run(args, &mut ui),
        Command::Explain(args) => commands::explain::run(args, &mut ui),
        Command::Lint(args) => commands::lint::run(args, &mut ui),
        Command::Gen(args) => commands::r#gen::run(args, &mut ui),
        Command::Why(args) => commands::why::run(args, &mut ui),
    };
    finish(result, &mut ui)
}

/// The last word of every command: hands out what is still buffered and reports what ended it.
fn finish(result: anyhow::Result<ExitStatus>, ui: &mut Ui) -> ExitCode {
    ui.end_progress();
    let flushed = ui.flush();
    let result = result.and_then(|status| {
        flushed.map_err(|err| ui::Failure::new("cannot write to stdout").cause(err))?;
        Ok(status)
    });
    let status = match result {
        Ok(status) => status,
        Err(_) if ui.stdout_closed() => ExitStatus::Success,
        Err(err) => {
            ui.report(&err);
            ExitStatus::Failure
        }
    };
    status.into()
}
