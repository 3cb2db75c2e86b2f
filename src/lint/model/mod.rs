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

use super::files::Files;
use super::kind::Kind;
use super::options::Options;
use super::schema::{self, Section};
use super::source::Source;
use super::values;
use crate::base::span::Span;
use crate::k8s::{self, Object};
use crate::yaml::Node;

/// Everything of one world.
pub(super) struct Model<'w> {
    pub(super) documents: Vec<Document<'w>>,
    /// What selects what.
    pub(super) graph: Graph<'w>,
    /// Which files are there, where somebody says so.
    pub(super) files: Option<&'w Files>,
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
                if kind == Kind::HelmValues {
                    let parts = values::parts(root);
                    documents
                        .extend(parts.iter().map(|part| Document::of_part(source, at, whole, part, options)));
                }
            }
        }
        include::share_globals(&mut documents);
        let graph = Graph::new(&documents);
        for (at, document) in documents.iter_mut().enumerate() {
            job::inherit(document, graph.of_document(at), &graph);
        }
        Self { documents, graph, files: None, sources }
    }

    /// The text of a source.
    pub(super) fn text(&self, source: usize) -> &'w str {
        self.sources[source].file.text()
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
    pub(super) fn own_text(&self, source: usize) -> Option<&'w str> {
        self.sources.get(source).filter(|source| source.held.is_none()).map(|source| source.file.text())
    }
}

impl<'w> Document<'w> {
    /// A part of Helm values, as a document of its own.
    fn of_part(
        source: &'w Source,
        at: usize,
        whole: bool,
        part: &values::Part<'w>,
        options: &Options,
    ) -> Self {
        let sections = match part.kind.root() {
            Some(file) if whole && part.whole => schema::sections(file, part.node),
            _ => Vec::new(),
        };
        let mut document = Self::new(at, part.kind, part.node, options);
        if part.kind == Kind::Jobs {
            document.jobs = job::of_list(part.node, part.prometheus);
        }
        Self { name: &source.name, held: true, whole, sections, ..document }
    }

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
            Kind::Jobs => jobs = job::of_list(root, None),
            Kind::HelmValues => jobs = job::of_values(root),
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
