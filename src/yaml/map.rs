//! Which bytes of a file a value was written as.

use crate::base::span::Span;

/// Leads from the bytes of a value to the bytes of the text that it was read from.
///
/// The value of a scalar is made of stretches that stand in the file as they are, and of what was written otherwise:
/// an escape, a folded line break. Both are segments here, in the order of the value and without gaps in it; what the
/// value does not have (quotes, indentation) lies between segments in the text. Maps compose by [`ValueMap::then`]:
/// YAML in a block scalar of YAML has places in the outer file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ValueMap {
    segments: Vec<Segment>,
    /// Where an empty value stands.
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Segment {
    value: Span,
    text: Span,
    /// Whether the bytes of both are the same; a segment of other bytes is one whole, never cut.
    same: bool,
}

impl ValueMap {
    pub(super) const fn new(at: usize) -> Self {
        Self { segments: Vec::new(), at }
    }

    /// Bytes of the value.
    #[must_use]
    pub fn value_len(&self) -> usize {
        self.segments.last().map_or(0, |segment| segment.value.end)
    }

    /// Where in the text the byte of the value at `offset` was written; the end of the value for one past it.
    ///
    /// For a byte of something that was written otherwise (`é` as `\u00e9`), where that begins.
    #[must_use]
    pub fn offset(&self, offset: usize) -> usize {
        match self.segment(offset) {
            Some(segment) if segment.same => segment.text.start + (offset - segment.value.start),
            Some(segment) => segment.text.start,
            None => self.segments.last().map_or(self.at, |last| last.text.end),
        }
    }

    /// The bytes of the text that a stretch of the value was written as, with all that stands between them.
    #[must_use]
    pub fn span(&self, span: Span) -> Span {
        let start = self.offset(span.start);
        let last =
            span.end.checked_sub(1).filter(|_| !span.is_empty()).map(|last| (last, self.segment(last)));
        let end = match last {
            None => start,
            Some((last, Some(segment))) if segment.same => {
                segment.text.start + (last + 1 - segment.value.start)
            }
            Some((_, Some(segment))) => segment.text.end,
            Some((last, None)) => self.offset(last),
        };
        Span::new(start, end.max(start))
    }

    /// Like [`span`](Self::span), but only where the text has the very bytes of the value, all in one stretch: there
    /// an edit of the value is the same edit of the text, as long as what is put in needs no escape either.
    #[must_use]
    pub fn verbatim(&self, span: Span) -> Option<Span> {
        if span.is_empty() {
            return Some(self.span(span));
        }
        let segment =
            self.segment(span.start).filter(|segment| segment.same && span.end <= segment.value.end)?;
        let start = segment.text.start + (span.start - segment.value.start);
        Some(Span::new(start, start + (span.end - span.start)))
    }

    /// Which byte of the value was written at `offset` of the text; `None` where the text has quotes, indentation and
    /// the like.
    #[must_use]
    pub fn value_offset(&self, offset: usize) -> Option<usize> {
        let after = self.segments.partition_point(|segment| segment.text.start <= offset);
        let segment = self.segments.get(after.checked_sub(1)?).filter(|it| it.text.contains(offset))?;
        Some(segment.value.start + if segment.same { offset - segment.text.start } else { 0 })
    }

    /// The map from this value to the text around: `outer` is the map of the value that this one's text is.
    #[must_use]
    pub fn then(&self, outer: &Self) -> Self {
        let mut map = Self::new(outer.offset(self.at));
        for segment in &self.segments {
            let mut rest = segment.text;
            while segment.same && !rest.is_empty() {
                let Some(piece) = outer.segment(rest.start) else { break };
                let end = rest.end.min(piece.value.end);
                let part = Span::new(rest.start, end);
                match outer.verbatim(part) {
                    Some(text) => map.push(text),
                    None => map.push_other(outer.span(part), end - rest.start),
                }
                rest.start = end;
            }
            let missing = segment.value.end - map.value_len();
            if missing > 0 {
                map.push_other(outer.span(segment.text), missing);
            }
        }
        map
    }

    fn segment(&self, offset: usize) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.value.start <= offset);
        self.segments.get(after.checked_sub(1)?).filter(|segment| segment.value.contains(offset))
    }

    /// The value goes on with the bytes of `text` as they are.
    pub(super) fn push(&mut self, text: Span) {
        if text.is_empty() {
            return;
        }
        let start = self.value_len();
        let value = Span::new(start, start + (text.end - text.start));
        match self.segments.last_mut() {
            Some(last) if last.same && last.text.end == text.start => {
                last.text.end = text.end;
                last.value.end = value.end;
            }
            _ => self.segments.push(Segment { value, text, same: true }),
        }
    }

    /// The value goes on with `len` bytes that the text writes otherwise.
    pub(super) fn push_other(&mut self, text: Span, len: usize) {
        if len > 0 {
            let start = self.value_len();
            self.segments.push(Segment { value: Span::new(start, start + len), text, same: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a\tb` in quotes from byte 10 on, where `\t` is written as two bytes.
    fn escaped() -> ValueMap {
        let mut map = ValueMap::new(11);
        map.push(Span::new(11, 12));
        map.push_other(Span::new(12, 14), 1);
        map.push(Span::new(14, 15));
        map
    }

    #[test]
    fn offsets_and_spans_lead_to_the_text() {
        let map = escaped();
        assert_eq!([0, 1, 2, 3, 9].map(|at| map.offset(at)), [11, 12, 14, 15, 15]);
        assert_eq!(map.span(Span::new(0, 3)), Span::new(11, 15));
        assert_eq!(map.span(Span::new(1, 2)), Span::new(12, 14));
        assert_eq!(map.span(Span::new(2, 2)), Span::new(14, 14));
        assert_eq!(map.verbatim(Span::new(0, 1)), Some(Span::new(11, 12)));
        assert_eq!(map.verbatim(Span::new(0, 2)), None);
        assert_eq!(
            [10, 11, 12, 13, 14, 15].map(|at| map.value_offset(at)),
            [None, Some(0), Some(1), Some(1), Some(2), None]
        );
        assert_eq!(ValueMap::new(7).span(Span::new(0, 5)), Span::new(7, 7));
    }

    #[test]
    fn stretches_that_touch_are_one() {
        let mut map = ValueMap::new(0);
        map.push(Span::new(0, 2));
        map.push(Span::new(2, 2));
        map.push(Span::new(2, 5));
        assert_eq!(map.segments.len(), 1);
    }

    #[test]
    fn maps_compose() {
        let mut inner = ValueMap::new(0);
        inner.push(Span::new(1, 3)); // `\t` and `b` of the outer value, and one more that it does not have
        let map = inner.then(&escaped());
        assert_eq!(map.span(Span::new(0, 1)), Span::new(12, 14));
        assert_eq!(map.span(Span::new(1, 2)), Span::new(14, 15));
        assert_eq!(map.value_len(), 2);
    }
}
