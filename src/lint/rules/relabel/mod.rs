//! Relabel rules.

mod discovery;
mod effect;
pub(super) mod group_reference;
pub(super) mod hashmod_unused;
pub(super) mod keep_chain_empty;
pub(super) mod label_name_scheme;
pub(super) mod labeldrop_identity;
pub(super) mod labelkeep_drops_name;
pub(super) mod meta_label_of_other_role;
pub(super) mod meta_label_too_late;
pub(super) mod metric_name_in_target_relabel;
pub(super) mod noop_rule;
pub(super) mod order_dependency;
pub(super) mod partial_anchor;
pub(super) mod port_regex;
#[cfg(test)]
mod properties;
pub(super) mod regex;
pub(super) mod relabel_action;
pub(super) mod replace_may_empty;
pub(super) mod synthetic_metric;

pub(super) use discovery::Discovery;
