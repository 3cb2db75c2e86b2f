//! One file or folder for each subcommand: flags, gather, call, show, status.

pub(crate) mod decode;
pub(crate) mod demo;

mod input;
pub(crate) mod inspect;
pub(crate) mod receive;
