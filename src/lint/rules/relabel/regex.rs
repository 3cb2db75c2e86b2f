//! Regular expressions of relabel rules.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Safety, Severity};
use crate::lint::model::Relabeling;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::RuleError;
use crate::selector::re2::{Newlines, compile_capturing};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/regex",
    severity: Severity::Error,
    summary: "a regular expression that RE2 does not read",
    page: include_str!("../../../../docs/rules/relabel/regex.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        let Some(Err(RuleError::Regex(err))) = &entry.rule else { continue };
        let Some((node, text)) = entry.get("regex").and_then(|node| Some((node, node.text()?))) else {
            continue;
        };
        let Some(map) = node.value_map() else { continue };
        // The character at fault, or the end of the text.
        let width = text.get(err.offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = map.span(Span::new(err.offset, err.offset + width));
        let help = err.help.unwrap_or("Prometheus uses RE2: no look-around, no backreferences");
        let finding = RULE.at(span, err.message.clone()).label("here").why(list.refusal()).help(help);
        out.report(match glob(text) {
            Some(stars) => {
                let edits: Option<Vec<Edit>> = stars
                    .into_iter()
                    .map(|at| Some(Edit::insert(map.verbatim(Span::new(at, at + 1))?.start, ".")))
                    .collect();
                let finding = finding.help("`*` repeats what stands before it; any text is `.*`");
                match edits {
                    Some(edits) => finding.fix("write `.*` for any text", Safety::Unsafe, edits),
                    None => finding,
                }
            }
            None => finding,
        });
    }
}

/// Where the stars of a text stand that is a pattern for file names: `*_total`.
fn glob(text: &str) -> Option<Vec<usize>> {
    let is_glob = text.starts_with('*') && !text.contains(['(', '[', '{', '\\', '.', '+', '?']);
    let fixed = text.replace('*', ".*");
    (is_glob && compile_capturing(&fixed, Newlines::Matched).is_ok())
        .then(|| text.match_indices('*').map(|(at, _)| at).collect())
}
