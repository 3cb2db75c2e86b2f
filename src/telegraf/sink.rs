//! Where findings of a held text are gathered, in its own places, until they are put into the file around it.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text::{clip, escape};
use crate::diagnostic::{Finding, Fix};

/// The findings so far.
#[derive(Default)]
pub(super) struct Sink {
    findings: Vec<Finding>,
}

impl Sink {
    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether something is wrong with just this place.
    pub(super) fn has_at(&self, span: Span) -> bool {
        self.findings.iter().any(|finding| finding.span == span)
    }

    /// The findings with their places by `place`. Fixes are kept where every edit can be made: where the file has the
    /// very bytes (`verbatim`), and the new text is the same in every kind of string.
    pub(super) fn placed(
        self,
        place: &dyn Fn(Span) -> Span,
        verbatim: &dyn Fn(Span) -> Option<Span>,
    ) -> Vec<Finding> {
        let mut findings = self.findings;
        for finding in &mut findings {
            finding.span = place(finding.span);
            for related in &mut finding.related {
                related.span = place(related.span);
            }
            finding.fix = finding.fix.take().and_then(|fix| {
                let edits = fix.edits.into_iter().map(|edit| {
                    let plain = !edit.replacement.contains(['"', '\'', '\\', '\n']);
                    Some(Edit { span: verbatim(edit.span).filter(|_| plain)?, ..edit })
                });
                Some(Fix { edits: edits.collect::<Option<_>>()?, ..fix })
            });
        }
        findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
        findings
    }
}

/// Names of rules that more than one file gives.
pub(super) mod rule {
    pub(in super::super) const BLOCK: &str = "annotation/needs-block-scalar";
    pub(in super::super) const NOT_STRING: &str = "annotation/annotation-not-string";
    pub(in super::super) const TYPO: &str = "annotation/annotation-key-typo";
    pub(in super::super) const LEVEL: &str = "annotation/annotation-wrong-level";
    pub(in super::super) const QUANTITY: &str = "annotation/quantity";
    pub(in super::super) const SYNTAX: &str = "annotation/nested-yaml-syntax";
    pub(in super::super) const SCHEMA: &str = "annotation/nested-schema";
    pub(in super::super) const VALUE: &str = "annotation/annotation-value";
    pub(in super::super) const DURATION: &str = "annotation/duration";
    pub(in super::super) const TOML: &str = "annotation/nested-toml";
    pub(in super::super) const SIZE: &str = "annotation/annotation-size";
    pub(in super::super) const REFERENCE: &str = "security/annotation-reference";
    pub(in super::super) const OPTION: &str = "security/annotation-option";
    pub(in super::super) const HOST: &str = "security/annotation-host";
    pub(in super::super) const USERINFO: &str = "security/url-userinfo";
}

/// A shift of places: what is at 0 of a part is at `by` of the whole.
pub(super) fn shift(span: Span, by: usize) -> Span {
    Span::new(span.start + by, span.end + by)
}

/// A text of the annotation as a message shows it: escaped, clipped, and not at all where it may hold a credential.
pub(super) fn shown(text: &str) -> String {
    match text.contains('@') {
        true => "…".to_owned(),
        false => escape(clip(text, 80).as_ref()).into_owned(),
    }
}
