//! The commonest faults of indentation, told from the raw lines, with the edits that say what was meant.
//!
//! Nothing here is sure of itself: a candidate counts only when the text with its edits reads further than without
//! (see `parse`). Texts without a syntax fault are never looked at.

use granit_parser::ErrorKind;

use super::fault::{Fault, FaultKind};
use super::load::SyntaxError;
use super::map::ValueMap;
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text;

/// A fault with edits, and the end of what it touches.
#[derive(Debug)]
pub(super) struct Repair {
    pub(super) fault: Fault,
    pub(super) until: usize,
}

impl Repair {
    /// The same in places of the file, where the text has been mended before; `None` when it would change what an
    /// earlier one put in.
    pub(super) fn of_file(mut self, map: Option<&ValueMap>) -> Option<Self> {
        let Some(map) = map else { return Some(self) };
        for edit in &mut self.fault.edits {
            edit.span = if edit.span.is_empty() { map.span(edit.span) } else { map.verbatim(edit.span)? };
        }
        self.fault.span = map.span(self.fault.span);
        for related in &mut self.fault.related {
            related.span = map.span(related.span);
        }
        self.until = map.offset(self.until);
        Some(self)
    }
}

/// The map from `text` with all `edits` made to `text`.
pub(super) fn map(text: &str, edits: &[Edit]) -> ValueMap {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut map = ValueMap::new(0);
    let mut at = 0;
    for edit in sorted {
        map.push(Span::new(at, edit.span.start));
        map.push_other(edit.span, edit.replacement.len());
        at = edit.span.end;
    }
    map.push(Span::new(at, text.len()));
    map
}

/// What could be meant where `error` is, the likeliest first.
pub(super) fn candidates(text: &str, error: &SyntaxError) -> Vec<Repair> {
    let lines = document_lines(text, error.at);
    let mut found = Vec::new();
    found.extend(unindented_block(&lines, error.at));
    found.extend(tabs(&lines, error.at));
    if matches!(error.kind, ErrorKind::InvalidQuotedScalarIndent) {
        found.extend(continued_quote(text, &lines, error));
    }
    found
}

/// A line without its break: its bytes, and what it begins with.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    start: usize,
    /// Without white space at its end.
    text: &'t str,
}

impl<'t> Line<'t> {
    /// Spaces at its begin.
    fn spaces(self) -> usize {
        self.text.bytes().take_while(|byte| *byte == b' ').count()
    }

    /// Spaces and tabs at its begin.
    fn blanks(self) -> &'t str {
        let len = self.text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        &self.text[..len]
    }

    fn content(self) -> &'t str {
        &self.text[self.blanks().len()..]
    }

    fn span(self) -> Span {
        Span::new(self.start + self.blanks().len(), self.start + self.text.len())
    }

    fn is_blank(self) -> bool {
        self.text.is_empty()
    }

    /// The column of its first key or value, behind any dashes; and whether there were any.
    fn key_column(self) -> (usize, bool) {
        let content = self.content();
        let mut rest = content;
        while let Some(behind) = rest.strip_prefix("- ") {
            rest = behind.trim_start_matches(' ');
        }
        (self.blanks().len() + content.len() - rest.len(), rest.len() < content.len())
    }
}

/// The lines of the document around `at`.
fn document_lines(text: &str, at: usize) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for raw in text.split_inclusive('\n') {
        let line = Line { start, text: raw.trim_end() };
        let is_marker = line.text == "---" || line.text == "..." || line.text.starts_with("--- ");
        if is_marker && start > at {
            break;
        }
        if is_marker {
            lines.clear();
        } else {
            lines.push(line);
        }
        start += raw.len();
    }
    lines
}

