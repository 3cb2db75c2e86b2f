//! JUnit's XML, as CI systems show it: a suite for each file, a case for each finding.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::base::text::printable;
use crate::diagnostic::{Finding, Source};
use crate::lint::FailOn;
use crate::lint::fingerprint::file_name;

/// All suites.
#[derive(Debug, Default)]
pub(super) struct Suites {
    tests: usize,
    failures: usize,
    body: String,
}

impl Suites {
    /// A file in which nothing is found: one case that passes.
    pub(super) fn clean(&mut self, name: &str) {
        let file = escaped(&file_name(name));
        self.tests += 1;
        let _ = writeln!(self.body, "  <testsuite name=\"{file}\" tests=\"1\" failures=\"0\">");
        let _ = writeln!(self.body, "    <testcase name=\"lint\" classname=\"{file}\"/>\n  </testsuite>");
    }

    pub(super) fn add(&mut self, source: &Source<'_>, findings: &[Finding], fail_on: FailOn) {
        if findings.is_empty() {
            return self.clean(source.name());
        }
        let file = escaped(&file_name(source.name()));
        let failures = findings.iter().filter(|it| fail_on.fails(it.severity)).count();
        self.tests += findings.len();
        self.failures += failures;
        let _ = writeln!(
            self.body,
            "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{failures}\">",
            findings.len()
        );
        for finding in findings {
            self.case(source, &file, finding, fail_on);
        }
        self.body.push_str("  </testsuite>\n");
    }

    fn case(&mut self, source: &Source<'_>, file: &str, finding: &Finding, fail_on: FailOn) {
        let at = source.located(finding.span);
        let clean = |text: &str| escaped(&source.scrub(text));
        let (rule, message) = (finding.rule, clean(&finding.message));
        let _ = writeln!(
            self.body,
            "    <testcase name=\"{rule} at {}:{}\" classname=\"{file}\" file=\"{file}\" line=\"{}\">",
            at.line, at.column, at.line
        );
        let severity = finding.severity.as_str();
        let mut text = format!("{file}:{}:{}: {severity}[{rule}] {message}", at.line, at.column);
        for (word, more) in [("why", finding.why.as_deref()), ("help", finding.help.as_deref())] {
            if let Some(more) = more {
                let _ = write!(text, "\n{word}: {}", clean(more));
            }
        }
        let _ = if fail_on.fails(finding.severity) {
            writeln!(self.body, "      <failure message=\"{message}\" type=\"{severity}\">{text}</failure>")
        } else {
            writeln!(self.body, "      <system-out>{text}</system-out>")
        };
        self.body.push_str("    </testcase>\n");
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (tests, failures) = (self.tests, self.failures);
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(out, "<testsuites name=\"obsctl lint\" tests=\"{tests}\" failures=\"{failures}\">")?;
        writeln!(out, "{}</testsuites>", self.body)
    }
}

/// In text and attributes. What XML cannot hold in any way is written as elsewhere: `\u{0001}`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{{{:04X}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::Span;
    use crate::diagnostic::{Mask, Severity};

    #[test]
    fn suites_cases_and_failures() {
        let source = Source::new("a&b.yml", "x: 1\n", Mask::default());
        let finding =
            |severity| Finding::new("a/b", severity, Span::new(3, 4), "<\u{1}\u{fffe}>").help("\"h\"");
        let mut suites = Suites::default();
        suites.clean("c.yml");
        suites.add(&source, &[finding(Severity::Error), finding(Severity::Info)], FailOn::Error);
        let mut out = Vec::new();
        suites.write(&mut out).expect("memory");
        let message = "&lt;\\u{0001}\\u{FFFE}&gt;";
        let expect = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="obsctl lint" tests="3" failures="1">
  <testsuite name="c.yml" tests="1" failures="0">
    <testcase name="lint" classname="c.yml"/>
  </testsuite>
  <testsuite name="a&amp;b.yml" tests="2" failures="1">
    <testcase name="a/b at 1:4" classname="a&amp;b.yml" file="a&amp;b.yml" line="1">
      <failure message="{message}" type="error">a&amp;b.yml:1:4: error[a/b] {message}
help: &quot;h&quot;</failure>
    </testcase>
    <testcase name="a/b at 1:4" classname="a&amp;b.yml" file="a&amp;b.yml" line="1">
      <system-out>a&amp;b.yml:1:4: info[a/b] {message}
help: &quot;h&quot;</system-out>
    </testcase>
  </testsuite>
</testsuites>
"#
        );
        assert_eq!(String::from_utf8(out).expect("text"), expect);
    }
}
