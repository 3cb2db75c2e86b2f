//! One file or folder for each subcommand: flags, gather, call, show, status.

pub(crate) mod decode;

mod input;
pub(crate) mod inspect;
