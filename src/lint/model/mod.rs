//! What rules look at: scrape jobs, relabel rules, alerting and recording rules, objects, wherever they stand.
//!
//! The same thing is written in two spellings, Prometheus's own (`scrape_interval`) and that of the operator's objects
//! (`scrapeInterval`); here it is one, so that a rule is written once.

mod job;
mod prom_rule;
mod relabeling;
mod spelling;

pub(super) use job::Job;
pub(super) use prom_rule::{Group, PromRule};
pub(super) use relabeling::{Entry, Relabeling, Stage};
pub(super) use spelling::Spelling;

use super::Options;
use super::kind::Kind;
use super::registry::{Check, Rule};
use super::report::Out;
use super::source::Source;
use crate::k8s::{self, Object};
use crate::yaml::Node;

/// Everything of one world.
pub(super) struct Model<'w> {
    pub(super) documents: Vec<Document<'w>>,
}

/// One document of it.
pub(super) struct Document<'w> {
    /// Which source it is of.
    pub(super) source: usize,
    pub(super) kind: Kind,
    pub(super) root: Node<'w>,
    pub(super) jobs: Vec<Job<'w>>,
    pub(super) relabelings: Vec<Relabeling<'w>>,
    pub(super) groups: Vec<Group<'w>>,
    /// The objects of it: one, or those of a `List`.
    pub(super) objects: Vec<Object<'w>>,
}

impl<'w> Model<'w> {
    pub(super) fn new(sources: &'w [Source], options: &Options) -> Self {
        let mut documents = Vec::new();
        for (at, source) in sources.iter().enumerate() {
            documents.extend(source.roots().map(|(kind, root)| Document::new(at, kind, root, options)));
        }
        Self { documents }
    }

    /// Asks every rule about everything it is for.
    pub(super) fn check(&self, rules: &[&'static Rule], out: &mut Out<'_>) {
        for document in &self.documents {
            out.source = document.source;
            for rule in rules {
                match rule.check {
                    Check::Job(check) => document.jobs.iter().for_each(|job| check(job, out)),
                    Check::Relabeling(check) => document.relabelings.iter().for_each(|list| check(list, out)),
                    Check::Group(check) => document.groups.iter().for_each(|group| check(group, out)),
                    Check::PromRule(check) => {
                        document
                            .groups
                            .iter()
                            .flat_map(|group| &group.rules)
                            .for_each(|rule| check(rule, out));
                    }
                    Check::Object(check) => document.objects.iter().for_each(|object| check(object, out)),
                    Check::Reading | Check::World(_) => {}
                }
            }
        }
        for rule in rules {
            if let Check::World(check) = rule.check {
                check(self, out);
            }
        }
    }
}

impl<'w> Document<'w> {
    fn new(source: usize, kind: Kind, root: Node<'w>, options: &Options) -> Self {
        let objects = if kind == Kind::Object { Object::flatten(root) } else { Vec::new() };
        let mut jobs = Vec::new();
        let mut relabelings = Vec::new();
        let mut groups = Vec::new();
        match kind {
            Kind::Prometheus => {
                jobs = job::of_file(root);
                relabeling::of_file(root, options, &mut relabelings);
            }
            Kind::Relabeling => relabelings.push(relabeling::of_list(root, options)),
            Kind::Rules => groups = prom_rule::groups(root, options),
            _ => {}
        }
        for object in &objects {
            jobs.extend(job::of_object(object));
            if object.kind() == k8s::Kind::PrometheusRule
                && let Some(spec) = object.spec()
            {
                groups.extend(prom_rule::groups(spec, options));
            }
            relabeling::of_object(object, options, &mut relabelings);
        }
        for job in &jobs {
            relabelings.extend(relabeling::of_job(job, options));
        }
        Self { source, kind, root, jobs, relabelings, groups, objects }
    }
}
