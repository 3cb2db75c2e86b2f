//! The rules, a file each; a family a folder.

mod cost;
mod relabel;
mod rules;
mod scrape;
mod yaml;

use super::registry::Rule;

/// Every rule, sorted by name.
pub(super) const ALL: &[&Rule] = &[
    &cost::high_churn_label::RULE,
    &cost::labelmap_all::RULE,
    &cost::no_limits::RULE,
    &cost::query_cost::RULE,
    &cost::remote_write_unfiltered::RULE,
    &cost::short_interval::RULE,
    &relabel::group_reference::RULE,
    &relabel::hashmod_unused::RULE,
    &relabel::keep_chain_empty::RULE,
    &relabel::label_name_scheme::RULE,
    &relabel::labeldrop_identity::RULE,
    &relabel::labelkeep_drops_name::RULE,
    &relabel::meta_label_of_other_role::RULE,
    &relabel::meta_label_too_late::RULE,
    &relabel::metric_name_in_target_relabel::RULE,
    &relabel::noop_rule::RULE,
    &relabel::order_dependency::RULE,
    &relabel::partial_anchor::RULE,
    &relabel::port_regex::RULE,
    &relabel::regex::RULE,
    &relabel::relabel_action::RULE,
    &relabel::replace_may_empty::RULE,
    &relabel::synthetic_metric::RULE,
    &rules::missing_for::RULE,
    &rules::promql_syntax::RULE,
    &scrape::duration::RULE,
    &scrape::timeout_gt_interval::RULE,
    &yaml::DUPLICATE_KEY,
    &yaml::LENIENT_YAML,
    &yaml::smart_quotes::RULE,
    &yaml::UNKNOWN_FIELD,
    &yaml::UNKNOWN_VALUE,
    &yaml::VERSION_SKEW,
    &yaml::WRONG_TYPE,
    &yaml::YAML_SYNTAX,
];
