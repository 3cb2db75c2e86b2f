//! Relabel rules.

pub(super) mod regex;
pub(super) mod relabel_action;

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};

found_in_reading!(
    LABEL_NAME_SCHEME,
    "relabel",
    "label-name-scheme",
    Error,
    "a label name that the Prometheus in use does not take"
);
