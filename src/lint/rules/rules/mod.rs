//! Alerting and recording rules.

pub(super) mod always_firing;
pub(super) mod duplicate_rule;
pub(super) mod for_shorter_than_scrapes;
mod foreign;
pub(super) mod group_interval;
pub(super) mod impossible_match;
mod intervals;
mod label_set;
pub(super) mod missing_for;
pub(super) mod missing_label;
pub(super) mod other_query_language;
pub(super) mod promql_feature_flag;
pub(super) mod promql_syntax;
pub(super) mod promql_type;
pub(super) mod quantile_without_le;
pub(super) mod rate_of_aggregate;
pub(super) mod rate_window;
pub(super) mod record_name;
pub(super) mod redundant_regex;
pub(super) mod rule_shape;
pub(super) mod template;
pub(super) mod unit_test;
pub(super) mod value_in_labels;
