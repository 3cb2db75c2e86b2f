//! One file or folder for each subcommand: flags, gather, call, show, status.

#[cfg_attr(not(test), expect(dead_code, reason = "for the commands that send, which are not there yet"))]
mod client;
mod cluster;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod r#gen;
mod input;
pub(crate) mod inspect;
mod kustomize;
pub(crate) mod lint;
pub(crate) mod receive;
pub(crate) mod why;
mod world;
