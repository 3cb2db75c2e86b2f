//! Findings in the forms that people and programs read, one file a form.
//!
//! Pure: text goes to a writer that the caller owns. Whatever the form, secrets are not in it.

mod diff;
mod github;
mod json;
mod junit;
mod pretty;
mod sarif;
#[cfg(test)]
mod tests;
mod totals;

use std::io::{self, Write};

use super::{Checked, FailOn, Suppressed};
use crate::diagnostic::{self, Finding, Fix, Look, Source};

pub use diff::unified;
pub use json::rules as rules_json;
pub use totals::Totals;

/// How findings are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// With excerpts, for people; what repeats in a file is folded.
    Pretty(Look),
    /// One line each.
    Compact,
    /// One document; docs/schemas/lint.json is its schema.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Commands of a GitHub workflow, by which findings show in a pull request.
    Github,
    /// JUnit's XML: a suite for each file, a failure for each finding that fails.
    Junit,
}

/// The findings of any number of texts on their way out.
#[derive(Debug)]
pub struct Report {
    kind: Kind,
    totals: Totals,
}

/// What a form has gathered: some are one document, which is written at the end.
#[derive(Debug)]
enum Kind {
    Pretty(Look),
    Compact,
    Json(json::Document),
    Sarif(sarif::Log),
    Github,
    Junit(junit::Suites),
}

impl Report {
    #[must_use]
    pub fn new(form: Form) -> Self {
        let kind = match form {
            Form::Pretty(look) => Kind::Pretty(look),
            Form::Compact => Kind::Compact,
            Form::Json => Kind::Json(json::Document::default()),
            Form::Sarif => Kind::Sarif(sarif::Log::default()),
            Form::Github => Kind::Github,
            Form::Junit => Kind::Junit(junit::Suites::default()),
        };
        Self { kind, totals: Totals::default() }
    }

    /// The findings of one text, in order; what can be written at once is. `fail_on`: which of them are failures.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn add(&mut self, checked: &Checked<'_>, fail_on: FailOn, out: &mut dyn Write) -> io::Result<()> {
        self.count(checked, fail_on);
        if checked.findings.is_empty() && checked.suppressed.is_empty() {
            if let Kind::Junit(suites) = &mut self.kind {
                suites.clean(checked.name);
            }
            return Ok(());
        }
        let source = checked.source();
        match &mut self.kind {
            Kind::Pretty(look) => pretty::write(&source, &checked.findings, *look, out)?,
            Kind::Compact => {
                out.write_all(diagnostic::compact(&source, &checked.findings).as_bytes())?;
            }
            Kind::Json(document) => document.add(&source, checked),
            Kind::Sarif(log) => log.add(&source, checked),
            Kind::Github => github::write(&source, &checked.findings, out)?,
            Kind::Junit(suites) => suites.add(&source, &checked.findings, fail_on),
        }
        Ok(())
    }

    /// Counts the findings of one text, and writes nothing.
    pub fn count(&mut self, checked: &Checked<'_>, fail_on: FailOn) {
        self.totals.count(checked, fail_on);
    }

    /// How much there was so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Writes what is one document. `complete`: nothing that was to be checked could not be read.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn finish(self, complete: bool, out: &mut dyn Write) -> io::Result<Totals> {
        match self.kind {
            Kind::Pretty(_) | Kind::Compact | Kind::Github => {}
            Kind::Json(document) => document.write(&self.totals, out)?,
            Kind::Sarif(log) => log.write(complete, out)?,
            Kind::Junit(suites) => suites.write(out)?,
        }
        Ok(self.totals)
    }
}

/// A fix that can be written down: none of it touches or holds a secret, of which only stars could be written.
pub(super) fn public_fix<'f>(source: &Source<'_>, finding: &'f Finding) -> Option<&'f Fix> {
    let fix = finding.fix.as_ref()?;
    let is_public = |text: &str| source.scrub(text) == text;
    let edits = &fix.edits;
    edits.iter().all(|edit| !source.is_secret(edit.span) && is_public(&edit.replacement)).then_some(fix)
}

/// All findings of a text, also those that are switched off, for fingerprints that do not depend on that.
fn every<'c>(checked: &'c Checked<'_>) -> Vec<(&'c Finding, Option<&'c Suppressed>)> {
    let found = checked.findings.iter().map(|finding| (finding, None));
    let off = checked.suppressed.iter().map(|it| (&it.finding, Some(it)));
    let mut all: Vec<_> = found.chain(off).collect();
    all.sort_by(|(a, _), (b, _)| (a.span, a.rule).cmp(&(b.span, b.rule)));
    all
}
