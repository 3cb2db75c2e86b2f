//! In which unit an expression is, by the name of the one metric that it is about.

use crate::base::span::Span;
use crate::promql::{Binary, BinaryOp, Expr, ExprKind};

/// The units that names of metrics end with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Seconds,
    Bytes,
    Ratio,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Seconds => "in seconds",
            Self::Bytes => "in bytes",
            Self::Ratio => "a ratio",
        }
    }

    fn of(name: &str) -> Option<Self> {
        const ENDS: [(&str, Unit); 3] =
            [("_seconds", Unit::Seconds), ("_bytes", Unit::Bytes), ("_ratio", Unit::Ratio)];
        ENDS.into_iter().find(|(end, _)| name.ends_with(end)).map(|(_, unit)| unit)
    }
}

/// A metric of a known unit that is compared with a number.
pub(super) struct Comparison<'e> {
    /// The name without what histograms add to it.
    pub(super) name: &'e str,
    pub(super) unit: Unit,
    pub(super) bound: f64,
    /// Of the number.
    pub(super) span: Span,
}

/// Functions whose result is in the unit of their argument.
const SAME: [&str; 13] = [
    "abs",
    "avg_over_time",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "floor",
    "last_over_time",
    "max_over_time",
    "min_over_time",
    "quantile_over_time",
    "round",
    "sort",
];

/// All comparisons of an expression; bounds that are written as durations say their unit themselves.
pub(super) fn comparisons(tree: &Expr) -> Vec<Comparison<'_>> {
    let mut found = Vec::new();
    let mut open = vec![tree];
    while let Some(expr) = open.pop() {
        if let ExprKind::Binary(binary) = &expr.kind
            && binary.op.is_comparison()
            && let Some((number, other)) =
                bound(&binary.rhs, &binary.lhs).or_else(|| bound(&binary.lhs, &binary.rhs))
            && let Some(name) = metric(other)
            && let Some(unit) = Unit::of(name)
        {
            found.push(Comparison { name, unit, bound: number.0, span: number.1 });
        }
        open.extend(expr.children());
    }
    found.sort_by_key(|it| it.span);
    found
}

/// The number of a comparison, its place, and the other side.
fn bound<'e>(number: &Expr, other: &'e Expr) -> Option<((f64, Span), &'e Expr)> {
    match &number.kind {
        ExprKind::Number(value) if !value.duration => Some(((value.value, number.span), other)),
        _ => None,
    }
}

/// The metric in whose unit an expression is; none where that cannot be told.
fn metric(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Selector(selector) => Some(selector.name.as_ref()?.text.as_str()),
        ExprKind::Range(range) => Some(range.selector.name.as_ref()?.text.as_str()),
        ExprKind::Paren(inner) => metric(inner),
        ExprKind::Aggregate(aggregate) => match aggregate.op.as_str() {
            "avg" | "max" | "min" | "quantile" | "topk" | "bottomk" | "sum" => metric(aggregate.args.last()?),
            _ => None,
        },
        ExprKind::Call(call) => match call.name.text.as_str() {
            "histogram_quantile" => base(counted(call.args.get(1)?)?, "_bucket"),
            "quantile_over_time" => metric(call.args.get(1)?),
            name if SAME.contains(&name) => metric(call.args.first()?),
            _ => None,
        },
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div => average(binary),
        _ => None,
    }
}

/// `rate(x_sum[5m]) / rate(x_count[5m])` is in the unit of `x`.
fn average(binary: &Binary) -> Option<&str> {
    let name = base(counted(&binary.lhs)?, "_sum")?;
    (base(counted(&binary.rhs)?, "_count")? == name).then_some(name)
}

fn base<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    name.strip_suffix(end)
}

/// The one counter whose rate an expression is.
fn counted(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Paren(inner) => counted(inner),
        ExprKind::Aggregate(aggregate) if aggregate.op.as_str() == "sum" => counted(aggregate.args.last()?),
        ExprKind::Call(call) if matches!(call.name.text.as_str(), "rate" | "irate" | "increase") => {
            metric(call.args.first()?)
        }
        _ => None,
    }
}
