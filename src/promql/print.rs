//! The tree as canonical PromQL.

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

use super::ast::{
    Aggregate, AtTime, Binary, BinaryOp, DurationExpr, DurationKind, Expr, ExprKind, Extent, MatchOp,
    Matcher, Modifiers, Name, Number, Sign, VectorSelector,
};
use crate::base::{duration, name, text};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExprKind::Number(number) => number.fmt(f),
            ExprKind::String(value) => f.write_str(&quote(value)),
            ExprKind::Selector(selector) => {
                selector.fmt(f)?;
                selector.modifiers.fmt(f)
            }
            ExprKind::Range(range) => {
                write!(f, "{}[{}]{}", range.selector, range.range, range.selector.modifiers)
            }
            ExprKind::Subquery(subquery) => {
                write!(f, "{}[{}:", subquery.expr, subquery.range)?;
                if let Some(step) = &subquery.step {
                    step.fmt(f)?;
                }
                write!(f, "]{}", subquery.modifiers)
            }
            ExprKind::Unary(Sign::Plus, inner) => write!(f, "+{inner}"),
            ExprKind::Unary(Sign::Minus, inner) => write!(f, "-{inner}"),
            ExprKind::Paren(inner) => write!(f, "({inner})"),
            ExprKind::Binary(binary) => binary.fmt(f),
            ExprKind::Call(call) => {
                f.write_str(&call.name.text)?;
                arguments(f, &call.args)
            }
            ExprKind::Aggregate(aggregate) => aggregate.fmt(f),
        }
    }
}

fn arguments(f: &mut Formatter<'_>, args: &[Expr]) -> Result {
    f.write_str("(")?;
    for (at, arg) in args.iter().enumerate() {
        f.write_str(if at > 0 { ", " } else { "" })?;
        arg.fmt(f)?;
    }
    f.write_str(")")
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.op.as_str())?;
        if let Some(grouping) = &self.grouping {
            f.write_str(if grouping.without { " without " } else { " by " })?;
            labels(f, &grouping.labels)?;
            f.write_str(" ")?;
        }
        arguments(f, &self.args)
    }
}

fn labels(f: &mut Formatter<'_>, labels: &[Name]) -> Result {
    f.write_str("(")?;
    for (at, label) in labels.iter().enumerate() {
        f.write_str(if at > 0 { ", " } else { "" })?;
        // The only words that Prometheus does not take for labels here.
        let reserved = ["without", "inf", "nan"].iter().any(|word| label.text.eq_ignore_ascii_case(word));
        if name::is_label_name(&label.text) && !reserved {
            f.write_str(&label.text)?;
        } else {
            f.write_str(&quote(&label.text))?;
        }
    }
    f.write_str(")")
}

impl Display for Binary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.lhs, self.op.as_str())?;
        if self.returns_bool {
            f.write_str(" bool")?;
        }
        if let Some(matching) = &self.matching {
            f.write_str(if matching.on { " on " } else { " ignoring " })?;
            labels(f, &matching.labels)?;
        }
        if let Some(group) = &self.group {
            f.write_str(if group.left { " group_left " } else { " group_right " })?;
            labels(f, &group.labels)?;
        }
        match (self.fill.left, self.fill.right) {
            (Some(left), Some(right)) if left == right => write!(f, " fill ({left})")?,
            (left, right) => {
                if let Some(left) = left {
                    write!(f, " fill_left ({left})")?;
                }
                if let Some(right) = right {
                    write!(f, " fill_right ({right})")?;
                }
            }
        }
        write!(f, " {}", self.rhs)
    }
}

/// Name and matchers, without what modifies them.
impl Display for VectorSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(name) = &self.name {
            f.write_str(&name.text)?;
            if self.matchers.is_empty() {
                return Ok(());
            }
        }
        f.write_str("{")?;
        for (at, matcher) in self.matchers.iter().enumerate() {
            f.write_str(if at > 0 { "," } else { "" })?;
            matcher.fmt(f)?;
        }
        f.write_str("}")
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if !self.bare {
            if name::is_label_name(&self.name.text) {
                f.write_str(&self.name.text)?;
            } else {
                f.write_str(&quote(&self.name.text))?;
            }
            f.write_str(MatchOp::as_str(self.op))?;
        }
        f.write_str(&quote(&self.value.text))
    }
}

impl Display for Modifiers {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // Behind an offset in parentheses a `+` would go on with it: what can end it comes after.
        let (early, late) = match &self.offset {
            Some(offset) if offset.literal().is_none() => (Some(offset), None),
            offset => (None, offset.as_ref()),
        };
        if let Some(offset) = early {
            write!(f, " offset {offset}")?;
        }
        match self.extent {
            Some(Extent::Anchored) => f.write_str(" anchored")?,
            Some(Extent::Smoothed) => f.write_str(" smoothed")?,
            None => {}
        }
        match self.at.map(|at| at.time) {
            Some(AtTime::Timestamp(number)) => write!(f, " @ {number}")?,
            Some(AtTime::Start) => f.write_str(" @ start()")?,
            Some(AtTime::End) => f.write_str(" @ end()")?,
            None => {}
        }
        match late {
            Some(offset) => write!(f, " offset {offset}"),
            None => Ok(()),
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.value.is_nan() {
            return f.write_str(if self.value.is_sign_negative() { "-NaN" } else { "NaN" });
        }
        if self.value.is_sign_negative() {
            f.write_str("-")?;
        }
        let value = self.value.abs();
        if self.duration {
            // Whole milliseconds, below 292 years: no rounding here that the literal had not.
            let millis = Duration::try_from_secs_f64((value * 1e3).round() / 1e3).unwrap_or(Duration::MAX);
            let millis = Duration::from_millis(
                u64::try_from((millis.as_nanos() + 500_000) / 1_000_000).unwrap_or(u64::MAX),
            );
            return f.write_str(&duration::render(millis));
        }
        if value.is_infinite() { f.write_str("Inf") } else { write!(f, "{value}") }
    }
}

impl Display for DurationExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            DurationKind::Literal(number) => number.fmt(f),
            DurationKind::Step => f.write_str("step()"),
            DurationKind::Range => f.write_str("range()"),
            DurationKind::Negate(inner) => write!(f, "-{inner}"),
            DurationKind::Paren(inner) => write!(f, "({inner})"),
            DurationKind::Binary(op, sides) => {
                write!(f, "{} {} {}", sides[0], BinaryOp::as_str(*op), sides[1])
            }
            DurationKind::MaxOf(sides) => write!(f, "max_of({}, {})", sides[0], sides[1]),
            DurationKind::MinOf(sides) => write!(f, "min_of({}, {})", sides[0], sides[1]),
        }
    }
}

/// A string in quotes. U+FFFD is escaped, because Prometheus refuses it as it is.
fn quote(value: &str) -> String {
    text::quote(value).replace('\u{fffd}', "\\ufffd")
}
