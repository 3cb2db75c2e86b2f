//! What one rule does to a label set.

use std::fmt::Write as _;

use super::explain::{Effect, Group, Mapping, Step};
use super::labels::Scratch;
use super::rule::{Rule, Verdict};
use super::{Action, LABELS_MAX, Labels, case, md5};
use crate::selector::re2::Captures;

impl Rule {
    /// Applies the rule, and tells `step` about it.
    pub(super) fn run(
        &self,
        labels: &mut Labels,
        scratch: &mut Scratch,
        mut step: Option<&mut Step>,
    ) -> Verdict {
        let Scratch { source, name, value } = scratch;
        if !self.join(labels, source) {
            return Verdict::TooLarge;
        }
        let source: &str = source;
        if let Some(step) = &mut step {
            source.clone_into(&mut step.source);
            self.tell_match(source, step);
        }
        let drop_if = |doomed: bool| if doomed { Verdict::Drop } else { Verdict::Go };
        match self.action {
            Action::Keep => drop_if(!self.regex.is_match(source)),
            Action::Drop => drop_if(self.regex.is_match(source)),
            Action::KeepEqual => drop_if(labels.get(&self.target_label) != source),
            Action::DropEqual => drop_if(labels.get(&self.target_label) == source),
            Action::Replace => self.replace(labels, source, name, value, step),
            Action::Lowercase | Action::Uppercase | Action::HashMod => {
                value.clear();
                match self.action {
                    Action::Lowercase => case::lower(source, value),
                    Action::Uppercase => case::upper(source, value),
                    _ => {
                        let digest = md5::digest(source.as_bytes());
                        // Of its 16 bytes the last 8, the most significant first.
                        let low = u128::from_be_bytes(digest) & u128::from(u64::MAX);
                        let _ = write!(value, "{}", low % u128::from(self.modulus));
                    }
                }
                set(labels, &self.target_label, value, step)
            }
            Action::LabelMap => self.map(labels, step),
            Action::LabelDrop => self.remove(labels, true, step),
            Action::LabelKeep => self.remove(labels, false, step),
        }
    }

    /// Joins the source labels. `false`: they would be too long.
    fn join(&self, labels: &Labels, source: &mut String) -> bool {
        source.clear();
        self.source_labels.iter().enumerate().all(|(at, label)| {
            let separator = if at == 0 { "" } else { &self.separator };
            let value = labels.get(label);
            let fits = source.len() + separator.len() + value.len() <= LABELS_MAX;
            if fits {
                source.push_str(separator);
                source.push_str(value);
            }
            fits
        })
    }

    fn replace(
        &self,
        labels: &mut Labels,
        source: &str,
        name: &mut String,
        value: &mut String,
        step: Option<&mut Step>,
    ) -> Verdict {
        let (target, result) = match (self.target.literal(), self.replacement.literal()) {
            (Some(target), Some(result)) if self.regex.is_match(source) => (target, result),
            (Some(_), Some(_)) => return Verdict::Go,
            (target, result) => {
                let Some(captures) = self.regex.captures(source) else { return Verdict::Go };
                name.clear();
                value.clear();
                if target.is_none() && !self.target.expand(&captures, LABELS_MAX, name)
                    || result.is_none() && !self.replacement.expand(&captures, LABELS_MAX, value)
                {
                    return Verdict::TooLarge;
                }
                (target.unwrap_or(name), result.unwrap_or(value))
            }
        };
        let old = !self.dialect.at_least(2, 50);
        if !self.dialect.names().valid(target) {
            if old {
                labels.delete(&self.target_label);
            }
            if let Some(step) = step {
                step.effect = Effect::InvalidTarget { target: target.to_owned() };
            }
            return Verdict::Go;
        }
        let target = if old && result.is_empty() { &self.target_label } else { target };
        set(labels, target, result, step)
    }

    fn map(&self, labels: &mut Labels, step: Option<&mut Step>) -> Verdict {
        let mut order = if labels.iter().any(|(name, _)| self.regex.is_match(name)) {
            labels.walk()
        } else {
            return Verdict::Go;
        };
        if !self.dialect.at_least(2, 43) {
            order.sort_unstable();
        }
        let pairs = labels.to_vec();
        let mut mappings = Vec::new();
        let mut room = LABELS_MAX.saturating_sub(labels.bytes());
        for (from, value) in order.into_iter().map(|at| pairs[at]) {
            let Some(captures) = self.regex.captures(from) else { continue };
            let mut to = String::new();
            if !self.replacement.expand(&captures, room, &mut to) || to.len() + value.len() > room {
                return Verdict::TooLarge;
            }
            room -= to.len() + value.len();
            mappings.push(Mapping { from: from.to_owned(), to, value: value.to_owned() });
        }
        for mapping in &mappings {
            labels.set(&mapping.to, &mapping.value);
        }
        if let Some(step) = step {
            step.effect = Effect::Mapped(mappings);
        }
        Verdict::Go
    }

    /// Removes the labels whose name matches, or does not.
    fn remove(&self, labels: &mut Labels, matching: bool, step: Option<&mut Step>) -> Verdict {
        let doomed = |name: &str| self.regex.is_match(name) == matching;
        if let Some(step) = step {
            let removed = labels.iter().filter(|(name, _)| doomed(name));
            let removed: Vec<_> = removed.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            if !removed.is_empty() {
                step.effect = Effect::Removed(removed);
            }
        }
        labels.delete_where(doomed);
        Verdict::Go
    }

    fn tell_match(&self, source: &str, step: &mut Step) {
        if !matches!(self.action, Action::Replace | Action::Keep | Action::Drop) {
            return;
        }
        let captures = self.regex.captures(source);
        step.matched = Some(captures.is_some());
        let group = |captures: &Captures<'_, '_>, at: usize| Group {
            name: self.regex.name_of(at).map(str::to_owned),
            text: captures.get(at).map(str::to_owned),
        };
        step.groups = captures
            .map(|captures| (1..=self.regex.groups()).map(|at| group(&captures, at)).collect())
            .unwrap_or_default();
    }
}

/// Writes a label, or deletes it when there is no value.
fn set(labels: &mut Labels, name: &str, value: &str, step: Option<&mut Step>) -> Verdict {
    if labels.bytes() + name.len() + value.len() > LABELS_MAX {
        return Verdict::TooLarge;
    }
    if let Some(step) = step {
        let (label, before) = (name.to_owned(), labels.get(name).to_owned());
        step.effect = if value.is_empty() {
            Effect::Deleted { label, before }
        } else {
            Effect::Set { label, before, after: value.to_owned() }
        };
    }
    labels.set(name, value);
    Verdict::Go
}
