//! The rules, a file each; a family a folder.

pub(super) mod lint;
mod operator;
mod reference;
mod relabel;
mod rules;
mod scrape;
mod web;
pub(super) mod yaml;

use super::registry::Rule;

/// What happens because of most faults in Prometheus's own configuration.
const REFUSED: &str = "Prometheus refuses to load the whole file";

/// Every rule, sorted by name.
pub(super) const ALL: &[&Rule] = &[
    &lint::IGNORE_WITHOUT_REASON,
    &lint::UNUSED_IGNORE,
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
    &scrape::agent_mode::RULE,
    &scrape::authorization_type::RULE,
    &scrape::duration::RULE,
    &scrape::empty_section::RULE,
    &scrape::exclusive_auth::RULE,
    &scrape::exclusive_fields::RULE,
    &scrape::honor_labels_missing::RULE,
    &scrape::interval_stale::RULE,
    &scrape::job_name::RULE,
    &scrape::k8s_sd_selectors::RULE,
    &scrape::label_name::RULE,
    &scrape::name_scheme::RULE,
    &scrape::otlp_attributes::RULE,
    &scrape::path_glob::RULE,
    &scrape::queue_name::RULE,
    &scrape::remote_write_header::RULE,
    &scrape::remote_write_queue::RULE,
    &scrape::required_field::RULE,
    &scrape::retention::RULE,
    &scrape::scrape_protocols::RULE,
    &scrape::sd_required_field::RULE,
    &scrape::target_not_hostport::RULE,
    &scrape::timeout_gt_interval::RULE,
    &scrape::url::RULE,
    &web::incomplete_tls::RULE,
    &web::password_hash::RULE,
    &web::unknown_header::RULE,
    &yaml::DUPLICATE_KEY,
    &yaml::LENIENT_YAML,
    &yaml::UNKNOWN_FIELD,
    &yaml::UNKNOWN_VALUE,
    &yaml::UNRENDERED_TEMPLATE,
    &yaml::VERSION_SKEW,
    &yaml::WRONG_TYPE,
    &yaml::YAML_SYNTAX,
];
