//! The first lines of `obsctl receive`: where it listens, what it keeps, and what to paste into a sender.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use super::Args;
use crate::base::duration;
use crate::base::text::count;
use crate::base::time::UnixNanos;
use crate::capture::{OpenError, Queue, Recovery};
use crate::receive::Store;
use crate::ui::{Failure, Ui};

/// Opens what requests are kept in, and tells what was found there.
pub(super) fn store(args: &Args, ui: &mut Ui) -> Result<Store> {
    let Some(folder) = args.folder() else { return Ok(Store::nowhere()) };
    let (store, found) = Store::open(folder, args.options(), Queue::default(), UnixNanos::now())
        .map_err(|err| cannot_open(folder, err))?;
    for recovery in &found {
        tell(ui, recovery);
    }
    Ok(store)
}

fn cannot_open(folder: &Path, err: OpenError) -> anyhow::Error {
    let help = match &err {
        OpenError::Locked { .. } => "stop the other receiver, or choose another folder with `--capture`",
        OpenError::Foreign { .. } | OpenError::NotAFolder { .. } => {
            "choose a new or an empty folder with `--capture`"
        }
        OpenError::NewerFormat { .. } => "use the newer obsctl, or choose another folder with `--capture`",
        OpenError::SinkName { .. } => "give the sink another name",
        OpenError::Io { .. } => "choose a folder that can be written with `--capture`",
    };
    let message = format!("cannot keep requests in `{}`", folder.display());
    Failure::new(message).cause(err).help(help).into()
}

pub(super) fn cannot_listen(address: SocketAddr, err: io::Error) -> anyhow::Error {
    let help = match err.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has the port: stop it, or choose another with `--listen` (port 0 takes a free one)"
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: choose one that it has",
        io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege: choose a higher one",
        _ => "choose another address with `--listen`",
    };
    Failure::new(format!("cannot listen on `{address}`")).cause(err).help(help).into()
}

/// What the last writer of the folder left behind.
fn tell(ui: &mut Ui, recovery: &Recovery) {
    for segment in &recovery.unsealed {
        let file = segment.file.display();
        if segment.cut > 0 {
            ui.warning(format_args!(
                "`{file}`: {} of a torn tail cut off; {} before it kept",
                count(segment.cut, "byte"),
                count(segment.requests, "request"),
            ));
        } else if !segment.removed {
            ui.note(format_args!("`{file}` was not sealed; {} kept", count(segment.requests, "request")));
        }
    }
    if recovery.damaged > 0 {
        let places = count(recovery.damaged as u64, "place");
        ui.warning(format_args!(
            "{places} of the capture are damaged and left as they are: `obsctl decode` shows them"
        ));
    }
    for finding in &recovery.cursors {
        ui.warning(finding);
    }
    for name in &recovery.ignored {
        ui.warning(format_args!("`{}` in the folder is not part of the capture: ignored", name.display()));
    }
}

/// Says where the receiver listens and what it keeps, and how a Prometheus is told to send here.
pub(super) fn greet(args: &Args, ui: &mut Ui, address: SocketAddr) -> Result<()> {
    let mut ring = args.retain_size.to_string();
    if let Some(time) = args.retain_time {
        ring.push_str(&format!(" or {}", duration::render(time)));
    }
    if args.log_format.is_some() {
        match args.folder() {
            None => tracing::info!(capture = "none", "listening on http://{address}"),
            Some(folder) => {
                tracing::info!(capture = %folder.display(), ring, "listening on http://{address}");
            }
        }
    } else {
        ui.note(format_args!("listening on http://{address}"));
        match args.folder() {
            None => ui.note("nothing is kept (--capture none)"),
            Some(folder) => ui.note(format_args!("capture in {} (a ring of {ring})", folder.display())),
        }
        ui.note("paste into prometheus.yml:");
        ui.note("");
        for line in paste(address).lines() {
            ui.note(line);
        }
        ui.note("");
    }
    if !address.ip().is_loopback() {
        ui.warning(format_args!(
            "{address} is not loopback: whoever reaches it can write here, there is no authentication"
        ));
    }
    Ok(())
}

/// The block for `prometheus.yml`. An unspecified address is no address to send to.
fn paste(address: SocketAddr) -> String {
    let host = if address.ip().is_unspecified() {
        format!("THIS-HOST:{}", address.port())
    } else {
        address.to_string()
    };
    format!(
        "\
remote_write:
  - url: http://{host}/api/v1/write
    protobuf_message: io.prometheus.write.v2.Request  # leave out before Prometheus 3.0: remote write 1.0
    send_exemplars: true
    send_native_histograms: true"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_send_to_an_unspecified_address() {
        assert!(paste("0.0.0.0:9201".parse().unwrap()).contains("http://THIS-HOST:9201/api/v1/write"));
        assert!(paste("[::1]:80".parse().unwrap()).contains("http://[::1]:80/api/v1/write"));
    }
}
