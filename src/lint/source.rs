//! Files as lint sees them: read, each document's kind known, and the files that they hold opened.

use std::borrow::Cow;

use super::kind::{Holder, Kind};
use super::registry;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Fix};
use crate::yaml::{self, Node, Template, Unrendered, ValueMap};

/// How deep files may hold files: a ConfigMap in a ConfigMap has no use.
const DEPTH_MAX: usize = 3;

/// A text with its documents.
#[derive(Debug)]
pub(super) struct Source {
    /// What the person called it; a held file has its holder's.
    pub(super) name: String,
    pub(super) file: yaml::File,
    /// One for each document.
    pub(super) kinds: Vec<Kind>,
    pub(super) held: Option<Held>,
    /// A sign that a template engine has yet to render it.
    pub(super) template: Option<Unrendered>,
}

/// That a text stands in a value of another source.
#[derive(Debug)]
pub(super) struct Held {
    /// The source that holds it.
    pub(super) by: usize,
    /// In what of it.
    pub(super) holder: Holder,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Every byte of it has a place in the holder.
    Exact(ValueMap),
    /// Only the value as a whole has: it is encoded.
    Whole(Span),
}

/// Reads `text`, and whatever it holds, and appends them to `sources`.
pub(super) fn read(name: &str, text: String, sources: &mut Vec<Source>) {
    let first = sources.len();
    sources.push(Source::new(name, text, None));
    let mut at = first;
    let mut depths = vec![0];
    while at < sources.len() {
        let depth = depths[at - first];
        if depth < DEPTH_MAX {
            for held in held_files(&sources[at], at) {
                sources.push(Source::new(name, held.0, Some(held.1)));
                depths.push(depth + 1);
            }
        }
        at += 1;
    }
}

impl Source {
    fn new(name: &str, text: String, held: Option<Held>) -> Self {
        let file = yaml::File::parse(text, &yaml::Budget::default());
        let template = yaml::unrendered(file.text());
        let kind = |document: &yaml::Document| document.root().map_or(Kind::Unknown, Kind::of);
        let kinds = file.documents().iter().map(kind).collect();
        let mut source = Self { name: name.to_owned(), file, kinds, held, template };
        if source.is_template() {
            source.kinds.fill(Kind::Unknown);
        }
        source
    }

    /// Whether it is not YAML yet. What was rendered without a value is.
    pub(super) fn is_template(&self) -> bool {
        self.template.is_some_and(|template| template.kind != Template::NoValue)
    }

    /// The documents with their kinds.
    pub(super) fn documents(&self) -> impl Iterator<Item = (Kind, &yaml::Document)> {
        self.kinds.iter().copied().zip(self.file.documents())
    }

    /// In what the text stands.
    pub(super) fn holder(&self) -> Holder {
        self.held.as_ref().map_or(Holder::File, |held| held.holder)
    }

    /// The documents that are not empty, with their kinds.
    pub(super) fn roots(&self) -> impl Iterator<Item = (Kind, Node<'_>)> {
        self.documents().filter_map(|(kind, document)| Some((kind, document.root()?)))
    }

    /// Those that were read to their end: of the others, what is missing may stand behind the fault.
    pub(super) fn whole_roots(&self) -> impl Iterator<Item = (Kind, Node<'_>)> {
        let whole = self.documents().filter(|(_, document)| document.complete());
        whole.filter_map(|(kind, document)| Some((kind, document.root()?)))
    }
}

impl Held {
    /// Whether every byte of it can be pointed at, and be shown where its holder can be.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self.place, Place::Exact(_))
    }

    /// Where a stretch of the held text stands in its holder.
    pub(super) fn place(&self, span: Span) -> Span {
        match &self.place {
            Place::Exact(map) => map.span(span),
            Place::Whole(whole) => *whole,
        }
    }

    /// The finding of the held text as one of its holder. A fix stays where its edits are the same bytes there.
    /// `inner` is the held text.
    pub(super) fn outward(&self, inner: &yaml::File, mut finding: Finding) -> Finding {
        match &self.place {
            Place::Exact(map) => {
                finding.span = map.span(finding.span);
                for related in &mut finding.related {
                    related.span = map.span(related.span);
                }
                finding.fix = finding.fix.and_then(|fix| outward_fix(fix, map));
            }
            Place::Whole(span) => return whole(finding, *span, inner),
        }
        finding
    }
}

