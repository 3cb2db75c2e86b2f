//! Findings with excerpts, what repeats in one file folded.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::diagnostic::{self, Finding, Look, Source};

/// Lines that are named of findings that are folded.
const LINES_MAX: usize = 8;

/// Writes `findings`, an empty line behind each.
pub(super) fn write(
    source: &Source<'_>,
    findings: &[Finding],
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    for finding in folded(source, findings) {
        writeln!(out, "{}", diagnostic::render(source, &[finding], look))?;
    }
    Ok(())
}

/// The first of those that say the same, with the lines of the others.
fn folded(source: &Source<'_>, findings: &[Finding]) -> Vec<Finding> {
    let mut first: Vec<(Finding, Vec<usize>)> = Vec::new();
    let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for finding in findings {
        let says = (finding.rule, finding.message.as_str(), finding.label.as_str());
        match known.get(&says) {
            Some(at) => first[*at].1.push(source.located(finding.span).line),
            None => {
                known.insert(says, first.len());
                first.push((finding.clone(), Vec::new()));
            }
        }
    }
    let said = first.into_iter().map(|(mut finding, lines)| {
        if !lines.is_empty() {
            finding.message.push_str(&also(&lines));
        }
        finding
    });
    said.collect()
}

fn also(lines: &[usize]) -> String {
    let mut named: Vec<String> = lines.iter().take(LINES_MAX).map(usize::to_string).collect();
    named.dedup();
    if lines.len() > LINES_MAX {
        named.push("…".into());
    }
    let word = if named.len() == 1 { "line" } else { "lines" };
    format!(" [+{} in {word} {}]", lines.len(), named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::Span;
    use crate::diagnostic::Mask;

    #[test]
    fn what_says_the_same_is_one_with_the_lines_of_the_others() {
        let text = "a\n".repeat(20);
        let source = Source::new("f", &text, Mask::default());
        let at = |line: usize, message: &str| {
            Finding::error("a/b", Span::new(line * 2 - 2, line * 2 - 1), message)
        };
        let mut findings = vec![at(1, "x"), at(2, "y"), at(3, "x"), at(9, "x")];
        let messages = |findings: &[Finding]| -> Vec<String> {
            folded(&source, findings).into_iter().map(|it| it.message).collect()
        };
        assert_eq!(messages(&findings), ["x [+2 in lines 3, 9]", "y"]);
        findings.extend((10..=20).map(|line| at(line, "y")));
        assert_eq!(messages(&findings)[1], "y [+11 in lines 10, 11, 12, 13, 14, 15, 16, 17, …]");
    }
}
