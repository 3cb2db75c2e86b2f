//! Scalars: within one line, and blocks.

use std::borrow::Cow;

use super::super::build::Before;
use super::{Quick, Scalar, done};
use crate::base::span::Span;
use crate::yaml::Style;

impl<'t> Quick<'t> {
    /// A scalar of one line, plain or in quotes.
    pub(super) fn scalar(&self, at: usize, end: usize) -> Option<Scalar<'t>> {
        if matches!(self.byte(at), b'"' | b'\'') { self.quoted(at) } else { self.plain(at, end) }
    }

    /// Whether a plain scalar can begin here; some that can are left out.
    pub(super) fn begins_plain(&self, at: usize) -> bool {
        match self.byte(at) {
            b'-' => self.byte(at + 1).is_ascii_alphanumeric() || matches!(self.byte(at + 1), b'-' | b'.'),
            b'_' | b'/' | b'.' | b'$' | b'(' | b')' | b'+' | b'=' | b'~' | b'^' | b'<' | b';' | b'\\' => true,
            byte => byte.is_ascii_alphanumeric() || !byte.is_ascii(),
        }
    }

    /// A plain scalar: to a `: `, to a comment, or to the end of the line.
    fn plain(&self, at: usize, end: usize) -> Option<Scalar<'t>> {
        if !self.begins_plain(at) {
            return None;
        }
        let line = self.bytes.get(at..end)?;
        let ends = |(index, byte): (usize, &u8)| match byte {
            b':' => matches!(line.get(index + 1), None | Some(b' ')),
            b'#' => index > 0 && line[index - 1] == b' ',
            _ => false,
        };
        let len = line.iter().enumerate().position(ends).unwrap_or(line.len());
        let text = self.text.get(at..at + len)?.trim_end_matches(' ');
        let span = Span::new(at, at + text.len());
        // A blank before the colon of a key.
        (!(line.get(len) == Some(&b':') && text.len() < len)).then_some(Scalar {
            text: text.into(),
            style: Style::Plain,
            span,
        })
    }

    /// A scalar in quotes that end in the same line.
    pub(super) fn quoted(&self, at: usize) -> Option<Scalar<'t>> {
        let quote = self.byte(at);
        let mut next = at + 1;
        let mut has_escapes = false;
        loop {
            match self.byte(next) {
                b'\n' => return None,
                b'\\' if quote == b'"' => {
                    has_escapes = true;
                    next += 2;
                    if self.byte(next - 1) == b'\n' {
                        return None;
                    }
                }
                byte if byte == quote && quote == b'\'' && self.byte(next + 1) == quote => {
                    has_escapes = true;
                    next += 2;
                }
                byte if byte == quote => break,
                _ => next += 1,
            }
        }
        let inside = self.text.get(at + 1..next)?;
        let (style, text) = match quote {
            b'"' if has_escapes => (Style::DoubleQuoted, Cow::Owned(unescaped(inside)?)),
            b'"' => (Style::DoubleQuoted, Cow::Borrowed(inside)),
            _ if has_escapes => (Style::SingleQuoted, Cow::Owned(inside.replace("''", "'"))),
            _ => (Style::SingleQuoted, Cow::Borrowed(inside)),
        };
        Some(Scalar { text, style, span: Span::new(at, next + 1) })
    }

    /// A block scalar whose `|` or `>` is at `at`, and the lines that belong to it.
    pub(super) fn block(&mut self, at: usize, end: usize) -> Option<()> {
        let outer = self.open.last()?.column;
        let style = if self.byte(at) == b'|' { Style::Literal } else { Style::Folded };
        let strip = self.byte(at + 1) == b'-';
        if self.spaces(at + 1 + usize::from(strip)) != end {
            return None; // other indicators, or a comment
        }
        let indent = self.spaces(self.at) - self.at;
        if indent <= outer {
            return None;
        }
        let mut text = String::new();
        let mut last = end; // where the last line with text ends
        let mut blank = 0; // lines without text since then
        let mut is_first = true;
        while self.at < self.text.len() {
            let first = self.spaces(self.at);
            if self.byte(first) == b'\n' {
                if first > self.at || first == self.text.len() {
                    return None; // blanks may be text
                }
                blank += 1;
                self.at = first + 1;
                continue;
            }
            if first - self.at < indent {
                if first - self.at > outer {
                    return None;
                }
                break;
            }
            let content = self.at + indent;
            if style == Style::Folded && first > content {
                return None; // lines that are deeper do not fold
            }
            match style {
                _ if is_first => {}
                Style::Folded if blank == 0 => text.push(' '),
                Style::Folded => text.extend(std::iter::repeat_n('\n', blank)),
                _ => text.extend(std::iter::repeat_n('\n', blank + 1)),
            }
            last = self.line_end(first);
            text.push_str(self.text.get(content..last)?);
            (is_first, blank) = (false, 0);
            self.at = last + 1;
        }
        if last == self.text.len() {
            return None; // without a line break
        }
        if !strip {
            text.push('\n');
        }
        self.taken();
        done(self.build.scalar(Span::new(at, last), &text, style, indent, Before::default()))
    }
}

/// What stands in double quotes, with the escapes that are common; `None` with others.
fn unescaped(inside: &str) -> Option<String> {
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((before, behind)) = rest.split_once('\\') {
        text.push_str(before);
        let escape = behind.bytes().next()?;
        text.push(match escape {
            b'n' => '\n',
            b't' => '\t',
            b'\\' | b'"' | b'/' => char::from(escape),
            _ => return None,
        });
        rest = &behind[1..];
    }
    text.push_str(rest);
    Some(text)
}
