//! Sequences and mappings in brackets and braces, within one line.

use super::super::build::Before;
use super::{Quick, Scalar, done};
use crate::base::span::Span;
use crate::yaml::Style;

impl<'t> Quick<'t> {
    /// The collection whose bracket or brace is at `at`; gives where it ends. As deep as the budget lets collections
    /// nest.
    pub(super) fn flow(&mut self, at: usize) -> Option<usize> {
        let is_mapping = self.byte(at) == b'{';
        let close = if is_mapping { b'}' } else { b']' };
        done(self.build.begin(Span::new(at, at + 1), is_mapping, true, Before::default()))?;
        let mut next = self.spaces(at + 1);
        while self.byte(next) != close {
            if is_mapping {
                let key = self.within_flow(next)?;
                let colon = key.span.end;
                if self.byte(colon) != b':' || self.byte(colon + 1) != b' ' || colon - next > 1000 {
                    return None;
                }
                self.put(key)?;
                next = self.spaces(colon + 1);
            }
            let behind = match self.byte(next) {
                b'[' | b'{' => self.flow(next)?,
                _ => {
                    let value = self.within_flow(next)?;
                    let behind = value.span.end;
                    self.put(value)?;
                    behind
                }
            };
            next = self.spaces(behind);
            match self.byte(next) {
                b',' => {
                    next = self.spaces(next + 1);
                    // A comma before the end is allowed, and rare.
                    if self.byte(next) == close {
                        return None;
                    }
                }
                byte if byte == close => {}
                _ => return None,
            }
        }
        done(self.build.end(0, Some(next + 1)))?;
        Some(next + 1)
    }

    fn put(&mut self, scalar: Scalar<'t>) -> Option<()> {
        done(self.build.scalar(scalar.span, &scalar.text, scalar.style, 0, Before::default()))
    }

    /// A scalar within brackets, which end it.
    fn within_flow(&self, at: usize) -> Option<Scalar<'t>> {
        if matches!(self.byte(at), b'"' | b'\'') {
            return self.quoted(at);
        }
        if !self.begins_plain(at) {
            return None;
        }
        let mut end = at;
        loop {
            match self.byte(end) {
                b',' | b']' | b'}' => break,
                b'\n' | b'[' | b'{' => return None,
                b':' if matches!(self.byte(end + 1), b' ' | b'\n') => break,
                b':' if matches!(self.byte(end + 1), b',' | b'[' | b']' | b'{' | b'}') => return None,
                b'#' if self.byte(end - 1) == b' ' => return None,
                _ => end += 1,
            }
        }
        let text = self.text.get(at..end)?.trim_end_matches(' ');
        Some(Scalar { text: text.into(), style: Style::Plain, span: Span::new(at, at + text.len()) })
    }
}
