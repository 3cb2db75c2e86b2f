//! What Kubernetes takes for a name: of labels, ports, namespaces and objects.
//!
//! The rules are those of apimachinery's `validation` package; each function says which.

use std::fmt;

/// Why a text is not such a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameError {
    Empty,
    /// It may have only so many bytes.
    TooLong {
        max: usize,
    },
    /// A character that is not allowed, with what is.
    Character {
        found: char,
        allowed: &'static str,
    },
    /// It must begin and end with what is said.
    Edge {
        needed: &'static str,
    },
    /// A port name of digits and dashes alone.
    NoLetter,
    /// A port name with `--`.
    DoubleDash,
    /// A label key with more than one `/`.
    Slashes,
    /// A label key whose part before the `/` is no DNS name.
    Prefix,
}

impl std::error::Error for NameError {}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "it is empty"),
            Self::TooLong { max } => write!(f, "it has more than {max} characters"),
            Self::Character { found, allowed } => {
                write!(f, "`{}` is not allowed, only {allowed}", found.escape_debug())
            }
            Self::Edge { needed } => write!(f, "it must begin and end with {needed}"),
            Self::NoLetter => write!(f, "it needs at least one letter"),
            Self::DoubleDash => write!(f, "it has two dashes in a row"),
            Self::Slashes => write!(f, "it has more than one `/`"),
            Self::Prefix => write!(f, "what stands before the `/` is no DNS name in lower case"),
        }
    }
}

const LABEL_MAX: usize = 63;
const SUBDOMAIN_MAX: usize = 253;
const PORT_MAX: usize = 15;

const WORD: &str = "letters, digits, `-`, `_` and `.`";
const WORD_EDGE: &str = "a letter or digit";
const LOWER: &str = "lower-case letters, digits and `-`";
const LOWER_EDGE: &str = "a lower-case letter or digit";

/// The key of a label or annotation: `name` or `prefix/name` (`IsQualifiedName`).
pub fn label_key(text: &str) -> Result<(), NameError> {
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => return Err(NameError::Slashes),
        Some((prefix, name)) => {
            subdomain(prefix).map_err(|_| NameError::Prefix)?;
            name
        }
    };
    if name.is_empty() { Err(NameError::Empty) } else { label_value(name) }
}

/// The value of a label, which may be empty (`IsValidLabelValue`).
pub fn label_value(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Ok(());
    }
    check(text, LABEL_MAX, WORD, |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))?;
    edges(text, WORD_EDGE, |b| b.is_ascii_alphanumeric())
}

/// A namespace, or a port of a Service (`IsDNS1123Label`).
pub fn dns_label(text: &str) -> Result<(), NameError> {
    check(text, LABEL_MAX, LOWER, is_lower)?;
    edges(text, LOWER_EDGE, |b| b != b'-')
}

/// The name of most objects (`IsDNS1123Subdomain`).
pub fn subdomain(text: &str) -> Result<(), NameError> {
    check(text, SUBDOMAIN_MAX, "lower-case letters, digits, `-` and `.`", |b| is_lower(b) || b == b'.')?;
    text.split('.').try_for_each(|part| {
        let part = if part.is_empty() { "-" } else { part };
        edges(part, LOWER_EDGE, |b| b != b'-')
    })
}

/// A port of a container, or the name in a `targetPort` (`IsValidPortName`, IANA_SVC_NAME).
pub fn port_name(text: &str) -> Result<(), NameError> {
    check(text, PORT_MAX, LOWER, is_lower)?;
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        return Err(NameError::NoLetter);
    }
    if text.contains("--") {
        return Err(NameError::DoubleDash);
    }
    edges(text, LOWER_EDGE, |b| b != b'-')
}

fn is_lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
}

fn check(text: &str, max: usize, allowed: &'static str, is: impl Fn(u8) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > max {
        return Err(NameError::TooLong { max });
    }
    match text.chars().find(|c| !u8::try_from(*c).is_ok_and(|b| b.is_ascii() && is(b))) {
        Some(found) => Err(NameError::Character { found, allowed }),
        None => Ok(()),
    }
}

/// The first and last byte; `text` is not empty.
fn edges(text: &str, needed: &'static str, is: impl Fn(u8) -> bool) -> Result<(), NameError> {
    let both = [text.as_bytes().first(), text.as_bytes().last()];
    if both.into_iter().flatten().all(|b| is(*b)) { Ok(()) } else { Err(NameError::Edge { needed }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&str) -> Result<(), NameError>, good: &[&str], bad: &[(&str, &str)]) {
        for text in good {
            assert_eq!(rule(text), Ok(()), "`{text}`");
        }
        for (text, expect) in bad {
            assert_eq!(rule(text).expect_err(text).to_string(), *expect, "`{text}`");
        }
    }

    #[test]
    fn keys_of_labels_have_a_name_and_perhaps_a_prefix() {
        check(
            label_key,
            &["a", "A.b_c-9", "app.kubernetes.io/name", "a/B"],
            &[
                ("", "it is empty"),
                ("a/", "it is empty"),
                ("/a", "what stands before the `/` is no DNS name in lower case"),
                ("A.io/a", "what stands before the `/` is no DNS name in lower case"),
                ("a/b/c", "it has more than one `/`"),
                ("a b", "` ` is not allowed, only letters, digits, `-`, `_` and `.`"),
                ("ä", "`ä` is not allowed, only letters, digits, `-`, `_` and `.`"),
                ("-a", "it must begin and end with a letter or digit"),
            ],
        );
        assert_eq!(label_key(&"a".repeat(64)), Err(NameError::TooLong { max: 63 }));
        assert_eq!(label_key(&format!("{}/a", "a".repeat(253))), Ok(()));
        assert_eq!(label_key(&format!("{}/a", "a".repeat(254))), Err(NameError::Prefix));
    }

    #[test]
    fn values_of_labels_may_be_empty() {
        check(
            label_value,
            &["", "a", "1.2.3", "A_b"],
            &[("a_", "it must begin and end with a letter or digit")],
        );
        assert_eq!(label_value(&"a".repeat(64)), Err(NameError::TooLong { max: 63 }));
    }

    #[test]
    fn names_of_ports_are_short_and_have_a_letter() {
        check(
            port_name,
            &["http", "a", "8080-http", "a-b-c", "fifteen-letters"],
            &[
                ("8080", "it needs at least one letter"),
                ("a--b", "it has two dashes in a row"),
                ("-a", "it must begin and end with a lower-case letter or digit"),
                ("a-", "it must begin and end with a lower-case letter or digit"),
                ("http_metrics", "`_` is not allowed, only lower-case letters, digits and `-`"),
                ("sixteen-letters-", "it has more than 15 characters"),
                ("", "it is empty"),
            ],
        );
    }

    #[test]
    fn names_of_namespaces_and_objects() {
        check(
            dns_label,
            &["a", "a--b", "0"],
            &[("a.b", "`.` is not allowed, only lower-case letters, digits and `-`")],
        );
        check(
            subdomain,
            &["a", "a.b", "a-b.c"],
            &[
                ("a..b", "it must begin and end with a lower-case letter or digit"),
                ("a.-b", "it must begin and end with a lower-case letter or digit"),
                ("A", "`A` is not allowed, only lower-case letters, digits, `-` and `.`"),
            ],
        );
    }
}
