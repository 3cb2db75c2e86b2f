//! SARIF 2.1.0: what GitHub's code scanning and other viewers of findings read. Valid also when nothing is found.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::diagnostic::{Finding, Safety, Severity, Source};
use crate::lint::fingerprint::file_name;
use crate::lint::{By, Checked, Suppressed, fingerprints, rule};

/// All results.
#[derive(Debug, Default)]
pub(super) struct Log {
    results: Vec<Value>,
    /// Rules of results, and the severity of their first where they stand in no list of rules.
    rules: BTreeMap<&'static str, Severity>,
}

impl Log {
    pub(super) fn add(&mut self, source: &Source<'_>, checked: &Checked<'_>) {
        let all = super::every(checked);
        let findings: Vec<&Finding> = all.iter().map(|(finding, _)| *finding).collect();
        for ((finding, off), fingerprint) in all.iter().zip(fingerprints(source, &findings)) {
            self.rules.entry(finding.rule).or_insert(finding.severity);
            self.results.push(result(source, finding, *off, &fingerprint));
        }
    }

    pub(super) fn write(mut self, complete: bool, out: &mut dyn Write) -> io::Result<()> {
        for result in &mut self.results {
            let name = result.get("ruleId").and_then(Value::as_str);
            let index = self.rules.keys().position(|rule| Some(*rule) == name);
            if let Some(index) = index {
                result["ruleIndex"] = json!(index);
            }
        }
        let rules: Vec<Value> =
            self.rules.iter().map(|(name, severity)| descriptor(name, *severity)).collect();
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "obsctl",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": complete}],
                "results": self.results,
            }],
        });
        serde_json::to_writer_pretty(&mut *out, &log)?;
        writeln!(out)
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A rule, with its page as help.
fn descriptor(name: &str, severity: Severity) -> Value {
    let family = name.split_once('/').map_or(name, |(family, _)| family);
    let Some(rule) = rule(name) else {
        return json!({"id": name, "defaultConfiguration": {"level": level(severity)}});
    };
    json!({
        "id": name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": [family]},
    })
}

fn result(source: &Source<'_>, finding: &Finding, off: Option<&Suppressed>, fingerprint: &str) -> Value {
    let clean = |text: &str| source.scrub(text).into_owned();
    let mut text = clean(&finding.message);
    for (word, more) in [("Why", finding.why.as_deref()), ("Help", finding.help.as_deref())] {
        if let Some(more) = more {
            text.push_str(&format!("\n{word}: {}", clean(more)));
        }
    }
    let mut place = location(source, finding.span);
    if !finding.label.is_empty() {
        place["message"] = json!({"text": clean(&finding.label)});
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [place],
        "partialFingerprints": {"obsctl/v1": fingerprint},
    });
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(id, related)| {
            let mut place = location(source, related.span);
            place["id"] = json!(id);
            place["message"] = json!({"text": clean(&related.label)});
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = super::public_fix(source, finding) {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                json!({
                    "deletedRegion": region(source, edit.span),
                    "insertedContent": {"text": edit.replacement},
                })
            })
            .collect();
        let safety = if fix.safety == Safety::Safe { "" } else { " (unsafe: may change the meaning)" };
        result["fixes"] = json!([{
            "description": {"text": format!("{}{safety}", clean(&fix.title))},
            "artifactChanges": [{
                "artifactLocation": {"uri": uri(source.name())},
                "replacements": replacements,
            }],
        }]);
    }
    if let Some(off) = off {
        result["suppressions"] = match &off.by {
            By::Comment(reason) if reason.is_empty() => json!([{"kind": "inSource"}]),
            By::Comment(reason) => json!([{"kind": "inSource", "justification": clean(reason)}]),
            By::Baseline => json!([{"kind": "external", "justification": "in the baseline"}]),
        };
    }
    result
}

fn location(source: &Source<'_>, span: crate::base::span::Span) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(source.name())},
        "region": region(source, span),
    }})
}

fn region(source: &Source<'_>, span: crate::base::span::Span) -> Value {
    let at = source.located(span);
    json!({
        "startLine": at.line,
        "startColumn": at.column,
        "endLine": at.end_line,
        "endColumn": at.end_column,
    })
}

/// A file's name as a reference by URI.
fn uri(name: &str) -> String {
    let name = file_name(name);
    let mut out = String::with_capacity(name.len() + 8);
    if name.starts_with('/') {
        out.push_str("file://");
    }
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/+@=,!$'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_references() {
        assert_eq!(uri("./a b/c:d.yml"), "a%20b/c%3Ad.yml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
        assert_eq!(uri("/etc/ü.yml"), "file:///etc/%C3%BC.yml");
    }
}
