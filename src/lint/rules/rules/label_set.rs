//! Which labels the series of an expression can have, and which they must have, by the expression alone.

use std::collections::BTreeSet;

use crate::promql::{
    Aggregate, Aggregator, Binary, BinaryOp, Call, Expr, ExprKind, MatchOp, Matcher, ValueType,
    VectorSelector,
};
use crate::selector::re2;

type Names<'e> = BTreeSet<&'e str>;

/// The labels of the series that an expression gives, without the metric name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LabelSet<'e> {
    may: May<'e>,
    /// Each series has them.
    must: Names<'e>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum May<'e> {
    Only(Names<'e>),
    AllBut(Names<'e>),
}

impl<'e> LabelSet<'e> {
    pub(super) fn of(expr: &'e Expr) -> Self {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) => Self::none(),
            ExprKind::Selector(selector) => Self::of_selector(selector),
            ExprKind::Range(range) => Self::of_selector(&range.selector),
            ExprKind::Subquery(subquery) => Self::of(&subquery.expr),
            ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => Self::of(inner),
            ExprKind::Binary(binary) => Self::of_binary(binary),
            ExprKind::Call(call) => Self::of_call(call),
            ExprKind::Aggregate(aggregate) => Self::of_aggregate(aggregate),
        }
    }

    /// Whether any series can have the label.
    pub(super) fn may_have(&self, label: &str) -> bool {
        match &self.may {
            May::Only(labels) => labels.contains(label),
            May::AllBut(labels) => !labels.contains(label),
        }
    }

    /// The labels that the expression says its series have: by a matcher, or by the labels it aggregates to.
    pub(super) fn expected(&self) -> Names<'e> {
        match &self.may {
            May::Only(labels) => labels | &self.must,
            May::AllBut(_) => self.must.clone(),
        }
    }

    fn none() -> Self {
        Self { may: May::Only(Names::new()), must: Names::new() }
    }

    fn any() -> Self {
        Self { may: May::AllBut(Names::new()), must: Names::new() }
    }

    fn of_selector(selector: &'e VectorSelector) -> Self {
        let mut set = Self::any();
        for matcher in selector.matchers.iter().filter(|matcher| matcher.name.text != "__name__") {
            if never_empty(matcher) {
                set.must.insert(&matcher.name.text);
            } else if matcher.op == MatchOp::Equal {
                set.drop(&matcher.name.text);
            }
        }
        set
    }

    fn of_aggregate(aggregate: &'e Aggregate) -> Self {
        let Some((vector, parameters)) = aggregate.args.split_last() else { return Self::any() };
        let inner = Self::of(vector);
        if matches!(
            aggregate.op,
            Aggregator::Topk | Aggregator::Bottomk | Aggregator::Limitk | Aggregator::LimitRatio
        ) {
            return inner; // their grouping only says among what they choose
        }
        let mut set = match &aggregate.grouping {
            None => Self::none(),
            Some(grouping) => {
                let labels: Names<'e> = grouping.labels.iter().map(|label| label.text.as_str()).collect();
                if grouping.without { inner.without(&labels) } else { inner.only(&labels) }
            }
        };
        if let (Aggregator::CountValues, Some(ExprKind::String(label))) =
            (aggregate.op, parameters.first().map(|it| &it.kind))
        {
            set.add(label);
        }
        set
    }

    fn of_call(call: &'e Call) -> Self {
        let Some(function) = call.function else { return Self::any() };
        if matches!(function.returns, ValueType::Scalar | ValueType::String) {
            return Self::none();
        }
        let vector =
            function.args.iter().position(|arg| matches!(arg, ValueType::Vector | ValueType::Matrix));
        let Some(vector) = vector.and_then(|at| call.args.get(at)) else { return Self::none() };
        let mut set = Self::of(vector);
        let text = |at: usize| match call.args.get(at).map(|arg| &arg.kind) {
            Some(ExprKind::String(text)) => Some(text.as_str()),
            _ => None,
        };
        match function.name {
            "absent" | "absent_over_time" => return absent(vector),
            "info" => return Self::any(),
            "histogram_quantile" | "histogram_fraction" => set.drop("le"),
            "histogram_quantiles" => {
                set.drop("le");
                text(1).into_iter().for_each(|label| set.add(label));
            }
            "label_replace" | "label_join" => text(1).into_iter().for_each(|label| {
                set.must.remove(label);
                match &mut set.may {
                    May::Only(labels) => labels.insert(label),
                    May::AllBut(labels) => labels.remove(label),
                };
            }),
            _ => {}
        }
        set
    }

    fn of_binary(binary: &'e Binary) -> Self {
        let scalar = |expr: &Expr| expr.value_type() == Some(ValueType::Scalar);
        let (lhs, rhs) = (Self::of(&binary.lhs), Self::of(&binary.rhs));
        if scalar(&binary.lhs) {
            return rhs;
        }
        if scalar(&binary.rhs) {
            return lhs;
        }
        match binary.op {
            BinaryOp::And | BinaryOp::Unless => return lhs,
            BinaryOp::Or => return lhs.or(rhs),
            _ => {}
        }
        if let Some(group) = &binary.group {
            let mut many = if group.left { lhs } else { rhs };
            for label in &group.labels {
                // What the one side does not have is taken away from the many.
                many.must.remove(label.text.as_str());
                match &mut many.may {
                    May::Only(labels) => labels.insert(&label.text),
                    May::AllBut(labels) => labels.remove(label.text.as_str()),
                };
            }
            return many;
        }
        let both = lhs.both(&rhs);
        match &binary.matching {
            Some(matching) => {
                let labels: Names<'e> = matching.labels.iter().map(|label| label.text.as_str()).collect();
                if matching.on {
                    both.only(&labels)
                } else {
                    lhs.both(&rhs.widened(&labels)).without(&labels)
                }
            }
            None => both,
        }
    }

    fn add(&mut self, label: &'e str) {
        self.must.insert(label);
        match &mut self.may {
            May::Only(labels) => labels.insert(label),
            May::AllBut(labels) => labels.remove(label),
        };
    }

    fn drop(&mut self, label: &'e str) {
        self.must.remove(label);
        match &mut self.may {
            May::Only(labels) => labels.remove(label),
            May::AllBut(labels) => labels.insert(label),
        };
    }

    fn without(mut self, labels: &Names<'e>) -> Self {
        labels.iter().for_each(|label| self.drop(label));
        self
    }

    fn only(self, labels: &Names<'e>) -> Self {
        let may = labels.iter().copied().filter(|label| self.may_have(label)).collect();
        Self { may: May::Only(may), must: &self.must & labels }
    }

    /// As if every series could have these labels too.
    fn widened(&self, labels: &Names<'e>) -> Self {
        let may = match &self.may {
            May::Only(own) => May::Only(own | labels),
            May::AllBut(own) => May::AllBut(own - labels),
        };
        Self { may, must: self.must.clone() }
    }

    /// The labels of series that are the same on both sides.
    fn both(&self, other: &Self) -> Self {
        let may = match (&self.may, &other.may) {
            (May::Only(a), May::Only(b)) => May::Only(a & b),
            (May::Only(a), May::AllBut(b)) | (May::AllBut(b), May::Only(a)) => May::Only(a - b),
            (May::AllBut(a), May::AllBut(b)) => May::AllBut(a | b),
        };
        Self { may, must: &self.must | &other.must }
    }

    /// The labels of series that come from either side.
    fn or(self, other: Self) -> Self {
        let may = match (self.may, other.may) {
            (May::Only(a), May::Only(b)) => May::Only(&a | &b),
            (May::Only(a), May::AllBut(b)) | (May::AllBut(b), May::Only(a)) => May::AllBut(&b - &a),
            (May::AllBut(a), May::AllBut(b)) => May::AllBut(&a & &b),
        };
        Self { may, must: &self.must & &other.must }
    }
}

