//! One file or folder for each subcommand: flags, gather, call, show, status.

pub(crate) mod decode;
pub(crate) mod inspect;
