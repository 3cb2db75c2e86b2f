//! Versions of Prometheus, by which its config, its relabeling and its query language differ.

use std::fmt;
use std::str::FromStr;

/// A version of Prometheus. Patch releases change nothing that is read here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    pub major: u16,
    pub minor: u16,
}

/// Why a text is no version.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{}` is no version of Prometheus: write it as `3.5`", super::text::escape(&super::text::clip(.text, 60)))]
pub struct VersionError {
    text: String,
}

impl Version {
    /// The newest whose rules are known here.
    pub const NEWEST: Self = Self::new(3, 14);

    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    /// Reads `3.5`, `v3.5.1` or `3.5.0-rc.1`; `3` is 3.0. The patch level, and what a pre-release or a build adds to
    /// it, count for nothing. Newer ones than [`Version::NEWEST`] are taken.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        read(text).ok_or_else(|| VersionError { text: text.to_owned() })
    }
}

fn read(text: &str) -> Option<Version> {
    let number = text.strip_prefix('v').unwrap_or(text);
    let end = number.find(['-', '+']).unwrap_or(number.len());
    let parts = number[..end].split('.').map(digits).collect::<Option<Vec<u16>>>()?;
    match parts[..] {
        [major] if end == number.len() => Some(Version::new(major, 0)),
        [major, minor] if end == number.len() => Some(Version::new(major, minor)),
        [major, minor, _] => Some(Version::new(major, minor)),
        _ => None,
    }
}

/// A number without the sign that `parse` would take.
fn digits(part: &str) -> Option<u16> {
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<(u16, u16), &str>) {
        let got = text.parse::<Version>().map_err(|error| error.to_string());
        let expect = expect.map(|(major, minor)| Version::new(major, minor)).map_err(str::to_owned);
        assert_eq!(got, expect, "{text:?}");
    }

    #[test]
    fn reads_what_people_and_programs_write() {
        check("3.5", Ok((3, 5)));
        check("v3.5.1", Ok((3, 5)));
        check("3", Ok((3, 0)));
        check("v2", Ok((2, 0)));
        check("3.15.0-rc.0", Ok((3, 15)));
        check("3.5.3+ds1", Ok((3, 5)));
        check("2.53.99999", Err("`2.53.99999` is no version of Prometheus: write it as `3.5`"));
    }

    #[test]
    fn refuses_everything_else() {
        for text in
            ["", "v", "3.", ".5", "3.5.", "3.5.1.2", "+3.5", "3.+5", "3.-5", "3.5-rc", "three", "99999", "V3"]
        {
            check(text, Err(&format!("`{text}` is no version of Prometheus: write it as `3.5`")));
        }
    }

    #[test]
    fn displays_and_compares_by_number() {
        assert_eq!(Version::new(3, 14).to_string(), "3.14");
        assert!(Version::new(3, 5) < Version::NEWEST && Version::new(2, 55) < Version::new(3, 0));
    }
}
