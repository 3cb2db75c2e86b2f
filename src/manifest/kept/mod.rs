//! Which series are sent: selectors of what is kept and of what is dropped, as relabel rules.
//!
//! A series is sent that something under `keep` selects, if there is anything, and that nothing under `drop` does.

pub(super) mod known;
mod profile;
mod rule;

pub use profile::Profile;

use rule::{Action, NAME, keep_names, pattern};
pub(super) use rule::{Rule, Spelling, check};

use crate::selector::Selector;

/// What is kept and dropped. Each selector is one that a relabel rule can say.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Kept {
    keep: Vec<Selector>,
    drop: Vec<Selector>,
}

impl Kept {
    /// Of selectors that were [checked](check).
    pub(super) fn new(keep: Vec<Selector>, drop: Vec<Selector>) -> Self {
        Self { keep, drop }
    }

    /// Whether a series of this name could be sent.
    pub(super) fn may_keep(&self, name: &str) -> bool {
        let kept = self.keep.is_empty() || self.keep.iter().any(|selector| may_be(selector, name));
        kept && !self.drops_name(name)
    }

    /// Whether a selector under `keep` names what begins so, and does not merely have it too.
    pub(super) fn names(&self, beginning: &str) -> bool {
        self.keep.iter().filter_map(|selector| pattern(selector, NAME)).any(|it| it.contains(beginning))
    }

    /// Whether nothing is left of what `selector` keeps: the same is dropped, or all of its names are.
    pub(super) fn is_dropped(&self, selector: &Selector) -> bool {
        let [matcher] = selector.matchers() else { return self.drop.contains(selector) };
        match exact_name(selector) {
            Some(name) => self.drops_name(name),
            None => self.drop.iter().any(|drop| drop.matchers() == [matcher.clone()]),
        }
    }

    /// The rules for what is sent: one that keeps, then those that drop.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let keep = (!self.keep.is_empty()).then(|| Rule::new(Action::Keep, &self.keep));
        keep.into_iter().chain(drop_rules(self.drop.iter())).collect()
    }

    /// The rules for a scrape of metrics of which `names` are known: they keep names alone, and drop what shows without the
    /// external labels, which come later.
    pub(super) fn scrape_rules<'n>(
        &self,
        names: impl Iterator<Item = &'n str> + Clone,
        external: &[(String, String)],
    ) -> Vec<Rule> {
        let here = self.keep.iter().filter(|selector| names.clone().any(|name| may_be(selector, name)));
        let patterns: Option<Vec<String>> = here.map(|selector| pattern(selector, NAME)).collect();
        let keep = patterns.filter(|patterns| !patterns.is_empty()).map(|mut patterns| {
            patterns.dedup();
            keep_names(&patterns)
        });
        let here = self.drop.iter().filter(|selector| names.clone().any(|name| may_be(selector, name)));
        let drop = drop_rules(here).into_iter().filter(|rule| !rule.reads(external));
        keep.into_iter().chain(drop).collect()
    }

    /// Whether every series of this name is dropped.
    fn drops_name(&self, name: &str) -> bool {
        self.drop.iter().any(|selector| is_of_names(selector) && may_be(selector, name))
    }
}

/// One rule for all names; what looks at labels too has a rule of its own.
fn drop_rules<'s>(selectors: impl Iterator<Item = &'s Selector>) -> Vec<Rule> {
    let (names, others): (Vec<&Selector>, Vec<&Selector>) =
        selectors.partition(|selector| is_of_names(selector));
    let of_names = (!names.is_empty()).then(|| Rule::new(Action::Drop, names.iter().copied()));
    let of_others = others.iter().map(|selector| Rule::new(Action::Drop, [*selector]));
    of_names.into_iter().chain(of_others).collect()
}

/// Whether a series of this name could be selected.
pub(super) fn may_be(selector: &Selector, name: &str) -> bool {
    selector.matchers().iter().filter(|matcher| matcher.name() == NAME).all(|matcher| matcher.matches(name))
}

/// The one name that a selector takes, if it is one.
pub(super) fn exact_name(selector: &Selector) -> Option<&str> {
    let of_name = selector.matchers().iter().find(|matcher| matcher.name() == NAME)?;
    (of_name.op() == crate::selector::Op::Equal).then(|| of_name.value())
}

fn is_of_names(selector: &Selector) -> bool {
    selector.matchers().iter().all(|matcher| matcher.name() == NAME)
}

#[cfg(test)]
mod tests;
