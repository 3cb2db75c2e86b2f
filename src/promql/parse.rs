//! Tokens to the tree, by precedence climbing.
//!
//! A fault of syntax ends the reading ([`Stop`]); one of meaning (an unknown function, a second offset) is noted
//! and the reading goes on.

use super::ast::{
    Binary, BinaryOp, Expr, ExprKind, Fill, Group, MatchOp, Matcher, Matching, Modifiers, Name, Number, Sign,
    VectorSelector,
};
use super::error::{Error, ErrorKind};
use super::lex::{Keyword, Kind, SHOWN_MAX, Token, keyword_since, lex};
use super::{DEPTH_MAX, INPUT_MAX, OPERATORS_MAX, ParseOptions, Parsed, Version, check, literal};
use crate::base::span::Span;
use crate::base::text::{clip, escape};

/// Faults after which the reading ends: more help nobody, and each is looked up among all functions.
const ERRORS_MAX: usize = 100;

/// The reading cannot go on; the cause is among the errors.
pub(super) struct Stop;

pub(super) type Read<T> = Result<T, Stop>;

pub(super) fn run(text: &str, options: &ParseOptions) -> Parsed {
    if text.len() > INPUT_MAX {
        return Parsed { expr: None, errors: vec![too_long(text)] };
    }
    let mut parser = Parser::new(text, options);
    let expr = match parser.whole() {
        Ok(expr) => Some(expr),
        Err(Stop) => parser.partial.take(),
    };
    let mut errors = parser.errors;
    if let Some(expr) = expr.as_ref().filter(|_| parser.tree_is_sound) {
        check::check(expr, text, &mut errors);
    }
    errors.sort_by_key(|error| error.span.start);
    Parsed { expr, errors }
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) options: &'t ParseOptions,
    tokens: Vec<Token>,
    pub(super) lex_error: Option<Error>,
    at: usize,
    depth: usize,
    operators: usize,
    /// False once the tree is not what the text says: its types would raise faults that follow from the first.
    tree_is_sound: bool,
    partial: Option<Expr>,
    pub(super) errors: Vec<Error>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, options: &'t ParseOptions) -> Self {
        let (tokens, lex_error) = lex(text, options.version);
        Self {
            text,
            options,
            tokens,
            lex_error,
            at: 0,
            depth: 0,
            operators: 0,
            tree_is_sound: true,
            partial: None,
            errors: Vec::new(),
        }
    }

    // Tokens.

    pub(super) fn kind(&self) -> Kind {
        self.tokens[self.at].kind
    }

    /// Of the token after the next.
    pub(super) fn second(&self) -> Kind {
        self.tokens.get(self.at + 1).map_or(Kind::End, |token| token.kind)
    }

    pub(super) fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// Of the token that was passed last.
    pub(super) fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// Passes the next token; the last stays.
    pub(super) fn bump(&mut self) -> Span {
        let span = self.span();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        span
    }

    pub(super) fn eat(&mut self, kind: Kind) -> Option<Span> {
        (self.kind() == kind).then(|| self.bump())
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str, expected: &str) -> Read<Span> {
        self.eat(kind).ok_or_else(|| self.unexpected(context, expected))
    }

    pub(super) fn name(&mut self) -> Name {
        let span = self.bump();
        Name { text: span.of(self.text).to_owned(), span }
    }

    pub(super) fn string(&mut self) -> Name {
        let span = self.bump();
        Name { text: literal::string(span.of(self.text)).unwrap_or_default(), span }
    }

    // Faults.

    pub(super) fn note(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// Notes a fault after which the tree is not what the text says.
    pub(super) fn unsound(&mut self, error: Error) {
        self.tree_is_sound = false;
        self.errors.push(error);
    }

    fn stop(&mut self, error: Error) -> Stop {
        self.unsound(error);
        Stop
    }

    pub(super) fn unexpected(&mut self, context: &str, expected: &str) -> Stop {
        let token = self.tokens[self.at];
        if let Some(error) = self.lex_error.take_if(|_| token.kind == Kind::End) {
            return self.stop(error);
        }
        let text = token.span.of(self.text);
        let what = if token.kind == Kind::End {
            "unexpected end of the expression".to_owned()
        } else {
            format!("unexpected `{}`", escape(&clip(text, SHOWN_MAX)))
        };
        let place = if context.is_empty() { String::new() } else { format!(" in {context}") };
        let mut error = Error::new(token.span, format!("{what}{place}, expected {expected}"));
        let version = self.options.version;
        if let Some(since) = keyword_since(text).filter(|since| *since > version) {
            error = error
                .kind(ErrorKind::Version)
                .help(format!("`{text}` needs Prometheus {since}, this is read as {version}"));
        }
        self.stop(error)
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= DEPTH_MAX {
            let error =
                Error::new(self.span(), format!("the expression nests deeper than {DEPTH_MAX} levels"))
                    .help("take parts of it into recording rules");
            return Err(self.stop(error));
        }
        if self.errors.len() >= ERRORS_MAX {
            let error = Error::new(self.span(), format!("{ERRORS_MAX} faults; what follows is not read"));
            return Err(self.stop(error));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn count_operator(&mut self) -> Read<()> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            let error =
                Error::new(self.span(), format!("the expression has more than {OPERATORS_MAX} operators"))
                    .help("take parts of it into recording rules");
            return Err(self.stop(error));
        }
        Ok(())
    }

    pub(super) fn needs_version(&self, span: Span, what: &str, since: Version) -> Option<Error> {
        let version = self.options.version;
        (version < since).then(|| {
            Error::new(span, format!("{what} needs Prometheus {since}, this is read as {version}"))
                .kind(ErrorKind::Version)
        })
    }

    // Expressions.

    fn whole(&mut self) -> Read<Expr> {
        if self.kind() == Kind::End && self.lex_error.is_none() {
            let error = Error::new(self.span(), "no expression found");
            return Err(self.stop(error));
        }
        let expr = self.expr(0)?;
        if self.kind() == Kind::End && self.lex_error.is_none() {
            return Ok(expr);
        }
        self.partial = Some(expr);
        Err(if self.kind() == Kind::RightParen {
            let error = Error::new(self.span(), "unexpected `)`: no parenthesis is open");
            self.stop(error)
        } else {
            self.unexpected("", "an operator or the end")
        })
    }

    /// An expression of operators that bind at least as tight as `loosest`.
    pub(super) fn expr(&mut self, loosest: u8) -> Read<Expr> {
        self.deeper(|parser| {
            let mut lhs = parser.prefix()?;
            while let Kind::Op(op) = parser.kind() {
                if op.precedence() < loosest {
                    break;
                }
                lhs = parser.binary(lhs, op)?;
            }
            Ok(lhs)
        })
    }

    fn binary(&mut self, lhs: Expr, op: BinaryOp) -> Read<Expr> {
        self.count_operator()?;
        let op_span = self.bump();
        if matches!(op, BinaryOp::TrimUpper | BinaryOp::TrimLower)
            && let Some(error) =
                self.needs_version(op_span, &format!("`{}`", op.as_str()), Version::new(3, 11))
        {
            self.note(error);
        }
        let returns_bool = self.eat(Kind::Keyword(Keyword::Bool)).is_some();
        let matching = self.matching()?;
        let group = if matching.is_some() { self.group()? } else { None };
        let fill = self.fill()?;
        // To the left of a fault stands a whole expression; it is better than nothing.
        let outermost = self.depth == 1;
        let rhs = match self.expr(op.precedence() + u8::from(op != BinaryOp::Pow)) {
            Ok(rhs) => rhs,
            Err(Stop) => {
                if outermost {
                    self.partial = Some(lhs);
                }
                return Err(Stop);
            }
        };
        let span = lhs.span.to(rhs.span);
        let binary = Binary { op, op_span, lhs, rhs, returns_bool, matching, group, fill };
        Ok(Expr { kind: ExprKind::Binary(Box::new(binary)), span })
    }

    fn matching(&mut self) -> Read<Option<Matching>> {
        let on = match self.kind() {
            Kind::Keyword(Keyword::On) => true,
            Kind::Keyword(Keyword::Ignoring) => false,
            _ => return Ok(None),
        };
        let start = self.bump();
        let (labels, end) = self.labels()?;
        Ok(Some(Matching { on, labels, span: start.to(end) }))
    }

    fn group(&mut self) -> Read<Option<Group>> {
        let left = match self.kind() {
            Kind::Keyword(Keyword::GroupLeft) => true,
            Kind::Keyword(Keyword::GroupRight) => false,
            _ => return Ok(None),
        };
        let start = self.bump();
        let (labels, end) = if self.kind() == Kind::LeftParen { self.labels()? } else { (Vec::new(), start) };
        Ok(Some(Group { left, labels, span: start.to(end) }))
    }

    fn fill(&mut self) -> Read<Fill> {
        let mut fill = Fill::default();
        let start = self.span();
        if self.eat(Kind::Keyword(Keyword::Fill)).is_some() {
            fill.left = Some(self.fill_value()?);
            fill.right = fill.left;
        }
        for _ in 0..2 {
            let side = match self.kind() {
                Kind::Keyword(Keyword::FillLeft) if fill.left.is_none() => &mut fill.left,
                Kind::Keyword(Keyword::FillRight) if fill.right.is_none() => &mut fill.right,
                _ => break,
            };
            self.at += 1;
            *side = Some(self.fill_value()?);
        }
        if fill != Fill::default() && !self.options.features.binop_fill_modifiers {
            let error = Error::new(start, "fill modifiers are experimental and not enabled")
                .kind(ErrorKind::Feature)
                .help("start Prometheus with `--enable-feature=promql-binop-fill-modifiers`");
            self.note(error);
        }
        Ok(fill)
    }

    fn fill_value(&mut self) -> Read<Number> {
        self.expect(Kind::LeftParen, "a fill modifier", "`(`")?;
        let number = self.signed_number("a fill modifier", "a number")?;
        self.expect(Kind::RightParen, "a fill modifier", "`)`")?;
        Ok(number)
    }

    pub(super) fn signed_number(&mut self, context: &str, expected: &str) -> Read<Number> {
        let negative = match self.kind() {
            Kind::Op(BinaryOp::Sub) => true,
            Kind::Op(BinaryOp::Add) => false,
            _ => return self.number().ok_or_else(|| self.unexpected(context, expected)),
        };
        self.bump();
        let number = self.number().ok_or_else(|| self.unexpected(context, expected))?;
        Ok(if negative { number.negated() } else { number })
    }

    pub(super) fn number(&mut self) -> Option<Number> {
        let number = match self.kind() {
            Kind::Number(value) => Number { value, duration: false },
            Kind::Duration(value) => Number { value, duration: true },
            _ => return None,
        };
        self.bump();
        Some(number)
    }

    fn prefix(&mut self) -> Read<Expr> {
        let sign = match self.kind() {
            Kind::Op(BinaryOp::Add) => Sign::Plus,
            Kind::Op(BinaryOp::Sub) => Sign::Minus,
            _ => {
                let expr = self.primary()?;
                return self.postfix(expr);
            }
        };
        let start = self.bump();
        let operand = self.expr(BinaryOp::Pow.precedence())?;
        let span = start.to(operand.span);
        let kind = match operand.kind {
            ExprKind::Number(number) if sign == Sign::Minus => ExprKind::Number(number.negated()),
            ExprKind::Number(number) => ExprKind::Number(number),
            _ => ExprKind::Unary(sign, Box::new(operand)),
        };
        Ok(Expr { kind, span })
    }

    fn primary(&mut self) -> Read<Expr> {
        let start = self.span();
        let called = self.second() == Kind::LeftParen;
        match self.kind() {
            Kind::Number(_) | Kind::Duration(_) => {
                let number = self.number().ok_or(Stop)?;
                Ok(Expr { kind: ExprKind::Number(number), span: start })
            }
            Kind::String => Ok(Expr { kind: ExprKind::String(self.string().text), span: start }),
            Kind::LeftParen => {
                self.bump();
                let inner = self.expr(0)?;
                let end = self.expect(Kind::RightParen, "parentheses", "an operator or `)`")?;
                Ok(Expr { kind: ExprKind::Paren(Box::new(inner)), span: start.to(end) })
            }
            Kind::Identifier => {
                if called {
                    self.call()
                } else {
                    self.selector()
                }
            }
            Kind::LeftBrace | Kind::MetricIdentifier => self.selector(),
            Kind::Aggregator(aggregator) => match self.second() {
                Kind::LeftParen | Kind::Keyword(Keyword::By | Keyword::Without) => self.aggregate(aggregator),
                _ => self.selector(),
            },
            Kind::Keyword(
                Keyword::Start
                | Keyword::End
                | Keyword::Step
                | Keyword::Range
                | Keyword::MaxOf
                | Keyword::MinOf,
            ) if called => self.call(),
            // Keywords that may be metrics.
            Kind::Keyword(
                Keyword::On | Keyword::Ignoring | Keyword::GroupLeft | Keyword::GroupRight | Keyword::Bool,
            )
            | Kind::Op(BinaryOp::Atan2) => Err(self.unexpected("", "an expression")),
            Kind::Keyword(_) | Kind::Op(BinaryOp::And | BinaryOp::Or | BinaryOp::Unless) => self.selector(),
            _ => Err(self.unexpected("", "an expression")),
        }
    }

    fn selector(&mut self) -> Read<Expr> {
        let start = self.span();
        let name = (self.kind() != Kind::LeftBrace).then(|| self.name());
        let (matchers, end) =
            if self.kind() == Kind::LeftBrace { self.matchers()? } else { (Vec::new(), start) };
        let selector = VectorSelector { name, matchers, modifiers: Modifiers::default() };
        Ok(Expr { kind: ExprKind::Selector(selector), span: start.to(end) })
    }

    fn matchers(&mut self) -> Read<(Vec<Matcher>, Span)> {
        self.bump();
        let mut matchers = Vec::new();
        if let Some(end) = self.eat(Kind::RightBrace) {
            return Ok((matchers, end));
        }
        loop {
            matchers.push(self.matcher()?);
            let comma = self.eat(Kind::Comma).is_some();
            if let Some(end) = self.eat(Kind::RightBrace) {
                return Ok((matchers, end));
            }
            if !comma {
                return Err(self.unexpected("label matching", "`,` or `}`"));
            }
        }
    }

    fn matcher(&mut self) -> Read<Matcher> {
        const CONTEXT: &str = "label matching";
        let quoted = self.kind() == Kind::String;
        let name = match self.kind() {
            Kind::Identifier => self.name(),
            Kind::String => self.string(),
            _ => return Err(self.unexpected(CONTEXT, "a label name or `}`")),
        };
        let op = match self.kind() {
            Kind::Equal => MatchOp::Equal,
            Kind::Op(BinaryOp::NotEqual) => MatchOp::NotEqual,
            Kind::Matches => MatchOp::Matches,
            Kind::MatchesNot => MatchOp::NotMatches,
            _ if quoted => {
                let label = Name { text: "__name__".to_owned(), span: name.span };
                return Ok(Matcher { name: label, op: MatchOp::Equal, value: name, bare: true });
            }
            _ => return Err(self.unexpected(CONTEXT, "one of `=`, `!=`, `=~`, `!~`")),
        };
        self.bump();
        if self.kind() != Kind::String {
            return Err(self.unexpected(CONTEXT, "a quoted string"));
        }
        let value = self.string();
        if matches!(op, MatchOp::Matches | MatchOp::NotMatches)
            && let Err(error) = crate::selector::re2::compile(&value.text)
        {
            let fault = Error::new(value.span, error.to_string());
            self.note(match error.help {
                Some(help) => fault.help(help),
                None => fault,
            });
        }
        Ok(Matcher { name, op, value, bare: false })
    }
}

impl Number {
    pub(super) fn negated(self) -> Self {
        Self { value: -self.value, ..self }
    }
}

pub(super) fn too_long(text: &str) -> Error {
    let message = format!("the text has {} bytes, more than the {INPUT_MAX} that are read", text.len());
    Error::new(Span::new(0, text.len()), message)
}
