//! What Prometheus asks of single structures, as a table: which fields must be there, which exclude each other, which
//! words they take.
//!
//! Rows stand in [`table`]; here they are read. Facts are those of each structure's `UnmarshalYAML` and `Validate` in
//! Prometheus's source; what needs more than its own structure is a rule of its own.

mod table;

use std::sync::LazyLock;

use crate::base::duration::parse;
use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::Finding;
use crate::lint::registry::Rule;
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::rules::yaml::UNKNOWN_VALUE;
use crate::lint::schema::{Section, is_null};
use crate::yaml::{Entry, Node};

/// One line of the table.
struct Row {
    /// The structure, by package and type.
    of: &'static str,
    need: Need,
    /// The first version that asks for it.
    since: Version,
    /// The first that does not any more.
    until: Option<Version>,
}

/// What is asked. Go does not tell nothing from `""`, so a field is there when it is not empty.
#[derive(Clone, Copy)]
enum Need {
    /// The field must be there.
    Field(&'static str),
    /// The field has a default, and must not be written empty.
    Filled(&'static str),
    /// One of these must be there.
    OneOf(&'static [&'static str]),
    /// No more than one of these may be there.
    AtMostOne(&'static [&'static str]),
    /// With the first, one of the others must be there.
    With(&'static str, &'static [&'static str]),
    /// With the first, none of the others may be there.
    Without(&'static str, &'static [&'static str]),
    /// The field, where it is written, is one of these words.
    Word(&'static str, &'static [&'static str]),
    /// Each item of the list begins with a `/`.
    Paths(&'static str),
    /// Where a field is this word, or not written if that is the default, another must be there.
    When { field: &'static str, is: &'static str, default: bool, needs: &'static str },
    /// Where a field is this word, none of the others may be there.
    Bars { field: &'static str, is: &'static str, bars: &'static [&'static str] },
    /// The field, where it is there, has a form: what it is called, and how it is known.
    Form(&'static str, &'static str, fn(&str) -> bool),
    /// No item of the list is empty.
    Items(&'static str),
    /// The duration, where it is written, is more than nothing.
    Positive(&'static str),
}

impl Need {
    /// Whether it is about fields that are there and must not be, and not about those that are missing.
    fn excludes(self) -> bool {
        matches!(self, Self::AtMostOne(_) | Self::Without(..) | Self::Bars { .. })
    }
}

/// Which rows a rule is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lint::rules) enum Part {
    /// Those of service discovery.
    Discovery,
    /// Those of `web.yml`.
    Web,
    /// Those of other structures that are about what is missing.
    Missing,
    /// Those of other structures that are about what excludes each other.
    Exclusive,
}

impl Row {
    fn asked_by(&self, version: Version) -> bool {
        self.since <= version && self.until.is_none_or(|until| version < until)
    }

    fn part(&self) -> Part {
        match (self.of.split_once('/'), self.need.excludes()) {
            (Some(("discovery", _)), _) => Part::Discovery,
            (Some(("exporter-toolkit", _)), _) => Part::Web,
            (_, true) => Part::Exclusive,
            (_, false) => Part::Missing,
        }
    }
}

/// Whether Prometheus never looks at what this structure, or that around it, says of an HTTP client, but for its TLS.
pub(in crate::lint::rules) fn unchecked(section: &Section<'_>, version: Version) -> bool {
    const SINCE_2_48: [&str; 6] = [
        "discovery/aws.EC2SDConfig",
        "discovery/aws.LightsailSDConfig",
        "discovery/azure.SDConfig",
        "discovery/http.SDConfig",
        "discovery/puppetdb.SDConfig",
        "discovery/uyuni.SDConfig",
    ];
    let client = match section.kind {
        "common/config.BasicAuth" | "common/config.Authorization" | "common/config.OAuth2" => section.parent,
        _ if section.knows("basic_auth") => section.kind,
        _ => return false,
    };
    client == "discovery/aws.SDConfig" || (version < Version::new(2, 48) && SINCE_2_48.contains(&client))
}

/// Reports what `section` has not of what the rows of `part` ask for.
pub(in crate::lint::rules) fn check(rule: &Rule, part: Part, section: &Section<'_>, out: &mut Out<'_>) {
    let rows = rows_of(section.kind, part);
    let version = out.options.prometheus;
    // Nothing in a list is an empty section, and elsewhere leaves the structure out.
    let client = section.kind.starts_with("common/config.");
    if rows.is_empty() || section.is_null() || (client && unchecked(section, version)) {
        return;
    }
    for (.., row) in rows.iter().filter(|(.., row)| row.asked_by(version)) {
        if let Some(finding) = fault(rule, row.need, section) {
            out.report(finding.why(REFUSED));
        }
    }
}

/// The rows of one kind of structure that are of one part, in their order.
fn rows_of(kind: &str, part: Part) -> &'static [(Part, &'static str, &'static Row)] {
    static ROWS: LazyLock<Vec<(Part, &str, &Row)>> = LazyLock::new(|| {
        let mut rows: Vec<_> = table::ROWS.iter().map(|row| (row.part(), row.of, row)).collect();
        rows.sort_by_key(|(part, kind, _)| (*part, *kind));
        rows
    });
    let from = ROWS.partition_point(|row| (row.0, row.1) < (part, kind));
    let len = ROWS[from..].partition_point(|row| (row.0, row.1) == (part, kind));
    &ROWS[from..from + len]
}

fn fault(rule: &Rule, need: Need, section: &Section<'_>) -> Option<Finding> {
    let there = |field: &str| section.filled(field).is_some();
    match need {
        Need::Field(field) => (!there(field)).then(|| missing(rule, section, field)),
        Need::Filled(field) => {
            section.entry(field).filter(|_| !there(field)).map(|_| missing(rule, section, field))
        }
        Need::OneOf(fields) => (!fields.iter().any(|field| there(field))).then(|| {
            let message = format!("{} needs one of {}", called(section), listed(fields, "and"));
            rule.at(section.place(), message).label("has none of them").help("add one of them")
        }),
        Need::With(first, others) => {
            let entry = section.filled(first)?;
            (!others.iter().any(|field| there(field))).then(|| {
                rule.at(entry.key.span(), format!("`{first}` needs {} with it", listed(others, "or")))
                    .label("stands alone")
                    .help(format!("add {}, or remove `{first}`", listed(others, "or")))
            })
        }
        Need::When { field, is, default, needs } => (is_word(section, field, is, default) && !there(needs))
            .then(|| {
                let finding = missing(rule, section, needs);
                match section.entry(field) {
                    Some(entry) => finding.related(entry.value.span(), "because of this"),
                    None => {
                        finding.help(format!("add `{needs}`: `{field}` is `{is}` where it is not written"))
                    }
                }
            }),
        Need::AtMostOne(fields) => {
            let mut found: Vec<_> = fields.iter().filter_map(|field| section.filled(field)).collect();
            found.sort_by_key(|entry| entry.key.span());
            found.get(1).map(|second| beside(rule, found[0], *second))
        }
        Need::Without(first, others) => {
            let other = others.iter().find_map(|field| section.filled(field))?;
            Some(beside(rule, section.filled(first)?, other))
        }
        Need::Bars { field, is, bars } => {
            let other = bars.iter().find_map(|field| section.filled(field))?;
            let entry = section.entry(field).filter(|_| is_word(section, field, is, false))?;
            let name = other.key.text().unwrap_or_default();
            Some(
                rule.at(other.key.span(), format!("`{name}` is not for `{field}: {is}`"))
                    .label("of no use")
                    .related(entry.value.span(), "because of this")
                    .help("remove it"),
            )
        }
        Need::Word(field, words) => word(section, field, words),
        Need::Form(field, form, fits) => {
            let node = section.get(field)?;
            let text = section.text(field)?;
            (!fits(text))
                .then(|| rule.at(node.span(), format!("`{field}` is no {form}")).label("of another form"))
        }
        Need::Paths(field) => {
            let bad =
                items(section, field).find(|item| !item.text().is_some_and(|text| text.starts_with('/')))?;
            let text = clip(bad.text().unwrap_or_default(), 60);
            Some(rule.at(bad.span(), format!("`{text}` is no path")).label("a path begins with `/`"))
        }
        Need::Items(field) => {
            let bad = items(section, field).find(|item| is_null(*item) || item.text() == Some(""))?;
            Some(rule.at(bad.span(), format!("an entry of `{field}` is empty")).label("empty"))
        }
        Need::Positive(field) => {
            let node = section.entry(field)?.value;
            let zero =
                is_null(node) || node.text().and_then(|text| parse(text).ok()).is_some_and(|it| it.is_zero());
            zero.then(|| {
                rule.at(node.span(), format!("`{field}` must be more than nothing")).label("not above 0")
            })
        }
    }
}

fn items<'w>(section: &Section<'w>, field: &str) -> impl Iterator<Item = Node<'w>> {
    section.get(field).into_iter().flat_map(Node::items)
}

/// Whether a field is this word, or is not written and has it by default.
fn is_word(section: &Section<'_>, field: &str, word: &str, default: bool) -> bool {
    section.entry(field).map_or(default, |entry| entry.value.text() == Some(word))
}

fn beside(rule: &Rule, first: Entry<'_>, second: Entry<'_>) -> Finding {
    let name = |entry: Entry<'_>| entry.key.text().unwrap_or_default().to_owned();
    let (first_name, second_name) = (name(first), name(second));
    rule.at(second.key.span(), format!("`{second_name}` cannot stand beside `{first_name}`"))
        .label("excludes the other")
        .related(first.key.span(), format!("`{first_name}` is here"))
        .help("remove one of the two")
}

fn missing(rule: &Rule, section: &Section<'_>, field: &str) -> Finding {
    let message = format!("{} needs `{field}`", called(section));
    match section.entry(field) {
        Some(entry) => {
            let empty = entry.value.text().is_none_or(|text| text.is_empty());
            let span =
                if empty && entry.value.span().is_empty() { entry.key.span() } else { entry.value.span() };
            rule.at(span, message).label("is empty").help(format!("give `{field}` a value"))
        }
        None => rule
            .at(section.place(), message)
            .label(format!("has no `{field}`"))
            .help(format!("add `{field}`")),
    }
}

fn word(section: &Section<'_>, field: &str, words: &[&str]) -> Option<Finding> {
    let node = section.entry(field)?.value;
    let text = if is_null(node) { "" } else { node.text().unwrap_or_default() };
    if words.contains(&text) {
        return None;
    }
    let message = match text.is_empty() {
        true => format!("`{field}` is empty"),
        false => format!("`{field}` cannot be `{}`", clip(text, 60)),
    };
    let help = match nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of {}", listed(words, "and")),
    };
    Some(UNKNOWN_VALUE.at(node.span(), message).label("unknown value").help(help))
}

/// What a section is called in a sentence: the field it stands under.
fn called(section: &Section<'_>) -> String {
    match section.item {
        true => format!("an entry of `{}`", section.field),
        false => format!("`{}`", section.field),
    }
}

/// `a`, `b` and `c`.
fn listed(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., end] => format!("`{}` {last} `{end}`", first.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::schema::has_field;

    #[test]
    fn every_row_is_of_fields_that_the_table_of_fields_has() {
        for row in table::ROWS {
            let fields: Vec<&str> = match row.need {
                Need::Field(field)
                | Need::Filled(field)
                | Need::Word(field, _)
                | Need::Paths(field)
                | Need::Items(field)
                | Need::Form(field, ..)
                | Need::Positive(field) => vec![field],
                Need::Bars { field, bars, .. } => {
                    std::iter::once(field).chain(bars.iter().copied()).collect()
                }
                Need::OneOf(fields) | Need::AtMostOne(fields) => fields.to_vec(),
                Need::With(first, others) | Need::Without(first, others) => {
                    std::iter::once(first).chain(others.iter().copied()).collect()
                }
                Need::When { field, needs, .. } => vec![field, needs],
            };
            for field in fields {
                assert!(has_field(row.of, field), "{} has no {field}", row.of);
            }
        }
    }
}