/// A finding in an encoded text: nothing that quotes it, for the text is that of a Secret.
fn whole(finding: Finding, span: Span, inner: &yaml::File) -> Finding {
    let line = inner.position(finding.span.start).line;
    let summary = registry::rule(finding.rule).map_or("a fault", |rule| rule.summary);
    let message = format!("{summary} (line {line} of the text that is encoded here)");
    let why = finding.why.filter(|why| matches!(why, Cow::Borrowed(_)));
    Finding { why, ..Finding::new(finding.rule, finding.severity, span, message) }
        .help(format!("`obsctl explain {}` says more; decode it to see the place", finding.rule))
}

/// An edit within one line of the same bytes is the same edit in the holder, unless it brings a new line.
fn outward_fix(mut fix: Fix, map: &ValueMap) -> Option<Fix> {
    for edit in &mut fix.edits {
        if edit.replacement.contains(['\n', '\\', '"', '\'']) {
            return None;
        }
        edit.span = map.verbatim(edit.span)?;
    }
    Some(fix)
}

/// The texts in values of ConfigMaps, Secrets and Helm values that are files for monitoring.
fn held_files(source: &Source, at: usize) -> Vec<(String, Held)> {
    let mut found = Vec::new();
    for (kind, root) in source.roots() {
        match kind {
            Kind::Object => held_by_object(root, at, &mut found),
            Kind::HelmValues => held_by_values(root, at, &mut found),
            _ => {}
        }
    }
    found
}

fn held_by_object(root: Node<'_>, at: usize, found: &mut Vec<(String, Held)>) {
    let of = |node: Option<Node<'_>>| node.and_then(|node| node.as_str().map(str::to_owned));
    let values = |key: &str| root.get(key).into_iter().flat_map(Node::entries).map(|entry| entry.value);
    match of(root.get("kind")).as_deref() {
        Some("ConfigMap") => values("data").for_each(|value| hold(value, at, Holder::ConfigMap, found)),
        Some("Secret") => {
            values("stringData").for_each(|value| hold(value, at, Holder::Secret, found));
            for value in values("data") {
                if let Some(text) = value.text().and_then(decoded)
                    && is_ours(&text)
                {
                    let held = Held { by: at, holder: Holder::Secret, place: Place::Whole(value.span()) };
                    found.push((text, held));
                }
            }
        }
        _ => {}
    }
}

/// Strings anywhere in Helm values: `serverFiles`, `additionalScrapeConfigs` and the like.
fn held_by_values(root: Node<'_>, at: usize, found: &mut Vec<(String, Held)>) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match node.kind() {
            yaml::Kind::Scalar => hold(node, at, Holder::Values, found),
            yaml::Kind::Sequence => open.extend(node.items()),
            yaml::Kind::Mapping => open.extend(node.entries().map(|entry| entry.value)),
        }
    }
}

fn hold(value: Node<'_>, at: usize, holder: Holder, found: &mut Vec<(String, Held)>) {
    if let Some(text) = value.as_str()
        && text.contains('\n')
        && is_ours(text)
        && let Some(map) = value.value_map()
    {
        found.push((text.to_owned(), Held { by: at, holder, place: Place::Exact(map) }));
    }
}

/// Whether a text in a value is worth opening: it is YAML of a kind that lint knows, or broken and looks like one.
pub(super) fn is_ours(text: &str) -> bool {
    const SIGNS: [&str; 9] = [
        "scrape_configs:",
        "job_name:",
        "groups:",
        "source_labels:",
        "targets:",
        "mappings:",
        "remote_write:",
        "basic_auth_users:",
        "tls_server_config:",
    ];
    SIGNS.iter().any(|sign| text.contains(sign))
}

fn decoded(text: &str) -> Option<String> {
    use base64::Engine as _;
    let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
    String::from_utf8(bytes).ok()
}
