//! The YAML itself, and the fields of known files: all found while reading.

pub(super) mod smart_quotes;

use crate::diagnostic::{Finding, Severity};
use crate::lint::registry::{Check, Rule};
use crate::yaml::{Template, Unrendered};

/// A rule of this family: they differ in their texts alone.
macro_rules! reading {
    ($id:ident, $name:literal, $severity:ident, $summary:literal) => {
        pub(in crate::lint) const $id: Rule = Rule {
            name: concat!("yaml/", $name),
            severity: Severity::$severity,
            summary: $summary,
            page: include_str!(concat!("../../../../docs/rules/yaml/", $name, ".md")),
            opt_in: false,
            check: Check::Reading,
        };
    };
}

reading!(DUPLICATE_KEY, "duplicate-key", Error, "a key that its mapping has already");
reading!(LENIENT_YAML, "lenient-yaml", Info, "YAML that Go reads and other programs refuse");
reading!(UNKNOWN_FIELD, "unknown-field", Error, "a field that is not known where it stands");
reading!(UNKNOWN_VALUE, "unknown-value", Error, "a value that is none of the words a field takes");
reading!(UNRENDERED_TEMPLATE, "unrendered-template", Info, "a file that a template engine has yet to render");
reading!(VERSION_SKEW, "version-skew", Error, "a field or value that the version in use does not have");
reading!(WRONG_TYPE, "wrong-type", Error, "a value of another type than the field's");
reading!(YAML_SYNTAX, "yaml-syntax", Error, "text that is not YAML");

/// The one finding of a file that is a template.
pub(in crate::lint) fn unrendered(template: Unrendered) -> Finding {
    let rule = &UNRENDERED_TEMPLATE;
    let finding = match template.kind {
        Template::Helm => rule
            .at(template.span, "a template of Helm, not rendered")
            .help("`helm template CHART | obsctl lint -` checks what it makes"),
        Template::Braces => rule
            .at(template.span, "a template, not rendered")
            .help("render it first; braces that are meant as text need quotes"),
        Template::Jinja => rule
            .at(template.span, "a template of Jinja, not rendered")
            .help("render it first: lint reads what it makes"),
        Template::NoValue => {
            let finding = rule.at(template.span, "a template was rendered without a value");
            Finding { severity: Severity::Warning, ..finding }
                .why("`<no value>` is what Helm writes for a value that was not set")
                .help("set the value, or give the template a default")
        }
    };
    match template.kind {
        Template::NoValue => finding.label("no value"),
        _ => finding.label("the first place").why("only what it makes can be checked"),
    }
}
