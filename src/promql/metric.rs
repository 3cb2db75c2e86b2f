//! A metric as unit tests of rules write it: a name and labels with their values.

use super::ast::{BinaryOp, Name};
use super::error::Error;
use super::lex::{Keyword, Kind, SHOWN_MAX};
use super::parse::{Parser, Read, Stop, too_long};
use super::{INPUT_MAX, ParseOptions};
use crate::base::span::Span;
use crate::base::text::{clip, escape};

/// A label set with a metric name, as in `up{job="x"}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metric {
    /// The metric name before the braces.
    pub name: Option<Name>,
    /// Names and values in the order of the text. For a metric name in quotes the name is `__name__`, at the place of
    /// the value.
    pub labels: Vec<(Name, Name)>,
}

/// Reads a metric, and nothing behind it.
pub(super) fn read_metric(text: &str, options: &ParseOptions) -> Result<Metric, Error> {
    if text.len() > INPUT_MAX {
        return Err(too_long(text));
    }
    let mut parser = Parser::new(text, options);
    let metric = parser.metric();
    match (metric, parser.errors.into_iter().next()) {
        (Ok(metric), None) => Ok(metric),
        (_, Some(error)) => Err(error),
        (Err(Stop), None) => Err(Error::new(Span::new(0, text.len()), "no metric")),
    }
}

impl Parser<'_> {
    fn metric(&mut self) -> Read<Metric> {
        const CONTEXT: &str = "a metric";
        let name = match self.kind() {
            Kind::LeftBrace | Kind::End => None,
            Kind::Keyword(
                Keyword::On | Keyword::Ignoring | Keyword::GroupLeft | Keyword::GroupRight | Keyword::Bool,
            )
            | Kind::Op(BinaryOp::Atan2) => return Err(self.unexpected(CONTEXT, "a name or `{`")),
            Kind::Identifier
            | Kind::MetricIdentifier
            | Kind::Keyword(_)
            | Kind::Aggregator(_)
            | Kind::Op(BinaryOp::And | BinaryOp::Or | BinaryOp::Unless) => Some(self.name()),
            _ => return Err(self.unexpected(CONTEXT, "a name or `{`")),
        };
        let labels = if self.kind() == Kind::LeftBrace { self.label_set()? } else { Vec::new() };
        if self.kind() != Kind::End || self.lex_error.is_some() {
            return Err(self.unexpected(CONTEXT, "its end"));
        }
        for (at, (label, _)) in labels.iter().enumerate() {
            if labels[..at].iter().any(|(before, _)| before.text == label.text) {
                let shown = clip(&label.text, SHOWN_MAX);
                self.note(Error::new(label.span, format!("the label `{}` stands twice", escape(&shown))));
                break;
            }
        }
        Ok(Metric { name, labels })
    }

    fn label_set(&mut self) -> Read<Vec<(Name, Name)>> {
        const CONTEXT: &str = "a label set";
        self.bump();
        let mut labels = Vec::new();
        while self.eat(Kind::RightBrace).is_none() {
            let name = match self.kind() {
                Kind::Identifier => self.name(),
                Kind::String => {
                    let string = self.string();
                    if self.kind() == Kind::Equal {
                        string
                    } else {
                        labels.push((Name { text: "__name__".to_owned(), span: string.span }, string));
                        self.comma(CONTEXT)?;
                        continue;
                    }
                }
                _ => return Err(self.unexpected(CONTEXT, "a label name or `}`")),
            };
            self.expect(Kind::Equal, CONTEXT, "`=`")?;
            if self.kind() != Kind::String {
                return Err(self.unexpected(CONTEXT, "a quoted string"));
            }
            let value = self.string();
            labels.push((name, value));
            self.comma(CONTEXT)?;
        }
        Ok(labels)
    }

    /// A comma, unless the braces close.
    fn comma(&mut self, context: &str) -> Read<()> {
        if self.eat(Kind::Comma).is_some() || self.kind() == Kind::RightBrace {
            return Ok(());
        }
        Err(self.unexpected(context, "`,` or `}`"))
    }
}
