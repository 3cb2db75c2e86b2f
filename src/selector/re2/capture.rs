//! Patterns that also say what their groups matched, for relabeling.
//!
//! Groups are numbered as Go numbers them, by their `(`. Those that can never take part (`(a){0}`) keep their
//! number, though the compiled expression no longer has them: groups are found again by names of ours.

use std::cell::RefCell;
use std::sync::Arc;

use regex::bytes::CaptureLocations;
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use super::known::{self, Known};
use super::{Kind, Pattern, RegexError, parse, plain, regex, shape};

/// Whether `.` matches a newline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Newlines {
    /// As in relabeling since Prometheus 3.0, and in all selectors.
    Matched,
    /// As in relabeling before.
    NotMatched,
}

/// A compiled pattern with its groups. Matches whole strings only. Clones are the same one, and cheap.
#[derive(Clone, Debug)]
pub struct Capturing {
    compiled: Arc<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    pattern: Pattern,
    /// The names of the groups, from the first.
    names: Vec<Option<Box<str>>>,
    find: Find,
}

/// How groups are found.
#[derive(Debug)]
enum Find {
    /// There are none, or the only one is the whole match, as in `(.*)`.
    Whole,
    /// `indexes`: of every group, its number in `regex`.
    Regex { regex: regex::bytes::Regex, indexes: Vec<Option<usize>> },
}

/// What the groups of a pattern matched in one text.
#[derive(Debug)]
pub struct Captures<'p, 't> {
    of: &'p Capturing,
    text: &'t str,
    /// `None`: every group is the whole text.
    found: Option<CaptureLocations>,
}

/// Compiles a pattern that stands between parentheses when Prometheus compiles it, as in relabeling: a `\Q`
/// must be closed there. Or finds it among those that this thread compiled last.
pub fn compile_capturing(pattern: &str, newlines: Newlines) -> Result<Capturing, RegexError> {
    thread_local! {
        static MATCHED: RefCell<Known<Capturing>> = RefCell::default();
        static NOT_MATCHED: RefCell<Known<Capturing>> = RefCell::default();
    }
    if known::is_plain(pattern) {
        return Ok(Compiled::whole(plain(pattern), Vec::new()).into());
    }
    let known = match newlines {
        Newlines::Matched => &MATCHED,
        Newlines::NotMatched => &NOT_MATCHED,
    };
    if let Some(known) = known.with_borrow(|known| known.get(pattern)) {
        return Ok(known);
    }
    let capturing = Capturing::from(Compiled::new(pattern, newlines)?);
    known.with_borrow_mut(|known| known.keep(pattern, &capturing));
    Ok(capturing)
}

impl From<Compiled> for Capturing {
    fn from(compiled: Compiled) -> Self {
        Self { compiled: Arc::new(compiled) }
    }
}

impl Compiled {
    /// Where no group says anything that the whole match does not.
    fn whole(kind: Kind, names: Vec<Option<Box<str>>>) -> Self {
        Self { pattern: Pattern::new(kind), names, find: Find::Whole }
    }

    fn new(pattern: &str, newlines: Newlines) -> Result<Self, RegexError> {
        let reading = parse::Reading { dot_newline: newlines == Newlines::Matched, pasted: true };
        let parse::Tree { hir, groups: names } = parse::parse(pattern, reading)?;
        let kind = shape(&hir);
        let around = matches!(hir.kind(), HirKind::Capture(_)) && names.len() == 1;
        if names.is_empty() || around {
            let kind = match kind {
                Some(kind) => kind,
                None => Kind::Regex(regex(hir)?),
            };
            return Ok(Self::whole(kind, names));
        }
        let regex = regex(named(&hir))?;
        let index = |group: usize| {
            let name = name_of(group + 1);
            regex.capture_names().position(|known| known == Some(&*name))
        };
        let indexes = (0..names.len()).map(index).collect();
        let kind = kind.unwrap_or_else(|| Kind::Regex(regex.clone()));
        Ok(Self { pattern: Pattern::new(kind), names, find: Find::Regex { regex, indexes } })
    }
}

impl Capturing {
    /// Whether the whole of `text` matches. Does not allocate in the steady state.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.pattern.is_match(text)
    }

    /// The groups, if the whole of `text` matches. Allocates only when it does, and not for a pattern without
    /// groups or with one around everything.
    #[must_use]
    pub fn captures<'p, 't>(&'p self, text: &'t str) -> Option<Captures<'p, 't>> {
        if !self.is_match(text) {
            return None;
        }
        let found = match &self.compiled.find {
            Find::Whole => None,
            Find::Regex { regex, .. } => {
                let mut found = regex.capture_locations();
                regex.captures_read(&mut found, text.as_bytes())?;
                Some(found)
            }
        };
        Some(Captures { of: self, text, found })
    }

    /// Every text that matches, sorted; `None` where they are too many to list.
    #[must_use]
    pub fn texts(&self) -> Option<&[Box<str>]> {
        match &*self.compiled.pattern.kind {
            Kind::OneOf(list) => Some(list),
            _ => None,
        }
    }

    /// Whether it is known that every text matches.
    #[must_use]
    pub fn matches_all(&self) -> bool {
        matches!(*self.compiled.pattern.kind, Kind::Any)
    }

    /// What every text that matches is known to begin with; empty where nothing is.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match &*self.compiled.pattern.kind {
            Kind::Prefix { literal, .. } => literal,
            _ => "",
        }
    }

    /// Whether each of its groups, if it has any, is the whole match.
    #[must_use]
    pub fn groups_are_whole(&self) -> bool {
        matches!(self.compiled.find, Find::Whole)
    }

    /// How many groups there are, the whole match not among them.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.compiled.names.len()
    }

    /// The name of group `index`, which counts from 1, if it has one.
    #[must_use]
    pub fn name_of(&self, index: usize) -> Option<&str> {
        self.compiled.names.get(index.checked_sub(1)?)?.as_deref()
    }
}

impl<'t> Captures<'_, 't> {
    /// What group `index` matched; 0 is the whole match. `None`: it took no part, or there is no such group.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'t str> {
        let Some(group) = index.checked_sub(1) else { return Some(self.text) };
        self.of.compiled.names.get(group)?;
        match (&self.found, &self.of.compiled.find) {
            (Some(found), Find::Regex { indexes, .. }) => {
                let (start, end) = found.get((*indexes.get(group)?)?)?;
                self.text.get(start..end)
            }
            _ => Some(self.text),
        }
    }

    /// What the first group of that name matched that took part.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&'t str> {
        let named = |index: &usize| self.of.name_of(*index) == Some(name);
        (1..=self.of.groups()).filter(named).find_map(|index| self.get(index))
    }
}

fn name_of(group: usize) -> String {
    format!("g{group}")
}

/// The same tree with a name for every group. Its depth is bounded by [`parse::DEPTH_MAX`].
fn named(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Capture(group) => Hir::capture(Capture {
            index: group.index,
            name: Some(name_of(group.index as usize).into()),
            sub: Box::new(named(&group.sub)),
        }),
        HirKind::Repetition(repeat) if repeat.sub.properties().explicit_captures_len() > 0 => {
            Hir::repetition(Repetition { sub: Box::new(named(&repeat.sub)), ..repeat.clone() })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(named).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(named).collect()),
        _ => hir.clone(),
    }
}
