//! Findings as one JSON document; docs/schemas/lint.json is its schema.

use std::io::{self, Write};

use serde::Serialize;

use super::Totals;
use crate::diagnostic::{Finding, Safety, Source};
use crate::lint::{By, Checked, Rule, Suppressed, fingerprints};

/// All findings.
#[derive(Debug, Default)]
pub(super) struct Document {
    findings: Vec<Item>,
}

#[derive(Serialize)]
struct Whole<'d> {
    findings: &'d [Item],
    summary: &'d Totals,
}

#[derive(Debug, Serialize)]
struct Item {
    rule: &'static str,
    severity: &'static str,
    message: String,
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    fingerprint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Off>,
}

/// What switched a finding off.
#[derive(Debug, Serialize)]
struct Off {
    by: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

#[derive(Debug, Serialize)]
struct Related {
    message: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Debug, Serialize)]
struct Fix {
    title: String,
    safe: bool,
    edits: Vec<Edit>,
}

#[derive(Debug, Serialize)]
struct Edit {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    replacement: String,
}

impl Document {
    pub(super) fn add(&mut self, source: &Source<'_>, checked: &Checked<'_>) {
        let all = super::every(checked);
        let findings: Vec<&Finding> = all.iter().map(|(finding, _)| *finding).collect();
        for ((finding, off), fingerprint) in all.iter().zip(fingerprints(source, &findings)) {
            self.findings.push(item(source, finding, *off, fingerprint));
        }
    }

    pub(super) fn write(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &Whole { findings: &self.findings, summary: totals })?;
        writeln!(out)
    }
}

/// `rules` as one document; docs/schemas/rules.json is its schema.
///
/// # Errors
///
/// Those of `out`.
pub fn rules(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Item {
        rule: &'static str,
        family: &'static str,
        severity: &'static str,
        summary: &'static str,
        opt_in: bool,
        page: &'static str,
    }
    #[derive(Serialize)]
    struct Rules {
        rules: Vec<Item>,
    }
    let rules = rules.iter().map(|rule| Item {
        rule: rule.name,
        family: rule.family(),
        severity: rule.severity.as_str(),
        summary: rule.summary,
        opt_in: rule.opt_in,
        page: rule.page,
    });
    serde_json::to_writer_pretty(&mut *out, &Rules { rules: rules.collect() })?;
    writeln!(out)
}

fn item(source: &Source<'_>, finding: &Finding, off: Option<&Suppressed>, fingerprint: String) -> Item {
    let at = source.located(finding.span);
    let clean = |text: &str| source.scrub(text).into_owned();
    let related = finding.related.iter().map(|related| {
        let at = source.located(related.span);
        Related {
            message: clean(&related.label),
            line: at.line,
            column: at.column,
            end_line: at.end_line,
            end_column: at.end_column,
        }
    });
    let fix = super::public_fix(source, finding).map(|fix| Fix {
        title: clean(&fix.title),
        safe: fix.safety == Safety::Safe,
        edits: fix
            .edits
            .iter()
            .map(|edit| {
                let at = source.located(edit.span);
                Edit {
                    line: at.line,
                    column: at.column,
                    end_line: at.end_line,
                    end_column: at.end_column,
                    replacement: edit.replacement.clone(),
                }
            })
            .collect(),
    });
    Item {
        rule: finding.rule,
        severity: finding.severity.as_str(),
        message: clean(&finding.message),
        file: source.name().to_owned(),
        line: at.line,
        column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
        fingerprint,
        label: clean(&finding.label),
        why: finding.why.as_deref().map(clean),
        help: finding.help.as_deref().map(clean),
        related: related.collect(),
        fix,
        suppressed: off.map(|off| match &off.by {
            By::Comment(reason) => Off { by: "comment", reason: clean(reason) },
            By::Baseline => Off { by: "baseline", reason: String::new() },
        }),
    }
}
