//! The YAML itself, and the fields of known files: all found while reading.

pub(super) mod smart_quotes;

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};

/// A rule of this family: they differ in their texts alone.
macro_rules! reading {
    ($id:ident, $name:literal, $severity:ident, $summary:literal) => {
        pub(in crate::lint) const $id: Rule = Rule {
            name: concat!("yaml/", $name),
            severity: Severity::$severity,
            summary: $summary,
            page: include_str!(concat!("../../../../docs/rules/yaml/", $name, ".md")),
            opt_in: false,
            check: Check::Reading,
        };
    };
}

reading!(DUPLICATE_KEY, "duplicate-key", Error, "a key that its mapping has already");
reading!(LENIENT_YAML, "lenient-yaml", Info, "YAML that Go reads and other programs refuse");
reading!(UNKNOWN_FIELD, "unknown-field", Error, "a field that is not known where it stands");
reading!(UNKNOWN_VALUE, "unknown-value", Error, "a value that is none of the words a field takes");
reading!(VERSION_SKEW, "version-skew", Error, "a field or value that the version in use does not have");
reading!(WRONG_TYPE, "wrong-type", Error, "a value of another type than the field's");
reading!(YAML_SYNTAX, "yaml-syntax", Error, "text that is not YAML");
