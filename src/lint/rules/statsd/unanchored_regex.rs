//! Regular expressions that match in the middle of a name.

use super::mappings;
use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::selector::re2;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/unanchored-regex",
    severity: Severity::Info,
    summary: "a regular expression that matches in the middle of a name",
    page: include_str!("../../../../docs/rules/statsd/unanchored-regex.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    for mapping in mappings(section).filter(|mapping| !mapping.is_glob()) {
        let Some((node, text)) = mapping.get("match").zip(mapping.text("match")) else { continue };
        // What is no expression is another finding, and one character is for all that is left.
        if re2::compile(text).is_err() || text == "." {
            continue;
        }
        let begins = ["^", "\\A", ".*", "(.*", ".+", "(.+"].iter().any(|it| text.starts_with(it));
        let ends = ["$", "\\z", ".*", ".*)", ".+", ".+)"].iter().any(|it| text.ends_with(it));
        let label = match (begins, ends) {
            (true, true) => continue,
            (false, true) => "any text may stand before it",
            (true, false) => "any text may stand behind it",
            (false, false) => "any text may stand around it",
        };
        let message = format!("`{}` also matches a part of a name", clip(text, 60));
        out.report(
            RULE.at(node.span(), message)
                .label(label)
                .why("unlike in Prometheus, an expression here need not match the whole name")
                .help("put `^` before it and `$` behind it"),
        );
    }
}
