//! What may not be shown: stretches of a text, and whatever quotes them.
//!
//! A masked stretch reads `***` whatever its length. Messages, labels and fixes are written by code that may quote what
//! it judges, so their texts are searched for pieces of masked stretches as well: long ones, and words.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::base::span::Span;

/// What stands for anything masked.
pub(super) const STARS: &str = "***";

/// Bytes of a masked stretch that tell something: shorter pieces stand in any text.
const PIECE: usize = 4;

/// Bytes in a row of a masked stretch of `len` bytes that are never shown, also as a part of a longer word: most of a short
/// one, and eight of any other. Fewer may be there by chance, as a part of `hunter2` is in `interval`.
fn telling(len: usize) -> usize {
    (len * 2).div_ceil(3).clamp(PIECE, 2 * PIECE)
}

/// Stretches of one text that must not be shown: in order, apart from each other, none empty.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Mask {
    spans: Vec<Span>,
}

impl Mask {
    /// Of any spans: in any order, and they may overlap.
    #[must_use]
    pub fn new(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut all: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
        all.sort_unstable();
        let mut spans: Vec<Span> = Vec::with_capacity(all.len());
        for span in all {
            match spans.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => spans.push(span),
            }
        }
        Self { spans }
    }

    /// The same with the credentials that can be told from the text itself, and with whole characters.
    pub(super) fn complete(self, text: &str) -> Self {
        let found = credentials(text);
        Self::new(self.spans.into_iter().chain(found).map(|span| Span {
            start: text.floor_char_boundary(span.start),
            end: text.ceil_char_boundary(span.end),
        }))
    }

    /// The masked stretch that `offset` is in.
    pub(super) fn at(&self, offset: usize) -> Option<Span> {
        let after = self.spans.partition_point(|span| span.start <= offset);
        self.spans[..after].last().copied().filter(|span| span.contains(offset))
    }

    /// Whether any byte of `span` is masked; of an empty one, what stands at either side of it.
    pub(super) fn touches(&self, span: Span) -> bool {
        let after = self.spans.partition_point(|masked| masked.end < span.start);
        self.spans.get(after).is_some_and(|masked| masked.start <= span.end)
    }

    fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut shown = 0;
        for span in &self.spans {
            out.push_str(text.get(shown..span.start).unwrap_or_default());
            out.push_str(STARS);
            shown = span.end;
        }
        out.push_str(text.get(shown..).unwrap_or_default());
        Cow::Owned(out)
    }
}

/// Credentials that show by their form: what stands before `@` in a URL's authority, and what follows the scheme in an
/// `Authorization` header. A token after a bare `Bearer` counts from 16 characters on, as prose has that word too.
///
/// Spans of the secret parts alone, in order. Linear in the length of `text`.
#[must_use]
pub fn credentials(text: &str) -> Vec<Span> {
    static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r#"(?i)://(?<url>[^\s/?#"'`<>]+)@"#,
            r#"|\bauthorization["']?[ \t]*[:=][ \t]*["']?(?:bearer|basic|token|apikey|digest)[ \t]+(?<header>[^\s"'`,}]+)"#,
            r"|\bbearer[ \t]+(?<token>[a-z0-9._~+/-]{16,}=*)",
        ))
        .ok()
    });
    let Some(forms) = FORMS.as_ref() else { return Vec::new() };
    let secret = |found: regex::Captures<'_>| {
        let part = ["url", "header", "token"].iter().find_map(|name| found.name(name))?;
        Some(Span::from(part.range()))
    };
    forms.captures_iter(text).filter_map(secret).collect()
}

/// The pieces of a text's masked stretches that stand nowhere else in it.
#[derive(Debug)]
pub(super) struct Secrets {
    /// Of each, how many bytes in a row are too many.
    pieces: HashMap<[u8; PIECE], usize>,
}

impl Secrets {
    pub(super) fn new(text: &str, mask: &Mask) -> Self {
        let mut pieces: HashMap<[u8; PIECE], usize> = HashMap::new();
        let mut open = 0;
        for span in &mask.spans {
            let most = telling(span.end - span.start);
            for piece in windows(text, span.start..span.end) {
                let known = pieces.entry(piece).or_insert(most);
                *known = most.min(*known);
            }
        }
        if pieces.is_empty() {
            return Self { pieces };
        }
        let marks = Marks::new(pieces.keys());
        for span in mask.spans.iter().chain([&Span::new(text.len(), text.len())]) {
            for piece in windows(text, open..span.start).filter(|piece| marks.may_have(*piece)) {
                pieces.remove(&piece);
            }
            open = span.end;
        }
        Self { pieces }
    }

