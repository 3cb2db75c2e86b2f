//! Durations in ranges and offsets: literals, and arithmetic on them where it is enabled.

use super::Version;
use super::ast::{BinaryOp, DurationExpr, DurationKind, Number};
use super::error::Error;
use super::function::Aggregator;
use super::lex::{Keyword, Kind, old_min_max};
use super::parse::{Parser, Read};
use crate::base::span::Span;

const EXPECTED: &str = "a number, a duration, `step()` or `range()`";
/// 2^63 nanoseconds, in seconds.
const SECONDS_MAX: f64 = 9_223_372_036.854_775;

impl Parser<'_> {
    pub(super) fn positive_duration(&mut self, context: &str) -> Read<DurationExpr> {
        let duration = self.duration(0, context)?;
        // A NaN is none either.
        if duration.literal().is_some_and(|seconds| seconds <= 0.0) {
            self.note(Error::new(duration.span, "the duration must be greater than 0"));
        }
        Ok(duration)
    }

    /// What follows `offset`: arithmetic only when it begins with a parenthesis or two signs, so that
    /// `a offset 5m + b` adds to the vector.
    pub(super) fn offset_duration(&mut self) -> Read<DurationExpr> {
        const CONTEXT: &str = "an offset";
        let start = self.span();
        let first = self.kind();
        if !matches!(first, Kind::Op(BinaryOp::Add | BinaryOp::Sub)) {
            return match first {
                Kind::LeftParen => self.duration(0, CONTEXT),
                _ => self.duration_operand(CONTEXT),
            };
        }
        if matches!(self.second(), Kind::Op(_)) {
            let duration = self.duration(0, CONTEXT)?;
            // With its signs folded away the sum needs parentheses to be read as one again.
            return Ok(match duration.kind {
                DurationKind::Binary(..) => {
                    let span = duration.span;
                    DurationExpr { kind: DurationKind::Paren(Box::new(duration)), span }
                }
                _ => duration,
            });
        }
        self.bump();
        let operand = self.duration_operand(CONTEXT)?;
        Ok(signed(first == Kind::Op(BinaryOp::Sub), start, operand))
    }

    fn duration(&mut self, loosest: u8, context: &str) -> Read<DurationExpr> {
        self.deeper(|parser| {
            let mut lhs = parser.duration_prefix(context)?;
            while let Kind::Op(
                op @ (BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::Div
                | BinaryOp::Mod
                | BinaryOp::Pow),
            ) = parser.kind()
            {
                if op.precedence() < loosest {
                    break;
                }
                parser.count_operator()?;
                let op_span = parser.bump();
                parser.experimental_duration(op_span);
                let rhs = parser.duration(op.precedence() + u8::from(op != BinaryOp::Pow), context)?;
                if matches!(op, BinaryOp::Div | BinaryOp::Mod) && rhs.literal() == Some(0.0) {
                    parser.note(Error::new(rhs.span, "division by zero"));
                }
                let span = lhs.span.to(rhs.span);
                lhs = DurationExpr { kind: DurationKind::Binary(op, Box::new([lhs, rhs])), span };
            }
            Ok(lhs)
        })
    }

    fn duration_prefix(&mut self, context: &str) -> Read<DurationExpr> {
        let negative = match self.kind() {
            Kind::Op(BinaryOp::Sub) => true,
            Kind::Op(BinaryOp::Add) => false,
            _ => return self.duration_operand(context),
        };
        let start = self.bump();
        let operand = self.duration(BinaryOp::Pow.precedence(), context)?;
        Ok(signed(negative, start, operand))
    }

    fn duration_operand(&mut self, context: &str) -> Read<DurationExpr> {
        let start = self.span();
        let kind = match self.kind() {
            Kind::Number(_) | Kind::Duration(_) => {
                let number = self.number().unwrap_or(Number { value: 0.0, duration: false });
                if number.value.abs() > SECONDS_MAX {
                    self.note(Error::new(start, "the duration is out of range: at most 292 years"));
                }
                return Ok(DurationExpr { kind: DurationKind::Literal(number), span: start });
            }
            Kind::LeftParen => {
                self.bump();
                self.experimental_duration(start);
                DurationKind::Paren(Box::new(self.duration(0, context)?))
            }
            Kind::Keyword(keyword @ (Keyword::Step | Keyword::Range)) => {
                self.bump();
                self.experimental_call(start);
                self.expect(Kind::LeftParen, context, "`(`")?;
                if keyword == Keyword::Step { DurationKind::Step } else { DurationKind::Range }
            }
            kind => {
                let of: fn(_) -> _ =
                    match kind {
                        Kind::Keyword(Keyword::MaxOf) => DurationKind::MaxOf,
                        Kind::Keyword(Keyword::MinOf) => DurationKind::MinOf,
                        Kind::Aggregator(old)
                            if old_min_max(old.as_str(), self.options.version).is_some() =>
                        {
                            if old == Aggregator::Max { DurationKind::MaxOf } else { DurationKind::MinOf }
                        }
                        _ => return Err(self.unexpected(context, EXPECTED)),
                    };
                self.bump();
                self.experimental_call(start);
                self.expect(Kind::LeftParen, context, "`(`")?;
                let left = self.duration(0, context)?;
                self.expect(Kind::Comma, context, "`,`")?;
                of(Box::new([left, self.duration(0, context)?]))
            }
        };
        let end = self.expect(Kind::RightParen, context, "`)`")?;
        Ok(DurationExpr { kind, span: start.to(end) })
    }

    /// Before 3.12 Prometheus forgets to ask for the flag where a function stands alone.
    fn experimental_call(&mut self, span: Span) {
        if self.options.version >= Version::new(3, 12) {
            self.experimental_duration(span);
        }
    }

    fn experimental_duration(&mut self, span: Span) {
        let version = self.options.version;
        let flag = self.options.features.duration_expr && version >= Version::new(3, 4);
        if !flag && version < Version::new(3, 14) {
            let error = Error::new(span, "duration expressions are experimental and not enabled")
                .help("start Prometheus with `--enable-feature=promql-duration-expr` (3.4 and later; 3.14 needs no flag)");
            self.note(error);
        }
    }
}

/// A plus changes nothing and leaves no trace, as in Prometheus.
fn signed(negative: bool, start: Span, operand: DurationExpr) -> DurationExpr {
    let span = start.to(operand.span);
    match operand.kind {
        DurationKind::Literal(number) if negative => {
            DurationExpr { kind: DurationKind::Literal(number.negated()), span }
        }
        kind if !negative => DurationExpr { kind, span },
        _ => DurationExpr { kind: DurationKind::Negate(Box::new(operand)), span },
    }
}
