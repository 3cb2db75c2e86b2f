//! Scans a spool folder once, pushes its metrics to a Pushgateway, and ends.
//!
//! Exit status: 0 scanned and pushed, 1 the scan or the push failed, 2 usage.

mod log;
mod metrics;
mod push;
mod spool;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Parser;
use prometheus::Registry;
use tracing::level_filters::LevelFilter;
use tracing::{error, info};

use crate::metrics::Metrics;
use crate::push::{Gateway, Label};

/// Pushes Prometheus metrics of a spool folder.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The spool: a folder of queues
    #[arg(long)]
    folder: PathBuf,
    /// URL of the Pushgateway
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9091")]
    pushgateway: String,
    /// Part of the grouping key beside job=@NAME@: what one run replaces (repeatable)
    #[arg(long, value_name = "LABEL=VALUE")]
    grouping: Vec<Label>,
    /// Seconds that the push may take
    #[arg(long, default_value = "10", value_parser = clap::value_parser!(u64).range(1..3600))]
    timeout: u64,
    /// off, error, warn, info, debug or trace
    #[arg(long, default_value = "info")]
    log_level: LevelFilter,
}

fn main() -> ExitCode {
    let args = Args::parse();
    log::configure(args.log_level);
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            error!(%error, pushgateway = args.pushgateway, "cannot push");
            ExitCode::FAILURE
        }
    }
}

/// One run: whether the scan succeeded; an error when the result could not be pushed.
fn run(args: &Args) -> Result<bool, Box<dyn std::error::Error>> {
    let gateway = Gateway::new(&args.pushgateway, &args.grouping, Duration::from_secs(args.timeout));
    let registry = Registry::new();
    let metrics = Metrics::new(&registry, Duration::MAX, Arc::new(SystemTime::now))?;
    match metrics.scan(&args.folder) {
        Ok(queues) => {
            info!(folder = %args.folder.display(), queues, "scanned");
            gateway.success(&registry)?;
            info!(pushgateway = args.pushgateway, "pushed");
            Ok(true)
        }
        Err(error) => {
            error!(folder = %args.folder.display(), %error, "cannot scan");
            gateway.failure()?;
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}