/// The column that the text of a block scalar must be deeper than, when the line ends with a header (`key: |`), and how
/// much deeper its text goes by habit or by the header's own word.
fn block_header(line: Line<'_>) -> Option<(usize, usize)> {
    let content = line.content();
    let code = content.find(" #").map_or(content, |comment| content[..comment].trim_end());
    let before = code.trim_end_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let indicators = &code[before.len()..];
    let key = before.strip_suffix(['|', '>'])?;
    let key = key.trim_end_matches([' ', '\t']);
    if code.starts_with('#') || indicators.len() > 2 || key.len() == before.len() - 1 && !key.is_empty() {
        return None;
    }
    let deeper = indicators.bytes().find(u8::is_ascii_digit).map_or(2, |digit| usize::from(digit - b'0'));
    let (column, dashes) = line.key_column();
    if key.ends_with(':') || key.split_whitespace().last().is_some_and(|word| word.starts_with(['!', '&'])) {
        Some((column, deeper))
    } else if key.ends_with('-') && dashes {
        Some((column.saturating_sub(2), deeper))
    } else {
        None
    }
}

/// Whether a line reads as a key with or without a value.
fn is_key(line: Line<'_>) -> bool {
    let content = line.content();
    let name = content.strip_prefix(['"', '\'']).unwrap_or(content);
    let len = name
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
        .count();
    let rest = name[len..].trim_start_matches(['"', '\'']);
    len > 0 && rest.strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// A block scalar above `at` whose text does not stand deeper than its key.
fn unindented_block(lines: &[Line<'_>], at: usize) -> Option<Repair> {
    let is_candidate = |index: &usize| {
        let Some((column, _)) = block_header(lines[*index]) else { return false };
        let first = lines[index + 1..].iter().find(|line| !line.is_blank());
        first.is_some_and(|line| {
            line.start <= at && line.spaces() <= column && !line.blanks().contains('\t') && !is_key(*line)
        })
    };
    let index = (0..lines.len()).take_while(|index| lines[*index].start <= at).filter(is_candidate).last()?;
    let (column, deeper) = block_header(lines[index])?;
    let body = text_lines(&lines[index + 1..], column)?;
    let first = body.iter().find(|line| !line.is_blank())?;
    let indent = " ".repeat(column + deeper - first.spaces());
    let indented = body.iter().filter(|line| !line.is_blank());
    let edits: Vec<Edit> = indented.map(|line| Edit::insert(line.start, indent.clone())).collect();
    let header = lines[index];
    let key = header.content().trim_start_matches("- ");
    let key = text::escape(&text::clip(key.split(':').next().unwrap_or(key), 80)).into_owned();
    let message =
        format!("the text of `{key}` does not stand deeper than its key: the block is read as empty");
    let count = text::count(edits.len() as u64, "line");
    let fault = Fault::new(FaultKind::UnindentedBlock, first.span(), message)
        .related(header.span(), "the block begins here")
        .help(format!("indent the {count} of the text by {} more spaces", indent.len()));
    let until = first.start;
    Some(Repair { fault: Fault { edits, ..fault }, until })
}

/// The lines that were meant as the text of a block scalar under a key at `column`: up to what is less deep than their
/// first, or is a key or an item beside the scalar's own.
fn text_lines<'l, 't>(lines: &'l [Line<'t>], column: usize) -> Option<&'l [Line<'t>]> {
    let first = lines.iter().find(|line| !line.is_blank())?;
    let begins = first.blanks().len();
    let beside = |line: &Line<'_>| {
        let item = line.content().starts_with("- ") && !first.content().starts_with('-');
        line.blanks().len() <= column && (is_key(*line) || item)
    };
    let ends = |line: &Line<'_>| !line.is_blank() && (line.blanks().len() < begins || beside(line));
    let len = lines.iter().position(ends).unwrap_or(lines.len());
    let last = lines[..len].iter().rposition(|line| !line.is_blank())?;
    Some(&lines[..=last])
}

