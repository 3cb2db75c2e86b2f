//! What is known of a mapping when it ends: keys that are there twice, and what its merge keys bring.

use std::collections::{HashMap, HashSet};

use super::fault::{Fault, FaultKind};
use super::tree::{Content, Data, Id, Merges, Pair, Properties, Tag, Text, Tree};
use super::value::Style;
use crate::base::text;

/// More faults than this are not looked for in a file.
pub(super) const FAULTS_MAX: usize = 1000;

/// Faults for keys of `entries` that are the same text, as yaml.v3 of Go compares them: `1` and `"1"` are one.
///
/// yaml.v2, by which kubectl reads, compares values: it takes `1` with `"1"`, which become one key in JSON, and refuses
/// `on` with `true` and `1` with `0x1`, which are let pass here.
pub(super) fn duplicates(tree: &Tree, read: &str, entries: &[Pair], faults: &mut Vec<Fault>) {
    const FEW: usize = 8; // where looking at all is faster than a table
    let key = |index: usize| tree.text(entries[index].0, read);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for index in 0..entries.len() {
        if faults.len() >= FAULTS_MAX {
            return;
        }
        let Some(name) = key(index) else { continue };
        let first = if entries.len() <= FEW {
            (0..index).find(|before| key(*before) == Some(name))
        } else {
            let first = *seen.entry(name).or_insert(index);
            (first < index).then_some(first)
        };
        if let Some(first) = first {
            let shown = text::escape(&text::clip(name, 80)).into_owned();
            let (here, there) = (tree.data(entries[index].0).span, tree.data(entries[first].0).span);
            let fault = Fault::new(FaultKind::DuplicateKey, here, format!("key `{shown}` is there twice"))
                .related(there, "first here")
                .help("keep one of the two: Go's YAML libraries refuse a mapping with the same key twice");
            faults.push(fault);
        }
    }
}

/// Whether a key is `<<` as Go takes it: plain, or tagged as one.
fn is_merge(data: &Data, read: &str) -> bool {
    let Content::Scalar { text, style } = &data.content else { return false };
    let is_text = match text {
        Text::At(span) => span.of(read) == "<<",
        Text::Own(text) => &**text == "<<",
    };
    let tag = |properties: &Properties| properties.tag.as_ref().map(|tag: &Tag| tag.name == "!!merge");
    let tagged = data.properties.as_deref().and_then(tag);
    is_text && tagged.unwrap_or(*style == Style::Plain)
}

/// Takes the merge keys out of the entries of a mapping, and gives what they bring: of keys that are there more than
/// once the mapping's own, else that of the first in the list.
///
/// `effort` is what may still be looked at; `None` when it is used up.
pub(super) fn merge(
    tree: &Tree,
    read: &str,
    entries: &mut Vec<Pair>,
    effort: &mut usize,
    faults: &mut Vec<Fault>,
) -> Option<Option<Box<Merges>>> {
    if !entries.iter().any(|(key, _)| is_merge(tree.data(*key), read)) {
        return Some(None);
    }
    let (keys, own): (Vec<_>, Vec<_>) =
        std::mem::take(entries).into_iter().partition(|(key, _)| is_merge(tree.data(*key), read));
    *entries = own;
    let mut merges = Merges { keys, entries: Vec::new() };
    let mut seen: HashSet<&str> = entries.iter().filter_map(|(key, _)| tree.text(*key, read)).collect();
    *effort = effort.checked_sub(seen.len())?;
    let sources: Vec<Id> = merges.keys.iter().flat_map(|(_, value)| sources(tree, *value)).collect();
    for source in sources {
        let data = tree.data(tree.target(source));
        if !matches!(data.content, Content::Mapping { .. }) {
            let message = "a merge key (`<<`) takes a mapping or a list of mappings";
            let fault = Fault::new(FaultKind::Merge, tree.data(source).span, message)
                .help("write `<<: *name` where `&name` stands before a mapping");
            faults.push(fault);
            continue;
        }
        let (own, merged) = data.entries();
        *effort = effort.checked_sub(own.len() + merged.len())?;
        for entry in own.iter().chain(merged) {
            let new = tree.text(entry.0, read).is_none_or(|name| seen.insert(name));
            if new {
                merges.entries.push(*entry);
            }
        }
    }
    Some(Some(Box::new(merges)))
}

/// The nodes that a merge key's value lists, or the one that it is.
fn sources(tree: &Tree, value: Id) -> Vec<Id> {
    match &tree.data(tree.target(value)).content {
        Content::Sequence { items, .. } => items.clone(),
        _ => vec![value],
    }
}
