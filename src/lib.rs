//! obsctl: receive, read, check and replay Prometheus remote-write traffic.
//!
//! The crate is one program. Its modules stand on four floors, and imports point down only
//! (`tests/it/layers.rs` holds the table):
//!
//! - `commands` — one file per subcommand: flags, gather, call, show, status; `ui` — the only writer to
//!   stdout and stderr;
//! - domains: `receive`, `inspect`;
//! - libraries: `wire`, `capture`, `selector`, `exposition`, `remote`;
//! - `base` — time, sizes, durations, names.
//!
//! Not a stable library: what is `pub` is so for the binary, the benches and the tests.

pub mod base;
pub mod capture;
pub mod exposition;
pub mod inspect;
pub mod receive;
pub mod remote;
pub mod selector;
pub mod wire;
