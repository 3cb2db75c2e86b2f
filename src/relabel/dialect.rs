//! Which Prometheus is meant: relabeling changed with its versions.

use std::fmt;

use crate::base::version::Version;

/// Whose relabeling is meant: a version, and how it is configured.
///
/// | since | relabeling |
/// |---|---|
/// | 2.36 | knows `lowercase` and `uppercase` |
/// | 2.41 | knows `keepequal` and `dropequal` |
/// | 2.43 | `labelmap` goes by the order in which labels were added, where two are mapped to one name |
/// | 2.50 | an empty result deletes the label that `target_label` expands to, not the one of its text; an invalid one is ignored instead of deleting; only `replace` takes `$` in `target_label` |
/// | 3.0 | `.` matches a newline; every name but the empty one is valid |
/// | 3.2 | so is every text in a `target_label` with variables and in the `replacement` of `labelmap` |
/// | 3.7 | `metric_name_validation_scheme: legacy` counts here too |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialect {
    pub version: Version,
    /// Whether the config says `metric_name_validation_scheme: legacy`.
    pub legacy_names: bool,
}

/// Which label names are valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    Legacy,
    /// Any text but the empty one.
    Utf8,
}

impl Dialect {
    /// Which label names relabeling takes.
    #[must_use]
    pub fn names(self) -> Names {
        let chosen = self.legacy_names && self.at_least(3, 7);
        if chosen || !self.at_least(3, 0) { Names::Legacy } else { Names::Utf8 }
    }

    pub(super) fn at_least(self, major: u16, minor: u16) -> bool {
        self.version >= Version::new(major, minor)
    }
}

impl From<Version> for Dialect {
    /// With the names that the version has by default.
    fn from(version: Version) -> Self {
        Self { version, legacy_names: false }
    }
}

impl Names {
    /// Whether `name` is valid.
    #[must_use]
    pub fn valid(self, name: &str) -> bool {
        match self {
            Self::Legacy => crate::base::name::is_label_name(name),
            Self::Utf8 => !name.is_empty(),
        }
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Legacy => "ASCII letters, digits and `_`, no digit first",
            Self::Utf8 => "any characters, at least one",
        })
    }
}
