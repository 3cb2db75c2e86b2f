//! Changes to a file that keep everything else as it is.

use super::plain::is_plain_safe;
use super::tree::{Kind, Node};
use super::value::Style;
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text;

impl Node<'_> {
    /// The edit that makes `text` the text of this scalar, in `style` if that can hold it there, else in double quotes.
    ///
    /// It reads back as a string: what Go would take for a number or a truth value is not left plain. `None` for a
    /// collection, for an alias, and for a value that is not there and has no `:` or `-` before it (`{a}`, `? a`).
    #[must_use]
    pub fn rewrite(self, text: &str, style: Style) -> Option<Edit> {
        if self.kind() != Kind::Scalar || self.alias_of().is_some() {
            return None;
        }
        let (file, span) = (self.file_text(), self.span());
        let start = file.get(..span.start)?.rfind('\n').map_or(0, |before| before + 1);
        let before = &file[start..span.start];
        if self.has_bare_return() || self.full_span().is_empty() && !before.trim_end().ends_with([':', '-']) {
            return None;
        }
        // Nothing is put in front of what would then stand right behind it.
        if span.is_empty() && file[span.end..].starts_with(|c: char| !c.is_whitespace() && !",]}".contains(c))
        {
            return None;
        }
        // Deeper than the key, which may stand behind the signs of items and of complex keys and values.
        let column = before.len() - before.trim_start_matches([' ', '-', '?', ':']).len();
        let indent = self.indent().filter(|indent| *indent > 0).unwrap_or(column + 2);
        let has_room = takes_nothing_else(text, indent, &file[span.end..])
            && !self.is_key()
            && !self.is_within_flow()
            && (before.trim_end().ends_with([':', '-']) || self.indent().is_some());
        let style = if has_room { style } else { style.without_lines() };
        let gap = if before.is_empty() || before.ends_with([' ', '\t', '[', '{', ',']) { "" } else { " " };
        Some(Edit::replace(span, format!("{gap}{}", written(text, style, indent, self.is_within_flow()))))
    }

    /// The edit that puts a scalar into quotes, its text as it is; `None` when it has some, or cannot.
    #[must_use]
    pub fn quote(self) -> Option<Edit> {
        let text = self.text().filter(|_| self.style() == Some(Style::Plain))?;
        let escapes = text.contains(['"', '\\']);
        self.rewrite(text, if escapes { Style::SingleQuoted } else { Style::DoubleQuoted })
    }

    /// The edit that removes the entry with this key from a mapping, with its lines.
    ///
    /// `None` when there is no such entry of its own, when it is the only one, or when its key was written with `?` or is
    /// not there; within brackets also when there is a `?` anywhere, or more than a comma between it and its neighbour.
    #[must_use]
    pub fn remove(self, key: &str) -> Option<Edit> {
        if self.has_bare_return() {
            return None;
        }
        let entries: Vec<Span> = self.entries().filter(|it| !it.merged).map(|it| it.span()).collect();
        let index = self.entries().filter(|it| !it.merged).position(|it| it.key.text() == Some(key))?;
        let (entry, next) = (entries[index], entries.get(index + 1));
        let others = entries.len() + self.merges().count();
        let file = self.file_text();
        let line = file.get(..entry.start)?.rfind('\n').map_or(0, |before| before + 1);
        let has_key =
            file.get(entry.start..).is_some_and(|rest| !rest.starts_with([',', '?', ':', '}', '\n', ' ']));
        if others < 2 || !has_key || file[line..entry.start].contains('?') {
            return None;
        }
        if self.is_flow() {
            // Spans of keys that are not there lie elsewhere: nothing but a comma is between two entries.
            let is_comma = |from, to| file.get(from..to).is_some_and(|gap| gap.trim() == ",");
            if self.span().of(file).contains('?') {
                return None;
            }
            let gone = match (next, index.checked_sub(1).map(|before| entries[before])) {
                (Some(next), _) if is_comma(entry.end, next.start) => Span::new(entry.start, next.start),
                (None, Some(last)) if is_comma(last.end, entry.start) => Span::new(last.end, entry.end),
                _ => return None,
            };
            return Some(Edit::delete(gone));
        }
        if !file[line..entry.start].trim().is_empty() {
            return next.map(|next| Edit::delete(Span::new(entry.start, next.start)));
        }
        let end = file[entry.end..].find('\n').map_or(file.len(), |len| entry.end + len + 1);
        Some(Edit::delete(Span::new(line, end)))
    }
}

/// Whether a block with `text`, its lines indented by `indent`, ends where it should in front of `behind`: in a line of
/// its own, without empty lines behind it that it would keep, and without a comment as deep as itself.
fn takes_nothing_else(text: &str, indent: usize, behind: &str) -> bool {
    let Some(("" | "\r", lines)) = behind.split_once('\n') else { return false };
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_empty = |line: &&str| spaces(line) == line.len() && line.len() <= indent;
    let keeps = text.ends_with("\n\n") && lines.lines().next().is_some_and(|line| is_empty(&line));
    let next = lines.lines().find(|line| !is_empty(line)).unwrap_or_default();
    !keeps && !next.starts_with('\t') && spaces(next) < indent
}

impl Style {
    const fn without_lines(self) -> Self {
        match self {
            Self::Literal | Self::Folded => Self::DoubleQuoted,
            style => style,
        }
    }
}

