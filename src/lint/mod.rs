//! Checks of what monitoring is configured by: Prometheus's own files, Kubernetes objects, annotations.
//!
//! Texts that belong together are one [`World`]: some faults only show between documents. [`World::check`] finds all of
//! them in one go, each with its place in the file that a person would open, also where the text stands in a ConfigMap.
//! No I/O: reading files and showing findings is for others.

mod catalogue;
mod choice;
mod files;
mod fingerprint;
mod fix;
mod go_url;
mod ignore;
mod kind;
mod live;
mod model;
mod options;
mod registry;
pub mod render;
mod report;
mod rules;
mod schema;
mod secret;
mod settings;
mod source;
mod template;
#[cfg(test)]
mod tests;
mod values;
pub mod why;

use std::collections::BTreeMap;

pub use catalogue::{all, rule};
pub use choice::{Choice, Name, UnknownName};
pub use fingerprint::{file_name, fingerprints};
pub use fix::{Text, fix};
pub use kind::Kind;
pub use live::{KINDS, Live, silenced};
pub use options::Options;
pub use registry::Rule;
pub use settings::{FailOn, Settings};

use self::files::Files;
use self::model::Model;
use self::report::Out;
use self::source::Source;
use crate::base::span::Span;
use crate::diagnostic::{self, Finding, Mask, Safety, Severity};
use crate::k8s;
use crate::yaml::{self, FaultKind};

/// Texts that are checked together.
#[derive(Debug)]
pub struct World {
    options: Options,
    choice: Choice,
    sources: Vec<Source>,
    files: Option<Files>,
}

/// What was found in one text that was added.
#[derive(Clone, Debug)]
pub struct Checked<'w> {
    pub name: &'w str,
    pub text: &'w str,
    /// What its documents are.
    pub kinds: Vec<Kind>,
    /// In the order of the text.
    pub findings: Vec<Finding>,
    /// Those that comments switch off, in the order of the text.
    pub suppressed: Vec<Suppressed>,
    /// Bytes of the text that must not be shown.
    pub secrets: Vec<Span>,
}

/// A finding that somebody knows about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppressed {
    pub finding: Finding,
    pub by: By,
}

/// What switched a finding off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    /// A comment, with the reason that it gives; may be empty.
    Comment(String),
    /// It is older than the baseline.
    Baseline,
}

impl Checked<'_> {
    /// The text with what of it must not be shown, for a renderer. Takes time: not for texts without findings.
    #[must_use]
    pub fn source(&self) -> diagnostic::Source<'_> {
        diagnostic::Source::new(self.name, self.text, Mask::new(self.secrets.iter().copied()))
    }
}

impl World {
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, choice: Choice::default(), sources: Vec::new(), files: None }
    }

    /// With these rules on, and not those that are by default.
    #[must_use]
    pub fn choosing(self, choice: Choice) -> Self {
        Self { choice, ..self }
    }

    /// One without texts, in which the same holds, but for which files there are.
    #[must_use]
    fn emptied(&self) -> Self {
        Self::new(self.options.clone()).choosing(self.choice.clone())
    }

    /// Says which files are there: `exists` gets the name of a text and a path that it names, which may be a pattern with
    /// `*` and counts from the folder of that text. `None` is unknown. Without it, no file is missed.
    #[must_use]
    pub fn with_files(mut self, exists: impl Fn(&str, &str) -> Option<bool> + Send + Sync + 'static) -> Self {
        self.files = Some(Files::new(exists));
        self
    }

    /// Reads one text; `name` is what findings call it.
    pub fn add(&mut self, name: &str, text: String) {
        source::read(name, text, &mut self.sources);
    }

    /// Every finding of every text, in the order in which they were added.
    #[must_use]
    pub fn check(&self) -> Vec<Checked<'_>> {
        let mut by_text: BTreeMap<usize, Found> = BTreeMap::new();
        for (at, finding) in self.found(&self.options, &self.choice).1 {
            by_text.entry(at).or_default().findings.push(finding);
        }
        // What is held comes after its holder: from the last to the first, findings go outward.
        for (at, source) in self.sources.iter().enumerate().rev() {
            let mut found = by_text.remove(&at).unwrap_or_default();
            found.suppressed.extend(ignore::apply(&source.file, &self.choice, &mut found.findings));
            match &source.held {
                Some(held) => by_text.entry(held.by).or_default().take(held, source, found),
                None => {
                    by_text.insert(at, found);
                }
            }
        }
        let texts = self.sources.iter().enumerate().filter(|(_, source)| source.held.is_none());
        texts.map(|(at, source)| source.checked(by_text.remove(&at).unwrap_or_default())).collect()
    }
}

