//! Label selectors: what they choose, and why they do not choose something.
//!
//! Semantics are those of apimachinery's `labels` package, which the API server, kubectl and the Prometheus operator
//! share. A selector that is not there at all is no [`Selector`]: what its absence means is said by the field, see
//! [`super::Field`].

mod fault;
mod read;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use crate::base::span::Span;

pub use fault::Fault;
pub use read::Reading;
pub(super) use read::known_fields;

/// The labels of an object.
pub type Labels<'a> = BTreeMap<&'a str, &'a str>;

/// Requirements that must all hold. Without any, everything is chosen.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

/// One condition on one label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    key: String,
    operator: Operator,
    /// In order, none twice.
    values: Vec<String>,
    span: Span,
}

/// How a label is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    In,
    /// Holds also where the label is absent.
    NotIn,
    Exists,
    DoesNotExist,
    /// Above an integer; only in selectors of the command line.
    Above,
    /// Below an integer; only in selectors of the command line.
    Below,
}

/// A requirement that does not hold, and what there is instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Miss<'s, 'l> {
    pub requirement: &'s Requirement,
    /// The label's value; `None` when it is absent.
    pub found: Option<&'l str>,
}

impl Selector {
    /// Chooses everything, as `{}` does.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Reads a selector as kubectl's `-l` does: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`.
    ///
    /// # Errors
    ///
    /// What kubectl refuses, with its place in `text`.
    pub fn parse(text: &str) -> Result<Self, super::Placed<Fault>> {
        text::parse(text)
    }

    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    #[must_use]
    pub fn matches(&self, labels: &Labels<'_>) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.matches(labels.get(requirement.key()).copied()))
    }

    /// The requirements that these labels do not meet, in order; none when the selector matches.
    #[must_use]
    pub fn misses<'s, 'l>(&'s self, labels: &Labels<'l>) -> Vec<Miss<'s, 'l>> {
        let miss = |requirement: &'s Requirement| {
            let found = labels.get(requirement.key()).copied();
            (!requirement.matches(found)).then_some(Miss { requirement, found })
        };
        self.requirements.iter().filter_map(miss).collect()
    }
}

/// The candidate that misses the fewest requirements, and which; the first of several.
pub fn nearest<'s, 'l, T>(
    selector: &'s Selector,
    candidates: impl IntoIterator<Item = (T, Labels<'l>)>,
) -> Option<(T, Vec<Miss<'s, 'l>>)> {
    let judged = candidates.into_iter().map(|(candidate, labels)| (candidate, selector.misses(&labels)));
    judged.min_by_key(|(_, misses)| misses.len())
}

impl Requirement {
    fn new(key: &str, operator: Operator, mut values: Vec<String>, span: Span) -> Self {
        values.sort();
        values.dedup();
        Self { key: key.to_owned(), operator, values, span }
    }

    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// In order, none twice; empty where the operator takes none.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Where it stands in the text it was read from.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether a label of this value, `None` where it is absent, meets it.
    #[must_use]
    pub fn matches(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|listed| listed == value);
        // Go's ParseInt takes a sign, and digits alone.
        let compare = || Some(value?.parse::<i64>().ok()?.cmp(&self.values.first()?.parse().ok()?));
        match self.operator {
            Operator::In => value.is_some_and(listed),
            Operator::NotIn => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Above => compare().is_some_and(std::cmp::Ordering::is_gt),
            Operator::Below => compare().is_some_and(std::cmp::Ordering::is_lt),
        }
    }
}

/// As kubectl's `-l` takes it; empty for a selector that chooses everything.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            write!(f, "{}{requirement}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, values) = (&self.key, self.values.join(","));
        match self.operator {
            Operator::In if self.values.len() == 1 => write!(f, "{key}={values}"),
            Operator::NotIn if self.values.len() == 1 => write!(f, "{key}!={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::Above => write!(f, "{key}>{values}"),
            Operator::Below => write!(f, "{key}<{values}"),
        }
    }
}

/// In one clause: ``label `app` is `web`, not `api` ``.
impl fmt::Display for Miss<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Requirement { key, operator, values, .. } = self.requirement;
        let listed = match values.as_slice() {
            [one] => format!("`{one}`"),
            all => format!("one of `{}`", all.join("`, `")),
        };
        let needed = match operator {
            Operator::In => listed,
            Operator::Above => format!("above {listed}"),
            Operator::Below => format!("below {listed}"),
            Operator::NotIn | Operator::Exists | Operator::DoesNotExist => String::new(),
        };
        match (self.found, operator) {
            (None, _) if needed.is_empty() => write!(f, "label `{key}` is absent"),
            (None, _) => write!(f, "label `{key}` is absent, and must be {needed}"),
            (Some(found), Operator::NotIn) => write!(f, "label `{key}` is `{found}`, which is excluded"),
            (Some(found), Operator::DoesNotExist) => write!(f, "label `{key}` is there (`{found}`)"),
            (Some(found), _) => write!(f, "label `{key}` is `{found}`, not {needed}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels<'_> {
        text.split(',').filter_map(|pair| pair.split_once('=')).collect()
    }

    /// What a selector misses in labels; empty when it matches.
    #[track_caller]
    fn check(selector: &str, of: &str, expect: &str) {
        let selector = Selector::parse(selector).expect("a selector");
        let of = labels(of);
        let misses: Vec<String> = selector.misses(&of).iter().map(Miss::to_string).collect();
        assert_eq!(misses.join("; "), expect);
        assert_eq!(selector.matches(&of), expect.is_empty());
    }

    #[test]
    fn everything_is_chosen_by_no_requirement() {
        check("", "", "");
        check("", "a=b", "");
    }

    #[test]
    fn labels_are_compared_by_each_operator() {
        check("a=b", "a=b,c=d", "");
        check("a=b", "a=c", "label `a` is `c`, not `b`");
        check("a=b", "", "label `a` is absent, and must be `b`");
        check("a in (b,c)", "a=d", "label `a` is `d`, not one of `b`, `c`");
        check("a in (b,c)", "a=c", "");
        check("a!=b", "a=b", "label `a` is `b`, which is excluded");
        check("a notin (b,c)", "a=d", "");
        check("a", "a=", "");
        check("a", "b=c", "label `a` is absent");
        check("!a", "b=c", "");
        check("!a", "a=c", "label `a` is there (`c`)");
        check("a>5,a<8", "a=6", "");
        check("a>5", "a=5", "label `a` is `5`, not above `5`");
        check("a<5", "a=x", "label `a` is `x`, not below `5`");
    }

    #[test]
    fn an_absent_label_is_in_no_list() {
        check("a!=b", "", "");
        check("a notin (b)", "c=d", "");
        check("a>1", "", "label `a` is absent, and must be above `1`");
    }

    #[test]
    fn the_nearest_candidate_misses_the_fewest() {
        let selector = Selector::parse("app=api,release=kube,tier").expect("a selector");
        let candidates = [
            ("far", labels("x=y")),
            ("near", labels("app=api,tier=a")),
            ("later", labels("release=kube,tier=a")),
        ];
        let (name, misses) = nearest(&selector, candidates).expect("a candidate");
        assert_eq!(name, "near");
        assert_eq!(misses.len(), 1);
        assert_eq!(misses[0].to_string(), "label `release` is absent, and must be `kube`");
        assert!(nearest(&selector, Vec::<((), Labels<'_>)>::new()).is_none());
    }
}
