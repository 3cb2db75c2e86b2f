//! Objects of prometheus-operator: what its definitions refuse.

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};

found_in_reading!(
    CR_SCHEMA,
    "operator",
    "cr-schema",
    Error,
    "a value that the definitions of prometheus-operator's objects refuse"
);
found_in_reading!(
    SELECTOR_TYPE,
    "operator",
    "selector-type",
    Error,
    "fields of one sort of selector in another sort"
);
