//! Commands of a GitHub workflow: `::error file=a.yml,line=1,col=2,title=rule::message`.

use std::io::{self, Write};

use crate::base::text::printable;
use crate::diagnostic::{Finding, Severity, Source};
use crate::lint::fingerprint::file_name;

/// One line for each finding.
pub(super) fn write(source: &Source<'_>, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let file = property(&file_name(source.name()));
    for finding in findings {
        let at = source.located(finding.span);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        write!(out, "::{command} file={file},line={},col={}", at.line, at.column)?;
        // Columns of another line than the first are not shown, and one end without the other is refused.
        if at.end_line == at.line && at.end_column > at.column {
            write!(out, ",endLine={},endColumn={}", at.end_line, at.end_column)?;
        }
        let mut parts = vec![finding.message.as_str()];
        parts.extend(finding.why.as_deref());
        parts.extend(finding.help.as_deref());
        let clean: Vec<String> = parts.iter().map(|part| data(&printable(&source.scrub(part)))).collect();
        writeln!(out, ",title={}::{}", property(finding.rule), clean.join("%0A"))?;
    }
    Ok(())
}

/// Behind the `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Between commas.
fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::Span;
    use crate::diagnostic::Mask;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        let source = Source::new("./a,b:c\n%.yml", "x: 1\ny: 2\n", Mask::default());
        let finding = |severity, span| Finding::new("a/b", severity, span, "100%\r\n::error::x").help("h");
        let findings = [
            finding(Severity::Error, Span::new(3, 4)),
            finding(Severity::Info, Span::new(0, 9)),
            finding(Severity::Warning, Span::new(5, 5)),
        ];
        let mut out = Vec::new();
        write(&source, &findings, &mut out).expect("memory");
        let file = "file=a%2Cb%3Ac\\n%25.yml";
        let message = "title=a/b::100%25\\u{000D}\\n::error::x%0Ah";
        let expect = format!(
            "::error {file},line=1,col=4,endLine=1,endColumn=5,{message}\n\
             ::notice {file},line=1,col=1,{message}\n::warning {file},line=2,col=1,{message}\n"
        );
        assert_eq!(String::from_utf8(out).expect("text"), expect);
    }
}
