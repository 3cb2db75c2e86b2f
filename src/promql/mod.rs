//! PromQL, the query language of Prometheus, as 3.x reads it: text to a typed tree with the place of every node.
//!
//! [`parse`] takes what Prometheus takes and refuses what it refuses, for the version and the feature flags in
//! [`ParseOptions`], and names as many faults as can be told apart. No evaluation and no I/O.
//! [`Expr`] displays as canonical PromQL of the newest version, which parses back to the same tree: `min(a, b)` in a
//! duration, as 3.6 to 3.12 have it, is `min_of(a, b)` then.
//!
//! Never panics; text longer than [`INPUT_MAX`], nested deeper than [`DEPTH_MAX`] or with more than
//! [`OPERATORS_MAX`] operators is refused, so that no walk over a tree exhausts the stack. Prometheus has no such
//! limits.
//!
//! What stays different:
//! - Up to 3.5 Prometheus takes any letter behind a number in brackets for a colon (`a[5m x]` is `a[5m:]`); it is
//!   refused here, as newer versions do. Other oddities are kept: `0x1ee` is no number, `a[step():]` no subquery.
//! - Versions before 3.0 differ in their functions alone; they are read as 3.0 otherwise.
//! - Strings are UTF-8: a byte that an escape makes (`"\xff"`) and that is not becomes U+FFFD.

mod ast;
mod call;
mod check;
mod duration;
mod error;
mod function;
mod lex;
mod literal;
mod metric;
mod modifier;
mod parse;
mod print;
pub mod series;
mod uses;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use crate::base::version::Version;

pub use ast::{
    Aggregate, At, AtTime, Binary, BinaryOp, Call, DurationExpr, DurationKind, Expr, ExprKind, Extent, Fill,
    Group, Grouping, MatchOp, Matcher, Matching, Modifiers, Name, Number, RangeSelector, Sign, Subquery,
    VectorSelector,
};
pub use error::{Error, ErrorKind};
pub use function::{Aggregator, FUNCTIONS, Function, ValueType, function};
pub(crate) use literal::string as go_string;
pub use uses::{SelectorUse, Uses, uses};

/// Bytes of text that are read.
pub const INPUT_MAX: usize = 1 << 20;
/// How deep parentheses, calls, signs and powers may nest.
pub const DEPTH_MAX: usize = 200;
/// How many binary operators and subqueries one expression may have.
pub const OPERATORS_MAX: usize = 1000;

/// The feature flags that change what Prometheus parses.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Features {
    /// `promql-experimental-functions`.
    pub experimental_functions: bool,
    /// `promql-duration-expr`, which 3.14 has always on.
    pub duration_expr: bool,
    /// `promql-extended-range-selectors`: `anchored` and `smoothed`.
    pub extended_range_selectors: bool,
    /// `promql-binop-fill-modifiers`.
    pub binop_fill_modifiers: bool,
}

impl Features {
    pub const ALL: Features = Features {
        experimental_functions: true,
        duration_expr: true,
        extended_range_selectors: true,
        binop_fill_modifiers: true,
    };

    /// Switches on what one name of `--enable-feature` stands for; other names change nothing.
    pub fn enable(&mut self, flag: &str) {
        match flag {
            "promql-experimental-functions" => self.experimental_functions = true,
            "promql-duration-expr" => self.duration_expr = true,
            "promql-extended-range-selectors" => self.extended_range_selectors = true,
            "promql-binop-fill-modifiers" => self.binop_fill_modifiers = true,
            _ => {}
        }
    }
}

/// Whose language to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseOptions {
    pub version: Version,
    pub features: Features,
}

impl Default for ParseOptions {
    /// The newest version without flags.
    fn default() -> Self {
        Self { version: Version::NEWEST, features: Features::default() }
    }
}

/// What was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Parsed {
    /// The expression. With errors it may be only the beginning of the text, or nothing.
    pub expr: Option<Expr>,
    /// In the order of the text; Prometheus accepts the expression exactly if there are none.
    pub errors: Vec<Error>,
}

/// Reads `text` and checks its types.
#[must_use]
pub fn parse(text: &str, options: &ParseOptions) -> Parsed {
    parse::run(text, options)
}
