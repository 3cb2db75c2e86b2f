//! A fix as lines that go and lines that come.

use super::excerpt::shown;
use super::mask::STARS;
use super::source::Source;
use crate::base::edit::{self, Edit};
use crate::base::span::Span;
use crate::base::text::printable;

/// What is shown of a fix at most; a larger one is named, not shown.
const MAX_EDITS: usize = 16;
const MAX_LINES: usize = 40;
const MAX_BYTES: usize = 4000;

/// Characters shown before the first and after the last change of a line.
const AROUND: usize = 80;

/// One line of a difference.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// From 1: of the old text, where it goes; of the new, as if this were the only change, where it comes.
    pub(super) number: usize,
    pub(super) comes: bool,
    pub(super) text: String,
}

/// The lines of `source` that `edits` change, before and after; `None` where they are too many to show, or cannot be
/// made.
pub(super) fn lines(source: &Source<'_>, edits: &[Edit]) -> Option<Vec<Line>> {
    if edits.len() > MAX_EDITS {
        return None;
    }
    let sorted = edit::in_order(source.text(), edits).ok()?;
    let size: usize =
        sorted.iter().map(|edit| edit.replacement.len() + edit.span.end - edit.span.start).sum();
    if size > MAX_BYTES {
        return None;
    }
    let together = |a: &&Edit, b: &&Edit| {
        let gap = b.span.start - a.span.end;
        gap <= AROUND && source.position(b.span.start).line <= source.position(a.span.end).line + 1
    };
    let lines: Vec<Line> = sorted.chunk_by(together).flat_map(|edits| change(source, edits)).collect();
    (lines.len() <= MAX_LINES).then_some(lines)
}

/// The difference that neighbouring edits make.
fn change(source: &Source<'_>, edits: &[&Edit]) -> Vec<Line> {
    let (Some(first), Some(last)) = (edits.first(), edits.last()) else { return Vec::new() };
    let number = source.position(first.span.start).line;
    let line = source.line(number);
    let last_line = source.line(source.position(last.span.end).line);
    let head = Span::new(line.start, first.span.start.max(line.start));
    let tail = Span::new(last.span.end, last_line.end.max(last.span.end));
    let (head, tail) = (before(source, head), after(source, tail));
    let old = format!("{head}{}{tail}", shown(source, Span::new(first.span.start, last.span.end)));
    let mut new = head;
    let mut at = first.span.start;
    for edit in edits {
        new.push_str(&shown(source, Span::new(at, edit.span.start)));
        new.push_str(&replacement(source, edit));
        at = edit.span.end;
    }
    new.push_str(&tail);
    difference(number, &old, &new)
}

/// Without the lines that are the same at the beginning and at the end.
fn difference(number: usize, old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let side = |lines: &[&str], comes| -> Vec<Line> {
        let lines = lines[..lines.len() - tail].iter().enumerate();
        lines.map(|(at, text)| Line { number: number + head + at, comes, text: (*text).to_owned() }).collect()
    };
    let mut lines = side(old, false);
    lines.extend(side(new, true));
    lines
}

/// The end of what stands before a change.
fn before(source: &Source<'_>, span: Span) -> String {
    let skipped = span.of(source.text()).char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
    let text = shown(source, Span::new(span.start + skipped, span.end));
    if skipped > 0 { format!("…{text}") } else { text }
}

/// The beginning of what stands behind a change.
fn after(source: &Source<'_>, span: Span) -> String {
    match span.of(source.text()).char_indices().nth(AROUND) {
        Some((at, _)) => format!("{}…", shown(source, Span::new(span.start, span.start + at))),
        None => shown(source, span),
    }
}