impl World {
    /// All that is in the texts, and what rules find in each source of them.
    fn found(&self, options: &Options, choice: &Choice) -> (Model<'_>, Vec<(usize, Finding)>) {
        let mut out = Out::new(options);
        for (at, source) in self.sources.iter().enumerate() {
            out.source = at;
            reading(source, &mut out);
        }
        let mut model = Model::new(&self.sources, options);
        model.files = self.files.as_ref();
        catalogue::check(&model, &choice.rules(), &mut out);
        let mut found = out.found;
        found.retain(|(_, finding)| choice.has(finding.rule));
        (model, found)
    }

    /// A finding of a source as one of the text that people see, with the place of that among all texts.
    fn outward(&self, mut at: usize, mut finding: Finding) -> (usize, Finding) {
        while let Some(held) = &self.sources[at].held {
            let summary = catalogue::summary(finding.rule);
            finding = held.outward(&self.sources[at].file, finding, summary);
            at = held.by;
        }
        let before = self.sources.iter().take(at).filter(|source| source.held.is_none());
        (before.count(), finding)
    }

    /// The text that was added as the one with this number, from 0, for a renderer. Takes time: what of it must not be
    /// shown is looked for.
    ///
    /// # Panics
    ///
    /// There are fewer texts.
    #[must_use]
    pub fn source(&self, text: usize) -> diagnostic::Source<'_> {
        let mut texts = self.sources.iter().filter(|source| source.held.is_none());
        let Source { name, file, .. } = texts.nth(text).expect("numbers of texts come from this world");
        diagnostic::Source::new(name, file.text(), Mask::new(secret::spans(file)))
    }
}

/// Bytes of `text` that must not be shown: data of Secrets, passwords, tokens, keys.
#[must_use]
pub fn secrets(text: &str) -> Vec<Span> {
    secret::spans(&yaml::File::parse(text, &yaml::Budget::default()))
}

/// Whether a text in a ConfigMap or Secret is opened, and so must be there to be checked.
#[must_use]
pub fn opens(text: &str) -> bool {
    source::is_ours(text)
}

/// What was found in one text.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<Finding>,
    suppressed: Vec<Suppressed>,
}

impl Found {
    /// Those of a text that is held in this one.
    fn take(&mut self, held: &source::Held, source: &Source, inner: Self) {
        let outward = |finding: Finding| {
            let summary = catalogue::summary(finding.rule);
            held.outward(&source.file, finding, summary)
        };
        self.findings.extend(inner.findings.into_iter().map(outward));
        self.suppressed.extend(inner.suppressed.into_iter().map(|it| Suppressed {
            finding: outward(it.finding),
            by: if held.is_exact() { it.by } else { By::Comment(String::new()) },
        }));
    }
}

impl Source {
    fn checked(&self, found: Found) -> Checked<'_> {
        let Found { mut findings, mut suppressed } = found;
        findings.sort_by(|a, b| (a.span, a.rule).cmp(&(b.span, b.rule)));
        findings.dedup();
        suppressed.sort_by(|a, b| (a.finding.span, a.finding.rule).cmp(&(b.finding.span, b.finding.rule)));
        // Nobody shows anything of a text without findings.
        let silent = findings.is_empty() && suppressed.is_empty();
        Checked {
            name: &self.name,
            text: self.file.text(),
            kinds: self.kinds.clone(),
            secrets: if silent { Vec::new() } else { secret::spans(&self.file) },
            findings,
            suppressed,
        }
    }
}

/// Faults of the YAML itself, and fields that the kind does not have.
fn reading(source: &Source, out: &mut Out<'_>) {
    if let Some(template) = source.template {
        out.report(rules::yaml::unrendered(template));
        rules::yaml::unescaped_template::check(template, source.file.text(), out);
    }
    if source.is_template() {
        return;
    }
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
        of_schema(kind, root, out);
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
        if kind == Kind::HelmValues {
            values::parts(root)
                .iter()
                .filter(|part| part.whole)
                .for_each(|part| reading_part(part, source, out));
        }
    }
}

/// Fields that a file of Prometheus's own does not have.
fn of_schema(kind: Kind, root: yaml::Node<'_>, out: &mut Out<'_>) {
    if let Some(kind) = kind.root() {
        let mut findings = Vec::new();
        schema::check(kind, root, out.options.prometheus, &mut findings);
        findings.into_iter().for_each(|finding| out.report(finding));
    }
}

/// The same of a part of Helm values that becomes such a file.
fn reading_part(part: &values::Part<'_>, source: &Source, out: &mut Out<'_>) {
    of_schema(part.kind, part.node, out);
    rules::yaml::deprecated_field::check(part.kind, part.node, out);
    rules::security::check(part.kind, part.node, source.holder(), out);
}
