//! How the program ends: one status, mapped to a number in one place.

use std::process::ExitCode;

/// What the exit status says. Scripts rely on the numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitStatus {
    /// 0: done, nothing found wrong; also when the reader of our stdout has gone.
    Success,
    /// 1: did its work and found problems, such as records that cannot be decoded.
    Findings,
    /// 2: could not do its work: usage, unreadable input, nothing decodable, bad config.
    Failure,
    /// 130: ended by Ctrl-C (128 + SIGINT). Servers drain and end with `Success` instead.
    Interrupted,
}

impl ExitStatus {
    /// The number the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Findings => 1,
            Self::Failure => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
