//! Windows that hold too few samples for what is asked of them.

use std::time::Duration;

use super::intervals::Intervals;
use crate::base::duration::render;
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Expression, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{Expr, ExprKind};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/rate-window",
    severity: Severity::Warning,
    summary: "a window of `rate` and the like that holds fewer than two samples, or barely two",
    page: include_str!("../../../../docs/rules/rules/rate-window.md"),
    opt_in: false,
    check: Check::World(check),
};

/// Functions that need two samples.
const FUNCTIONS: [&str; 8] = [
    "rate",
    "irate",
    "increase",
    "delta",
    "idelta",
    "deriv",
    "predict_linear",
    "double_exponential_smoothing",
];

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let intervals = Intervals::new(model);
    for document in &model.documents {
        for rule in document.groups.iter().flat_map(|group| &group.rules) {
            let Some(expr) = &rule.expr else { continue };
            let mut open: Vec<&Expr> = expr.parsed.expr.iter().collect();
            while let Some(node) = open.pop() {
                if let Some(finding) = one(expr, node, &intervals) {
                    out.report_in(document.source, finding);
                }
                open.extend(node.children());
            }
        }
    }
}

fn one(expr: &Expression<'_>, node: &Expr, intervals: &Intervals<'_>) -> Option<Finding> {
    let ExprKind::Call(call) = &node.kind else { return None };
    let name = FUNCTIONS.into_iter().find(|name| *name == call.name.text)?;
    let range = call.args.iter().find_map(|arg| match &arg.kind {
        ExprKind::Range(range) if range.selector.modifiers.extent.is_none() => Some(range),
        _ => None,
    })?;
    let interval = intervals.of(&range.selector)?;
    let window = Duration::try_from_secs_f64(range.range.literal()?).ok()?;
    let advice = interval.saturating_mul(4);
    let (severity, message) = if window < interval.saturating_mul(2) {
        let message = format!(
            "`{name}` needs two samples: a window of {} cannot be sure of them, at one scrape every {}",
            render(window),
            render(interval)
        );
        (Severity::Warning, message)
    } else if window < advice {
        let message = format!(
            "one failed scrape is enough to leave this window of {} without two samples, at one every {}",
            render(window),
            render(interval)
        );
        (Severity::Info, message)
    } else {
        return None;
    };
    let mut finding = RULE
        .at(expr.place(range.range.span), message)
        .label("the window")
        .why(format!("where there are fewer than two samples, `{name}` gives nothing: gaps in graphs, alerts that resolve"))
        .help(format!("make the window four times the interval: `[{}]`", render(advice)));
    finding.severity = severity;
    Some(finding)
}
