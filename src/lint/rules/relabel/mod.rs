//! Relabel rules.

pub(super) mod regex;
pub(super) mod relabel_action;
