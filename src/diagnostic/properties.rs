//! Any finding on any text.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::base::testing::cases;
use crate::fuzzing::diagnostic::{assert_harmless, forms};

/// Text of lines, scripts, widths and controls, all lower case.
fn plain() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        6 => "[a-p0-9 :{}\\[\\]'-]{0,12}",
        3 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        2 => "[日語é\u{301}👩\u{200d}💻\t\r]{1,5}",
        1 => "[\u{1b}\u{202e}\u{0}\u{9b}\u{7f}\u{feff}\u{2028}]{1,3}",
        1 => "[a-p]{150,400}",
    ];
    vec(part, 0..30).prop_map(|parts| parts.concat())
}

/// Text of characters that no other text has.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[QXZJKWЖЩ]{1,12}", 1 => "[QXZJЖ\n\t\u{1b}\"]{1,30}", 1 => "[QXZJ]{300,500}"]
}

/// A text, its secrets' places, and the secrets.
fn text() -> impl Strategy<Value = (String, Vec<Span>, Vec<String>)> {
    vec((plain(), secret()), 0..4).prop_flat_map(|parts| {
        plain().prop_map(move |end| {
            let mut text = String::new();
            let mut mask = Vec::new();
            for (before, secret) in &parts {
                text.push_str(before);
                mask.push(Span::new(text.len(), text.len() + secret.len()));
                text.push_str(secret);
            }
            (text + &end, mask, parts.iter().map(|(_, secret)| secret.clone()).collect())
        })
    })
}

/// Spans in and around a text, wrong ones too.
fn span(len: usize) -> impl Strategy<Value = Span> {
    prop_oneof![
        4 => (0..=len, 0..20_usize).prop_map(|(start, len)| Span { start, end: start + len }),
        2 => (0..=len, 0..=len).prop_map(|(a, b)| Span { start: a.min(b), end: a.max(b) }),
        1 => (0..len + 9, 0..len + 9).prop_map(|(start, end)| Span { start, end }),
        1 => Just(Span { start: usize::MAX, end: 0 }),
        1 => Just(Span { start: 0, end: usize::MAX }),
    ]
}

/// What somebody says who quotes secrets.
fn saying(secrets: Vec<String>) -> impl Strategy<Value = String> {
    let quote =
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(move |(which, from)| {
            let secret = if secrets.is_empty() { "" } else { which.get(&secrets) };
            let from = secret.floor_char_boundary(from.index(secret.len() + 1));
            format!("`{}`{}", &secret[from..], &secret[..from])
        });
    vec(prop_oneof![plain(), quote], 0..3).prop_map(|parts| parts.concat())
}

fn finding(len: usize, secrets: &[String]) -> impl Strategy<Value = Finding> + use<> {
    let say = || saying(secrets.to_vec());
    let edit = (span(len), say()).prop_map(|(span, replacement)| Edit { span, replacement });
    let fix = (say(), vec(edit, 0..4));
    let severity = prop_oneof![Just(Severity::Info), Just(Severity::Warning), Just(Severity::Error)];
    let head = (severity, span(len), say(), say());
    (head, vec((span(len), say()), 0..11), say(), say(), prop::option::of(fix)).prop_map(
        |((severity, at, message, label), related, why, help, fix)| {
            let finding = Finding::new("a/b", severity, at, message).label(label).why(why).help(help);
            let finding =
                related.into_iter().fold(finding, |finding, (at, label)| finding.related(at, label));
            match fix {
                Some((title, edits)) => finding.fix(title, Safety::Unsafe, edits),
                None => finding,
            }
        },
    )
}

type Case = (String, Vec<Span>, Vec<Finding>);

fn case() -> impl Strategy<Value = Case> {
    text().prop_flat_map(|(text, mask, secrets)| {
        let findings = vec(finding(text.len(), &secrets), 1..4);
        (Just(text), Just(mask), findings)
    })
}

/// No telling part of what is masked stands in what is shown, unless it stands elsewhere in the text: most of a short
/// secret, eight bytes of a long one.
#[track_caller]
fn assert_no_secret(text: &str, mask: &[Span], shown: &str) {
    let mut open = text.to_owned().into_bytes();
    for span in mask {
        open[span.start..span.end].fill(0xff);
    }
    // Stretches that touch are one.
    let masked: Vec<bool> = (0..text.len()).map(|at| mask.iter().any(|span| span.contains(at))).collect();
    let elsewhere: HashSet<&[u8]> = open.windows(4).collect();
    let mut at = 0;
    for run in masked.chunk_by(|a, b| a == b) {
        let secret = &text.as_bytes()[at..at + run.len()];
        at += run.len();
        if !run[0] {
            continue;
        }
        let size = (secret.len() * 2).div_ceil(3).clamp(4, 8);
        for part in secret.windows(size) {
            // A run of blanks is in the layout of any excerpt.
            let own = |piece: &[u8]| !elsewhere.contains(piece) && !piece.iter().all(u8::is_ascii_whitespace);
            if part.windows(4).all(own) {
                let told = shown.as_bytes().windows(size).any(|it| it == part);
                assert!(!told, "{:?} in {shown}", String::from_utf8_lossy(part));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn nothing_that_steers_a_terminal_comes_out((text, mask, findings) in case()) {
        let source = Source::new("f\u{1b}[2J.yml", &text, Mask::new(mask));
        for form in forms(&source, &findings) {
            assert_harmless(&form);
        }
    }

    #[test]
    fn no_piece_of_a_secret_comes_out((text, mask, findings) in case()) {
        let source = Source::new("f.yml", &text, Mask::new(mask.iter().copied()));
        assert_no_secret(&text, &mask, &forms(&source, &findings).concat());
    }

    #[test]
    fn what_is_shown_does_not_grow_with_the_text(at in 0..20_000_usize, len in 0..2000_usize, lines in any::<bool>()) {
        let text = if lines { "k: v\n".repeat(4_000) } else { "k: v ".repeat(4_000) };
        let source = Source::new("f.yml", &text, Mask::default());
        let span = Span::new(at, at + len);
        let finding = Finding::error("a/b", span, "m").fix("f", Safety::Safe, vec![Edit::delete(span)]);
        for form in forms(&source, &[finding.related(Span::new(at / 2, at / 2 + 1), "r")]) {
            prop_assert!(form.len() < 5000, "{}", form);
        }
    }
}
