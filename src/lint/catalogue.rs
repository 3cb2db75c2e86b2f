//! All rules: by name, and asked about a world.

use super::model::Model;
use super::registry::{Check, Rule};
use super::report::Out;
use super::rules;

/// Every rule, sorted by name.
#[must_use]
pub fn all() -> &'static [&'static Rule] {
    rules::ALL
}

/// The rule of this name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    let at = all().binary_search_by(|rule| rule.name.cmp(name)).ok()?;
    all().get(at).copied()
}

/// What the rule of this name finds, in one clause.
pub(super) fn summary(name: &str) -> &'static str {
    rule(name).map_or("a fault", |rule| rule.summary)
}

/// Asks every rule about everything of the world that it is for.
pub(super) fn check(model: &Model<'_>, rules: &[&'static Rule], out: &mut Out<'_>) {
    for document in &model.documents {
        out.source = document.source;
        for rule in rules {
            match rule.check {
                Check::Section(check) => {
                    document.sections.iter().for_each(|section| check(section, out));
                }
                Check::Job(check) => document.jobs.iter().for_each(|job| check(job, out)),
                Check::Relabeling(check) => document.relabelings.iter().for_each(|list| check(list, out)),
                Check::Group(check) => document.groups.iter().for_each(|group| check(group, out)),
                Check::PromRule(check) => {
                    document.groups.iter().flat_map(|group| &group.rules).for_each(|rule| check(rule, out));
                }
                Check::Object(check) => document.objects.iter().for_each(|object| check(object, out)),
                Check::Reading | Check::World(_) => {}
            }
        }
    }
    for rule in rules {
        if let Check::World(check) = rule.check {
            check(model, out);
        }
    }
}
