//! The functions and aggregators of every version, as data. Source: `promql/parser/functions.go` of Prometheus
//! 2.0 to 3.14.

use super::Version;
use ValueType::{Matrix, Scalar, String, Vector};

/// What an expression evaluates to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    Scalar,
    /// Instant vector.
    Vector,
    /// Range vector.
    Matrix,
    String,
}

impl ValueType {
    /// In the words of Prometheus's documentation.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        }
    }
}

/// A function and how it may be called.
#[derive(PartialEq, Eq, Debug)]
pub struct Function {
    pub name: &'static str,
    /// Types of the arguments; the last is that of all further ones.
    pub args: &'static [ValueType],
    pub args_min: usize,
    /// None: any number.
    pub args_max: Option<usize>,
    pub returns: ValueType,
    /// The first version with it.
    pub since: Version,
    /// The first version without it.
    pub until: Option<Version>,
    /// The first version where it needs no `promql-experimental-functions`. None: it needs it still.
    pub stable_since: Option<Version>,
}

impl Function {
    /// Whether `version` has it.
    #[must_use]
    pub fn is_in(&self, version: Version) -> bool {
        self.since <= version && self.until.is_none_or(|until| version < until)
    }

    /// Whether `version` has it only behind `promql-experimental-functions`.
    #[must_use]
    pub fn is_experimental(&self, version: Version) -> bool {
        self.stable_since.is_none_or(|stable| version < stable)
    }

    const fn optional(mut self, more: usize) -> Self {
        self.args_min -= 1;
        self.args_max = Some(self.args_min + more);
        self
    }

    const fn repeated(mut self) -> Self {
        self.args_min -= 1;
        self.args_max = None;
        self
    }

    const fn experimental(mut self) -> Self {
        self.stable_since = None;
        self
    }

    const fn stable_since(mut self, major: u16, minor: u16) -> Self {
        self.stable_since = Some(Version::new(major, minor));
        self
    }

    const fn until(mut self, major: u16, minor: u16) -> Self {
        self.until = Some(Version::new(major, minor));
        self
    }
}

const fn f(
    name: &'static str,
    args: &'static [ValueType],
    returns: ValueType,
    major: u16,
    minor: u16,
) -> Function {
    let since = Version::new(major, minor);
    Function {
        name,
        args,
        args_min: args.len(),
        args_max: Some(args.len()),
        returns,
        since,
        until: None,
        stable_since: Some(since),
    }
}

/// The function called `name`, of whatever version.
#[must_use]
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok().map(|at| &FUNCTIONS[at])
}

/// The aggregator called `name`, in any case.
pub(super) fn aggregator(name: &str) -> Option<Aggregator> {
    Aggregator::ALL.into_iter().find(|aggregator| name.eq_ignore_ascii_case(aggregator.as_str()))
}

/// An aggregation operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aggregator {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
    Limitk,
    LimitRatio,
}

impl Aggregator {
    pub const ALL: [Aggregator; 14] = [
        Self::Sum,
        Self::Avg,
        Self::Count,
        Self::Min,
        Self::Max,
        Self::Group,
        Self::Stddev,
        Self::Stdvar,
        Self::Topk,
        Self::Bottomk,
        Self::CountValues,
        Self::Quantile,
        Self::Limitk,
        Self::LimitRatio,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
            Self::Group => "group",
            Self::Stddev => "stddev",
            Self::Stdvar => "stdvar",
            Self::Topk => "topk",
            Self::Bottomk => "bottomk",
            Self::CountValues => "count_values",
            Self::Quantile => "quantile",
            Self::Limitk => "limitk",
            Self::LimitRatio => "limit_ratio",
        }
    }

    /// The type of the parameter before the vector, where there is one.
    #[must_use]
    pub fn parameter(self) -> Option<ValueType> {
        match self {
            Self::Topk | Self::Bottomk | Self::Quantile | Self::Limitk | Self::LimitRatio => Some(Scalar),
            Self::CountValues => Some(String),
            _ => None,
        }
    }

    /// Whether it needs `promql-experimental-functions`.
    #[must_use]
    pub fn is_experimental(self) -> bool {
        matches!(self, Self::Limitk | Self::LimitRatio)
    }

    /// The first version with it; before, the name is a plain identifier.
    #[must_use]
    pub fn since(self) -> Version {
        if self.is_experimental() { Version::new(3, 0) } else { Version::new(2, 0) }
    }
}

