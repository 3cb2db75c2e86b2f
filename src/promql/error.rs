//! What is wrong with an expression, where, and how to mend it.

/// A stretch of the expression's text, in bytes: `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    #[must_use]
    pub(super) fn to(self, end: Span) -> Span {
        Span { start: self.start, end: end.end }
    }

    /// The part of `text` that the span covers; empty when it is of another text.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// One fault of an expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub span: Span,
    /// What is wrong, in one clause.
    pub message: String,
    /// How to mend it, where that can be said.
    pub help: Option<String>,
}

impl Error {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub(super) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    const NAME_MAX: usize = 64; // bounds the work for names that no function has
    if name.len() > NAME_MAX {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let allowed = if name.len() < 4 { 1 } else { 2 };
    candidates
        .map(|candidate| (distance(&name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let near = |name| nearest(name, ["rate", "irate", "round", "histogram_quantile"].into_iter());
        assert_eq!(near("rat"), Some("rate"));
        assert_eq!(near("RATE"), Some("rate"));
        assert_eq!(near("histogram_quantil"), Some("histogram_quantile"));
        assert_eq!(near("sum_of_all"), None);
        assert_eq!(near(&"x".repeat(100_000)), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
