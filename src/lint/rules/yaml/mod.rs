//! The YAML itself, and the fields of known files: all found while reading.

pub(in crate::lint) mod bad_tag;
pub(in crate::lint) mod deprecated_field;
pub(in crate::lint) mod yaml11_scalar;

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};

/// A rule of this family.
macro_rules! reading {
    ($id:ident, $name:literal, $severity:ident, $summary:literal) => {
        found_in_reading!($id, "yaml", $name, $severity, $summary);
    };
}

reading!(API_VERSION, "api-version", Error, "a kind that its API version does not have");
reading!(BAD_TAG, "bad-tag", Error, "a tag that its value does not fit");
reading!(DEPRECATED_FIELD, "deprecated-field", Warning, "a field that has been replaced");
reading!(DUPLICATE_KEY, "duplicate-key", Error, "a key that its mapping has already");
reading!(INVALID_NAME, "invalid-name", Error, "a name, label or key of another form than Kubernetes takes");
reading!(INVALID_VALUE, "invalid-value", Error, "a value outside of what a field of Kubernetes takes");
reading!(LENIENT_YAML, "lenient-yaml", Info, "YAML that Go reads and other programs refuse");
reading!(MISSING_FIELD, "missing-field", Error, "a field that Kubernetes needs and that is not there");
reading!(TAB_INDENTATION, "tab-indentation", Error, "a line that tabs indent");
reading!(
    UNINDENTED_BLOCK,
    "unindented-block",
    Error,
    "a block of text that does not stand deeper than its key"
);
reading!(UNKNOWN_FIELD, "unknown-field", Error, "a field that is not known where it stands");
reading!(UNKNOWN_VALUE, "unknown-value", Error, "a value that is none of the words a field takes");
reading!(VERSION_SKEW, "version-skew", Error, "a field or value that the version in use does not have");
reading!(WRONG_TYPE, "wrong-type", Error, "a value of another type than the field's");
reading!(
    YAML11_SCALAR,
    "yaml11-scalar",
    Warning,
    "a text without quotes that Kubernetes or Helm reads as another"
);
reading!(YAML_SYNTAX, "yaml-syntax", Error, "text that is not YAML");
