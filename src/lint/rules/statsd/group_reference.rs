//! References to what the pattern does not capture.

use super::reference::{self, Reference, braced, is_name};
use super::{Mapping, mappings};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text::clip;
use crate::diagnostic::{Safety, Severity};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::relabel::variables;
use crate::selector::re2::{Capturing, Newlines, compile_capturing};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/group-reference",
    severity: Severity::Warning,
    summary: "a reference to a part of the name that the pattern does not capture",
    page: include_str!("../../../../docs/rules/statsd/group-reference.md"),
    opt_in: false,
    check: Check::Section(check),
};

/// What a pattern captures.
enum Captures {
    /// So many `*`.
    Stars(usize),
    Groups(Capturing),
}

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    for mapping in mappings(section).filter(|mapping| !mapping.drops()) {
        let Some(captures) = captures(&mapping) else { continue };
        let values = mapping.labels().map(|entry| entry.value);
        let name = mapping.get("name").filter(|node| node.text().is_some_and(is_name));
        for node in name.into_iter().chain(values) {
            if let Some(text) = node.text().filter(|text| text.contains('$')) {
                template(&captures, node, text, out);
            }
        }
    }
}

fn captures(mapping: &Mapping<'_>) -> Option<Captures> {
    let pattern = mapping.text("match")?;
    Some(if mapping.is_glob() {
        Captures::Stars(pattern.split('.').filter(|part| *part == "*").count())
    } else {
        Captures::Groups(compile_capturing(pattern, Newlines::NotMatched).ok()?)
    })
}

impl Captures {
    fn count(&self) -> usize {
        match self {
            Self::Stars(count) => *count,
            Self::Groups(regex) => regex.groups(),
        }
    }

    fn has(&self, name: &str) -> bool {
        let number = name.parse::<usize>().ok().filter(|_| name.bytes().all(|b| b.is_ascii_digit()));
        match (self, number) {
            (_, Some(index)) => index <= self.count(),
            (Self::Stars(_), None) => false,
            (Self::Groups(regex), None) => (1..=regex.groups()).any(|at| regex.name_of(at) == Some(name)),
        }
    }

    fn references<'t>(&self, text: &'t str) -> Vec<Reference<'t>> {
        match self {
            Self::Stars(_) => reference::of_glob(text),
            Self::Groups(_) => {
                variables(text).into_iter().map(|(span, name)| Reference { span, name }).collect()
            }
        }
    }

    fn help(&self) -> String {
        let (what, each) = match self {
            Self::Stars(_) => ("pattern", "`*`"),
            Self::Groups(_) => ("expression", "group"),
        };
        match self.count() {
            0 => format!("the {what} has no {each}: only `$0` is there, the whole name"),
            1 => format!("the {what} has one {each}, `$1`"),
            many => format!("the {what} has {many} of {each}, `$1` to `${many}`"),
        }
    }
}

fn template(captures: &Captures, node: Node<'_>, text: &str, out: &mut Out<'_>) {
    let map = node.value_map();
    let place = |span: Span| map.as_ref().map_or(node.span(), |map| map.span(span));
    let references = captures.references(text);
    for Reference { span, name } in &references {
        if captures.has(name) {
            continue;
        }
        let written = span.of(text);
        let finding = RULE
            .at(place(*span), format!("`{}` refers to nothing that is captured", clip(written, 60)))
            .label("always empty")
            .why("a reference to nothing is empty, and statsd_exporter does not say so");
        // `$1_total`; in braces it would be a name on purpose.
        let meant = braced(written).filter(|_| name.starts_with(|c: char| c.is_ascii_digit()));
        let meant = meant.filter(|meant| captures.references(meant).iter().all(|it| captures.has(it.name)));
        out.report(match meant.filter(|_| !name.bytes().all(|b| b.is_ascii_digit())) {
            Some(meant) => {
                let finding = finding
                    .help(format!("a reference ends where no letter, digit or `_` follows: write `{meant}`"));
                match map.as_ref().and_then(|map| map.verbatim(*span)) {
                    Some(at) => {
                        finding.fix("put braces around", Safety::Safe, vec![Edit::replace(at, meant)])
                    }
                    None => finding,
                }
            }
            None => finding.help(captures.help()),
        });
    }
    // With a reference, the text is the format of a `Sprintf`.
    let formatted =
        matches!(captures, Captures::Stars(_)) && references.iter().any(|it| captures.has(it.name));
    if let Some(at) = text.find('%').filter(|_| formatted) {
        let finding = RULE
            .at(place(Span::new(at, at + 1)), "a `%` beside a reference is garbled")
            .label("read as part of a format")
            .why("statsd_exporter fills references in by Go's `Sprintf`: `50% of $1` becomes `50%!o(string=…)`");
        out.report(finding.help("write `%%`, which becomes `%`"));
    }
}