/// Tabs at the begin of lines, from the first to the last of the document, outside of block scalars that have spaces.
fn tabs(lines: &[Line<'_>], at: usize) -> Option<Repair> {
    [2, 4, 8].into_iter().find_map(|width| tabs_as(lines, at, width))
}

/// The repair of tabs, one as `width` spaces; `None` when that does not make the deeper lines deeper.
fn tabs_as(lines: &[Line<'_>], at: usize, width: usize) -> Option<Repair> {
    let column =
        |blanks: &str| blanks.bytes().map(|byte| if byte == b'\t' { width } else { 1 }).sum::<usize>();
    let mut edits = Vec::new();
    let mut first = None;
    let mut opened: Option<usize> = None; // the column of a line before, when it ends with `:`
    let mut block: Option<(usize, &str)> = None; // a block scalar's key, and how its first line begins
    for line in lines.iter().filter(|line| !line.is_blank()) {
        let blanks = line.blanks();
        let mut prefix = blanks;
        if let Some((key, begin)) = &mut block {
            if column(blanks) > *key {
                if begin.is_empty() {
                    *begin = blanks;
                }
                prefix = if blanks.starts_with(*begin) { begin } else { blanks };
                let spaces = prefix.len() - prefix.trim_start_matches(' ').len();
                if spaces > *key {
                    continue;
                }
            } else {
                block = None;
            }
        }
        let here = column(prefix);
        if block.is_none() {
            let dash = line.content().starts_with("- ");
            if prefix.contains('\t') && opened.is_some_and(|parent| here < parent + usize::from(!dash)) {
                return None;
            }
            let opens = line.content().ends_with(':') && !line.content().starts_with('#');
            opened = opens.then(|| here + line.key_column().0 - blanks.len());
            block = block_header(*line).map(|(key, _)| (here + key - blanks.len().min(key), ""));
        }
        if prefix.contains('\t') {
            first.get_or_insert(*line);
            edits.push(Edit::replace(Span::new(line.start, line.start + prefix.len()), " ".repeat(here)));
        }
    }
    let first = first?;
    let span = Span::new(first.start, first.start + first.blanks().len());
    let count = text::count(edits.len() as u64, "line");
    let fault =
        Fault::new(FaultKind::TabIndentation, span, "a tab indents this line: YAML takes spaces only")
            .help(format!("put {width} spaces for each tab at the begin of {count}"));
    Some(Repair { fault: Fault { edits, ..fault }, until: at })
}

/// A quoted scalar that goes on further left than its key, which Go reads.
fn continued_quote(text: &str, lines: &[Line<'_>], error: &SyntaxError) -> Option<Repair> {
    let open = error.quote(text)?;
    let quote = text.as_bytes()[open];
    let opening = lines.iter().rev().find(|line| line.start <= open)?;
    let deep = opening.key_column().0 + 1;
    let mut edits = Vec::new();
    let mut last = None;
    for line in lines.iter().filter(|line| line.start > open) {
        if !line.is_blank() && line.blanks().len() < deep {
            edits.push(Edit::insert(line.start, " ".repeat(deep - line.blanks().len())));
        }
        last = Some(line.start + line.text.len());
        if line.text.bytes().any(|byte| byte == quote) {
            break;
        }
    }
    let first = lines.iter().find(|line| Some(line.start) == edits.first().map(|edit| edit.span.start))?;
    let message = "a quoted text goes on further left than its key: Go reads it, YAML 1.2 does not allow it";
    let fault = Fault::new(FaultKind::ContinuedQuote, first.span(), message)
        .related(Span::new(open, open + 1), "the text begins here")
        .help("indent the lines that go on by more than the key");
    Some(Repair { fault: Fault { edits, ..fault }, until: last? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::edit;
    use crate::yaml::{Budget, Document, File};

    /// Reads `text`, which has faults of these kinds and no others; with the edits of all, it is `mended`, which has
    /// none; and it reads as if it had been written so, each place in the file as it is.
    #[track_caller]
    fn check(text: &str, kinds: &[FaultKind], mended: &str) {
        let file = File::parse(text, &Budget::default());
        let found: Vec<FaultKind> = file.faults().iter().map(|fault| fault.kind).collect();
        assert_eq!(found, kinds, "{:?}", file.faults());
        let edits: Vec<Edit> = file.faults().iter().flat_map(|fault| fault.edits.iter().cloned()).collect();
        assert_eq!(edit::apply(text, &edits).as_deref(), Ok(mended));
        let again = File::parse(mended, &Budget::default());
        assert_eq!(again.faults(), []);
        assert!(file.documents().iter().all(Document::complete));
        let map = map(text, &edits);
        let places = |file: &File, map: Option<&ValueMap>| {
            let mut found = Vec::new();
            for node in file.documents().iter().filter_map(Document::root) {
                crate::yaml::testing::walk(node, &mut |node| {
                    let span = map.map_or(node.span(), |map| map.span(node.span()));
                    found.push((span, node.text().map(str::to_owned)));
                });
            }
            found
        };
        assert_eq!(places(&file, None), places(&again, Some(&map)));
    }

    #[track_caller]
    fn check_left_alone(text: &str) {
        let file = File::parse(text, &Budget::default());
        assert!(file.faults().iter().all(|fault| fault.edits.is_empty()), "{:?}", file.faults());
    }

    use FaultKind::{ContinuedQuote, TabIndentation, UnindentedBlock};

    #[test]
    fn a_block_without_indentation_is_indented() {
        check(
            "metadata:\n  annotations:\n    a/b: |\n    - x:\n        y\n    - z\n  name: n\n",
            &[UnindentedBlock],
            "metadata:\n  annotations:\n    a/b: |\n      - x:\n          y\n      - z\n  name: n\n",
        );
        check(
            "data:\n  a.toml: | # why\n[agent]\n  x = 1\n\n[[b]]\n  b.yml: x\nkind: ConfigMap\n",
            &[UnindentedBlock],
            "data:\n  a.toml: | # why\n    [agent]\n      x = 1\n\n    [[b]]\n  b.yml: x\nkind: ConfigMap\n",
        );
        check(
            "- expr: |-\n  sum(x)\n  labels: {}\n- |\n[x\n",
            &[UnindentedBlock, UnindentedBlock],
            "- expr: |-\n    sum(x)\n  labels: {}\n- |\n  [x\n",
        );
        check("a: |\r\n[b]\r\n[c]\r\n", &[UnindentedBlock], "a: |\r\n  [b]\r\n  [c]\r\n");
    }

    #[test]
    fn tabs_become_spaces() {
        check(
            "a:\n  b:\n\t- c\n  d:\n\te: 1\n\tf:\n\t\tg: |\n\t\t  x\n\t\t  \ty\nh: |\n  \tz\n",
            &[TabIndentation],
            "a:\n  b:\n    - c\n  d:\n    e: 1\n    f:\n        g: |\n          x\n          \ty\nh: |\n  \tz\n",
        );
        check("a: |\n\tx\n\t\ty\n", &[TabIndentation], "a: |\n  x\n  \ty\n");
        check("a:\n\tb: 1\n\tc: 2\n", &[TabIndentation], "a:\n  b: 1\n  c: 2\n");
    }

    #[test]
    fn faults_of_both_sorts_and_in_several_documents_are_mended() {
        check(
            "m:\n  a: |\n  - x:\n      y\n  \n  f:\n\t- z\ns:\n  d:\n\tn: 1\n---\nb: >-\n(x\n",
            &[UnindentedBlock, TabIndentation, UnindentedBlock],
            "m:\n  a: |\n    - x:\n        y\n  \n  f:\n    - z\ns:\n  d:\n    n: 1\n---\nb: >-\n  (x\n",
        );
    }

    #[test]
    fn a_quoted_text_that_goes_on_at_the_left_is_read() {
        check(
            "a:\n  - b: \"x\n y\n\nz\"\n    c: 1\n",
            &[ContinuedQuote],
            "a:\n  - b: \"x\n     y\n\n     z\"\n    c: 1\n",
        );
        assert!(!ContinuedQuote.is_fatal());
    }

    #[test]
    fn what_cannot_be_mended_is_left_alone() {
        for text in [
            "a: \"x\nb: \"1\"\n",
            "a: |\nb: 1\nc: [\n",
            "a: |\n  x\n y\n",
            "a: [\n\tx\n",
            "a: {{ x }}y\n",
            "- |\n  \tx\n- ]\n",
        ] {
            check_left_alone(text);
        }
    }
}
