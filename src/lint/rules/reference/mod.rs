//! What one object says of another: selectors, names of ports, Secrets, rights.

mod far;
mod label;
mod unmatched;

pub(super) mod monitor_not_selected;
pub(super) mod namespace_not_covered;
pub(super) mod networkpolicy_blocks;
pub(super) mod no_pod_matches;
pub(super) mod no_service_matches;
pub(super) mod port_not_on_service;
pub(super) mod rbac;
pub(super) mod rule_not_selected;
pub(super) mod secret_ref;
pub(super) mod service_selects_no_pod;
pub(super) mod target_port_not_on_pod;

pub(in crate::lint::rules) use far::{name_span, severity, with_other};
pub(in crate::lint::rules) use label::before_first;
