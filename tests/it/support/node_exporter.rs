//! A real node exporter: hundreds of series that nobody here made up.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::http;
use super::process::{self, Process};

pub(crate) struct NodeExporter {
    pub(crate) address: SocketAddr,
    _process: Process,
}

impl NodeExporter {
    pub(crate) fn start(binary: &Path) -> Self {
        let address = process::free_address();
        let mut command = Command::new(binary);
        command.arg(format!("--web.listen-address={address}"));
        command.args(["--no-collector.systemd", "--no-collector.textfile"]);
        let process = Process::start(command);
        http::wait_ready(address, "/");
        Self { address, _process: process }
    }
}
