//! One file or folder for each subcommand: flags, gather, call, show, status.

pub(crate) mod decode;
pub(crate) mod demo;

pub(crate) mod explain;
mod input;
pub(crate) mod inspect;
pub(crate) mod lint;
pub(crate) mod receive;
