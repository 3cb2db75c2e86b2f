//! Errors as people read them: what and where, the chain of causes, and how to mend it.
//!
//! ```text
//! error: cannot read `run7/00000000000000000003.rwcap`
//!   cause: permission denied (os error 13)
//!   help: the capture belongs to the user that ran `obsctl receive`
//! ```

use std::error::Error;
use std::fmt;

use super::{Paint, printable};

/// An error of a command: what it could not do, why, and what mends it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    help: Option<String>,
}

impl Failure {
    /// `message` says what could not be done, and where: lower case, no full stop, values in backticks.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None, help: None }
    }

    /// Why, as the layer below says it.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What the user can do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as &(dyn Error + 'static))
    }
}

/// The lines of a report, without line ends. A cause that only repeats the end of the line above is left out.
pub(super) fn lines(err: &anyhow::Error, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let mut helps = Vec::new();
    let mut above = String::new();
    for (depth, level) in err.chain().enumerate() {
        let said = level.to_string();
        if depth == 0 {
            lines.push(format!("{} {}", paint.error("error:"), printable(&said)));
        } else if !above.ends_with(&said) {
            lines.push(format!("  {} {}", paint.bold("cause:"), printable(&said)));
        }
        if let Some(help) = level.downcast_ref::<Failure>().and_then(|failure| failure.help.as_ref()) {
            helps.push(format!("  {} {}", paint.help("help:"), printable(help)));
        }
        above = said;
    }
    lines.append(&mut helps);
    lines
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[track_caller]
    fn check(err: &anyhow::Error, expect: &[&str]) {
        assert_eq!(lines(err, Paint::OFF), expect);
    }

    #[test]
    fn says_what_why_and_how_to_mend() {
        let denied = std::io::Error::other("permission denied");
        let failure = Failure::new("cannot read `a.rwcap`").cause(denied).help("run as its owner");
        let expect =
            ["error: cannot read `a.rwcap`", "  cause: permission denied", "  help: run as its owner"];
        check(&failure.into(), &expect);
    }

    #[test]
    fn help_of_a_deeper_level_is_kept() {
        let err = Err::<(), _>(Failure::new("no such file").help("give a path")).context("cannot start");
        check(&err.unwrap_err(), &["error: cannot start", "  cause: no such file", "  help: give a path"]);
    }

    #[test]
    fn a_cause_said_already_is_not_repeated() {
        let err = anyhow::Error::from(Failure::new("cannot read: disk on fire").cause("disk on fire"));
        check(&err, &["error: cannot read: disk on fire"]);
    }
}
