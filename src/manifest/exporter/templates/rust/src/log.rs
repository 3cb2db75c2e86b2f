//! Logs: one line of JSON for each, on stderr.

use tracing::level_filters::LevelFilter;

/// Sends all logs from `level` up to stderr.
pub fn configure(level: LevelFilter) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .init();
}
