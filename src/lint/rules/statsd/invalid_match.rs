//! Patterns that are none.

use super::{REFUSED, mappings};
use crate::base::span::Span;
use crate::base::text::clip;
use crate::diagnostic::{Finding, Severity};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::selector::re2;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/invalid-match",
    severity: Severity::Error,
    summary: "a pattern that statsd_exporter does not read",
    page: include_str!("../../../../docs/rules/statsd/invalid-match.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    for mapping in mappings(section) {
        let written = mapping.get("match");
        let text = match written {
            Some(node) => match node.text() {
                Some(text) => text,
                None => continue, // of another shape, which is another finding
            },
            None => "",
        };
        let finding = match (mapping.is_glob(), written) {
            (true, written) if text.is_empty() => Some(
                RULE.at(written.unwrap_or(mapping.place()).span(), "a mapping without `match`")
                    .label("matches nothing")
                    .help("say which metrics it is for: `match: \"app.*.requests\"`"),
            ),
            (true, Some(node)) => glob_fault(node, text),
            (false, Some(node)) => regex_fault(node, text),
            (_, None) => None,
        };
        if let Some(finding) = finding {
            out.report(finding.why(REFUSED));
        }
    }
}

/// The first part between dots that is neither `*` nor a name.
fn glob_fault(node: Node<'_>, text: &str) -> Option<Finding> {
    let mut start = 0;
    for part in text.split('.') {
        if part != "*" && !is_part(part, start == 0) {
            let map = node.value_map();
            let span = map.map_or(node.span(), |map| map.span(Span::new(start, start + part.len())));
            let finding = RULE.at(span, format!("`{}` is no pattern", clip(text, 60)));
            return Some(match part {
                "" => finding.label("nothing between dots").help("a part is a name or `*`"),
                part if part.contains('*') => finding
                    .label("`*` is a whole part between dots")
                    .help("write the part as `*`, or take `match_type: regex`"),
                part if part.starts_with(|c: char| c.is_ascii_digit()) => finding
                    .label("begins with a digit")
                    .help("put `*` for the first part, or take `match_type: regex`"),
                _ => finding.label("not a part").help(
                    "a part is `*`, or letters, digits, `_` and `-`; for more take `match_type: regex`",
                ),
            });
        }
        start += part.len() + 1;
    }
    None
}

fn is_part(part: &str, first: bool) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_' || (!first && c.is_ascii_digit());
    part.starts_with(begins) && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn regex_fault(node: Node<'_>, text: &str) -> Option<Finding> {
    let err = re2::compile(text).err()?;
    let width = text.get(err.offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = Span::new(err.offset, err.offset + width);
    let span = node.value_map().map_or(node.span(), |map| map.span(span));
    let help = err.help.unwrap_or("statsd_exporter uses RE2: no look-around, no backreferences");
    Some(RULE.at(span, err.message).label("here").help(help))
}
