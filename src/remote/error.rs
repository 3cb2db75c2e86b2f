//! Why a request has no answer: each way apart, with the peer, and with what to do about it.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use super::secret::SecretError;
use super::tls::{self, TlsConfigError, TlsFault};

/// Why there is no answer. Everything here may pass, so that a sender tries again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the name `{host}` cannot be resolved: {source}")]
    Resolve { host: String, source: io::Error },
    #[error("{peer} refuses the connection")]
    Refused { peer: String },
    #[error("cannot connect to {peer}: {source}")]
    Connect { peer: String, source: io::Error },
    #[error("no connection to {peer} within {} s", time.as_secs_f64())]
    ConnectTimeout { peer: String, time: Duration },
    #[error("no TLS with {peer}: {fault}")]
    Tls { peer: String, fault: TlsFault },
    #[error("no answer from {peer} within {} s", time.as_secs_f64())]
    Timeout { peer: String, time: Duration },
    #[error("{peer} closed the connection without an answer")]
    Closed { peer: String },
    #[error("the answer of {peer} is not HTTP/1.1: {source}")]
    NotHttp { peer: String, source: hyper::Error },
    #[error("the connection to {peer} broke: {source}")]
    Broken { peer: String, source: hyper::Error },
    #[error("the answer of {peer} is larger than {limit} bytes")]
    TooLarge { peer: String, limit: usize },
    /// A secret's file went bad after the start.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A certificate's file went bad after the start.
    #[error(transparent)]
    TlsFiles(#[from] TlsConfigError),
}

impl Error {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Resolve { .. } => "look for a mistake in the host of the URL",
            Self::Refused { .. } => "start the receiver, or look for a mistake in the port of the URL",
            Self::ConnectTimeout { .. } => "nothing may be there, or a firewall drops the packets",
            Self::Tls { fault, .. } => return fault.help(),
            Self::Timeout { .. } => "raise `--timeout`, or look why the receiver is slow",
            Self::NotHttp { .. } => "look whether the port speaks TLS (`https://`) or another protocol",
            Self::Connect { .. }
            | Self::Closed { .. }
            | Self::Broken { .. }
            | Self::TooLarge { .. }
            | Self::Secret(_)
            | Self::TlsFiles(_) => return None,
        })
    }

    /// What a failed connection attempt means.
    pub(super) fn connect(peer: &str, source: io::Error) -> Self {
        let peer = peer.to_owned();
        match source.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused { peer },
            _ => Self::Connect { peer, source },
        }
    }

    /// What a failed handshake means.
    pub(super) fn handshake(peer: &str, source: io::Error) -> Self {
        let fault = tls::fault_of(&source).or_else(|| is_gone(&source).then_some(TlsFault::Closed));
        match fault {
            Some(fault) => Self::Tls { peer: peer.to_owned(), fault },
            None => Self::Connect { peer: peer.to_owned(), source },
        }
    }

    /// What a broken exchange means, of which no byte (`silent`) or some of the answer had come.
    pub(super) fn exchange(peer: &str, source: hyper::Error, silent: bool) -> Self {
        let peer = peer.to_owned();
        if let Some(fault) = tls::fault_of(&source) {
            return Self::Tls { peer, fault };
        }
        if source.is_parse() || source.is_parse_too_large() {
            return Self::NotHttp { peer, source };
        }
        if silent && was_closed(&source) { Self::Closed { peer } } else { Self::Broken { peer, source } }
    }
}

/// Whether the peer ended the connection, rather than said something wrong.
pub(super) fn was_closed(err: &hyper::Error) -> bool {
    let io = err.source().and_then(|source| source.downcast_ref::<io::Error>());
    err.is_canceled() || err.is_closed() || err.is_incomplete_message() || io.is_some_and(is_gone)
}

fn is_gone(err: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        err.kind(),
        Kind::BrokenPipe
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::UnexpectedEof
            | Kind::NotConnected
    )
}
