//! What a client is told: where to send, as whom, how patiently.

use std::num::NonZero;
use std::time::Duration;

use super::secret::{SecretError, SecretSource};
use super::tls::{Tls, TlsConfigError};
use super::url::Url;

/// Everything that a [`Client`](super::Client) needs. [`Config::new`] has the defaults.
#[derive(Clone, Debug)]
pub struct Config {
    pub url: Url,
    pub auth: Option<Auth>,
    /// Header fields of every request; those of the protocol cannot be set.
    pub headers: Vec<Header>,
    pub tenant: Option<Tenant>,
    pub tls: Tls,
    pub timeouts: Timeouts,
    /// Requests at the same time, and so connections: more wait. Default 10.
    pub connections: NonZero<usize>,
}

impl Config {
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            url,
            auth: None,
            headers: Vec::new(),
            tenant: None,
            tls: Tls::default(),
            timeouts: Timeouts::default(),
            connections: NonZero::<usize>::MIN.saturating_add(9),
        }
    }
}

/// How the receiver knows who sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Auth {
    Basic {
        user: String,
        password: SecretSource,
    },
    /// `Authorization: SCHEME CREDENTIALS`; the scheme is usually `Bearer`.
    Credentials {
        scheme: String,
        credentials: SecretSource,
    },
}

/// A header field of every request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    pub name: String,
    pub value: SecretSource,
}

/// Whose data it is, for receivers with tenants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tenant {
    /// `X-Scope-OrgID` for Mimir, Cortex and Loki; `THANOS-TENANT` for Thanos.
    pub header: String,
    pub id: String,
}

impl Tenant {
    /// The header of Mimir's.
    pub const HEADER: &str = "X-Scope-OrgID";

    pub fn new(id: impl Into<String>) -> Self {
        Self { header: Self::HEADER.to_owned(), id: id.into() }
    }
}

/// How long the client waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For name, connection and TLS together. Default 10 s.
    pub connect: Duration,
    /// For a whole request, connecting included. Default 30 s, as Prometheus has it.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), request: Duration::from_secs(30) }
    }
}

/// Why a client cannot be made of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("header `{0}` is set by obsctl itself or by the connection: leave it out")]
    Reserved(String),
    #[error(
        "header `authorization` cannot be given as a header: give a user name with a password file, or a \
         credentials file"
    )]
    Authorization,
    #[error("`{0}` is no name of a header")]
    HeaderName(String),
    #[error("the value of header `{0}` has a line break or another control character")]
    HeaderValue(String),
    #[error("header `{0}` is given twice")]
    HeaderTwice(String),
    #[error("a user name for basic auth can hold no `:` and no control characters")]
    User,
    #[error("`{}` is no authorization scheme: write one word such as `Bearer`", crate::base::text::escape(.0))]
    Scheme(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Tls(#[from] TlsConfigError),
}

/// What a configuration lets happen that its user should know. Not an error; a command prints it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// Everybody on the way to a receiver on another machine can read the credentials.
    CredentialsInClear { peer: String },
    /// Nobody looks who answers.
    NotVerified { peer: String },
    /// TLS is configured, and the URL is `http://`.
    TlsUnused { peer: String },
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CredentialsInClear { peer } => {
                write!(
                    f,
                    "credentials go to {peer} unencrypted: everybody on the way can read them; use `https://`"
                )
            }
            Self::NotVerified { peer } => write!(
                f,
                "the certificate of {peer} is not checked: whoever is on the way can read and change everything"
            ),
            Self::TlsUnused { peer } => {
                write!(f, "the TLS options are not used: the URL of {peer} begins with `http://`")
            }
        }
    }
}
