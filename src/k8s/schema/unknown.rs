//! A field that is not known: what was meant, or where it belongs.

use std::collections::HashSet;

use super::place::{Place, Step};
use super::table::{Field, Id, Shape, Table};
use super::words;
use crate::base::edit::Edit;
use crate::base::suggest;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{self, Kind};

/// How far below a field is looked for.
const LEVELS_DOWN: usize = 3;
/// How many fields are named when none is near.
const NAMED_MAX: usize = 12;
const WHY: &str = "the API server drops it without a word, or refuses the object where validation is strict";

/// The finding for a key of `mapping` that the object `id` does not have; advice is for the first of many.
pub(super) fn field(
    place: &Place<'_>,
    mapping: yaml::Node<'_>,
    entry: yaml::Entry<'_>,
    id: Id,
    advise: bool,
) -> Finding {
    let name = entry.key.text().unwrap_or_default();
    let path = place.path(Some(Step::Field(name)));
    let schema = place.table.node(id);
    if let Some(finding) = selector(entry, schema.fields(), &path) {
        return finding;
    }
    let finding =
        Finding::error("yaml/unknown-field", entry.key.span(), format!("unknown field `{path}`")).why(WHY);
    if !advise {
        return finding;
    }
    let fitting = || {
        schema
            .fields()
            .iter()
            .filter(|field| fits(place.table, field.node, entry.value))
            .map(|field| field.name)
    };
    let free = |name: &&str| mapping.entry(name).is_none();
    let twin = same_letters(name, schema.fields().iter().map(|field| field.name)).filter(free);
    if let Some(meant) = twin.or_else(|| suggest::nearest(name, fitting()).filter(free)) {
        let other = suggest::nearest(name, fitting().filter(|other| *other != meant));
        let safety = if twin.is_some() || other.is_none() { Safety::Safe } else { Safety::Unsafe };
        let edit = Edit::replace(entry.key.span(), meant);
        return finding.label(format!("did you mean `{meant}`?")).fix(
            format!("rename it to `{meant}`"),
            safety,
            vec![edit],
        );
    }
    if let Some(place) = below(place, name, entry.value, id).or_else(|| above(place, name, entry.value)) {
        return finding.label(format!("`{name}` belongs in `{place}`")).help(format!("move it to `{place}`"));
    }
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name).collect();
    match names.len() {
        0 => finding.help("no field can be here: remove it"),
        1..=NAMED_MAX => finding.help(format!("what can be here: `{}`", names.join("`, `"))),
        _ => finding,
    }
}

/// The candidate that differs from `name` only in case, `_` and `-`.
pub(super) fn same_letters<'c>(name: &str, mut candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    candidates.find(|candidate| words::folded(candidate).eq(words::folded(name)))
}

/// Whether what stands there could be the value of a field.
fn fits(table: &Table, id: Id, value: yaml::Node<'_>) -> bool {
    match (&table.node(id).shape, value.kind()) {
        (Shape::Any, _) => true,
        (Shape::List(..), kind) => kind == Kind::Sequence,
        (Shape::Map(_) | Shape::Object(..), kind) => kind == Kind::Mapping,
        (_, kind) => kind == Kind::Scalar,
    }
}

/// The two kinds of selectors taken for each other, and labels without `matchLabels`.
fn selector(entry: yaml::Entry<'_>, fields: &[Field], path: &str) -> Option<Finding> {
    let has = |name: &str| fields.iter().any(|field| field.name == name);
    let key = entry.key.text()?;
    let finding =
        |message: String| Finding::error("operator/selector-type", entry.key.span(), message).why(WHY);
    if has("matchLabels") && has("matchExpressions") && ["matchNames", "any"].contains(&key) {
        let help = match key {
            "any" => "write `{}`, the selector that matches every namespace".to_owned(),
            _ => {
                let names: Vec<&str> = entry.value.items().filter_map(yaml::Node::text).collect();
                match names.as_slice() {
                    [name] => format!("write `matchLabels: {{kubernetes.io/metadata.name: {name}}}`"),
                    _ => format!(
                        "write `matchExpressions: [{{key: kubernetes.io/metadata.name, operator: In, values: [{}]}}]`",
                        names.join(", ")
                    ),
                }
            }
        };
        let message = format!("`{path}`: this is a selector of labels, and `{key}` is not one of its fields");
        return Some(finding(message).label("selects by the namespaces' labels").help(help));
    }
    if has("matchNames") && has("any") && ["matchLabels", "matchExpressions"].contains(&key) {
        let message =
            format!("`{path}`: this selector names namespaces, and `{key}` is not one of its fields");
        let help = "write `matchNames: [NAMESPACE]` or `any: true`";
        return Some(finding(message).label("selects by name").help(help));
    }
    let looks_like_a_label =
        entry.value.kind() == Kind::Scalar && suggest::nearest(key, ["matchLabels"].into_iter()).is_none();
    if has("matchLabels") && has("matchExpressions") && fields.len() == 2 && looks_like_a_label {
        let message = format!("unknown field `{path}`");
        let finding = Finding::error("yaml/unknown-field", entry.key.span(), message).why(WHY);
        return Some(finding.label("labels belong in `matchLabels`").help("move it into `matchLabels`"));
    }
    None
}

/// The nearest objects below that have the field, as a path.
fn below(place: &Place<'_>, name: &str, value: yaml::Node<'_>, id: Id) -> Option<String> {
    let mut seen = HashSet::from([id]);
    let mut level = vec![(id, place.path(None))];
    for _ in 0..LEVELS_DOWN {
        let mut next = Vec::new();
        for (id, path) in &level {
            for field in place.table.node(*id).fields() {
                let separator = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{separator}{}", field.name);
                let (inner, path) = match place.table.node(field.node).shape {
                    Shape::List(inner, _) => (inner, format!("{path}[]")),
                    _ => (field.node, path),
                };
                if field.name != "status" && field.name != "metadata" && seen.insert(inner) {
                    next.push((inner, path));
                }
            }
        }
        let holds = |id: &Id| {
            place.table.node(*id).field(name).is_some_and(|field| fits(place.table, field.node, value))
        };
        let mut found = next.iter().filter(|(id, _)| holds(id)).map(|(_, path)| path);
        match (found.next(), found.next()) {
            (Some(path), None) => return Some(path.clone()),
            (Some(_), Some(_)) => return None, // nobody knows which
            _ => level = next,
        }
    }
    None
}

/// The nearest object above that has the field, as a path.
fn above(place: &Place<'_>, name: &str, value: yaml::Node<'_>) -> Option<String> {
    let holds =
        |id: Id| place.table.node(id).field(name).is_some_and(|field| fits(place.table, field.node, value));
    let frames = &place.frames;
    let at = (0..frames.len().saturating_sub(1)).rev().find(|at| holds(frames[*at].id))?;
    let path: Vec<String> = frames[..=at]
        .iter()
        .map(|frame| match frame.step {
            Step::Field(name) | Step::Key(name) => format!(".{name}"),
            Step::Item(_) => "[]".to_owned(),
        })
        .collect();
    Some(path.concat().trim_start_matches('.').to_owned())
}
