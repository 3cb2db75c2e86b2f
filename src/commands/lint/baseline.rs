//! The baseline: findings that were there before somebody began to look, as fingerprints in a file.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::Args;
use crate::base::text::count;
use crate::diagnostic::Finding;
use crate::lint::{By, Checked, file_name, fingerprints};
use crate::ui::Failure;

/// What the file holds: sorted, so that the same findings are the same bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: BTreeSet<Entry>,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    file: String,
    rule: String,
    fingerprint: String,
}

/// Findings that are known.
#[derive(Default)]
pub(super) struct Baseline {
    known: HashSet<String>,
    seen: BTreeSet<Entry>,
    /// Everything is known: the file is written, and from then on it is.
    all: bool,
}

impl Baseline {
    /// Reads the file of `--baseline`. One that is to be written is taken for empty.
    pub(super) fn open(args: &Args) -> Result<Self> {
        let Some(path) = args.baseline.as_ref().filter(|_| !args.update_baseline) else {
            return Ok(Self { all: args.update_baseline, ..Self::default() });
        };
        let name = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(err) => {
                let missing = err.kind() == io::ErrorKind::NotFound;
                let failure = Failure::new(format!("cannot read the baseline `{name}`")).cause(err);
                let help = "`--update-baseline` writes it";
                return Err(if missing { failure.help(help) } else { failure }.into());
            }
        };
        let file: File = serde_json::from_str(&text).map_err(|err| {
            let failure = Failure::new(format!("the baseline `{name}` cannot be understood")).cause(err);
            failure.help("`--update-baseline` writes it anew")
        })?;
        if file.version != 1 {
            let message =
                format!("the baseline `{name}` is of version {}, this program knows 1", file.version);
            return Err(Failure::new(message).help("`--update-baseline` writes it anew").into());
        }
        Ok(Self { known: file.findings.into_iter().map(|it| it.fingerprint).collect(), ..Self::default() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty() && !self.all
    }

    pub(super) fn has(&self, fingerprint: &str) -> bool {
        self.all || self.known.contains(fingerprint)
    }

    /// Takes note of what is there.
    pub(super) fn saw(&mut self, entries: Vec<Entry>) {
        self.seen.extend(entries);
    }

    /// Writes the file where that is asked for; what there is to say.
    pub(super) fn finish(self, args: &Args) -> Result<Option<String>> {
        let Some(path) = &args.baseline else { return Ok(None) };
        let name = path.display();
        if args.update_baseline {
            let said = format!("{} written to `{name}`", count(self.seen.len() as u64, "finding"));
            let file = File { version: 1, findings: self.seen };
            let mut text = serde_json::to_string_pretty(&file)?;
            text.push('\n');
            fs::write(path, text).map_err(|err| Failure::new(format!("cannot write `{name}`")).cause(err))?;
            return Ok(Some(said));
        }
        let seen: HashSet<&str> = self.seen.iter().map(|it| it.fingerprint.as_str()).collect();
        let gone = self.known.iter().filter(|it| !seen.contains(it.as_str())).count();
        let said = format!(
            "{} of the baseline not found any more: `--update-baseline` takes them out",
            count(gone as u64, "finding")
        );
        // Of other paths than those given nothing is known.
        Ok((gone > 0 && args.since_commit.is_none()).then_some(said))
    }
}

/// All findings of a text but those that comments switch off, in its order.
pub(super) fn every<'c>(checked: &'c Checked<'_>) -> Vec<&'c Finding> {
    let known = checked.suppressed.iter().filter(|it| it.by == By::Baseline).map(|it| &it.finding);
    let mut all: Vec<&Finding> = checked.findings.iter().chain(known).collect();
    all.sort_by(|a, b| (a.span, a.rule).cmp(&(b.span, b.rule)));
    all
}

/// What a baseline would hold of a text.
pub(super) fn entries(checked: &Checked<'_>) -> Vec<Entry> {
    let all = every(checked);
    if all.is_empty() {
        return Vec::new();
    }
    let file = file_name(checked.name);
    let of = |(finding, fingerprint): (&Finding, String)| Entry {
        file: file.clone(),
        rule: finding.rule.to_owned(),
        fingerprint,
    };
    all.iter().copied().zip(fingerprints(&checked.source(), &all)).map(of).collect()
}
