//! The tree of an expression. Every node has the bytes it was read from.

use super::function::{Aggregator, Function, ValueType};
use crate::base::span::Span;

#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    Number(Number),
    String(String),
    Selector(VectorSelector),
    Range(Box<RangeSelector>),
    Subquery(Box<Subquery>),
    Unary(Sign, Box<Expr>),
    Paren(Box<Expr>),
    Binary(Box<Binary>),
    Call(Call),
    Aggregate(Aggregate),
}

/// A number; two are equal when their bits are.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// In seconds for a duration.
    pub value: f64,
    /// Whether it was written as a duration (`5m`).
    pub duration: bool,
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value.to_bits() == other.value.to_bits() && self.duration == other.duration
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    Plus,
    Minus,
}

/// A name with its place: a metric, a label, a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// `name{matchers}` and what modifies it.
#[derive(Clone, PartialEq, Debug)]
pub struct VectorSelector {
    /// The metric name before the braces.
    pub name: Option<Name>,
    pub matchers: Vec<Matcher>,
    pub modifiers: Modifiers,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matcher {
    /// For a metric name in quotes (`{"my.metric"}`) it is `__name__`, at the place of the value.
    pub name: Name,
    pub op: MatchOp,
    pub value: Name,
    /// Whether the matcher is a metric name alone.
    pub bare: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MatchOp {
    Equal,
    NotEqual,
    Matches,
    NotMatches,
}

impl MatchOp {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
        }
    }
}

/// What may stand behind a selector, a range or a subquery.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Modifiers {
    pub extent: Option<Extent>,
    pub at: Option<At>,
    pub offset: Option<DurationExpr>,
}

/// How a range reaches beyond its samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    Anchored,
    Smoothed,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct At {
    pub time: AtTime,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum AtTime {
    /// Seconds since 1970.
    Timestamp(Number),
    Start,
    End,
}

#[derive(Clone, PartialEq, Debug)]
pub struct RangeSelector {
    pub selector: VectorSelector,
    /// Of the selector without range and modifiers.
    pub selector_span: Span,
    pub range: DurationExpr,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Subquery {
    pub expr: Expr,
    pub range: DurationExpr,
    /// None: the default evaluation interval.
    pub step: Option<DurationExpr>,
    pub modifiers: Modifiers,
}

#[derive(Clone, PartialEq, Debug)]
pub struct DurationExpr {
    pub kind: DurationKind,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum DurationKind {
    Literal(Number),
    /// `step()`: the step of the query.
    Step,
    /// `range()`: from start to end of the query.
    Range,
    /// Its operand is no literal; those take the sign.
    Negate(Box<DurationExpr>),
    Paren(Box<DurationExpr>),
    Binary(BinaryOp, Box<[DurationExpr; 2]>),
    MaxOf(Box<[DurationExpr; 2]>),
    MinOf(Box<[DurationExpr; 2]>),
}

impl DurationExpr {
    /// The seconds, when it is a literal.
    #[must_use]
    pub fn literal(&self) -> Option<f64> {
        match self.kind {
            DurationKind::Literal(number) => Some(number.value),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    Or,
    And,
    Unless,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `</`: keeps the observations of a histogram below a bound.
    TrimUpper,
    /// `>/`: keeps the observations of a histogram above a bound.
    TrimLower,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Atan2,
    Pow,
}

impl BinaryOp {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Unless => "unless",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Atan2 => "atan2",
            Self::Pow => "^",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Or, Self::And, Self::Unless, Self::Atan2]
            .into_iter()
            .find(|op| word.eq_ignore_ascii_case(op.as_str()))
    }

    /// Larger binds tighter. Only [`BinaryOp::Pow`] groups from the right.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            Self::Add | Self::Sub => 4,
            Self::Mul | Self::Div | Self::Mod | Self::Atan2 => 5,
            Self::Pow => 6,
            _ => 3,
        }
    }

    #[must_use]
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
        )
    }

    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::Or | Self::And | Self::Unless)
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Binary {
    pub op: BinaryOp,
    pub op_span: Span,
    pub lhs: Expr,
    pub rhs: Expr,
    /// Whether `bool` follows the operator.
    pub returns_bool: bool,
    pub matching: Option<Matching>,
    pub group: Option<Group>,
    pub fill: Fill,
}

/// `on (labels)` or `ignoring (labels)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matching {
    pub on: bool,
    pub labels: Vec<Name>,
    pub span: Span,
}

/// `group_left (labels)` or `group_right (labels)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub left: bool,
    pub labels: Vec<Name>,
    pub span: Span,
}

/// Values for series missing on one side: `fill (0)`, `fill_left (0)`, `fill_right (0)`.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Fill {
    pub left: Option<Number>,
    pub right: Option<Number>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    pub name: Name,
    /// None: no version has a function of this name.
    pub function: Option<&'static Function>,
    pub args: Vec<Expr>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Aggregate {
    pub op: Aggregator,
    pub op_span: Span,
    pub grouping: Option<Grouping>,
    /// One, or two where the aggregator takes a parameter: that one first.
    pub args: Vec<Expr>,
}

/// `by (labels)` or `without (labels)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grouping {
    pub without: bool,
    pub labels: Vec<Name>,
    pub span: Span,
}

impl Expr {
    /// What the expression evaluates to; `None` where a function is unknown.
    #[must_use]
    pub fn value_type(&self) -> Option<ValueType> {
        let mut expr = self;
        loop {
            return match &expr.kind {
                ExprKind::Number(_) => Some(ValueType::Scalar),
                ExprKind::String(_) => Some(ValueType::String),
                ExprKind::Selector(_) | ExprKind::Aggregate(_) => Some(ValueType::Vector),
                ExprKind::Range(_) | ExprKind::Subquery(_) => Some(ValueType::Matrix),
                ExprKind::Call(call) => call.function.map(|function| function.returns),
                ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => {
                    expr = inner;
                    continue;
                }
                ExprKind::Binary(binary) => match (binary.lhs.value_type(), binary.rhs.value_type()) {
                    (None, _) | (_, None) => None,
                    (Some(ValueType::Scalar), Some(ValueType::Scalar)) => Some(ValueType::Scalar),
                    _ => Some(ValueType::Vector),
                },
            };
        }
    }

    /// The expressions directly below, from left to right.
    #[must_use]
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Range(_) => {
                Vec::new()
            }
            ExprKind::Subquery(subquery) => vec![&subquery.expr],
            ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => vec![inner],
            ExprKind::Binary(binary) => vec![&binary.lhs, &binary.rhs],
            ExprKind::Call(call) => call.args.iter().collect(),
            ExprKind::Aggregate(aggregate) => aggregate.args.iter().collect(),
        }
    }
}
