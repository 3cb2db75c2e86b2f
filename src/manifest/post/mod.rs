//! Monitoring added to manifests that somebody else rendered, as a post-renderer of Helm does it.
//!
//! Text in, text out: what is added to a Deployment is put between the bytes that are there, the other objects stand
//! behind all of it, and every byte that was given stays what and where it was (but for a `null` in the place of a list).
//! What is there already is not added again, so that a second run changes nothing. What cannot be added without
//! changing the meaning of something else is a finding, and then there is no text at all: before it is given out, the
//! text is read again and held against the one that was given.
//! No templates: what Helm has not rendered yet is not understood.

mod present;
mod verify;
mod workload;

use super::app::Plan;
use super::output;
use crate::base::edit;
use crate::base::span::Span;
use crate::diagnostic::Finding;
use crate::k8s::{Kind, Object};
use crate::yaml::{Budget, Fault, FaultKind, File};

/// What findings of the manifests are called; there is no page of it.
const RULE: &str = "gen/post-render";

/// The manifests of a release as they were rendered.
#[derive(Debug)]
pub struct Rendered {
    file: File,
}

impl Rendered {
    /// # Errors
    ///
    /// Everything that keeps the text from being read as YAML, with its place.
    pub fn new(text: String) -> Result<Self, Vec<Finding>> {
        let file = File::parse(text, &Budget::default());
        // What Helm takes with equal keys is no business of ours, as long as nothing is added there.
        let is_in_the_way = |fault: &&Fault| fault.kind.is_fatal() && fault.kind != FaultKind::DuplicateKey;
        let findings: Vec<Finding> = file.faults().iter().filter(is_in_the_way).map(no_yaml).collect();
        if findings.is_empty() { Ok(Self { file }) } else { Err(findings) }
    }

    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        self.file.text()
    }

    /// The namespace that all workloads and Services say, when it is one and all of them say it.
    #[must_use]
    pub fn namespace(&self) -> Option<String> {
        let runs =
            |kind| matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::Service);
        let objects = Object::all(&self.file).into_iter().filter(|object| runs(object.kind()));
        let mut all = objects.map(|object| object.namespace().map(|it| it.value));
        let first = all.next()??;
        all.all(|other| other == Some(first)).then(|| first.to_owned())
    }

    /// The text with all that `plan` has for an install in `namespace`; `header` says above it how it was made.
    ///
    /// # Errors
    ///
    /// All that is in the way, each with its place in the text.
    pub fn with(&self, plan: &Plan, namespace: &str, header: &str) -> Result<String, Vec<Finding>> {
        let objects = Object::all(&self.file);
        let mut findings = Vec::new();
        let mut edits = Vec::new();
        for patch in &plan.patches {
            match workload::edits(&objects, self.file.faults(), patch, namespace) {
                Ok(more) => edits.extend(more),
                Err(more) => findings.extend(more),
            }
        }
        let mut missing = Vec::new();
        for manifest in &plan.manifests {
            match present::is_there(&objects, manifest) {
                Ok(true) => {}
                Ok(false) => missing.push(manifest.clone()),
                Err(finding) => findings.push(*finding),
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let unsafe_at = |span| {
            let message = "nothing can be added here without changing what stands around it";
            vec![*fault(span, message, workload::ELSEWHERE)]
        };
        let edited = edit::apply(self.text(), &edits).map_err(|_| unsafe_at(Span::new(0, 0)))?;
        let text = self.with_documents(edited, output::text(missing, header));
        match verify::first_difference(&self.file, &text, &plan.patches) {
            None => Ok(text),
            Some(span) => Err(unsafe_at(span)),
        }
    }

    /// `documents` behind `text`.
    fn with_documents(&self, mut text: String, documents: String) -> String {
        if documents.is_empty() {
            return text;
        }
        let line_break = if self.text().contains("\r\n") { "\r\n" } else { "\n" };
        if !text.is_empty() {
            if !text.ends_with('\n') {
                text.push_str(line_break);
            }
            text.push_str("---");
            text.push_str(line_break);
        }
        text.push_str(&documents.replace('\n', line_break));
        text
    }
}

/// What is found, or what is in the way of it.
type Found<T> = Result<T, Box<Finding>>;

fn fault(span: Span, message: impl Into<String>, help: impl Into<String>) -> Box<Finding> {
    Box::new(Finding::error(RULE, span, message).help(help))
}

fn no_yaml(found: &Fault) -> Finding {
    let help = found.help.clone().unwrap_or_else(|| "what is rendered must be YAML".to_owned());
    *fault(found.span, found.message.clone(), help)
}

#[cfg(test)]
mod tests;
