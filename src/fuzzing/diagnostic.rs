//! Findings: whatever they say of whatever text, what is shown steers no terminal and stays small.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text::is_unsafe;
use crate::diagnostic::{Finding, Look, Mask, Safety, Severity, Source, compact, render};

/// Findings of one input, and what one of them may take when it is shown once.
const FINDINGS_MAX: usize = 8;
const SHOWN_MAX: usize = 100_000;

/// Lines of text, one with a NUL first, then numbers (two bytes each) that say where findings, masks and edits are.
pub(super) fn diagnostic(data: &[u8]) {
    let parts = data.iter().position(|byte| *byte == 0).map(|at| data.split_at(at));
    let (text, numbers) = parts.unwrap_or((data, &[]));
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut numbers = numbers.get(1..).unwrap_or_default().chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let mut number = || numbers.next().map(u16::from_le_bytes);
    let span = |start: u16, len: u16| {
        let start = usize::from(start) % (text.len() + 4);
        Span { start, end: start + usize::from(len) % 97 }
    };
    let quoted = |span: Span| {
        let end = text.floor_char_boundary(span.end);
        text.get(text.floor_char_boundary(span.start).min(end)..end).unwrap_or_default()
    };
    let mut mask = Vec::new();
    let mut findings: Vec<Finding> = Vec::new();
    while let (Some(kind), Some(start), Some(len)) = (number(), number(), number()) {
        let at = span(start, len);
        match kind % 5 {
            0 if findings.len() < FINDINGS_MAX => {
                let severity =
                    [Severity::Info, Severity::Warning, Severity::Error][usize::from(kind / 5) % 3];
                findings.push(Finding::new("a/b", severity, at, format!("`{}` is wrong", quoted(at))));
            }
            0 | 1 => mask.push(whole(at, text)),
            kind => {
                let Some(last) = findings.pop() else { continue };
                let saying = format!("see `{}`", quoted(at));
                findings.push(match kind {
                    2 => last.related(at, saying),
                    3 => last.label(saying.clone()).why(saying.clone()).help(saying),
                    _ => {
                        let mut edits = last.fix.clone().map_or_else(Vec::new, |fix| fix.edits);
                        edits.push(Edit { span: at, replacement: quoted(span(len, start)).to_owned() });
                        last.fix("write it anew", Safety::Unsafe, edits)
                    }
                });
            }
        }
    }
    check(text, &mask, &findings);
}

/// Spans of whole characters of the text.
fn whole(span: Span, text: &str) -> Span {
    let (start, end) = (text.floor_char_boundary(span.start), text.ceil_char_boundary(span.end));
    Span::new(start, end.max(start))
}

#[track_caller]
fn check(text: &str, mask: &[Span], findings: &[Finding]) {
    let source = Source::new("f\u{1b}[2J.yml", text, Mask::new(mask.iter().copied()));
    let shown = forms(&source, findings);
    for form in &shown {
        assert_harmless(form);
        assert!(form.len() <= SHOWN_MAX * (1 + findings.len()), "{} bytes", form.len());
    }
    for finding in findings {
        let at = source.located(finding.span);
        assert!((at.line, at.column) <= (at.end_line, at.end_column) && at.line > 0 && at.column > 0);
    }
}

/// Nothing in it steers a terminal.
#[track_caller]
pub(crate) fn assert_harmless(form: &str) {
    let bad = form.chars().find(|c| is_unsafe(*c) && *c != '\n');
    assert_eq!(bad, None, "{form}");
}

/// All forms, colours taken out.
#[track_caller]
pub(crate) fn forms(source: &Source<'_>, findings: &[Finding]) -> [String; 3] {
    let plain = render(source, findings, Look { color: false, width: None });
    let colored = render(source, findings, Look { color: true, width: Some(60) });
    let narrow = render(source, findings, Look { color: false, width: Some(60) });
    assert_eq!(without_colors(&colored).replace(' ', ""), narrow.replace(' ', ""), "colours change no text");
    [plain, narrow, compact(source, findings)]
}

/// `text` without the sequences that colour it.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        out.push_str(rest.strip_prefix('m').unwrap_or("\u{1b}"));
    }
    out
}
