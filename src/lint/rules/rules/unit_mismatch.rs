//! Bounds in another unit than that of the metric.

use super::unit::{Comparison, Unit, comparisons};
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/unit-mismatch",
    severity: Severity::Info,
    summary: "a bound that seems to be in another unit than the metric",
    page: include_str!("../../../../docs/rules/rules/unit-mismatch.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

/// Words of metrics that say how long somebody waits: minutes of it are rare.
const WAITS: [&str; 8] = ["http", "grpc", "rpc", "request", "requests", "response", "latency", "query"];

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    let Some(tree) = expr.parsed.expr.as_ref().filter(|_| expr.parsed.errors.is_empty()) else { return };
    for Comparison { name, unit, bound, span } in comparisons(tree) {
        let waits = || name.split(['_', ':']).any(|word| WAITS.contains(&word));
        let (meant, help) = match unit {
            Unit::Seconds if bound >= 100.0 && bound % 10.0 == 0.0 && waits() => {
                ("milliseconds", format!("the metric is in seconds: {bound} ms are `{}`", bound / 1000.0))
            }
            Unit::Bytes if (1.0..1024.0).contains(&bound) => (
                "megabytes or gigabytes",
                format!("the metric is in bytes: {bound} GiB are `{bound} * 1024 ^ 3`"),
            ),
            Unit::Ratio if bound > 1.0 && bound <= 100.0 => {
                ("percent", format!("the metric is between 0 and 1: {bound} % are `{}`", bound / 100.0))
            }
            _ => continue,
        };
        out.report(
            RULE.at(expr.place(span), format!("`{name}` is {}, and {bound} looks like {meant}", unit.name()))
                .label("in another unit")
                .why("a bound in another unit is never reached, or always")
                .help(help),
        );
    }
}
