//! Web configuration: what `--web.config.file` names.

pub(super) mod incomplete_tls;
pub(super) mod password_hash;
pub(super) mod unknown_header;
