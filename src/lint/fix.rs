//! Fixes made: the edits of findings put into their texts, as long as that makes the texts better.
//!
//! A round makes what does not overlap and checks everything again. A text in which something new is found, or not less
//! than before, stays as it was before the round. That ends after [`ROUNDS_MAX`] rounds, or when nothing changes.

use std::collections::BTreeMap;

use super::{Checked, World};
use crate::base::edit::{self, Edit};
use crate::diagnostic::{Finding, Fix, Safety};

/// More rounds than this are not made: a fix that makes room for another is rare.
const ROUNDS_MAX: usize = 10;

/// A text that is to be mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// What findings call it.
    pub name: String,
    pub text: String,
    /// Fixes made so far.
    pub fixes: usize,
    /// Whether fixes were taken back, because they made it no better.
    pub refused: bool,
}

/// Mends the texts of a world in which the same holds as in `like`: safe fixes, with `all` the others too, of the findings that `wanted` leaves.
pub fn fix(like: &World, all: bool, texts: &mut [Text], wanted: &dyn Fn(&Checked<'_>) -> Vec<Finding>) {
    let mut found = check(like, texts, wanted);
    for _ in 0..ROUNDS_MAX {
        let before: Vec<Text> = texts.to_vec();
        for (text, found) in texts.iter_mut().zip(&found) {
            if !text.refused {
                mend(text, all, &found.wanted);
            }
        }
        if texts == before.as_slice() {
            return;
        }
        let mut after = check(like, texts, wanted);
        let mut taken_back = false;
        for (at, text) in texts.iter_mut().enumerate() {
            let changed = text.text != before[at].text;
            if changed && !is_better(&found[at].rules, &after[at].rules) {
                *text = Text { refused: true, ..before[at].clone() };
                taken_back = true;
            }
        }
        if taken_back {
            after = check(like, texts, wanted);
        }
        found = after;
    }
}

/// What is found in one text.
struct Found {
    wanted: Vec<Finding>,
    /// How often each rule, of all findings.
    rules: BTreeMap<&'static str, usize>,
}

fn check(like: &World, texts: &[Text], wanted: &dyn Fn(&Checked<'_>) -> Vec<Finding>) -> Vec<Found> {
    let mut world = like.emptied();
    for text in texts {
        world.add(&text.name, text.text.clone());
    }
    let found = world.check().into_iter().map(|checked| {
        let mut rules = BTreeMap::new();
        for finding in &checked.findings {
            *rules.entry(finding.rule).or_default() += 1;
        }
        Found { wanted: wanted(&checked), rules }
    });
    found.collect()
}

/// Whether there are fewer findings, and of no rule more.
fn is_better(before: &BTreeMap<&str, usize>, after: &BTreeMap<&str, usize>) -> bool {
    let count = |rules: &BTreeMap<&str, usize>| rules.values().sum::<usize>();
    count(after) < count(before)
        && after.iter().all(|(rule, count)| before.get(rule).is_some_and(|before| count <= before))
}

/// Makes the fixes of `findings` that do not touch each other, the first of those that do.
fn mend(text: &mut Text, all: bool, findings: &[Finding]) {
    let fixes = findings.iter().filter_map(|finding| finding.fix.as_ref());
    let mut fixes: Vec<&Fix> = fixes.filter(|fix| all || fix.safety == Safety::Safe).collect();
    fixes.sort_by_key(|fix| fix.edits.iter().map(|edit| edit.span).min());
    let mut edits: Vec<Edit> = Vec::new();
    let mut end = 0;
    let mut made = 0;
    for fix in fixes {
        let Some(first) = fix.edits.iter().map(|edit| edit.span.start).min() else { continue };
        // Two inserts at one place may be the same fix of two findings.
        let touches = first < end || edits.iter().rev().take(8).any(|edit| edit.span.start == first);
        if touches || edit::in_order(&text.text, &fix.edits).is_err() {
            continue;
        }
        end = fix.edits.iter().map(|edit| edit.span.end).max().unwrap_or(end).max(end);
        edits.extend(fix.edits.iter().map(|edit| in_line_with(&text.text, edit)));
        made += 1;
    }
    if let Ok(mended) = edit::apply(&text.text, &edits)
        && made > 0
        && mended != text.text
    {
        text.text = mended;
        text.fixes += made;
    }
}

/// The edit with the line breaks that the text has.
fn in_line_with(text: &str, edit: &Edit) -> Edit {
    let crlf = text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    if crlf && edit.replacement.contains('\n') && !edit.replacement.contains("\r\n") {
        return Edit::replace(edit.span, edit.replacement.replace('\n', "\r\n"));
    }
    edit.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::Span;
    use crate::lint::Options;

    fn text(text: &str) -> Text {
        Text { name: "a.yml".into(), text: text.to_owned(), fixes: 0, refused: false }
    }

    #[track_caller]
    fn check(before: &str, all: bool, after: &str) {
        let mut texts = [text(before)];
        let wanted = |checked: &Checked<'_>| checked.findings.clone();
        fix(&World::new(Options::default()), all, &mut texts, &wanted);
        assert_eq!(texts[0].text, after);
        let mut again = [text(after)];
        fix(&World::new(Options::default()), all, &mut again, &wanted);
        assert_eq!((again[0].text.as_str(), again[0].fixes), (after, 0));
    }

    #[test]
    fn layout_stays() {
        check(
            "# top\nscrape_configs: # jobs\n- job_name:   a  # x\n  scrape_intervall: 1m",
            false,
            "# top\nscrape_configs: # jobs\n- job_name:   a  # x\n  scrape_interval: 1m",
        );
        check(
            "\u{feff}scrape_configs:\r\n- jobname: a\r\n  honor_label: true\r\n",
            false,
            "\u{feff}scrape_configs:\r\n- job_name: a\r\n  honor_labels: true\r\n",
        );
    }

    #[test]
    fn unsafe_fixes_are_only_made_when_wanted() {
        let before = "scrape_configs:\n- job_name: a\n  scrape_interval: 30\n";
        check(before, false, before);
        check(before, true, "scrape_configs:\n- job_name: a\n  scrape_interval: 30s\n");
    }

    #[test]
    fn what_makes_it_no_better_is_taken_back() {
        // Both renamed, the field would be there twice.
        let before = "scrape_configs:\n- job_nam: a\n  jobname: b\n";
        let mut texts = [text(before), text("scrape_configs:\n- jobname: a\n")];
        fix(&World::new(Options::default()), false, &mut texts, &|checked| checked.findings.clone());
        assert_eq!((texts[0].text.as_str(), texts[0].refused, texts[0].fixes), (before, true, 0));
        assert_eq!((texts[1].refused, texts[1].fixes), (false, 1));
    }

    #[test]
    fn of_fixes_that_overlap_the_first_is_made() {
        let finding = |start, end, to: &str| {
            let edits = vec![Edit::replace(Span::new(start, end), to)];
            Finding::error("a/b", Span::new(start, end), "m").fix("f", Safety::Safe, edits)
        };
        let mut mended = text("abcdef");
        mend(&mut mended, false, &[finding(1, 3, "X"), finding(2, 4, "Y"), finding(4, 5, "Z")]);
        assert_eq!((mended.text.as_str(), mended.fixes), ("aXdZf", 2));
    }
}
