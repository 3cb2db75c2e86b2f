//! Labels that a selector asks for and an object does not have: where that is, and the edits that add them.

use super::far::name_span;
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::k8s::{Miss, Object, Operator};
use crate::lint::model::{Item, Link};
use crate::yaml::{Node, Style};

/// What is missing, in one clause.
pub(super) fn reason(link: &Link<'_, '_>) -> String {
    if link.absent {
        return format!("{} has no `{}`, which selects nothing", link.from.title(), link.field);
    }
    let mut parts: Vec<String> = link.misses.iter().map(Miss::to_string).collect();
    if link.outside.is_some() {
        let namespace = link.to.namespace().unwrap_or_default();
        parts.push(format!("the `{}` leaves out namespace `{namespace}`", link.namespace_field));
    }
    parts.join("; ")
}

/// The label that is wrong, or the name of the object that has too few.
pub(super) fn place(item: &Item<'_>, misses: &[Miss<'_, '_>]) -> Span {
    let wrong = misses.iter().filter_map(|miss| item.object.labels().get(miss.requirement.key()));
    wrong.map(|pair| pair.node.span()).next().unwrap_or(name_span(item))
}

/// `a: b` for each label that would have to be there; `None` where another operator than a list of values is missed.
pub(in crate::lint) fn wanted(misses: &[Miss<'_, '_>]) -> Option<Vec<(String, String)>> {
    let pair = |miss: &Miss<'_, '_>| {
        let value =
            miss.requirement.values().first().filter(|_| miss.requirement.operator() == Operator::In)?;
        Some((miss.requirement.key().to_owned(), value.clone()))
    };
    misses.iter().map(pair).collect()
}

/// What to write, for a sentence: `` `a: b`, `c: d` ``.
pub(in crate::lint) fn listed(wanted: &[(String, String)]) -> String {
    wanted.iter().map(|(key, value)| format!("`{key}: {value}`")).collect::<Vec<_>>().join(", ")
}

/// The edits that give an object these labels.
pub(in crate::lint) fn edits(object: &Object<'_>, wanted: &[(String, String)]) -> Option<Vec<Edit>> {
    let labels = object.labels();
    let (there, missing): (Vec<_>, Vec<_>) = wanted.iter().partition(|(key, _)| labels.get(key).is_some());
    let mut edits = Vec::new();
    for (key, value) in there {
        edits.push(labels.get(key)?.node.rewrite(value, Style::Plain)?);
    }
    if missing.is_empty() {
        return Some(edits);
    }
    let pairs: Vec<String> = missing.iter().map(|(key, value)| format!("{key}: {}", scalar(value))).collect();
    let into = labels.node().filter(|node| node.entries().any(|entry| !entry.merged));
    edits.push(match into {
        Some(node) => before_first(node, &pairs)?,
        None => {
            let metadata = object.metadata().filter(|node| node.entry("labels").is_none())?;
            let line = match metadata.indent() {
                Some(indent) => format!("labels:\n{0}{1}", " ".repeat(indent + 2), {
                    pairs.join(&format!("\n{}", " ".repeat(indent + 2)))
                }),
                None => format!("labels: {{{}}}", pairs.join(", ")),
            };
            before_first(metadata, &[line])?
        }
    });
    Some(edits)
}

/// The edit that puts entries before the first of a mapping.
pub(in crate::lint) fn before_first(mapping: Node<'_>, entries: &[String]) -> Option<Edit> {
    let first = mapping.entries().find(|entry| !entry.merged)?.key.full_span().start;
    let between = match mapping.indent() {
        Some(indent) => format!("\n{}", " ".repeat(indent)),
        None => ", ".to_owned(),
    };
    let text: String = entries.iter().map(|entry| format!("{entry}{between}")).collect();
    Some(Edit::insert(first, text))
}

/// A label's value as YAML: what Go would not take for a string is quoted.
fn scalar(value: &str) -> String {
    if crate::yaml::is_plain_safe(value) { value.to_owned() } else { format!("\"{value}\"") }
}
