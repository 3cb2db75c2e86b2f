//! Sending remote write: a client for one receiver, and the rules of what is sent again, in another form, or never.
//!
//! [`Client`] is one request and its answer; [`judge`] says what the answer means; [`Sender`] goes on until a request
//! has an end. Bodies come from the caller, encoded and compressed. What is sent again and what is dropped stands in
//! `docs/sending.md`.
//!
//! No proxy, no redirect, no HTTP/2. What comes back is bounded in size and time. No error, Debug or log line of this
//! module holds a credential, a query of a URL, or what a receiver says back of them.

mod answer;
mod backoff;
mod client;
mod config;
mod connect;
mod error;
mod fields;
mod format;
mod secret;
mod sender;
#[cfg(test)]
mod tests;
mod tls;
mod url;
mod verdict;

use std::time::Duration;

use bytes::Bytes;

pub use self::answer::{Counts, Response, Timing, Written};
pub use self::backoff::{Backoff, Chance, Policy};
pub use self::client::{AGENT, Client};
pub use self::config::{Auth, Config, ConfigError, Header, Note, Tenant, Timeouts};
pub use self::error::Error;
pub use self::fields::looks_secret;
pub use self::format::{Format, Ladder, Unsupported};
pub use self::secret::{Secret, SecretError, SecretSource};
pub use self::sender::{Body, Delivery, Event, Outcome, Sender};
pub use self::tls::{Tls, TlsConfigError, TlsFault, TlsVersion};
pub use self::url::{Redacted, Url, UrlError};
pub use self::verdict::{Failure, Refusal, Refused, Verdict, judge};

/// Why a page could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    #[error(transparent)]
    Url(#[from] UrlError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Request(#[from] Error),
}

/// Reads a page over a connection of its own: its status and its body.
///
/// # Errors
///
/// When there is no answer within `time`, or one of more than `max` bytes.
pub async fn get(url: &str, max: usize, time: Duration) -> Result<(u16, Bytes), GetError> {
    let mut config = Config::new(url.parse()?);
    config.timeouts = Timeouts { connect: time, request: time };
    Ok(Client::new(config)?.get(max).await?)
}
