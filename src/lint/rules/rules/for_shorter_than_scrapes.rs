//! A `for` that passes before there is a second sample.

use super::intervals::Intervals;
use crate::base::duration::render;
use crate::diagnostic::Severity;
use crate::lint::model::Model;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::uses;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/for-shorter-than-scrapes",
    severity: Severity::Info,
    summary: "a `for` that is no longer than the time between two scrapes",
    page: include_str!("../../../../docs/rules/rules/for-shorter-than-scrapes.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let intervals = Intervals::new(model);
    for document in &model.documents {
        for rule in document.groups.iter().flat_map(|group| &group.rules) {
            let (Some(_), Some((node, wait)), Some(expr)) = (rule.alert(), rule.duration("for"), &rule.expr)
            else {
                continue;
            };
            let Some(tree) = &expr.parsed.expr else { continue };
            let known = uses(tree).selectors.into_iter().filter_map(|it| intervals.of(it.selector));
            let Some(interval) = known.min().filter(|interval| !wait.is_zero() && wait <= *interval) else {
                continue;
            };
            let message = format!(
                "one sample is enough: `for` waits {}, and the next scrape comes after {}",
                render(wait),
                render(interval)
            );
            out.report_in(
                document.source,
                RULE.at(node.span(), message)
                    .label("before the next scrape")
                    .why("until the next scrape the last sample holds, so that one odd sample, or one failed scrape of `up`, fires the alert")
                    .help(format!("make it more than two intervals, such as `{}`", render(interval.saturating_mul(3)))),
            );
        }
    }
}
