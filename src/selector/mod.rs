//! Which series are meant: PromQL vector selectors, and the regular expressions in them.
//!
//! Selectors read and match as in Prometheus: `up`, `up{job="a"}`, `{__name__=~"kube_.*"}`,
//! `{"my.metric", "label.name"="x"}`. A label a series does not have counts as empty. One thing is added: a glob
//! in place of the bare name, `kube_pod_*` for `{__name__=~"kube_pod_.*"}`, and `*` alone for every metric.
//! `*` takes any characters, none too; it is the only wildcard.
//!
//! Only selectors: no ranges, offsets, operators or functions.

mod parse;
pub mod re2;

use std::fmt;
use std::str::FromStr;

use crate::base::name::is_label_name;
use crate::base::text;
use crate::wire::Label;

/// The label that holds the metric name.
const NAME: &str = "__name__";

/// A vector selector: matchers that must all hold. At least one of them does not match the empty string, so
/// a typing error cannot select everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selector {
    matchers: Vec<Matcher>,
}

/// One `job="api"` of a selector.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    op: Op,
    value: String,
    /// The compiled value of `=~` and `!~`.
    pattern: Option<re2::Pattern>,
}

/// How a matcher compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

/// Why a text is not a selector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// Where in the text, in bytes.
    pub offset: usize,
    /// What is wrong, in one clause.
    pub message: String,
    /// How to mend it, where that can be said.
    pub help: Option<&'static str>,
}

impl Selector {
    /// Reads a selector.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::selector(text)
    }

    /// Whether a series with these labels is meant. Labels may come in any order; of a name that is there
    /// twice the first counts. Does not allocate.
    #[must_use]
    pub fn matches(&self, labels: &[Label<'_>]) -> bool {
        self.matchers.iter().all(|matcher| {
            let label = labels.iter().find(|label| label.name == matcher.name);
            matcher.matches(label.map_or("", |label| label.value))
        })
    }

    /// The matchers, the metric name's as well.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }
}

impl Matcher {
    fn new(name: String, op: Op, value: String) -> Result<Self, re2::RegexError> {
        let pattern = match op {
            Op::Equal | Op::NotEqual => None,
            Op::Regex | Op::NotRegex => Some(re2::compile(&value)?),
        };
        Ok(Self { name, op, value, pattern })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn op(&self) -> Op {
        self.op
    }

    /// The value or pattern as written.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a label of this value, empty where there is none, passes.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let found = match &self.pattern {
            None => self.value == value,
            Some(pattern) => pattern.is_match(value),
        };
        found == matches!(self.op, Op::Equal | Op::Regex)
    }

    /// The metric name, if the matcher can stand as the bare name before the braces.
    fn bare_name(&self) -> Option<&str> {
        let bare = self.name == NAME && self.op == Op::Equal && parse::is_bare_name(&self.value);
        bare.then_some(&self.value)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl Eq for Matcher {}

impl FromStr for Selector {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

/// PromQL that reads back as the same matchers, the bare metric name first.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.matchers.iter().filter(|matcher| matcher.name == NAME);
        let bare = match (names.next(), names.next()) {
            (Some(name), None) => name.bare_name(),
            _ => None,
        };
        let rest = self.matchers.iter().filter(|matcher| bare.is_none() || matcher.name != NAME);
        f.write_str(bare.unwrap_or(""))?;
        let mut separator = "{";
        for matcher in rest {
            write!(f, "{separator}{matcher}")?;
            separator = ",";
        }
        // A bare name alone needs no braces.
        f.write_str(if separator == "," { "}" } else { "" })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_label_name(&self.name) {
            true => f.write_str(&self.name)?,
            false => f.write_str(&text::quote(&self.name))?,
        }
        write!(f, "{}{}", self.op.as_str(), text::quote(&self.value))
    }
}

impl Op {
    /// As PromQL writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.message, self.offset)?;
        self.help.map_or(Ok(()), |help| write!(f, ": {help}"))
    }
}

impl std::error::Error for ParseError {}

#[cfg(test)]
mod tests;