    /// `text`, which somebody wrote about the source, without its secrets, telling pieces of them, and credentials.
    pub(super) fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut hidden = credentials(text);
        if !self.pieces.is_empty() {
            hidden.extend(self.runs(text).into_iter().map(|span| Span {
                start: text.floor_char_boundary(span.start),
                end: text.ceil_char_boundary(span.end),
            }));
        }
        Mask::new(hidden).apply(text)
    }

    /// Bytes in a row that are pieces of secrets, where they are too many, or stand as a word of their own.
    fn runs(&self, text: &str) -> Vec<Span> {
        let mut found: Vec<(Span, usize)> = Vec::new();
        for (at, piece) in windows(text, 0..text.len()).enumerate() {
            let Some(most) = self.pieces.get(&piece) else { continue };
            match found.last_mut() {
                Some((run, least)) if at <= run.end => {
                    run.end = at + PIECE;
                    *least = (*least).min(*most);
                }
                _ => found.push((Span::new(at, at + PIECE), *most)),
            }
        }
        found.retain(|(run, most)| run.end - run.start >= *most || is_apart(text.as_bytes(), *run));
        found.into_iter().map(|(run, _)| run).collect()
    }
}

/// Whether a stretch is cut out of no word.
fn is_apart(text: &[u8], span: Span) -> bool {
    let is_word =
        |at: usize| text.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii());
    let within = |at: usize| at > 0 && is_word(at - 1) && is_word(at);
    !within(span.start) && !within(span.end)
}

/// A look at a set of pieces that says no at once of nearly all that are not in it: a text has a piece at each byte.
struct Marks(Vec<bool>);

impl Marks {
    fn new<'p>(pieces: impl Iterator<Item = &'p [u8; PIECE]>) -> Self {
        let mut marks = vec![false; 1 << 16];
        pieces.for_each(|piece| marks[Self::place(*piece)] = true);
        Self(marks)
    }

    fn may_have(&self, piece: [u8; PIECE]) -> bool {
        self.0[Self::place(piece)]
    }

    fn place(piece: [u8; PIECE]) -> usize {
        (u32::from_le_bytes(piece).wrapping_mul(0x9e37_79b1) >> 16) as usize
    }
}

fn windows(text: &str, range: std::ops::Range<usize>) -> impl Iterator<Item = [u8; PIECE]> {
    let bytes = text.as_bytes().get(range).unwrap_or_default();
    bytes.array_windows::<PIECE>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(Mask::new(credentials(text)).apply(text), expect);
    }

    #[test]
    fn credentials_show_by_their_form() {
        check("url: https://user:pa@ss@example.com/x?y=a@b", "url: https://***@example.com/x?y=a@b");
        check("- redis://token@cache:6379", "- redis://***@cache:6379");
        check("Authorization: Bearer abc.def-1", "Authorization: Bearer ***");
        check("curl -H 'authorization: Basic dTpw' x", "curl -H 'authorization: Basic ***' x");
        check(r#""Authorization": "Bearer t""#, r#""Authorization": "Bearer ***""#);
        check("use Bearer eyJhbGciOiJIUzI1NiJ9.x== here", "use Bearer *** here");
    }

    #[test]
    fn what_only_looks_a_little_like_it_is_shown() {
        for text in [
            "https://example.com/@scope/a",
            "https://example.com?to=a@b",
            "mail: ops@example.com",
            "# a bearer token is needed",
            "authorization:\n  type: Bearer",
            "authorization: {type: Bearer, credentials_file: x}",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn spans_are_put_in_order_and_joined() {
        let mask = Mask::new([Span::new(5, 9), Span::new(1, 3), Span::new(2, 5), Span::new(7, 7)]);
        assert_eq!(mask.spans, [Span::new(1, 9)]);
        assert_eq!(mask.at(8), Some(Span::new(1, 9)));
        assert_eq!((mask.at(0), mask.at(9)), (None, None));
        assert!(mask.touches(Span::new(9, 9)) && mask.touches(Span::new(0, 1)));
        assert!(!mask.touches(Span::new(10, 12)) && !mask.touches(Span::new(0, 0)));
    }

    #[test]
    fn most_of_a_secret_is_never_shown() {
        assert_eq!([4, 5, 6, 7, 9, 12, 100].map(telling), [4, 4, 4, 5, 6, 8, 8]);
    }

    #[test]
    fn what_quotes_a_secret_loses_it() {
        let text = "user: admin\npassword: hunter2\ntoken: admin";
        let mask = Mask::new([Span::new(22, 29), Span::new(37, 42)]);
        let secrets = Secrets::new(text, &mask);
        let scrub = |text| secrets.scrub(text).into_owned();
        assert_eq!(scrub("`hunter2` is weak"), "`***` is weak");
        assert_eq!(
            scrub("`admin` is a name that stands elsewhere"),
            "`admin` is a name that stands elsewhere"
        );
        assert_eq!(scrub("hunt the hunters"), "*** the ***s");
        assert_eq!(scrub("the interval in winter"), "the interval in winter");
        assert_eq!(scrub("nter hunthunt xhunte"), "*** *** x***");
    }
}