/// `value` as a scalar in `style` if that can hold it, else in double quotes; lines of a block have `indent` spaces and
/// its last line has no line break. `flow`: within brackets.
pub(super) fn written(value: &str, style: Style, indent: usize, flow: bool) -> String {
    let printable = !value.chars().any(|c| text::is_unsafe(c) && !matches!(c, '\n' | '\t'));
    match style {
        Style::Plain if is_plain(value, flow) => value.to_owned(),
        Style::SingleQuoted if printable && !value.contains(['\n', '\t']) => {
            format!("'{}'", value.replace('\'', "''"))
        }
        Style::Literal | Style::Folded if printable && !flow && is_block(value) => {
            block(value, style, indent)
        }
        _ => double_quoted(value),
    }
}

/// Whether a text can stand without quotes and is read as a string.
fn is_plain(value: &str, flow: bool) -> bool {
    is_plain_safe(value) && !(flow && value.contains(':'))
}

/// Whether a block can hold a text: its first line that is not empty tells the indentation.
fn is_block(value: &str) -> bool {
    let first = value.split('\n').find(|line| !line.is_empty());
    first.is_some_and(|line| !line.starts_with([' ', '\t']))
}

fn block(value: &str, style: Style, indent: usize) -> String {
    let text = value.trim_end_matches('\n');
    let breaks = value.len() - text.len();
    let folds = style == Style::Folded
        && text.split('\n').all(|line| !line.is_empty() && !line.starts_with([' ', '\t']));
    let mut out = String::from(if folds { ">" } else { "|" });
    out.push_str(match breaks {
        0 => "-",
        1 => "",
        _ => "+",
    });
    for (index, line) in text.split('\n').enumerate() {
        if folds && index > 0 {
            out.push('\n'); // of two line breaks the first is folded away
        }
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
    }
    out.push_str(&"\n".repeat(breaks.saturating_sub(1)));
    out
}

fn double_quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if text::is_unsafe(c) => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::edit::apply;
    use crate::yaml::{Budget, File};

    /// `text` after the edit that `change` makes of the node under `key`.
    #[track_caller]
    fn check(text: &str, key: &str, change: impl Fn(Node<'_>) -> Option<Edit>, expect: Option<&str>) {
        let file = File::parse(text, &Budget::default());
        let node = file.documents()[0].root().and_then(|root| root.get(key)).expect("a node");
        let changed = change(node).map(|edit| apply(text, &[edit]).expect("an edit of the text"));
        assert_eq!(changed.as_deref(), expect);
    }

    #[test]
    fn a_scalar_is_written_anew_in_its_style_or_in_quotes() {
        let rewrite = |text: &'static str, style| move |node: Node<'_>| node.rewrite(text, style);
        check("a: b # c\nd: e\n", "a", rewrite("x y", Style::Plain), Some("a: x y # c\nd: e\n"));
        check("a: b # c\n", "a", rewrite("1", Style::Plain), Some("a: \"1\" # c\n"));
        check("a: b # c\n", "a", rewrite("x\ny\n", Style::Literal), Some("a: \"x\\ny\\n\" # c\n"));
        check("a: b\nc: d\n", "a", rewrite("x\ny\n", Style::Literal), Some("a: |\n  x\n  y\nc: d\n"));
        check("a: |\n    b\nc: d\n", "a", rewrite("x\n\n", Style::Literal), Some("a: |+\n    x\n\nc: d\n"));
        check("a: b\n\nc: d\n", "a", rewrite("x\n\n", Style::Literal), Some("a: \"x\\n\\n\"\n\nc: d\n"));
        check("a: b\n   # c\n", "a", rewrite("x\ny", Style::Literal), Some("a: \"x\\ny\"\n   # c\n"));
        check("a:\nc: d\n", "a", rewrite("x", Style::Folded), Some("a: >-\n  x\nc: d\n"));
        check("{a: b, c: d}", "a", rewrite("x,", Style::Plain), Some("{a: \"x,\", c: d}"));
        check(
            ": - a:\n",
            "",
            |node| node.items().next()?.get("a")?.rewrite("x\ny", Style::Literal),
            Some(": - a: |-\n      x\n      y\n"),
        );
        check("a: [b]\n", "a", rewrite("x", Style::Plain), None);
        check("{a, b: c}", "a", rewrite("x", Style::Plain), None);
        check("? a\n? b\n", "a", rewrite("x", Style::Plain), None);
        check("? a\n:!b c: d\n", "a", rewrite("x", Style::Plain), None);
    }

    #[test]
    fn a_plain_scalar_is_put_into_quotes() {
        check("a: yes\n", "a", |node| node.quote(), Some("a: \"yes\"\n"));
        check("a: \\d+\n", "a", |node| node.quote(), Some("a: '\\d+'\n"));
        check("a: 'b'\n", "a", |node| node.quote(), None);
    }

    #[test]
    fn an_entry_is_removed_with_its_lines() {
        let remove = |key: &'static str| move |node: Node<'_>| node.remove(key);
        check("m:\n  a: |\n    x\n  b: 1 # c\n  # d\n", "m", remove("a"), Some("m:\n  b: 1 # c\n  # d\n"));
        check("m:\n  a: 1\n  b:\n    c: d\n", "m", remove("b"), Some("m:\n  a: 1\n"));
        check("m: {a: 1, b: 2}\n", "m", remove("a"), Some("m: {b: 2}\n"));
        check("m: {a: 1, b: 2}\n", "m", remove("b"), Some("m: {a: 1}\n"));
        check("m: {a: 1, # c\n  b: 2}\n", "m", remove("a"), None);
        check("m: {a,: 1, b: 2}\n", "m", remove("a"), None);
        check("m:\n  a: 1\n", "m", remove("a"), None);
        let first = |node: Node<'_>| node.items().next()?.remove("a");
        check("m:\n- a: 1\n  b: 2\n", "m", first, Some("m:\n- b: 2\n"));
    }
}