/// What is put in, as it may be shown. In place of something masked, or beside it, only its quotes are shown: it may
/// hold the secret in any form.
fn replacement(source: &Source<'_>, edit: &Edit) -> String {
    if !source.mask().touches(edit.span) {
        let scrubbed = source.scrub(&edit.replacement).replace("\r\n", "\n").replace('\t', "    ");
        let lines: Vec<_> = scrubbed.split('\n').map(printable).collect();
        return lines.join("\n");
    }
    let is_frame = |c: char| matches!(c, '"' | '\'' | ' ' | '\n');
    let text = &edit.replacement;
    let inner = text.trim_start_matches(is_frame);
    let begin = &text[..text.len() - inner.len()];
    let kept = inner.trim_end_matches(is_frame);
    let end = &inner[kept.len()..];
    if kept.is_empty() { text.clone() } else { format!("{begin}{STARS}{end}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Mask;

    #[track_caller]
    fn check(text: &str, mask: &[Span], edits: &[Edit], expect: &[&str]) {
        let source = Source::new("f", text, Mask::new(mask.iter().copied()));
        let show =
            |line: Line| format!("{} {} {}", line.number, if line.comes { '+' } else { '-' }, line.text);
        let lines: Vec<String> = lines(&source, edits).expect("shown").into_iter().map(show).collect();
        assert_eq!(lines, expect);
    }

    #[test]
    fn a_line_that_changes_goes_and_comes() {
        let quote = [Edit::insert(5, "\""), Edit::insert(9, "\"")];
        check(
            "a:\nb: 8080\nc:",
            &[],
            &[Edit::replace(Span::new(6, 10), "\"8080\"")],
            &["2 - b: 8080", "2 + b: \"8080\""],
        );
        check("p:   8080\nc:", &[], &quote, &["1 - p:   8080", "1 + p:   \"8080\""]);
    }

    #[test]
    fn whole_lines_only_go_or_only_come() {
        check("a\nb\nc\n", &[], &[Edit::delete(Span::new(2, 4))], &["2 - b"]);
        check("a\r\nb\r\nc", &[], &[Edit::insert(3, "x\r\n")], &["2 + x"]);
        check("a\nb", &[], &[Edit::insert(3, "\nc")], &["3 + c"]);
        check("", &[], &[Edit::insert(0, "c")], &["1 - ", "1 + c"]);
    }

    #[test]
    fn changes_far_apart_stand_apart() {
        let edits = [Edit::replace(Span::new(2, 3), "B"), Edit::replace(Span::new(0, 1), "A")];
        check("a\nb\nc", &[], &edits, &["1 - a", "2 - b", "1 + A", "2 + B"]);
        let edits = [Edit::replace(Span::new(0, 1), "A"), Edit::replace(Span::new(6, 7), "D")];
        check("a\nb\nc\nd", &[], &edits, &["1 - a", "1 + A", "4 - d", "4 + D"]);
    }

    #[test]
    fn secrets_are_not_shown() {
        let (text, mask) = ("pw: hunter2\nu: x", [Span::new(4, 11)]);
        let quoted = Edit::replace(Span::new(4, 11), "\"hunter2\"");
        check(text, &mask, &[quoted], &["1 - pw: ***", "1 + pw: \"***\""]);
        let moved = Edit::replace(Span::new(15, 16), "hunter2");
        check(text, &mask, &[moved], &["2 - u: x", "2 + u: ***"]);
        check("pw: abc", &[Span::new(4, 7)], &[Edit::insert(7, "abc")], &["1 - pw: ***", "1 + pw: ******"]);
    }

    #[test]
    fn long_lines_are_cut_around_the_change() {
        let text = format!("{}X{}", "a".repeat(500_000), "b".repeat(500_000));
        let (a, b) = ("a".repeat(AROUND), "b".repeat(AROUND));
        let expect = [format!("1 - …{a}X{b}…"), format!("1 + …{a}Y{b}…")];
        let edit = Edit::replace(Span::new(500_000, 500_001), "Y");
        check(&text, &[], &[edit], &[&expect[0], &expect[1]]);
    }

    #[test]
    fn what_is_too_large_or_cannot_be_made_is_not_shown() {
        let source = Source::new("f", "abc", Mask::default());
        let shown = |edits: &[Edit]| lines(&source, edits).is_some();
        assert!(shown(&[Edit::insert(1, "x")]));
        assert!(!shown(&[Edit::insert(1, "x".repeat(MAX_BYTES + 1))]));
        assert!(!shown(&[Edit::insert(1, "x\n".repeat(MAX_LINES + 1))]));
        assert!(!shown(&[Edit::insert(9, "x")]));
        assert!(!shown(&[Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(1, 3))]));
        assert!(!shown(&vec![Edit::insert(1, "x"); MAX_EDITS + 1]));
    }
}
