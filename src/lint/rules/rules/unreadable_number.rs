//! Bounds that nobody can read.

use super::unit::{Comparison, Unit, comparisons};
use crate::base::edit::Edit;
use crate::diagnostic::{Safety, Severity};
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/unreadable-number",
    severity: Severity::Info,
    summary: "a bound of many digits that can be written in units people read",
    page: include_str!("../../../../docs/rules/rules/unreadable-number.md"),
    opt_in: true,
    check: Check::PromRule(check),
};

/// For each unit, what larger ones are made of, and how that is written.
const BYTES: [(f64, &str); 5] = [
    (1_099_511_627_776.0, "1024 ^ 4"),
    (1_073_741_824.0, "1024 ^ 3"),
    (1_048_576.0, "1024 ^ 2"),
    (1e9, "1e9"),
    (1e6, "1e6"),
];
const SECONDS: [(f64, &str); 1] = [(86_400.0, "86400")];

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    let Some(tree) = expr.parsed.expr.as_ref().filter(|_| expr.parsed.errors.is_empty()) else { return };
    for Comparison { unit, bound, span, .. } in comparisons(tree) {
        let units: &[(f64, &str)] = match unit {
            Unit::Bytes => &BYTES,
            Unit::Seconds => &SECONDS,
            Unit::Ratio => continue,
        };
        let written = span.of(expr.text());
        let digits = written.len() >= 6 && written.bytes().all(|b| b.is_ascii_digit());
        let Some((size, name)) = units.iter().find(|(size, _)| bound >= *size && bound % size == 0.0) else {
            continue;
        };
        if !digits {
            continue;
        }
        let better = format!("{} * {name}", bound / size);
        let finding = RULE
            .at(expr.place(span), format!("`{written}` is `{better}`"))
            .label("many digits")
            .why("whoever is woken by the alert has to count them")
            .help(format!("write `{better}`"));
        out.report(match expr.verbatim(span) {
            Some(at) => {
                finding.fix(format!("write `{better}`"), Safety::Safe, vec![Edit::replace(at, better)])
            }
            None => finding,
        });
    }
}
