//! Everything that needs the built program, real peers, or the source tree itself: one binary for all.
#![allow(clippy::print_stderr, reason = "a test speaks to whoever runs it")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "real peers live by the clock, and are found by the environment"
)]

mod cli;
mod cluster;
mod demo;
mod kill;
mod layers;
mod lint_corpus;
mod lint_promtool;
mod prometheus;
mod promql;
mod promtool;
mod receive;
mod relabel;
mod schema;
mod support;
mod vmagent;
mod wire_table;
