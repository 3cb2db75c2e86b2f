//! The rules, a file each; a family a folder.

mod relabel;
mod rules;
mod scrape;
mod yaml;

use super::registry::Rule;

/// Every rule, sorted by name.
pub(super) const ALL: &[&Rule] = &[
    &relabel::regex::RULE,
    &relabel::relabel_action::RULE,
    &rules::always_firing::RULE,
    &rules::duplicate_rule::RULE,
    &rules::for_shorter_than_scrapes::RULE,
    &rules::group_interval::RULE,
    &rules::impossible_match::RULE,
    &rules::missing_for::RULE,
    &rules::missing_label::RULE,
    &rules::other_query_language::RULE,
    &rules::promql_feature_flag::RULE,
    &rules::promql_syntax::RULE,
    &rules::promql_type::RULE,
    &rules::quantile_without_le::RULE,
    &rules::rate_of_aggregate::RULE,
    &rules::rate_window::RULE,
    &rules::record_name::RULE,
    &rules::redundant_regex::RULE,
    &rules::rule_shape::RULE,
    &rules::template::RULE,
    &rules::unit_test::RULE,
    &rules::value_in_labels::RULE,
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
