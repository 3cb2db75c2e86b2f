//! Everything that needs the built program, real peers, or the source tree itself: one binary for all.
#![allow(clippy::print_stderr, reason = "a test speaks to whoever runs it")]

mod layers;
mod prometheus;
mod support;
mod vmagent;
