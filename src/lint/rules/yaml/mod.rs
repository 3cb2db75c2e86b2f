//! The YAML itself, and the fields of known files: all found while reading.

pub(in crate::lint) mod bad_tag;
pub(in crate::lint) mod deprecated_field;
pub(super) mod smart_quotes;
pub(in crate::lint) mod unescaped_template;
pub(in crate::lint) mod yaml11_scalar;

use crate::diagnostic::{Finding, Severity};
use crate::lint::registry::{Check, Rule};
use crate::yaml::{Template, Unrendered};

/// A rule of this family.
macro_rules! reading {
    ($id:ident, $name:literal, $severity:ident, $summary:literal) => {
        found_in_reading!($id, "yaml", $name, $severity, $summary);
    };
}

reading!(API_VERSION, "api-version", Error, "a kind that its API version does not have");
reading!(BAD_TAG, "bad-tag", Error, "a tag that its value does not fit");
reading!(DEPRECATED_FIELD, "deprecated-field", Warning, "a field that has been replaced");
reading!(DUPLICATE_KEY, "duplicate-key", Error, "a key that its mapping has already");
reading!(INVALID_NAME, "invalid-name", Error, "a name, label or key of another form than Kubernetes takes");
reading!(INVALID_VALUE, "invalid-value", Error, "a value outside of what a field of Kubernetes takes");
reading!(LENIENT_YAML, "lenient-yaml", Info, "YAML that Go reads and other programs refuse");
reading!(MISSING_FIELD, "missing-field", Error, "a field that Kubernetes needs and that is not there");
reading!(TAB_INDENTATION, "tab-indentation", Error, "a line that tabs indent");
reading!(UNESCAPED_TEMPLATE, "unescaped-template", Error, "a template of an alert that Helm evaluates first");
reading!(
    UNINDENTED_BLOCK,
    "unindented-block",
    Error,
    "a block of text that does not stand deeper than its key"
);
reading!(UNKNOWN_FIELD, "unknown-field", Error, "a field that is not known where it stands");
reading!(UNKNOWN_VALUE, "unknown-value", Error, "a value that is none of the words a field takes");
reading!(UNRENDERED_TEMPLATE, "unrendered-template", Info, "a file that a template engine has yet to render");
reading!(VERSION_SKEW, "version-skew", Error, "a field or value that the version in use does not have");
reading!(WRONG_TYPE, "wrong-type", Error, "a value of another type than the field's");
reading!(
    YAML11_SCALAR,
    "yaml11-scalar",
    Warning,
    "a text without quotes that Kubernetes or Helm reads as another"
);
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
