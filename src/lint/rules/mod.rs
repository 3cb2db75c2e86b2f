//! The rules, a file each; a family a folder.

/// A rule without a check of its own: another part finds it while a text is read. They differ in their texts alone.
macro_rules! found_in_reading {
    ($id:ident, $family:literal, $name:literal, $severity:ident, $summary:literal) => {
        pub(in crate::lint) const $id: Rule = Rule {
            name: concat!($family, "/", $name),
            severity: Severity::$severity,
            summary: $summary,
            page: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/docs/rules/",
                $family,
                "/",
                $name,
                ".md"
            )),
            opt_in: false,
            check: Check::Reading,
        };
    };
}

pub(super) mod annotation;
mod operator;
mod relabel;
mod rules;
mod scrape;
pub(super) mod security;
mod walk;
pub(super) mod yaml;

use super::registry::Rule;

/// Every rule, sorted by name.
pub(super) const ALL: &[&Rule] = &[
    &annotation::KEY_TYPO,
    &annotation::NOT_STRING,
    &annotation::SIZE,
    &annotation::unused::RULE,
    &annotation::VALUE,
    &annotation::wrong_level::RULE,
    &annotation::DURATION,
    &annotation::NEEDS_BLOCK_SCALAR,
    &annotation::NESTED_SCHEMA,
    &annotation::NESTED_TOML,
    &annotation::NESTED_YAML_SYNTAX,
    &annotation::port_vs_containers::RULE,
    &annotation::QUANTITY,
    &operator::CR_SCHEMA,
    &operator::SELECTOR_TYPE,
    &relabel::regex::RULE,
    &relabel::relabel_action::RULE,
    &rules::missing_for::RULE,
    &rules::promql_syntax::RULE,
    &scrape::duration::RULE,
    &scrape::timeout_gt_interval::RULE,
    &security::ANNOTATION_HOST,
    &security::ANNOTATION_OPTION,
    &security::ANNOTATION_REFERENCE,
    &security::INSECURE_SKIP_VERIFY,
    &security::PLAIN_CREDENTIAL,
    &security::PLAIN_HTTP_CREDENTIALS,
    &security::SECRET_IN_CONFIGMAP,
    &security::URL_USERINFO,
    &yaml::API_VERSION,
    &yaml::BAD_TAG,
    &yaml::DEPRECATED_FIELD,
    &yaml::DUPLICATE_KEY,
    &yaml::INVALID_NAME,
    &yaml::INVALID_VALUE,
    &yaml::LENIENT_YAML,
    &yaml::MISSING_FIELD,
    &yaml::TAB_INDENTATION,
    &yaml::UNINDENTED_BLOCK,
    &yaml::UNKNOWN_FIELD,
    &yaml::UNKNOWN_VALUE,
    &yaml::VERSION_SKEW,
    &yaml::WRONG_TYPE,
    &yaml::YAML_SYNTAX,
    &yaml::YAML11_SCALAR,
];
