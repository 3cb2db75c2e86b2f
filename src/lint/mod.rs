//! Checks of what monitoring is configured by: Prometheus's own files, Kubernetes objects, annotations.
//!
//! Texts that belong together are one [`World`]: some faults only show between documents. [`World::check`] finds all of
//! them in one go, each with its place in the file that a person would open, also where the text stands in a ConfigMap.
//! No I/O: reading files and showing findings is for others.

mod kind;
mod model;
mod registry;
mod report;
mod rules;
mod schema;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use kind::Kind;
pub use registry::{Rule, all, rule};

use self::model::Model;
use self::report::Out;
use self::source::Source;
use crate::base::version::Version;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s;
use crate::promql::Features;
use crate::yaml::FaultKind;

/// Whose rules hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The Prometheus that reads it.
    pub prometheus: Version,
    /// Feature flags that it runs with.
    pub features: Features,
    /// The prometheus-operator whose objects they are: major and minor; `None` is the newest known.
    pub operator: Option<(u16, u16)>,
    /// Whether everything there is stands in the world, so that what nothing refers to is worth saying.
    pub complete: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { prometheus: Version::NEWEST, features: Features::default(), operator: None, complete: false }
    }
}

/// Texts that are checked together.
#[derive(Debug)]
pub struct World {
    options: Options,
    sources: Vec<Source>,
}

/// What was found in one text that was added.
#[derive(Debug)]
pub struct Checked<'w> {
    pub name: &'w str,
    pub text: &'w str,
    /// What its documents are.
    pub kinds: Vec<Kind>,
    /// In the order of the text.
    pub findings: Vec<Finding>,
}

impl World {
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, sources: Vec::new() }
    }

    /// Reads one text; `name` is what findings call it.
    pub fn add(&mut self, name: &str, text: String) {
        source::read(name, text, &mut self.sources);
    }

    /// Every finding of every text, in the order in which they were added.
    #[must_use]
    pub fn check(&self) -> Vec<Checked<'_>> {
        let mut out = Out::new(&self.options);
        for (at, source) in self.sources.iter().enumerate() {
            out.source = at;
            reading(source, &mut out);
        }
        let model = Model::new(&self.sources, &self.options);
        model.check(registry::all(), &mut out);

        let mut by_text: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
        for (mut at, mut finding) in out.found {
            while let Some(held) = &self.sources[at].held {
                finding = held.outward(finding);
                at = held.by;
            }
            by_text.entry(at).or_default().push(finding);
        }
        let texts = self.sources.iter().enumerate().filter(|(_, source)| source.held.is_none());
        texts
            .map(|(at, source)| {
                let mut findings = by_text.remove(&at).unwrap_or_default();
                findings.sort_by_key(|finding| (finding.span, finding.rule));
                findings.dedup();
                Checked {
                    name: &source.name,
                    text: source.file.text(),
                    kinds: source.kinds.clone(),
                    findings,
                }
            })
            .collect()
    }
}

/// Faults of the YAML itself, and fields that the kind does not have.
fn reading(source: &Source, out: &mut Out<'_>) {
    for fault in source.file.faults() {
        let (rule, severity) = match fault.kind {
            FaultKind::DuplicateKey => ("yaml/duplicate-key", Severity::Error),
            FaultKind::ContinuedQuote => ("yaml/lenient-yaml", Severity::Info),
            FaultKind::UnindentedBlock => ("yaml/unindented-block", Severity::Error),
            FaultKind::TabIndentation => ("yaml/tab-indentation", Severity::Error),
            _ => ("yaml/yaml-syntax", Severity::Error),
        };
        let mut finding = Finding::new(rule, severity, fault.span, fault.message.clone());
        finding.help.clone_from(&fault.help);
        if fault.kind == FaultKind::UnindentedBlock {
            finding = finding.why(
                "the lines are taken for keys and items of what stands around it, and the file is refused",
            );
        }
        for related in &fault.related {
            finding = finding.related(related.span, related.label.clone());
        }
        if !fault.edits.is_empty() {
            finding =
                finding.fix("write it so that it is read as it was meant", Safety::Safe, fault.edits.clone());
        }
        out.report(finding);
    }
    for (kind, root) in source.whole_roots() {
        if let Some(kind) = kind.root() {
            let mut findings = Vec::new();
            schema::check(kind, root, out.options.prometheus, &mut findings);
            findings.into_iter().for_each(|finding| out.report(finding));
        }
        if kind == Kind::Object {
            let versions = k8s::schema::Versions { operator: out.options.operator };
            k8s::schema::check(root, &versions).into_iter().for_each(|finding| out.report(finding));
        }
        rules::yaml::bad_tag::check(kind, root, out);
        rules::yaml::deprecated_field::check(kind, root, out);
        rules::yaml::yaml11_scalar::check(kind, root, out);
        rules::security::check(kind, root, source.holder(), out);
        if kind == Kind::Object {
            rules::annotation::check(root, source.file.text(), out);
        }
    }
}
