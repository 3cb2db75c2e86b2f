//! The rules of types: what may be an operand, an argument, a parameter.

use super::ast::{Aggregate, Binary, BinaryOp, Call, Expr, ExprKind, MatchOp, VectorSelector};
use super::error::{Error, ErrorKind};
use super::function::{Function, ValueType};
use crate::base::span::Span;
use crate::selector::re2;

/// Notes every fault of `expr`, which was read from `text`.
pub(super) fn check(expr: &Expr, text: &str, errors: &mut Vec<Error>) {
    Checker { text, errors }.expr(expr);
}

struct Checker<'c> {
    text: &'c str,
    errors: &'c mut Vec<Error>,
}

impl Checker<'_> {
    fn note(&mut self, span: Span, message: impl Into<String>) -> &mut Error {
        self.errors.push(Error::new(span, message).kind(ErrorKind::Type));
        let last = self.errors.len() - 1;
        &mut self.errors[last]
    }

    /// `None` where a type is not known, after an unknown function: nothing is said of it.
    fn expr(&mut self, expr: &Expr) -> Option<ValueType> {
        match &expr.kind {
            ExprKind::Number(_) => Some(ValueType::Scalar),
            ExprKind::String(_) => Some(ValueType::String),
            ExprKind::Selector(selector) => {
                self.selector(selector, expr.span, false);
                Some(ValueType::Vector)
            }
            ExprKind::Range(range) => {
                self.selector(&range.selector, range.selector_span, false);
                Some(ValueType::Matrix)
            }
            ExprKind::Subquery(subquery) => {
                let found = self.expr(&subquery.expr);
                if let Some(found) = found.filter(|found| *found != ValueType::Vector) {
                    self.note(
                        subquery.expr.span,
                        format!("a subquery is only allowed on an instant vector, got {}", found.as_str()),
                    );
                }
                Some(ValueType::Matrix)
            }
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary(_, inner) => {
                let found = self.expr(inner);
                if let Some(found @ (ValueType::Matrix | ValueType::String)) = found {
                    let message = format!(
                        "a sign may stand only before a scalar or instant vector, got {}",
                        found.as_str()
                    );
                    self.note(expr.span, message);
                }
                found
            }
            ExprKind::Binary(binary) => self.binary(binary, expr.span),
            ExprKind::Call(call) => self.call(call, expr.span),
            ExprKind::Aggregate(aggregate) => {
                self.aggregate(aggregate);
                Some(ValueType::Vector)
            }
        }
    }

    fn expect(&mut self, expr: &Expr, wanted: ValueType, place: &str) {
        let Some(found) = self.expr(expr).filter(|found| *found != wanted) else { return };
        let text = expr.span.of(self.text);
        let help = match (wanted, found, &expr.kind) {
            (ValueType::Vector, ValueType::Scalar, _) => Some(format!("did you mean `vector({text})`?")),
            (ValueType::Scalar, ValueType::Vector, _) => Some(format!("did you mean `scalar({text})`?")),
            _ => None,
        };
        let message = format!("expected {} in {place}, got {}", wanted.as_str(), found.as_str());
        self.note(expr.span, message).help = help.filter(|_| text.len() <= 80);
    }

    fn selector(&mut self, selector: &VectorSelector, span: Span, may_match_all: bool) {
        if let Some(name) = &selector.name {
            if let Some(other) = selector.matchers.iter().find(|matcher| matcher.name.text == "__name__") {
                let name = crate::base::text::clip(&name.text, 60);
                let message =
                    format!("the metric name is set twice, before the braces as `{name}` and in them");
                self.note(other.value.span, message).help = Some("leave out one of the two".to_owned());
            }
            return;
        }
        // A pattern that does not compile has been named; it is not taken for one that matches nothing.
        let matches_empty = |value: &str| re2::compile(value).is_ok_and(|pattern| pattern.is_match(""));
        let all = selector.matchers.iter().all(|matcher| {
            let value = matcher.value.text.as_str();
            match matcher.op {
                MatchOp::Equal => value.is_empty(),
                MatchOp::NotEqual => !value.is_empty(),
                MatchOp::Matches => matches_empty(value),
                MatchOp::NotMatches => !matches_empty(value),
            }
        });
        if all && !may_match_all {
            self.note(span, "a selector needs a matcher that does not match the empty string").help =
                Some("name a metric, or select every series with `{__name__=~\".+\"}`".to_owned());
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        let Some((vector, parameter)) = aggregate.args.split_last() else { return };
        if let (Some(wanted), [parameter]) = (aggregate.op.parameter(), parameter) {
            self.expect(parameter, wanted, "aggregation parameter");
        }
        self.expect(vector, ValueType::Vector, "aggregation expression");
    }

    fn call(&mut self, call: &Call, span: Span) -> Option<ValueType> {
        let Some(function) = call.function else {
            for arg in &call.args {
                self.expr(arg);
            }
            return None;
        };
        self.arity(call, function, span);
        for (at, arg) in call.args.iter().enumerate() {
            if function.name == "info" && at == 1 {
                self.info_selector(arg);
                continue;
            }
            if at >= function.args.len() && function.args_max == Some(function.args_min) {
                break; // one too many, which has been said
            }
            let Some(wanted) = function.args.get(at).or(function.args.last()) else { break };
            let before = self.errors.len();
            self.expect(arg, *wanted, &format!("call to function `{}`", function.name));
            self.suggest_range(arg, *wanted, function, before);
        }
        Some(function.returns)
    }

    /// The commonest mistake of all: `rate(x)`.
    fn suggest_range(&mut self, arg: &Expr, wanted: ValueType, function: &Function, before: usize) {
        let text = arg.span.of(self.text);
        let Some(error) = self.errors.get_mut(before..).and_then(<[Error]>::last_mut) else { return };
        if wanted == ValueType::Matrix && error.span == arg.span && text.len() <= 80 {
            error.help = match arg.kind {
                ExprKind::Selector(_) => Some(format!("did you mean `{}({text}[5m])`?", function.name)),
                _ if arg.value_type() == Some(ValueType::Vector) => {
                    Some(format!("for a subquery write `{text}[30m:1m]`"))
                }
                _ => None,
            };
        } else if wanted == ValueType::Vector && matches!(arg.kind, ExprKind::Range(_)) {
            error.help = Some("leave out the range, or take a function `…_over_time` first".to_owned());
        }
    }

    fn arity(&mut self, call: &Call, function: &Function, span: Span) {
        let (name, got) = (function.name, call.args.len());
        let wanted = match function.args_max {
            Some(max) if max == function.args_min && got != max => format!("{max}"),
            _ if got < function.args_min => format!("at least {}", function.args_min),
            Some(max) if got > max => format!("at most {max}"),
            _ => return,
        };
        self.note(span, format!("expected {wanted} argument(s) in call to `{name}`, got {got}"));
    }

    fn info_selector(&mut self, arg: &Expr) {
        match &arg.kind {
            ExprKind::Selector(selector) if selector.name.is_none() => {
                self.selector(selector, arg.span, true)
            }
            _ => {
                self.note(
                    arg.span,
                    "the second argument of `info` is label matchers in braces, without a metric",
                );
                self.expr(arg);
            }
        }
    }

    fn binary(&mut self, binary: &Binary, span: Span) -> Option<ValueType> {
        let (left, right) = (self.expr(&binary.lhs), self.expr(&binary.rhs));
        let (op, op_span) = (binary.op, binary.op_span);
        for (side, found) in [(&binary.lhs, left), (&binary.rhs, right)] {
            if let Some(found @ (ValueType::Matrix | ValueType::String)) = found {
                let name = op.as_str();
                let message =
                    format!("`{name}` takes only scalars and instant vectors, got {}", found.as_str());
                self.note(side.span, message);
            }
        }
        if binary.returns_bool && !op.is_comparison() {
            self.note(op_span, "`bool` may follow only a comparison");
        }
        self.same_label_twice(binary);
        let (left, right) = (left?, right?);
        let scalars = left == ValueType::Scalar && right == ValueType::Scalar;
        if op.is_comparison() && !binary.returns_bool && scalars {
            self.note(op_span, "a comparison between scalars needs `bool`").help =
                Some(format!("write `{} bool`", op.as_str()));
        }
        if left == ValueType::Vector && right == ValueType::Vector {
            self.between_vectors(binary);
        } else {
            if let Some(matching) = binary.matching.as_ref().filter(|matching| !matching.labels.is_empty()) {
                self.note(matching.span, "vectors are matched only between two instant vectors");
            }
            if binary.fill.left.is_some() || binary.fill.right.is_some() {
                self.note(span, "missing series are filled in only between two instant vectors");
            }
            if op.is_set() && [left, right].contains(&ValueType::Scalar) {
                self.note(op_span, format!("`{}` is not allowed with a scalar", op.as_str())).help =
                    Some("turn the number into a vector: `vector(1)`".to_owned());
            }
        }
        Some(if scalars { ValueType::Scalar } else { ValueType::Vector })
    }

    fn between_vectors(&mut self, binary: &Binary) {
        if !binary.op.is_set() {
            return;
        }
        let op = BinaryOp::as_str(binary.op);
        if let Some(group) = &binary.group {
            self.note(group.span, format!("no grouping is allowed with `{op}`: it matches many to many"));
        }
        if binary.fill.left.is_some() || binary.fill.right.is_some() {
            self.note(binary.op_span, format!("missing series are not filled in with `{op}`"));
        }
    }

    fn same_label_twice(&mut self, binary: &Binary) {
        let (Some(matching), Some(group)) = (&binary.matching, &binary.group) else { return };
        if !matching.on {
            return;
        }
        let on: std::collections::BTreeSet<&str> =
            matching.labels.iter().map(|label| label.text.as_str()).collect();
        for label in group.labels.iter().filter(|label| on.contains(label.text.as_str())) {
            let text = crate::base::text::escape(&label.text);
            self.note(label.span, format!("label `{text}` stands in `on` and in the group clause"));
        }
    }
}
