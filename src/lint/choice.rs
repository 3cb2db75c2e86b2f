//! Which rules are on: what people select and ignore, by name and family.

use super::catalogue;
use super::registry::{Rule, family_of};
use crate::base::suggest::nearest;
use crate::base::text::{clip, escape};

/// What rules are chosen by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Name {
    /// One rule: `relabel/regex`.
    Rule(&'static str),
    /// All rules of a family, also those that are off by default: `relabel`.
    Family(&'static str),
    /// Those that are on by default: `default`.
    Default,
    /// Every rule there is: `all`.
    All,
}

/// Which rules are on. By default all that are not only on when asked for.
///
/// The narrower name wins: `ignore: [relabel]` with `select: [default, relabel/regex]` leaves that one of the family
/// on. Of the same name, ignoring wins.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Choice {
    /// Only these; `None` is `default`.
    pub select: Option<Vec<Name>>,
    /// Not these.
    pub ignore: Vec<Name>,
}

/// That nothing has this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no rule and no family `{}`", escape(&clip(.name, 80)))]
pub struct UnknownName {
    name: String,
    /// What was meant, as far as can be told.
    pub near: Option<&'static str>,
}

impl Name {
    /// Reads the name of a rule or family, `default` or `all`.
    ///
    /// # Errors
    ///
    /// When nothing has this name.
    pub fn parse(name: &str) -> Result<Self, UnknownName> {
        match name {
            "default" => return Ok(Self::Default),
            "all" => return Ok(Self::All),
            _ => {}
        }
        if let Some(rule) = catalogue::rule(name) {
            return Ok(Self::Rule(rule.name));
        }
        if let Some(rule) = catalogue::all().iter().find(|rule| rule.family() == name) {
            return Ok(Self::Family(rule.family()));
        }
        let rules = catalogue::all().iter().map(|rule| rule.name);
        let families = catalogue::all().iter().map(|rule| rule.family());
        // Often the family is left out.
        let bare = || catalogue::all().iter().find(|rule| rule.name.ends_with(&format!("/{name}")));
        let near = nearest(name, rules.chain(families)).or_else(|| Some(bare()?.name));
        Err(UnknownName { name: name.to_owned(), near })
    }

    /// Whether it means the rule `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Rule(rule) => *rule == name,
            Self::Family(family) => family_of(name) == *family,
            Self::Default => catalogue::rule(name).is_none_or(|rule| !rule.opt_in),
            Self::All => true,
        }
    }

    /// How narrow it is.
    fn rank(&self) -> u8 {
        match self {
            Self::All | Self::Default => 1,
            Self::Family(_) => 2,
            Self::Rule(_) => 3,
        }
    }
}

impl Choice {
    /// Whether findings of the rule `name` are wanted.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let rank = |names: &[Name]| names.iter().filter(|it| it.has(name)).map(Name::rank).max().unwrap_or(0);
        let selected = match &self.select {
            Some(names) => rank(names),
            None => rank(&[Name::Default]),
        };
        selected > rank(&self.ignore)
    }

    /// The rules that are on.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static Rule> {
        catalogue::all().iter().copied().filter(|rule| self.has(rule.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<Name> {
        text.split(' ').filter(|it| !it.is_empty()).map(|it| Name::parse(it).expect("known")).collect()
    }

    #[track_caller]
    fn check(select: Option<&str>, ignore: &str, on: &[&str], off: &[&str]) {
        let choice = Choice { select: select.map(names), ignore: names(ignore) };
        for name in on {
            assert!(choice.has(name), "{name} is off");
        }
        for name in off {
            assert!(!choice.has(name), "{name} is on");
        }
    }

    #[test]
    fn the_narrower_name_wins_and_ignoring_wins_a_tie() {
        check(None, "", &["relabel/regex", "yaml/yaml-syntax"], &[]);
        check(None, "relabel", &["yaml/yaml-syntax"], &["relabel/regex"]);
        check(Some("relabel"), "", &["relabel/regex"], &["yaml/yaml-syntax"]);
        check(Some("relabel"), "relabel/regex", &["relabel/relabel-action"], &["relabel/regex"]);
        check(Some("default relabel/regex"), "relabel", &["relabel/regex"], &["relabel/relabel-action"]);
        check(Some("relabel/regex"), "relabel/regex", &[], &["relabel/regex"]);
        check(Some("all"), "all", &[], &["relabel/regex"]);
    }

    #[test]
    fn unknown_names_are_refused_with_what_was_meant() {
        let near = |name| Name::parse(name).expect_err("unknown").near;
        assert_eq!(near("relabel/regexp"), Some("relabel/regex"));
        assert_eq!(near("relable"), Some("relabel"));
        assert_eq!(near("missing-for"), Some("rules/missing-for"));
        assert_eq!(near("something/else"), None);
    }
}
