//! Two states of a text as a unified difference, secrets masked.

use std::fmt::Write as _;
use std::ops::Range;

use crate::diagnostic::Source;

/// Lines around a change.
const AROUND: usize = 3;

/// More steps than this are not searched for the shortest difference: what changes is then shown as one block.
const STEPS_MAX: usize = 1000;

/// What turns `old` into `new`, as `diff -u` shows it; empty when they are the same. What may not be shown is stars in
/// it, so that it is for eyes; a difference without secrets can be given to `patch`.
#[must_use]
pub fn unified(old: &Source<'_>, new: &Source<'_>) -> String {
    let (before, after) = (split(old.text()), split(new.text()));
    let changes = changes(&before, &after);
    if changes.is_empty() {
        return String::new();
    }
    let name = crate::base::text::printable(old.name());
    let mut out = format!("--- {name}\n+++ {name}\n");
    for hunk in hunks(&changes) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let head = first.old.start.min(AROUND);
        let tail = (before.len() - last.old.end).min(AROUND);
        let old_lines = first.old.start - head..last.old.end + tail;
        let new_lines = first.new.start - head..last.new.end + tail;
        let _ = writeln!(out, "@@ -{} +{} @@", place(&old_lines), place(&new_lines));
        let mut at = old_lines.start;
        for change in hunk {
            side(&mut out, ' ', old, &before, at..change.old.start);
            side(&mut out, '-', old, &before, change.old.clone());
            side(&mut out, '+', new, &after, change.new.clone());
            at = change.old.end;
        }
        side(&mut out, ' ', old, &before, at..old_lines.end);
    }
    out
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Lines of the old text that other lines come for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// `12,3`: the first line, from 1, and how many.
fn place(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn side(out: &mut String, sign: char, source: &Source<'_>, lines: &[&str], range: Range<usize>) {
    for number in range {
        let _ = writeln!(out, "{sign}{}", source.shown_line(number + 1));
        if lines.get(number).is_some_and(|line| !line.ends_with('\n')) {
            out.push_str("\\ No newline at end of file\n");
        }
    }
}

/// Changes so near that the lines between them are shown all.
fn hunks(changes: &[Change]) -> impl Iterator<Item = &[Change]> {
    changes.chunk_by(|a, b| b.old.start - a.old.end <= 2 * AROUND)
}

/// The shortest way from one to the other (Myers), in blocks.
fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (inner_old, inner_new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    if inner_old.is_empty() && inner_new.is_empty() {
        return Vec::new();
    }
    let Some(same) = common(inner_old, inner_new) else {
        return vec![Change { old: head..old.len() - tail, new: head..new.len() - tail }];
    };
    let mut changes = Vec::new();
    let (mut x, mut y) = (0, 0);
    for (a, b) in same.into_iter().chain([(inner_old.len(), inner_new.len())]) {
        if a > x || b > y {
            changes.push(Change { old: head + x..head + a, new: head + y..head + b });
        }
        (x, y) = (a + 1, b + 1);
    }
    changes
}

/// Pairs of lines that stay, in order; `None` when that takes too long to find.
fn common(old: &[&str], new: &[&str]) -> Option<Vec<(usize, usize)>> {
    let limit = (old.len() + new.len()).min(STEPS_MAX);
    let width = 2 * limit + 3;
    let middle = limit + 1;
    // How far into `old` one comes on each diagonal, and that of all steps before.
    let mut far = vec![0_usize; width];
    let mut steps: Vec<Vec<usize>> = Vec::new();
    for step in 0..=limit {
        steps.push(far[middle - step.min(middle)..=middle + step].to_vec());
        for diagonal in (middle - step..=middle + step).step_by(2) {
            let down = diagonal == middle - step
                || (diagonal != middle + step && far[diagonal - 1] < far[diagonal + 1]);
            let mut x = if down { far[diagonal + 1] } else { far[diagonal - 1] + 1 };
            let mut y = (x + middle).saturating_sub(diagonal);
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            far[diagonal] = x;
            if x >= old.len() && y >= new.len() {
                return Some(walk_back(&steps, old.len(), new.len()));
            }
        }
    }
    None
}

/// The pairs that stay on the way that was found, from its end to its beginning.
fn walk_back(steps: &[Vec<usize>], mut x: usize, mut y: usize) -> Vec<(usize, usize)> {
    let mut same = Vec::new();
    for (step, far) in steps.iter().enumerate().rev() {
        // `far` holds the diagonals -step..=step; ours is x - y.
        let at = |diagonal: isize| {
            usize::try_from(diagonal + step.cast_signed()).ok().and_then(|at| far.get(at)).copied()
        };
        let diagonal = x.cast_signed() - y.cast_signed();
        let (below, above) = (at(diagonal - 1), at(diagonal + 1));
        let first = -step.cast_signed();
        let down = diagonal == first || (diagonal != -first && below < above);
        let (from_x, from_diagonal) = if step == 0 {
            (0, 0)
        } else if down {
            (above.unwrap_or(0), diagonal + 1)
        } else {
            (below.unwrap_or(0), diagonal - 1)
        };
        let from_y = (from_x.cast_signed() - from_diagonal).max(0).cast_unsigned();
        while x > from_x && y > from_y {
            (x, y) = (x - 1, y - 1);
            same.push((x, y));
        }
        if step > 0 {
            (x, y) = (from_x, from_y);
        }
    }
    same.reverse();
    same
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::span::Span;
    use crate::diagnostic::Mask;

    #[track_caller]
    fn check(old: &str, new: &str, expect: &str) {
        let source = |text| Source::new("f", text, Mask::default());
        let shown = unified(&source(old), &source(new));
        let expect = if expect.is_empty() { String::new() } else { format!("--- f\n+++ f\n{expect}") };
        assert_eq!(shown, expect, "\n{shown}");
    }

    #[test]
    fn as_diff_shows_it() {
        check("a\n", "a\n", "");
        check("a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
        check(
            "a",
            "a\nb",
            "@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n",
        );
        check("", "a\n", "@@ -0,0 +1 @@\n+a\n");
        check("a\r\nb\r\n", "a\r\n", "@@ -1,2 +1 @@\n a\n-b\n");
    }

    #[test]
    fn far_changes_are_hunks_of_their_own() {
        let old: String = (1..=20).map(|line| format!("{line}\n")).collect();
        let new = old.replace("\n2\n", "\nx\n").replace("\n19\n", "\n");
        let expect = "@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n@@ -16,5 +16,4 @@\n 16\n 17\n 18\n-19\n 20\n";
        check(&old, &new, expect);
    }

    #[test]
    fn secrets_are_stars() {
        let (old, new) = ("p: canary\nx: 1\n", "p: canary\nx: 2\n");
        let source = |text| Source::new("f", text, Mask::new([Span::new(3, 9)]));
        let shown = unified(&source(old), &source(new));
        assert_eq!(shown, "--- f\n+++ f\n@@ -1,2 +1,2 @@\n p: ***\n-x: 1\n+x: 2\n");
    }

    proptest! {
        #[test]
        fn changes_lead_from_one_to_the_other(old in "[abc\n]{0,60}", new in "[abc\n]{0,60}") {
            let (before, after) = (split(&old), split(&new));
            let mut made: Vec<&str> = Vec::new();
            let mut at = 0;
            for change in changes(&before, &after) {
                made.extend(&before[at..change.old.start]);
                prop_assert_eq!(made.len(), change.new.start);
                made.extend(&after[change.new.clone()]);
                at = change.old.end;
            }
            made.extend(&before[at..]);
            prop_assert_eq!(made, after);
        }
    }
}
