//! The rules, a file each; a family a folder.

mod operator;
mod reference;
mod relabel;
mod rules;
mod scrape;
mod yaml;

use super::registry::Rule;

/// Every rule, sorted by name.
pub(super) const ALL: &[&Rule] = &[
    &operator::duplicate_job::RULE,
    &operator::fs_access::RULE,
    &operator::helm_nil_uses::RULE,
    &operator::invalid_selector::RULE,
    &operator::nil_vs_empty_selector::RULE,
    &operator::port_kind::RULE,
    &operator::scrape_class::RULE,
    &reference::monitor_not_selected::RULE,
    &reference::namespace_not_covered::RULE,
    &reference::no_pod_matches::RULE,
    &reference::no_service_matches::RULE,
    &reference::port_not_on_service::RULE,
    &reference::rbac::RULE,
    &reference::rule_not_selected::RULE,
    &reference::secret_ref::RULE,
    &reference::service_selects_no_pod::RULE,
    &reference::target_port_not_on_pod::RULE,
    &relabel::regex::RULE,
    &relabel::relabel_action::RULE,
    &rules::missing_for::RULE,
    &rules::promql_syntax::RULE,
    &scrape::duration::RULE,
    &scrape::timeout_gt_interval::RULE,
    &yaml::DUPLICATE_KEY,
    &yaml::LENIENT_YAML,
    &yaml::UNKNOWN_FIELD,
    &yaml::UNKNOWN_VALUE,
    &yaml::VERSION_SKEW,
    &yaml::WRONG_TYPE,
    &yaml::YAML_SYNTAX,
];
