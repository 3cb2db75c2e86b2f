//! Secrets: text that is never shown, and the files it comes from.
//!
//! A file is read for each request, as Prometheus does: a rotated token is used at once, whatever the file system
//! says of times. What is no regular file (a pipe of the shell) can be read only once, and is kept.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes of a secret's file: more is a wrong file.
const MAX_FILE: u64 = 64 << 10;

/// Text that Debug does not show, and that has no Display.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// Where a secret comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretSource {
    /// From the environment, or no secret at all.
    Given(Secret),
    /// The content of a file, without the line break at its end.
    File(PathBuf),
}

/// Why a secret's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read the secret in `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`{}`, which should hold a secret, {fault}", path.display())]
    Content { path: PathBuf, fault: &'static str },
}

impl SecretSource {
    /// Reads once what can be read only once.
    pub(super) fn settle(self) -> Result<Self, SecretError> {
        match &self {
            Self::File(path) if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) => {
                read(path).map(Self::Given)
            }
            _ => Ok(self),
        }
    }

    /// The secret as it is now.
    pub(super) fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) => read(path),
        }
    }
}

fn read(path: &Path) -> Result<Secret, SecretError> {
    let failed = |source| SecretError::Read { path: path.to_owned(), source };
    let content = |fault| SecretError::Content { path: path.to_owned(), fault };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_FILE {
        return Err(content("is larger than 64 KiB"));
    }
    let text = String::from_utf8(text).map_err(|_| content("is not UTF-8"))?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(content("is empty"));
    }
    if text.contains(|c: char| c.is_control()) {
        return Err(content("holds more than one line, or control characters"));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &[u8], expect: Result<&str, &str>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let got = SecretSource::File(file.path().to_owned()).settle().unwrap().read();
        match (got, expect) {
            (Ok(secret), Ok(text)) => assert_eq!(secret.reveal(), text),
            (Err(err), Err(text)) => assert!(err.to_string().ends_with(text), "{err}"),
            (got, _) => panic!("{got:?} for {expect:?}"),
        }
    }

    #[test]
    fn the_line_break_at_the_end_goes() {
        check(b"pass word\n", Ok("pass word"));
        check(b"pass word \r\n", Ok("pass word "));
        check("pässwörd".as_bytes(), Ok("pässwörd"));
    }

    #[test]
    fn what_can_be_no_secret_is_refused_unseen() {
        check(b"\n", Err("which should hold a secret, is empty"));
        check(b"CANARY\nCANARY", Err("holds more than one line, or control characters"));
        check(b"\xff", Err("is not UTF-8"));
        check(&[b'x'; 65_537], Err("is larger than 64 KiB"));
        let missing = SecretSource::File("/nowhere/token".into()).read().unwrap_err().to_string();
        assert!(missing.starts_with("cannot read the secret in `/nowhere/token`: "), "{missing}");
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SecretSource::Given(Secret::new("CANARY"))), "Given(<redacted>)");
    }
}
