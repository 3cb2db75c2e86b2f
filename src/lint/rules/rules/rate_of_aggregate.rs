//! Functions for counters on what is none, and functions for gauges on counters.

use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Expression, PromRule};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{Call, Expr, ExprKind};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/rate-of-aggregate",
    severity: Severity::Warning,
    summary: "`rate` of what is no counter any more, or `delta` of a counter",
    page: include_str!("../../../../docs/rules/rules/rate-of-aggregate.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

/// They take a value that falls for a counter that began anew.
const OF_COUNTERS: [&str; 4] = ["rate", "irate", "increase", "resets"];
const OF_GAUGES: [&str; 4] = ["delta", "idelta", "deriv", "predict_linear"];
/// Endings of names that only gauges have.
const GAUGES: [&str; 8] = [
    "_ratio",
    "_percent",
    "_celsius",
    "_info",
    "_timestamp_seconds",
    "_temperature",
    "_in_progress",
    "_usage_bytes",
];

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let Some(expr) = &rule.expr else { return };
    let mut open: Vec<&Expr> = expr.parsed.expr.iter().filter(|_| expr.parsed.errors.is_empty()).collect();
    while let Some(node) = open.pop() {
        if let ExprKind::Call(call) = &node.kind {
            let name = call.name.text.as_str();
            let finding = if OF_COUNTERS.contains(&name) {
                of_counter(expr, call)
            } else if OF_GAUGES.contains(&name) {
                of_gauge(expr, call)
            } else {
                None
            };
            finding.into_iter().for_each(|finding| out.report(finding));
        }
        open.extend(node.children());
    }
}

fn of_counter(expr: &Expression<'_>, call: &Call) -> Option<Finding> {
    let name = call.name.text.as_str();
    let place = expr.place(call.name.span);
    match &call.args.first()?.kind {
        ExprKind::Subquery(subquery) => {
            let ExprKind::Aggregate(aggregate) = &unwrapped(&subquery.expr).kind else { return None };
            let inner = aggregate.op.as_str();
            Some(
                RULE.at(place, format!("`{name}` of `{inner}`: what is aggregated is no counter any more"))
                    .label("taken last")
                    .related(expr.place(aggregate.op_span), "taken first")
                    .why("when one of the counters begins anew the sum falls, and that counts as a jump by the whole sum")
                    .help(format!("aggregate last: `{inner}({name}(…[5m]))`")),
            )
        }
        ExprKind::Range(range) => {
            let metric = range.selector.name.as_ref()?;
            let (message, why, help) = recorded(name, &metric.text).or_else(|| gauge(name, &metric.text))?;
            Some(
                RULE.at(place, message)
                    .label("for counters")
                    .related(expr.place(metric.span), "is none")
                    .why(why)
                    .help(help),
            )
        }
        _ => None,
    }
}

type Texts = (String, &'static str, String);

/// A series that a rule made of counters: its name says by which operations.
fn recorded(function: &str, metric: &str) -> Option<Texts> {
    let operations = metric.rsplit_once(':').filter(|_| metric.matches(':').count() >= 2)?.1;
    if OF_COUNTERS[..3].iter().any(|it| operations.starts_with(it)) {
        let message = format!("`{function}` of `{metric}`, which is a rate already by its name");
        return Some((
            message,
            "a rate rises and falls: each fall counts as a counter that began anew",
            "take it as it is".to_owned(),
        ));
    }
    if operations == "sum" {
        let message = format!("`{function}` of `{metric}`, which is a sum by its name");
        let why =
            "when one of the counters begins anew the sum falls, and that counts as a jump by the whole sum";
        return Some((message, why, format!("record the sum of the `{function}` instead")));
    }
    None
}

fn gauge(function: &str, metric: &str) -> Option<Texts> {
    let gauge = metric == "up" || GAUGES.iter().any(|ending| metric.ends_with(ending));
    gauge.then(|| {
        let message = format!("`{function}` of `{metric}`, which is a gauge by its name");
        let help = match function {
            "rate" | "irate" => "use `deriv` for how fast a gauge changes",
            "increase" => "use `delta` for how much a gauge has changed",
            _ => "use `changes` for how often a gauge has changed",
        };
        (message, "a gauge rises and falls: each fall counts as a counter that began anew", help.to_owned())
    })
}

fn of_gauge(expr: &Expression<'_>, call: &Call) -> Option<Finding> {
    let ExprKind::Range(range) = &call.args.first()?.kind else { return None };
    let (name, metric) = (call.name.text.as_str(), range.selector.name.as_ref()?);
    if !metric.text.ends_with("_total") && !metric.text.ends_with("_bucket") {
        return None;
    }
    let help = match name {
        "delta" => "use `increase`",
        "idelta" => "use `irate`",
        "deriv" => "use `rate`",
        _ => "predict from a gauge, or from a recorded rate",
    };
    Some(
        RULE.at(
            expr.place(call.name.span),
            format!("`{name}` of `{}`, which is a counter by its name", metric.text),
        )
        .label("for gauges")
        .related(expr.place(metric.span), "a counter")
        .why("when the counter begins anew, that counts as a fall by all it had")
        .help(help),
    )
}

fn unwrapped(expr: &Expr) -> &Expr {
    let mut expr = expr;
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    expr
}