/// Sorted by name.
#[rustfmt::skip]
pub static FUNCTIONS: [Function; 91] = [
    f("abs", &[Vector], Vector, 2, 0),
    f("absent", &[Vector], Vector, 2, 0),
    f("absent_over_time", &[Matrix], Vector, 2, 16),
    f("acos", &[Vector], Vector, 2, 31),
    f("acosh", &[Vector], Vector, 2, 31),
    f("asin", &[Vector], Vector, 2, 31),
    f("asinh", &[Vector], Vector, 2, 31),
    f("atan", &[Vector], Vector, 2, 31),
    f("atanh", &[Vector], Vector, 2, 31),
    f("avg_over_time", &[Matrix], Vector, 2, 0),
    f("ceil", &[Vector], Vector, 2, 0),
    f("changes", &[Matrix], Vector, 2, 0),
    f("clamp", &[Vector, Scalar, Scalar], Vector, 2, 26),
    f("clamp_max", &[Vector, Scalar], Vector, 2, 0),
    f("clamp_min", &[Vector, Scalar], Vector, 2, 0),
    f("cos", &[Vector], Vector, 2, 31),
    f("cosh", &[Vector], Vector, 2, 31),
    f("count_over_time", &[Matrix], Vector, 2, 0),
    f("day_of_month", &[Vector], Vector, 2, 0).optional(1),
    f("day_of_week", &[Vector], Vector, 2, 0).optional(1),
    f("day_of_year", &[Vector], Vector, 2, 36).optional(1),
    f("days_in_month", &[Vector], Vector, 2, 0).optional(1),
    f("deg", &[Vector], Vector, 2, 31),
    f("delta", &[Matrix], Vector, 2, 0),
    f("deriv", &[Matrix], Vector, 2, 0),
    f("double_exponential_smoothing", &[Matrix, Scalar, Scalar], Vector, 3, 0).experimental(),
    f("end", &[], Scalar, 3, 12).experimental(),
    f("exp", &[Vector], Vector, 2, 0),
    f("first_over_time", &[Matrix], Vector, 3, 7).stable_since(3, 14),
    f("floor", &[Vector], Vector, 2, 0),
    f("histogram_avg", &[Vector], Vector, 2, 51),
    f("histogram_count", &[Vector], Vector, 2, 40),
    f("histogram_fraction", &[Scalar, Scalar, Vector], Vector, 2, 40),
    f("histogram_quantile", &[Scalar, Vector], Vector, 2, 0),
    f("histogram_quantiles", &[Vector, String, Scalar, Scalar], Vector, 3, 11).optional(9).experimental(),
    f("histogram_stddev", &[Vector], Vector, 2, 47),
    f("histogram_stdvar", &[Vector], Vector, 2, 47),
    f("histogram_sum", &[Vector], Vector, 2, 40),
    f("holt_winters", &[Matrix, Scalar, Scalar], Vector, 2, 0).until(3, 0),
    f("hour", &[Vector], Vector, 2, 0).optional(1),
    f("idelta", &[Matrix], Vector, 2, 0),
    f("increase", &[Matrix], Vector, 2, 0),
    f("info", &[Vector, Vector], Vector, 2, 55).optional(1).experimental(),
    f("irate", &[Matrix], Vector, 2, 0),
    f("label_join", &[Vector, String, String, String], Vector, 2, 0).repeated(),
    f("label_replace", &[Vector, String, String, String, String], Vector, 2, 0),
    f("last_over_time", &[Matrix], Vector, 2, 26),
    f("ln", &[Vector], Vector, 2, 0),
    f("log10", &[Vector], Vector, 2, 0),
    f("log2", &[Vector], Vector, 2, 0),
    f("mad_over_time", &[Matrix], Vector, 2, 49).experimental(),
    f("max_of", &[Scalar, Scalar], Scalar, 3, 13).experimental(),
    f("max_over_time", &[Matrix], Vector, 2, 0),
    f("min_of", &[Scalar, Scalar], Scalar, 3, 13).experimental(),
    f("min_over_time", &[Matrix], Vector, 2, 0),
    f("minute", &[Vector], Vector, 2, 0).optional(1),
    f("month", &[Vector], Vector, 2, 0).optional(1),
    f("pi", &[], Scalar, 2, 31),
    f("predict_linear", &[Matrix, Scalar], Vector, 2, 0),
    f("present_over_time", &[Matrix], Vector, 2, 29),
    f("quantile_over_time", &[Scalar, Matrix], Vector, 2, 0),
    f("rad", &[Vector], Vector, 2, 31),
    f("range", &[], Scalar, 3, 12).experimental(),
    f("rate", &[Matrix], Vector, 2, 0),
    f("resets", &[Matrix], Vector, 2, 0),
    f("round", &[Vector, Scalar], Vector, 2, 0).optional(1),
    f("scalar", &[Vector], Scalar, 2, 0),
    f("sgn", &[Vector], Vector, 2, 26),
    f("sin", &[Vector], Vector, 2, 31),
    f("sinh", &[Vector], Vector, 2, 31),
    f("sort", &[Vector], Vector, 2, 0),
    f("sort_by_label", &[Vector, String], Vector, 2, 49).repeated().experimental(),
    f("sort_by_label_desc", &[Vector, String], Vector, 2, 49).repeated().experimental(),
    f("sort_desc", &[Vector], Vector, 2, 0),
    f("sqrt", &[Vector], Vector, 2, 0),
    f("start", &[], Scalar, 3, 12).experimental(),
    f("start_timestamp", &[Vector], Vector, 3, 14).experimental(),
    f("stddev_over_time", &[Matrix], Vector, 2, 0),
    f("stdvar_over_time", &[Matrix], Vector, 2, 0),
    f("step", &[], Scalar, 3, 12).experimental(),
    f("sum_over_time", &[Matrix], Vector, 2, 0),
    f("tan", &[Vector], Vector, 2, 31),
    f("tanh", &[Vector], Vector, 2, 31),
    f("time", &[], Scalar, 2, 0),
    f("timestamp", &[Vector], Vector, 2, 0),
    f("ts_of_first_over_time", &[Matrix], Vector, 3, 7).experimental(),
    f("ts_of_last_over_time", &[Matrix], Vector, 3, 5).experimental(),
    f("ts_of_max_over_time", &[Matrix], Vector, 3, 5).experimental(),
    f("ts_of_min_over_time", &[Matrix], Vector, 3, 5).experimental(),
    f("vector", &[Scalar], Vector, 2, 0),
    f("year", &[Vector], Vector, 2, 0).optional(1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_makes_sense() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        for function in &FUNCTIONS {
            assert!(function.args_max.is_none_or(|max| function.args_min <= max), "{}", function.name);
            assert!(function.until.is_none_or(|until| function.since < until), "{}", function.name);
            assert!(function.stable_since.is_none_or(|it| function.since <= it), "{}", function.name);
        }
    }

    #[test]
    fn versions_and_arguments_are_those_of_prometheus() {
        let round = function("round").unwrap();
        assert_eq!((round.args_min, round.args_max), (1, Some(2)));
        let join = function("label_join").unwrap();
        assert_eq!((join.args_min, join.args_max), (3, None));
        let first = function("first_over_time").unwrap();
        assert!(!first.is_in(Version::new(3, 6)) && first.is_experimental(Version::new(3, 13)));
        assert!(!first.is_experimental(Version::new(3, 14)));
        assert!(!function("holt_winters").unwrap().is_in(Version::new(3, 0)));
        assert!(function("info").unwrap().is_experimental(Version::NEWEST));
        assert_eq!(function("Rate"), None);
    }
}
