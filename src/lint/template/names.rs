//! The names that templates of rules know. Sources: `template/template.go` of Prometheus 2.42 to 3.14, and the built-in
//! functions of Go's `text/template`.

use crate::base::version::Version;

/// Variables that Prometheus declares before a template.
pub(super) const VARIABLES: [&str; 5] = ["$", "$externalLabels", "$externalURL", "$labels", "$value"];

/// Names of functions, the first version with each.
const FUNCTIONS: &[(&str, Option<Version>)] = &[
    ("and", None),
    ("args", None),
    ("call", None),
    ("eq", None),
    ("externalURL", None),
    ("first", None),
    ("ge", None),
    ("graphLink", None),
    ("gt", None),
    ("html", None),
    ("humanize", None),
    ("humanize1024", None),
    ("humanizeDuration", None),
    ("humanizePercentage", None),
    ("humanizeTimestamp", None),
    ("index", None),
    ("js", None),
    ("label", None),
    ("le", None),
    ("len", None),
    ("lt", None),
    ("match", None),
    ("ne", None),
    ("not", None),
    ("now", Some(Version::new(3, 6))),
    ("or", None),
    ("parseDuration", None),
    ("pathPrefix", None),
    ("print", None),
    ("printf", None),
    ("println", None),
    ("query", None),
    ("reReplaceAll", None),
    ("safeHtml", None),
    ("slice", None),
    ("sortByLabel", None),
    ("stripDomain", None),
    ("stripPort", None),
    ("strvalue", None),
    ("tableLink", None),
    ("title", None),
    ("toDuration", Some(Version::new(3, 6))),
    ("toLower", None),
    ("toTime", None),
    ("toUpper", None),
    ("urlQueryEscape", Some(Version::new(3, 8))),
    ("urlquery", None),
    ("value", None),
];

/// The first version with a function, `None` inside for all that are known here; `None` where there is no such function.
pub(super) fn since(name: &str) -> Option<Option<Version>> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, since)| *since)
}

/// The functions that `version` has.
pub(super) fn functions(version: Version) -> impl Iterator<Item = &'static str> {
    let known = move |(_, since): &&(&str, Option<Version>)| since.is_none_or(|since| since <= version);
    FUNCTIONS.iter().filter(known).map(|(name, _)| *name)
}
