//! The rules, a file each; a family a folder.

pub(super) mod lint;
mod relabel;
mod rules;
mod scrape;
pub(super) mod yaml;

use super::registry::Rule;

/// Every rule, sorted by name.
pub(super) const ALL: &[&Rule] = &[
    &lint::IGNORE_WITHOUT_REASON,
    &lint::UNUSED_IGNORE,
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
    &yaml::UNRENDERED_TEMPLATE,
    &yaml::VERSION_SKEW,
    &yaml::WRONG_TYPE,
    &yaml::YAML_SYNTAX,
];
