//! Where findings go, and what is known of the whole while one place is checked.

use std::collections::HashSet;

use super::options::Options;
use crate::base::span::Span;
use crate::diagnostic::Finding;

/// Takes the findings of one source.
pub(super) struct Out<'o> {
    pub(super) options: &'o Options,
    /// Which source the findings are of.
    pub(super) source: usize,
    pub(super) found: Vec<(usize, Finding)>,
}

impl<'o> Out<'o> {
    pub(super) fn new(options: &'o Options) -> Self {
        Self { options, source: 0, found: Vec::new() }
    }

    /// A finding of the source that is being checked.
    pub(super) fn report(&mut self, finding: Finding) {
        self.found.push((self.source, finding));
    }

    /// Findings that say it better than those of the same places by one of `rules`, which go away.
    pub(super) fn report_instead(&mut self, findings: Vec<Finding>, rules: &[&str]) {
        let places: HashSet<Span> = findings.iter().map(|finding| finding.span).collect();
        if !places.is_empty() {
            let at = self.source;
            self.found.retain(|(source, finding)| {
                *source != at || !rules.contains(&finding.rule) || !places.contains(&finding.span)
            });
        }
        findings.into_iter().for_each(|finding| self.report(finding));
    }

    /// A finding of another source of the same world.
    pub(super) fn report_in(&mut self, source: usize, finding: Finding) {
        self.found.push((source, finding));
    }
}
