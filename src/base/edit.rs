//! Changes to a text as byte ranges and what to put there: everything else stays as it is, comments and layout too.

use super::span::Span;

/// One change: the bytes of `span` become `replacement`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edit {
    pub span: Span,
    pub replacement: String,
}

impl Edit {
    #[must_use]
    pub fn replace(span: Span, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into() }
    }

    #[must_use]
    pub fn insert(at: usize, replacement: impl Into<String>) -> Self {
        Self::replace(Span::new(at, at), replacement)
    }

    #[must_use]
    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }
}

/// Why edits cannot be made together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EditError {
    #[error("an edit of bytes {}..{} is outside of the text, or splits a character", .0.start, .0.end)]
    Outside(Span),
    #[error("two edits overlap: bytes {}..{} and {}..{}", .0.start, .0.end, .1.start, .1.end)]
    Overlap(Span, Span),
}

/// `text` with all `edits` made. Inserts at one place come in the order they are given.
///
/// # Errors
///
/// When two of them touch the same byte, or one is outside of the text; then nothing is done.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut out = String::with_capacity(text.len());
    let mut made = 0;
    for edit in in_order(text, edits)? {
        out.push_str(&text[made..edit.span.start]);
        out.push_str(&edit.replacement);
        made = edit.span.end;
    }
    out.push_str(&text[made..]);
    Ok(out)
}

/// The `edits` in the order of the text, all inside of it and none over another: they can be made from first to last.
///
/// # Errors
///
/// As [`apply`].
pub fn in_order<'e>(text: &str, edits: &'e [Edit]) -> Result<Vec<&'e Edit>, EditError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut last = Span::default();
    for edit in &sorted {
        if edit.span.end < edit.span.start || text.get(edit.span.start..edit.span.end).is_none() {
            return Err(EditError::Outside(edit.span));
        }
        if edit.span.start < last.end {
            return Err(EditError::Overlap(last, edit.span));
        }
        last = edit.span;
    }
    Ok(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_in_the_order_of_the_text() {
        let edits =
            [Edit::replace(Span::new(4, 5), "C"), Edit::insert(0, "<"), Edit::delete(Span::new(1, 2))];
        assert_eq!(apply("a b c", &edits).as_deref(), Ok("<ab C"));
        assert_eq!(apply("a", &[]).as_deref(), Ok("a"));
        let twice = [Edit::insert(1, "x"), Edit::insert(1, "y")];
        assert_eq!(apply("ab", &twice).as_deref(), Ok("axyb"));
    }

    #[test]
    fn edits_that_overlap_or_are_outside_are_refused() {
        let both = [Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(1, 3))];
        assert_eq!(apply("abc", &both), Err(EditError::Overlap(both[0].span, both[1].span)));
        assert!(matches!(apply("abc", &[Edit::delete(Span::new(2, 4))]), Err(EditError::Outside(_))));
        assert!(matches!(apply("ü", &[Edit::insert(1, "x")]), Err(EditError::Outside(_))));
        assert!(matches!(
            apply("abc", &[Edit::delete(Span { start: 2, end: 1 })]),
            Err(EditError::Outside(_))
        ));
    }
}
