//! What stands behind an expression: a range, a subquery, `offset`, `@`, `anchored`, `smoothed`.

use super::ast::{
    At, AtTime, DurationExpr, DurationKind, Expr, ExprKind, Extent, Modifiers, Number, RangeSelector,
    Subquery,
};
use super::error::{Error, ErrorKind};
use super::lex::{Keyword, Kind};
use super::parse::{Parser, Read};
use crate::base::span::Span;

impl Parser<'_> {
    pub(super) fn postfix(&mut self, mut expr: Expr) -> Read<Expr> {
        loop {
            expr = match self.kind() {
                Kind::LeftBracket => self.brackets(expr)?,
                Kind::Keyword(Keyword::Offset) => self.offset(expr)?,
                Kind::At => self.at(expr)?,
                Kind::Keyword(Keyword::Anchored) => self.extent(expr, Extent::Anchored),
                Kind::Keyword(Keyword::Smoothed) => self.extent(expr, Extent::Smoothed),
                _ => return Ok(expr),
            }
        }
    }

    fn brackets(&mut self, expr: Expr) -> Read<Expr> {
        let open = self.bump();
        let range = self.positive_duration("a range")?;
        if self.eat(Kind::Colon).is_none() {
            let close = self.expect(Kind::RightBracket, "a range or subquery", "`:` or `]`")?;
            return Ok(self.range(expr, range, open.to(close)));
        }
        self.count_operator()?;
        let step = match self.kind() {
            Kind::RightBracket => None,
            _ => Some(self.positive_duration("a subquery")?),
        };
        let close = self.expect(Kind::RightBracket, "a subquery", "`]`")?;
        let span = expr.span.to(close);
        let subquery = Subquery { expr, range, step, modifiers: Modifiers::default() };
        Ok(Expr { kind: ExprKind::Subquery(Box::new(subquery)), span })
    }

    fn range(&mut self, expr: Expr, range: DurationExpr, brackets: Span) -> Expr {
        let ExprKind::Selector(selector) = expr.kind else {
            let text = brackets.of(self.text);
            let help = format!("for a subquery add a colon: `{}:]`", text.trim_end_matches(']').trim_end());
            self.unsound(Error::new(brackets, "a range may stand only behind a vector selector").help(help));
            return expr;
        };
        let offset = selector.modifiers.offset.as_ref().filter(|offset| !is_no_offset(offset));
        if let Some(offset) = offset {
            let error = Error::new(offset.span, "no offset may stand before the range")
                .help("write the offset behind the range: `metric[5m] offset 1h`");
            self.note(error);
        } else if let Some(at) = selector.modifiers.at.filter(|at| matches!(at.time, AtTime::Timestamp(_))) {
            // Up to 3.14 Prometheus forgets to look at `start()` and `end()`.
            let error = Error::new(at.span, "no `@` may stand before the range")
                .help("write it behind the range: `metric[5m] @ end()`");
            self.note(error);
        }
        let span = expr.span.to(brackets);
        let range = RangeSelector { selector, selector_span: expr.span, range };
        Expr { kind: ExprKind::Range(Box::new(range)), span }
    }

    fn offset(&mut self, mut expr: Expr) -> Read<Expr> {
        let keyword = self.bump();
        let offset = self.offset_duration()?;
        let end = self.last_span();
        let Some(modifiers) = modifiers(&mut expr) else {
            self.note(misplaced(keyword.to(end), "`offset`"));
            return Ok(expr);
        };
        if modifiers.offset.as_ref().is_some_and(|offset| !is_no_offset(offset)) {
            self.note(Error::new(keyword.to(end), "an offset is set twice").help("leave out one of the two"));
        } else {
            modifiers.offset = Some(offset);
        }
        expr.span = expr.span.to(end);
        Ok(expr)
    }

    fn at(&mut self, mut expr: Expr) -> Read<Expr> {
        let start = self.bump();
        let time = match self.kind() {
            Kind::Keyword(keyword @ (Keyword::Start | Keyword::End)) => {
                self.bump();
                self.expect(Kind::LeftParen, "`@`", "`(`")?;
                self.expect(Kind::RightParen, "`@`", "`)`")?;
                if keyword == Keyword::Start { AtTime::Start } else { AtTime::End }
            }
            _ => AtTime::Timestamp(self.signed_number("`@`", "a timestamp, `start()` or `end()`")?),
        };
        let span = start.to(self.last_span());
        if let AtTime::Timestamp(Number { value, .. }) = time {
            // 2^63, the bounds of an int64.
            if value.is_nan() || value.abs() >= 9_223_372_036_854_775_808.0 {
                self.note(Error::new(span, "the timestamp of `@` is out of bounds"));
            }
        }
        let Some(modifiers) = modifiers(&mut expr) else {
            self.note(misplaced(span, "`@`"));
            return Ok(expr);
        };
        if modifiers.at.is_some() {
            self.note(Error::new(span, "`@` is set twice").help("leave out one of the two"));
        } else {
            modifiers.at = Some(At { time, span });
        }
        expr.span = expr.span.to(span);
        Ok(expr)
    }

    fn extent(&mut self, mut expr: Expr, extent: Extent) -> Expr {
        let span = self.bump();
        let word = if extent == Extent::Anchored { "anchored" } else { "smoothed" };
        if !self.options.features.extended_range_selectors {
            let error = Error::new(span, format!("`{word}` is experimental and not enabled"))
                .kind(ErrorKind::Feature)
                .help("start Prometheus with `--enable-feature=promql-extended-range-selectors`");
            self.note(error);
        }
        let selector = match &mut expr.kind {
            ExprKind::Selector(selector) => selector,
            ExprKind::Range(range) => &mut range.selector,
            _ => {
                self.note(Error::new(span, format!("`{word}` may stand only behind a selector or range")));
                return expr;
            }
        };
        let other = selector.modifiers.extent.replace(extent).is_some_and(|before| before != extent);
        if other {
            self.note(Error::new(span, "`anchored` and `smoothed` exclude each other"));
        }
        expr.span = expr.span.to(span);
        expr
    }
}

fn misplaced(span: Span, what: &str) -> Error {
    Error::new(span, format!("{what} may stand only behind a selector, a range or a subquery"))
        .help("write it inside, at each selector")
}

/// Prometheus takes an offset of nothing for none.
fn is_no_offset(offset: &DurationExpr) -> bool {
    matches!(offset.kind, DurationKind::Literal(number) if (number.value * 1e9).round() == 0.0)
}

fn modifiers(expr: &mut Expr) -> Option<&mut Modifiers> {
    match &mut expr.kind {
        ExprKind::Selector(selector) => Some(&mut selector.modifiers),
        ExprKind::Range(range) => Some(&mut range.selector.modifiers),
        ExprKind::Subquery(subquery) => Some(&mut subquery.modifiers),
        _ => None,
    }
}
