//! Mappings that another one stands before.

use std::collections::HashMap;

use super::{EVENTS, Mapping, mappings};
use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::yaml::{Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/never-matches",
    severity: Severity::Warning,
    summary: "a mapping that is never used, because of one before it",
    page: include_str!("../../../../docs/rules/statsd/never-matches.md"),
    opt_in: false,
    check: Check::Section(check),
};

/// Mappings that are held against those before them; a file with more is checked up to here.
const COMPARED_MAX: usize = 1_000;
/// Dots of a pattern that are looked at.
const PARTS_MAX: usize = 100;

/// Why a mapping is never used.
#[derive(Clone, Copy)]
enum Reason {
    Same,
    Wider,
    /// The other one goes on behind the end of this one.
    Longer,
}

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    let all: Vec<Mapping<'_>> = mappings(section).take(COMPARED_MAX).collect();
    if all.is_empty() {
        return;
    }
    let setting = section.get("defaults").and_then(|defaults| defaults.get("glob_disable_ordering"));
    let ordered = setting.and_then(Node::value) != Some(Value::Bool(true));
    let before = EVENTS.map(|event| Before::new(&all, event, ordered));
    for (at, mapping) in all.iter().enumerate() {
        let Some((node, pattern)) = mapping.get("match").zip(mapping.text("match")) else { continue };
        let events = before.iter().filter(|it| mapping.takes(it.event));
        let found: Option<Vec<_>> = events.map(|it| it.of(at, mapping, pattern)).collect();
        let Some((first, reason)) = found.and_then(|found| found.first().copied()) else { continue };
        let other = all[first].get("match").unwrap_or(all[first].node);
        let (label, help) = match reason {
            Reason::Same => ("the same pattern again", "remove one of them"),
            Reason::Wider => ("the one before matches all that this one does", "put the narrower one first"),
            Reason::Longer => (
                "the one before goes on where this one ends",
                "put the shorter one first: statsd_exporter loses what ends where a longer one went on",
            ),
        };
        let finding = RULE
            .at(node.span(), format!("`{}` is never used", clip(pattern, 60)))
            .label(label)
            .why("its events get the name and labels of the mapping before it, or of none at all");
        out.report(finding.related(other.span(), "the one before").help(help));
    }
}

/// What the mappings do to each other, for events of one kind.
struct Before<'w> {
    event: &'static str,
    /// Where each pattern stands first and last.
    globs: HashMap<&'w str, (usize, usize)>,
    regexes: HashMap<&'w str, usize>,
    /// What stands before the dots of a pattern, and the first one that has it.
    longer: HashMap<&'w str, usize>,
    /// Those that others may be part of: they have a `*` and are used.
    wide: Vec<(usize, &'w str)>,
}

impl<'w> Before<'w> {
    fn new(all: &[Mapping<'w>], event: &'static str, ordered: bool) -> Self {
        let mut found = Self {
            event,
            globs: HashMap::new(),
            regexes: HashMap::new(),
            longer: HashMap::new(),
            wide: Vec::new(),
        };
        for (at, mapping) in all.iter().enumerate().filter(|(_, mapping)| mapping.takes(event)) {
            let Some(pattern) = mapping.text("match") else { continue };
            if !mapping.is_glob() {
                found.regexes.entry(pattern).or_insert(at);
                continue;
            }
            let used = !found.globs.contains_key(pattern) && !found.longer.contains_key(pattern);
            if used && ordered && pattern.contains('*') && pattern.matches('.').count() < PARTS_MAX {
                found.wide.push((at, pattern));
            }
            found.globs.entry(pattern).or_insert((at, at)).1 = at;
            for (dot, _) in pattern.match_indices('.').take(PARTS_MAX) {
                found.longer.entry(&pattern[..dot]).or_insert(at);
            }
        }
        found
    }

    /// The first that takes the events of mapping `at` from it.
    fn of(&self, at: usize, mapping: &Mapping<'w>, pattern: &str) -> Option<(usize, Reason)> {
        if !mapping.is_glob() {
            return self
                .regexes
                .get(pattern)
                .filter(|first| **first < at)
                .map(|first| (*first, Reason::Same));
        }
        let same = self.globs.get(pattern).map(|(first, _)| (*first, Reason::Same));
        let longer = || self.longer.get(pattern).map(|first| (*first, Reason::Longer));
        // A second mapping of the same pattern makes the first come as late as itself.
        let last = |pattern: &str| self.globs.get(pattern).map_or(0, |(_, last)| *last);
        let wider = || {
            let before = self.wide.iter().take_while(|(first, _)| *first < at);
            let mut covering = before.filter(|(_, wide)| covers(wide, pattern) && last(wide) < at);
            covering.next().map(|(first, _)| (*first, Reason::Wider))
        };
        let earlier = |found: &(usize, Reason)| found.0 < at;
        same.filter(earlier).or_else(|| longer().filter(earlier)).or_else(wider)
    }
}

fn covers(wide: &str, narrow: &str) -> bool {
    let (mut wide, mut narrow) = (wide.split('.'), narrow.split('.'));
    loop {
        match (wide.next(), narrow.next()) {
            (None, None) => return true,
            (Some(wide), Some(narrow)) if wide == "*" || wide == narrow => {}
            _ => return false,
        }
    }
}
