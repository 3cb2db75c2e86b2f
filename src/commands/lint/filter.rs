//! Which findings are shown: not those of paths where they are ignored, of old lines, of the baseline.

use std::path::Path;

use super::baseline::Baseline;
use super::plan::PerPath;
use super::since::Since;
use crate::diagnostic::Finding;
use crate::lint::{By, Checked, Suppressed, fingerprints};

/// What decides.
pub(super) struct Filter<'r> {
    pub(super) per_path: &'r PerPath,
    pub(super) since: Option<&'r Since>,
    pub(super) baseline: &'r Baseline,
}

impl Filter<'_> {
    /// Takes out what is not shown; what the baseline has is suppressed.
    pub(super) fn apply(&self, checked: &mut Checked<'_>) {
        if checked.findings.is_empty() && checked.suppressed.is_empty() {
            return;
        }
        let path = Path::new(checked.name);
        let is_meant = |finding: &Finding| !self.per_path.ignores(path, finding.rule);
        checked.findings.retain(is_meant);
        if let Some(since) = self.since {
            let source = checked.source();
            let is_new = |finding: &Finding| {
                let at = source.located(finding.span);
                since.has(path, at.line, at.end_line)
            };
            let new: Vec<bool> = checked.findings.iter().map(is_new).collect();
            let mut new = new.into_iter();
            checked.findings.retain(|_| new.next().unwrap_or(true));
        }
        if self.baseline.is_empty() {
            return;
        }
        let every = super::baseline::every(checked);
        let known = fingerprints(&checked.source(), &every);
        let known: Vec<Finding> = every
            .into_iter()
            .zip(known)
            .filter(|(_, fingerprint)| self.baseline.has(fingerprint))
            .map(|(finding, _)| finding.clone())
            .collect();
        let (old, new) = std::mem::take(&mut checked.findings).into_iter().partition(|it| known.contains(it));
        checked.findings = new;
        let old: Vec<Finding> = old;
        checked.suppressed.extend(old.into_iter().map(|finding| Suppressed { finding, by: By::Baseline }));
    }
}
