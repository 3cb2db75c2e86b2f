//! Selectors as relabel rules: what one rule can say, and how.
//!
//! A rule joins the values of its labels by a separator and holds them against one regular expression, anchored at both
//! ends. It can say "all of these match", and alternatives of that, but never "this does not match": RE2 has no
//! negation. Values are joined by U+001F, which no label is known to have, so that nothing can match across two values.

use crate::base::name::is_label_name;
use crate::base::text::escape;
use crate::selector::{Matcher, Op, Selector};
use crate::yaml::write::Map;

/// The label that holds the metric name.
pub(super) const NAME: &str = "__name__";
/// Stands between values; in an expression it is written as an escape.
const SEPARATOR: &str = "\u{1f}";
const SEPARATOR_ESCAPED: &str = r"\x1f";
/// Whatever a label holds, nothing too.
const ANYTHING: &str = r"[^\x1f]*";

/// One relabel rule that keeps or drops.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::manifest) struct Rule {
    labels: Vec<String>,
    regex: String,
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::manifest) enum Action {
    Keep,
    Drop,
}

/// Whose names for the same fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::manifest) enum Spelling {
    /// `prometheus.yml`.
    Plain,
    /// Objects of the operator.
    Operator,
}

impl Spelling {
    /// `plain` or `operator`, whichever this is.
    pub(in crate::manifest) const fn of(self, plain: &'static str, operator: &'static str) -> &'static str {
        match self {
            Self::Plain => plain,
            Self::Operator => operator,
        }
    }
}

impl Rule {
    /// The rule that acts on what any of the selectors selects; each must be [sayable](check).
    pub(super) fn new<'s>(action: Action, selectors: impl IntoIterator<Item = &'s Selector> + Clone) -> Self {
        let matchers = selectors.clone().into_iter().flat_map(Selector::matchers);
        let mut labels: Vec<String> = matchers.map(|matcher| matcher.name().to_owned()).collect();
        labels.sort_by_key(|label| (label != NAME, label.clone()));
        labels.dedup();
        // Alternatives that differ in the first label alone share the rest.
        let mut alternatives: Vec<(String, Vec<String>)> = Vec::new();
        for selector in selectors {
            let of = |label: &String| pattern(selector, label).unwrap_or_else(|| ANYTHING.to_owned());
            let first = labels.first().map(of).unwrap_or_default();
            let rest: String =
                labels.iter().skip(1).map(|label| format!("{SEPARATOR_ESCAPED}{}", of(label))).collect();
            match alternatives.iter_mut().find(|(other, _)| *other == rest) {
                Some((_, firsts)) if firsts.contains(&first) => {}
                Some((_, firsts)) => firsts.push(first),
                None => alternatives.push((rest, vec![first])),
            }
        }
        let one = |(rest, firsts): &(String, Vec<String>)| match firsts.as_slice() {
            firsts if rest.is_empty() => firsts.join("|"),
            [first] => format!("{first}{rest}"),
            firsts => format!("(?:{}){rest}", firsts.join("|")),
        };
        let regex = alternatives.iter().map(one).collect::<Vec<_>>().join("|");
        Self { labels, regex, action }
    }

    /// Whether it looks at one of these labels.
    pub(super) fn reads(&self, labels: &[(String, String)]) -> bool {
        labels.iter().any(|(label, _)| self.labels.contains(label))
    }

    pub(in crate::manifest) fn to_map(&self, spelling: Spelling) -> Map {
        let separator = (self.labels.len() > 1).then_some(SEPARATOR);
        Map::new()
            .with(spelling.of("source_labels", "sourceLabels"), self.labels.clone())
            .with_opt("separator", separator)
            .with("regex", &*self.regex)
            .with("action", if self.action == Action::Keep { "keep" } else { "drop" })
    }
}

/// The rule that keeps metrics of these names.
pub(super) fn keep_names(patterns: &[String]) -> Rule {
    Rule { labels: vec![NAME.to_owned()], regex: patterns.join("|"), action: Action::Keep }
}

/// Why one relabel rule cannot say the selector, and how to mend it.
pub(in crate::manifest) fn check(selector: &Selector) -> Result<(), (String, &'static str)> {
    let matchers = selector.matchers();
    for (at, matcher) in matchers.iter().enumerate() {
        let name = matcher.name();
        if matcher.op() == Op::NotRegex || (matcher.op() == Op::NotEqual && !matcher.value().is_empty()) {
            let message = format!("`{matcher}` cannot be said by a relabel rule, which has no negation");
            return Err((
                message,
                "keep what you want by `=` or `=~`, and name what you do not want under `drop`",
            ));
        }
        if matchers[..at].iter().any(|other| other.name() == name) {
            let message = format!("two matchers of `{name}` cannot be said by one relabel rule");
            return Err((message, "write them as one regular expression"));
        }
        if !is_label_name(name) {
            let message =
                format!("`{}` is no name of a label that every relabel rule may have", escape(name));
            return Err((message, "use ASCII letters, digits and `_`: the operator takes no others"));
        }
        if matcher.value().contains(SEPARATOR) || matcher.value().contains(r"\Q") {
            let message =
                format!("the value of `{name}` has U+001F or `\\Q` in it, which rules are put together with");
            return Err((
                message,
                "write `.` for the one, and escape characters one by one in place of the other",
            ));
        }
    }
    Ok(())
}

/// What a selector wants of a label, as an expression for the whole value; `None` where it wants nothing.
pub(super) fn pattern(selector: &Selector, label: &str) -> Option<String> {
    let matcher = selector.matchers().iter().find(|matcher| matcher.name() == label)?;
    Some(match matcher.op() {
        Op::Equal => regex::escape(matcher.value()),
        Op::Regex if has_alternatives(matcher) => format!("(?:{})", matcher.value()),
        Op::Regex => matcher.value().to_owned(),
        // Only `!=""`, the rest is refused.
        Op::NotEqual | Op::NotRegex => r"[^\x1f]+".to_owned(),
    })
}

/// Flags such as `(?i)` reach to the end of their group, and `|` to both of its ends.
fn has_alternatives(matcher: &Matcher) -> bool {
    matcher.value().contains('|') || matcher.value().contains("(?")
}
