//! What one object says of another: selectors, names of ports, Secrets, rights.

mod far;
mod label;
mod unmatched;

pub(in crate::lint) mod monitor_not_selected;
pub(in crate::lint) mod namespace_not_covered;
pub(super) mod networkpolicy_blocks;
pub(in crate::lint) mod no_pod_matches;
pub(in crate::lint) mod no_service_matches;
pub(in crate::lint) mod port_not_on_service;
pub(in crate::lint) mod rbac;
pub(in crate::lint) mod rule_not_selected;
pub(super) mod secret_ref;
pub(in crate::lint) mod service_selects_no_pod;
pub(in crate::lint) mod target_port_not_on_pod;

pub(in crate::lint) use far::name_span;
pub(in crate::lint::rules) use far::{severity, with_other};
pub(in crate::lint) use label::{before_first, edits as label_edits, listed, wanted};
