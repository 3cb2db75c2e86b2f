//! What is known of a mapping when it ends: keys that are there twice, and what its merge keys bring.

use std::collections::{HashMap, HashSet};

use super::fault::{Fault, FaultKind};
use super::tree::{Content, Id, Merges, Pair, Properties, Tag, Tree};
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
    let mut few = [None; FEW];
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for index in 0..entries.len() {
        if faults.len() >= FAULTS_MAX {
            return;
        }
        let Some(name) = tree.text(entries[index].0, read) else { continue };
        let first = if entries.len() <= FEW {
            few[index] = Some(name);
            few[..index].iter().position(|before| *before == Some(name))
        } else {
            let first = *seen.entry(name).or_insert(index);
            (first < index).then_some(first)
        };
        if let Some(first) = first {
            let shown = text::escape(&text::clip(name, 80)).into_owned();
            let (here, there) = (tree.span(entries[index].0), tree.span(entries[first].0));
            let fault = Fault::new(FaultKind::DuplicateKey, here, format!("key `{shown}` is there twice"))
                .related(there, "first here")
                .help("keep one of the two: Go's YAML libraries refuse a mapping with the same key twice");
            faults.push(fault);
        }
    }
}

/// Whether a key is `<<` as Go takes it: plain, or tagged as one.
fn is_merge(tree: &Tree, key: Id, read: &str) -> bool {
    let Content::Scalar { style, .. } = tree.data(key).content else { return false };
    if tree.text(key, read) != Some("<<") {
        return false;
    }
    let tag = |properties: &Properties| properties.tag.as_ref().map(|tag: &Tag| tag.name == "!!merge");
    let tagged = tree.properties(key).and_then(tag);
    tagged.unwrap_or(style == Style::Plain)
}

/// Takes the merge keys out of the entries of a mapping, which stand last in the tree's table, from `start` on; gives
/// what they bring: of keys that are there more than once the mapping's own, else that of the first in the list.
///
/// `effort` is what may still be looked at; `None` when it is used up.
pub(super) fn merge(
    tree: &mut Tree,
    read: &str,
    start: usize,
    effort: &mut usize,
    faults: &mut Vec<Fault>,
) -> Option<Option<Merges>> {
    if !tree.entries[start..].iter().any(|(key, _)| is_merge(tree, *key, read)) {
        return Some(None);
    }
    let all = tree.entries.split_off(start);
    let (keys, own): (Vec<_>, Vec<_>) = all.into_iter().partition(|(key, _)| is_merge(tree, *key, read));
    tree.entries.extend_from_slice(&own);
    let mut merges = Merges { keys, entries: Vec::new() };
    let mut seen: HashSet<&str> = own.iter().filter_map(|(key, _)| tree.text(*key, read)).collect();
    *effort = effort.checked_sub(seen.len())?;
    let sources: Vec<Id> = merges.keys.iter().flat_map(|(_, value)| sources(tree, *value)).collect();
    for source in sources {
        let target = tree.target(source);
        if !matches!(tree.data(target).content, Content::Mapping { .. }) {
            let message = "a merge key (`<<`) takes a mapping or a list of mappings";
            let fault = Fault::new(FaultKind::Merge, tree.span(source), message)
                .help("write `<<: *name` where `&name` stands before a mapping");
            faults.push(fault);
            continue;
        }
        let (own, merged) = tree.entries(target);
        *effort = effort.checked_sub(own.len() + merged.len())?;
        for entry in own.iter().chain(merged) {
            let new = tree.text(entry.0, read).is_none_or(|name| seen.insert(name));
            if new {
                merges.entries.push(*entry);
            }
        }
    }
    Some(Some(merges))
}

/// The nodes that a merge key's value lists, or the one that it is.
fn sources(tree: &Tree, value: Id) -> Vec<Id> {
    match tree.target(value) {
        target if matches!(tree.data(target).content, Content::Sequence { .. }) => {
            tree.items(target).to_vec()
        }
        _ => vec![value],
    }
}
