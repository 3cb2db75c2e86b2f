//! Prometheus metrics of a spool folder: scans the spool every interval and answers scrapes in between.

mod log;
mod metrics;
mod server;
mod spool;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Parser;
use prometheus::Registry;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing::{error, info};

use crate::metrics::Metrics;

/// Prometheus metrics of a spool folder.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The spool: a folder of queues
    #[arg(long)]
    folder: PathBuf,
    /// Address to listen on: HOST:PORT
    #[arg(long, default_value = "[::]:@PORT@")]
    listen: String,
    /// Seconds between scans
    #[arg(long, default_value = "15", value_parser = seconds)]
    interval: Duration,
    /// off, error, warn, info, debug or trace
    #[arg(long, default_value = "info")]
    log_level: LevelFilter,
}

/// One thread is enough: an answer is a few kilobytes from memory, and scans have a thread of their own.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    log::configure(args.log_level);
    let registry = Registry::new();
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    let metrics = Metrics::new(&registry, 3 * args.interval, Arc::new(SystemTime::now))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = match TcpListener::bind(&args.listen).await {
        Ok(listener) => listener,
        Err(error) => {
            error!(address = args.listen, %error, "cannot listen");
            return Err(error.into());
        }
    };
    info!(address = %listener.local_addr()?, folder = %args.folder.display(), "listening");

    // Nobody waits for it: a scan that hangs must not keep the program from ending.
    std::thread::spawn(move || watch(&metrics, &args));
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    server::serve(listener, registry, stop).await;
    info!("stopped");
    Ok(())
}

/// Scans now and then every interval, for as long as the program lives.
fn watch(metrics: &Metrics, args: &Args) {
    loop {
        if let Err(error) = metrics.scan(&args.folder) {
            error!(folder = %args.folder.display(), %error, "cannot scan");
        }
        std::thread::sleep(args.interval);
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && duration < Duration::from_secs(86_400) => Ok(duration),
        _ => Err("an interval is above 0 and below a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "x", "0", "-1", "NaN", "inf", "86400"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}
