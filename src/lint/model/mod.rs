//! What rules look at: scrape jobs, relabel rules, alerting and recording rules, objects, wherever they stand.
//!
//! The same thing is written in two spellings, Prometheus's own (`scrape_interval`) and that of the operator's objects
//! (`scrapeInterval`); here it is one, so that a rule is written once.

mod graph;
mod include;
mod job;
mod prom_rule;
mod relabeling;
mod spelling;

pub(super) use graph::{Graph, Item, Link, nearest};
pub(super) use include::included;
pub(super) use job::Job;
pub(super) use prom_rule::{Expression, Group, PromRule, refusal};
pub(super) use relabeling::{Entry, Relabeling, Stage};
pub(super) use spelling::Spelling;

use super::Options;
use super::kind::Kind;
use super::registry::{Check, Rule};
use super::report::Out;
use super::schema::{self, Section};
use super::source::Source;
use crate::base::span::Span;
use crate::k8s::{self, Object};
use crate::yaml::Node;

/// Everything of one world.
pub(super) struct Model<'w> {
    pub(super) documents: Vec<Document<'w>>,
    /// What selects what.
    pub(super) graph: Graph<'w>,
    sources: &'w [Source],
}

/// One document of it.
pub(super) struct Document<'w> {
    /// Which source it is of.
    pub(super) source: usize,
    /// What the source is called; a text that another holds has its holder's name.
    pub(super) name: &'w str,
    /// Whether another text holds it: no path leads to it.
    pub(super) held: bool,
    /// Whether all of it could be read: otherwise, what is missing may stand behind the fault.
    pub(super) whole: bool,
    pub(super) kind: Kind,
    pub(super) root: Node<'w>,
    /// The structures of one of Prometheus's own files; none of a document that is broken off.
    pub(super) sections: Vec<Section<'w>>,
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
            for (kind, document) in source.documents() {
                let Some(root) = document.root() else { continue };
                let whole = document.complete();
                let sections = match kind.root() {
                    Some(file) if whole => schema::sections(file, root),
                    _ => Vec::new(),
                };
                documents.push(Document {
                    name: &source.name,
                    held: source.held.is_some(),
                    whole,
                    sections,
                    ..Document::new(at, kind, root, options)
                });
            }
        }
        include::share_globals(&mut documents);
        let graph = Graph::new(&documents);
        for document in &mut documents {
            job::inherit(document, &graph);
        }
        Self { documents, graph, sources }
    }

    /// `file:line` of a place in a source, for findings of another one.
    pub(super) fn place(&self, mut source: usize, mut span: Span) -> String {
        while let Some(held) = &self.sources[source].held {
            span = held.place(span);
            source = held.by;
        }
        let Source { name, file, .. } = &self.sources[source];
        format!("{name}:{}", file.position(span.start).line)
    }

    /// The source that holds this one, whatever lies between; itself where nothing holds it.
    pub(super) fn holder(&self, source: usize) -> usize {
        let held = self.sources.get(source).and_then(|source| source.held.as_ref());
        held.map_or(source, |held| self.holder(held.by))
    }

    /// The text of a source that is a file by itself.
    pub(super) fn text(&self, source: usize) -> Option<&'w str> {
        self.sources.get(source).filter(|source| source.held.is_none()).map(|source| source.file.text())
    }

    /// Asks every rule about everything it is for.
    pub(super) fn check(&self, rules: &[&'static Rule], out: &mut Out<'_>) {
        for document in &self.documents {
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
            Kind::Rules => groups = prom_rule::groups(root, Spelling::File, options),
            _ => {}
        }
        for object in &objects {
            jobs.extend(job::of_object(object));
            if object.kind() == k8s::Kind::PrometheusRule
                && let Some(spec) = object.spec()
            {
                groups.extend(prom_rule::groups(spec, Spelling::Object, options));
            }
            relabeling::of_object(object, options, &mut relabelings);
        }
        for job in &jobs {
            relabelings.extend(relabeling::of_job(job, options));
        }
        Self {
            source,
            name: "",
            held: false,
            whole: true,
            kind,
            root,
            sections: Vec::new(),
            jobs,
            relabelings,
            groups,
            objects,
        }
    }
}
