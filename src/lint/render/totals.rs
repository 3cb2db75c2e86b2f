//! How much was found.

use serde::Serialize;

use crate::base::text::count;
use crate::diagnostic::Severity;
use crate::lint::{Checked, FailOn};

/// How much was found in all texts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Totals {
    pub files: usize,
    pub errors: usize,
    pub warnings: usize,
    pub infos: usize,
    /// Findings that comments or the baseline switch off.
    pub suppressed: usize,
    /// Whether any of them is a failure.
    #[serde(skip)]
    pub failed: bool,
}

impl Totals {
    pub(super) fn count(&mut self, checked: &Checked<'_>, fail_on: FailOn) {
        self.files += 1;
        self.suppressed += checked.suppressed.len();
        for finding in &checked.findings {
            self.failed |= fail_on.fails(finding.severity);
            *match finding.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning => &mut self.warnings,
                Severity::Info => &mut self.infos,
            } += 1;
        }
    }

    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut line = count(self.files as u64, "file");
        if self.errors + self.warnings + self.infos == 0 {
            line.push_str(", nothing found");
        } else {
            let (errors, warnings) =
                (count(self.errors as u64, "error"), count(self.warnings as u64, "warning"));
            line.push_str(&format!(": {errors}, {warnings}, {} of information", self.infos));
        }
        if self.suppressed > 0 {
            line.push_str(&format!(" ({} ignored)", self.suppressed));
        }
        line
    }
}