/// `absent` gives the labels of the selector that are matched by `=` alone.
fn absent(vector: &Expr) -> LabelSet<'_> {
    let selector = match &vector.kind {
        ExprKind::Selector(selector) => selector,
        ExprKind::Range(range) => &range.selector,
        _ => return LabelSet::none(),
    };
    let once = |matcher: &&Matcher| {
        selector.matchers.iter().filter(|other| other.name.text == matcher.name.text).count() == 1
    };
    let mut set = LabelSet::none();
    let equal = selector.matchers.iter().filter(|it| it.op == MatchOp::Equal && it.name.text != "__name__");
    equal.filter(once).filter(|it| never_empty(it)).for_each(|it| set.add(&it.name.text));
    set
}

/// Whether a series without the label never matches.
fn never_empty(matcher: &Matcher) -> bool {
    let value = matcher.value.text.as_str();
    match matcher.op {
        MatchOp::Equal => !value.is_empty(),
        MatchOp::NotEqual => value.is_empty(),
        MatchOp::Matches => re2::compile(value).is_ok_and(|pattern| !pattern.is_match("")),
        MatchOp::NotMatches => re2::compile(value).is_ok_and(|pattern| pattern.is_match("")),
    }
}

#[cfg(test)]
mod tests {
    use super::LabelSet;
    use crate::promql::{ParseOptions, parse};

    /// Of the labels a to d: those that may be there, and those expected, as `ab|a`.
    #[track_caller]
    fn check(text: &str, expect: &str) {
        let expr = parse(text, &ParseOptions::default()).expr.unwrap();
        let set = LabelSet::of(&expr);
        let may: String = ["a", "b", "c", "d"].into_iter().filter(|label| set.may_have(label)).collect();
        let expected: Vec<&str> = set.expected().into_iter().collect();
        assert_eq!(format!("{may}|{}", expected.concat()), expect, "{text}");
    }

    #[test]
    fn labels_follow_selectors_and_aggregations() {
        check(r#"m{a="x",b="",c=~"x|y",d!="z"}"#, "acd|ac");
        check("sum(m)", "|");
        check("sum by (a, b) (m{c=\"x\"})", "ab|ab");
        check("sum without (a) (m{b=\"x\"})", "bcd|b");
        check("topk by (a) (3, m)", "abcd|");
        check("count_values(\"d\", sum by (a) (m))", "d|d");
        check("histogram_quantile(0.9, sum by (a, le) (rate(m[5m])))", "a|a");
        check("absent(m{a=\"x\",b=~\"y\"})", "a|a");
        check("label_replace(sum(m), \"c\", \"$1\", \"a\", \"(.*)\")", "c|c");
        check("vector(1)", "|");
    }

    #[test]
    fn labels_follow_operators() {
        check("sum by (a, b) (m) / sum by (b, c) (n)", "b|b");
        check("sum by (a, b) (m) / on (a) sum by (a, c) (n)", "a|a");
        check("sum by (a, b) (m) / ignoring (b) sum by (a) (n)", "a|a");
        check("sum by (a, b) (m) * on (a) group_left (c) n", "abc|abc");
        check("m{a=\"x\"} * on (a) group_right (c) sum by (a, b) (n)", "abc|abc");
        check("sum by (a) (m) or sum by (b) (n)", "ab|ab");
        check("sum by (a) (m) and on (a) n", "a|a");
        check("2 * sum by (a) (m) > bool 1", "a|a");
    }
}
