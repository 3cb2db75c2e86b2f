//! Labels with as many values as there are requests or people.

use super::mappings;
use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/unbounded-label",
    severity: Severity::Info,
    summary: "a label that takes whatever stands in a name, and series that never end",
    page: include_str!("../../../../docs/rules/statsd/unbounded-label.md"),
    opt_in: false,
    check: Check::Section(check),
};

/// Words of labels that have a value for each request, person or machine.
const WORDS: [&str; 14] = [
    "path", "url", "uri", "user", "email", "session", "request", "trace", "uuid", "ip", "address", "token",
    "customer", "query",
];

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    for mapping in mappings(section).filter(|mapping| !mapping.drops()) {
        if mapping.inherited("ttl").is_some() {
            continue;
        }
        for entry in mapping.labels() {
            let name = entry.key.text().unwrap_or_default();
            let named = name.split('_').any(|word| WORDS.contains(&word));
            if named && entry.value.text().is_some_and(|value| value.contains('$')) {
                let message =
                    format!("`{}` takes any text of a name, and its series never end", clip(name, 60));
                out.report(
                    RULE.at(entry.key.span(), message)
                        .label("a series for each value")
                        .why("without `ttl` statsd_exporter keeps every series that it ever saw until it is restarted")
                        .help("leave the label out, or set `ttl`, for this mapping or under `defaults`"),
                );
            }
        }
    }
}
