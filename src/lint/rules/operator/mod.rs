//! Objects of the Prometheus operator: what it refuses, and what it reads otherwise than was meant.

mod client;
pub(super) mod duplicate_job;
pub(super) mod exclusive_fields;
pub(super) mod fs_access;
pub(super) mod helm_nil_uses;
pub(super) mod incomplete_section;
pub(super) mod invalid_selector;
pub(super) mod invalid_value;
pub(in crate::lint) mod nil_vs_empty_selector;
pub(super) mod port_kind;
pub(super) mod scrape_class;

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
