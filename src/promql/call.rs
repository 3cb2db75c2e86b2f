//! Calls of functions, and aggregations.

use super::ast::{Aggregate, BinaryOp, Call, Expr, ExprKind, Grouping, Name};
use super::error::{Error, ErrorKind};
use super::function::{Aggregator, FUNCTIONS, Function, function};
use super::lex::{Keyword, Kind, SHOWN_MAX};
use super::parse::{Parser, Read};
use crate::base::span::Span;
use crate::base::suggest::nearest;
use crate::base::text::{clip, escape};

impl Parser<'_> {
    pub(super) fn call(&mut self) -> Read<Expr> {
        let name = self.name();
        let function = function(&name.text);
        let error = self.refuse_function(&name, function);
        self.errors.extend(error);
        let (args, end) = self.arguments("function arguments")?;
        let span = name.span.to(end);
        Ok(Expr { kind: ExprKind::Call(Call { name, function, args }), span })
    }

    fn refuse_function(&self, name: &Name, function: Option<&Function>) -> Option<Error> {
        let version = self.options.version;
        let shown = clip(&name.text, SHOWN_MAX);
        let text = escape(&shown);
        let Some(function) = function else {
            let error = Error::new(name.span, format!("unknown function `{text}`"));
            let known =
                FUNCTIONS.iter().filter(|function| function.is_in(version)).map(|function| function.name);
            let aggregators = Aggregator::ALL.into_iter().map(Aggregator::as_str);
            return Some(match nearest(&name.text, known.chain(aggregators)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        };
        if let Some(until) = function.until.filter(|until| *until <= version) {
            let error = Error::new(name.span, format!("Prometheus {until} removed the function `{text}`"))
                .kind(ErrorKind::Version);
            return Some(match function.name {
                "holt_winters" => {
                    error.help("it is called `double_exponential_smoothing` now, and is experimental")
                }
                _ => error,
            });
        }
        self.needs_version(name.span, &format!("the function `{text}`"), function.since).or_else(|| {
            let refused = function.is_experimental(version) && !self.options.features.experimental_functions;
            refused.then(|| experimental(name.span, "function", function.name))
        })
    }

    fn arguments(&mut self, context: &str) -> Read<(Vec<Expr>, Span)> {
        self.expect(Kind::LeftParen, context, "`(`")?;
        let mut args = Vec::new();
        if let Some(end) = self.eat(Kind::RightParen) {
            return Ok((args, end));
        }
        loop {
            args.push(self.expr(0)?);
            let Some(comma) = self.eat(Kind::Comma) else { break };
            if self.kind() == Kind::RightParen {
                self.note(Error::new(comma, "a comma may not end the arguments").help("leave it out"));
                break;
            }
        }
        let end = self.expect(Kind::RightParen, context, "`,` or `)`")?;
        Ok((args, end))
    }

    pub(super) fn aggregate(&mut self, op: Aggregator) -> Read<Expr> {
        let op_span = self.bump();
        let mut grouping = self.grouping()?;
        let (args, mut end) = self.arguments("aggregation")?;
        if grouping.is_none() {
            grouping = self.grouping()?;
            end = grouping.as_ref().map_or(end, |grouping| grouping.span);
        }
        let span = op_span.to(end);
        if op.is_experimental() && !self.options.features.experimental_functions {
            self.note(experimental(op_span, "aggregator", op.as_str()));
        }
        let wanted = 1 + usize::from(op.parameter().is_some());
        if args.len() != wanted {
            let message = format!("`{}` takes {wanted} argument(s), got {}", op.as_str(), args.len());
            let error = Error::new(span, message);
            self.unsound(match op.parameter() {
                Some(_) => error.help(format!("write `{}(PARAMETER, VECTOR)`", op.as_str())),
                None => error,
            });
        }
        Ok(Expr { kind: ExprKind::Aggregate(Aggregate { op, op_span, grouping, args }), span })
    }

    fn grouping(&mut self) -> Read<Option<Grouping>> {
        let without = match self.kind() {
            Kind::Keyword(Keyword::By) => false,
            Kind::Keyword(Keyword::Without) => true,
            _ => return Ok(None),
        };
        let start = self.bump();
        let (labels, end) = self.labels()?;
        Ok(Some(Grouping { without, labels, span: start.to(end) }))
    }

    pub(super) fn labels(&mut self) -> Read<(Vec<Name>, Span)> {
        const CONTEXT: &str = "a list of labels";
        self.expect(Kind::LeftParen, CONTEXT, "`(`")?;
        let mut labels = Vec::new();
        loop {
            if let Some(end) = self.eat(Kind::RightParen) {
                return Ok((labels, end));
            }
            let label = match self.kind() {
                Kind::String => self.string(),
                Kind::Keyword(Keyword::Without) => return Err(self.unexpected(CONTEXT, "a label")),
                Kind::Identifier
                | Kind::MetricIdentifier
                | Kind::Keyword(_)
                | Kind::Aggregator(_)
                | Kind::Op(BinaryOp::And | BinaryOp::Or | BinaryOp::Unless | BinaryOp::Atan2) => self.name(),
                _ => return Err(self.unexpected(CONTEXT, "a label")),
            };
            if label.text.is_empty() {
                self.note(Error::new(label.span, "a label name is empty"));
            }
            labels.push(label);
            if self.eat(Kind::Comma).is_none() {
                let end = self.expect(Kind::RightParen, CONTEXT, "`,` or `)`")?;
                return Ok((labels, end));
            }
        }
    }
}

fn experimental(span: Span, what: &str, name: &str) -> Error {
    Error::new(span, format!("the {what} `{name}` is experimental and not enabled"))
        .kind(ErrorKind::Feature)
        .help("start Prometheus with `--enable-feature=promql-experimental-functions`")
}
