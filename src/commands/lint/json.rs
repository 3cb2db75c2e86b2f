//! Findings as one JSON document; docs/schemas/lint.json is its schema.

use std::io::{self, Write};

use serde::Serialize;

use crate::diagnostic::{Finding, Safety, Source};

/// All findings.
#[derive(Default, Serialize)]
pub(super) struct Document {
    findings: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    rule: &'static str,
    severity: &'static str,
    message: String,
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

#[derive(Serialize)]
struct Related {
    message: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Fix {
    title: String,
    safe: bool,
    edits: Vec<Edit>,
}

#[derive(Serialize)]
struct Edit {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    replacement: String,
}

impl Document {
    pub(super) fn add(&mut self, source: &Source<'_>, findings: &[Finding]) {
        self.findings.extend(findings.iter().map(|finding| item(source, finding)));
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}

fn item(source: &Source<'_>, finding: &Finding) -> Item {
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
    let fix = finding.fix.as_ref().map(|fix| Fix {
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
                    replacement: clean(&edit.replacement),
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
        why: finding.why.as_deref().map(clean),
        help: finding.help.as_deref().map(clean),
        related: related.collect(),
        fix,
    }
}
