//! The annotation by which an application asks for its metrics to be collected, and the Telegraf config made of it.
//!
//! [`check`] judges the annotations of an object in a YAML file; [`read`] reads the text of our own annotation into
//! endpoints; [`merge`] puts together what several objects ask for one namespace; [`config`] writes the TOML. Nothing
//! here does I/O or knows what runs where.
//!
//! What must always hold, since annotations are written by people who may not see the collector's credentials:
//! no text from an annotation reaches the TOML that Telegraf would expand (see [`expand`]), no option is taken that reads
//! a file, runs a program, finds targets by itself or carries a credential, and no credential is repeated in a finding.

pub mod config;
mod duration;
mod endpoint;
pub mod expand;
mod exposed;
mod host;
mod keys;
mod limits;
mod merge;
mod pod;
#[cfg(test)]
mod properties;
mod raw;
mod read;
mod sink;
mod target;
mod url;
mod value;

pub use endpoint::{Endpoint, Scrape};
pub use exposed::{Exposed, exposed};
pub use host::Reach;
pub use keys::{Checked, Level, check, size};
pub use merge::{Conflict, Kind, Merged, Source, merge};
pub use read::{Held, Reading, read};
pub use target::{Elsewhere, target};

/// The annotation's key where nothing else is said.
pub const KEY: &str = "telegraf.influxdata.com/rubin-telegraf-operator";

/// What an installation decides about annotations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The annotation's key, prefix and name: `telegraf.influxdata.com/rubin-telegraf-operator`.
    pub key: String,
    /// Whether the text may be TOML (`[[inputs.prometheus]]` and nothing else) instead of YAML.
    pub raw_toml: bool,
    /// Which hosts an endpoint may have.
    pub reach: Reach,
}

impl Default for Options {
    fn default() -> Self {
        Self { key: KEY.to_owned(), raw_toml: false, reach: Reach::Anywhere }
    }
}
