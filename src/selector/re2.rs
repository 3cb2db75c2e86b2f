//! Regular expressions as Prometheus has them: RE2 syntax (Go's `regexp`), anchored at both ends, `.` matches
//! a newline.
//!
//! Rust's `regex` speaks a dialect of its own: `\d` is Unicode there, `[[a]b]` nests, `&&` intersects, `a{` is
//! an error and `\Q…\E` unknown. So a pattern is read here by RE2's rules ([`parse`]), turned into
//! `regex-syntax`'s tree, and only that is compiled. A pattern Prometheus refuses is refused.
//!
//! What stays different, on purpose or by nature:
//! - Character tables are Unicode 16; Go 1.21 to 1.26 have Unicode 15. `\pC` includes unassigned code points, as
//!   since Go 1.25.
//! - Names of `\p{…}` that only Go 1.25 and later know (`\p{Letter}`) are refused, as most Prometheus builds do.
//! - Groups nest at most 250 deep (Go: 1000), and the size of the compiled expression is bounded.
//! - `a)(b` is refused, as selectors do; only Prometheus's relabeling lets it pass, by accident.

mod capture;
mod class;
mod known;
mod parse;

use std::cell::RefCell;
use std::sync::Arc;

use regex_syntax::hir::{Class, Hir, HirKind, Look, literal::Extractor};

pub use capture::{Captures, Capturing, Newlines, compile_capturing};
pub(crate) use class::is_word;
use known::Known;

/// Bytes a compiled expression may take.
const COMPILED_MAX: usize = 32 << 20;
/// Alternatives up to which an expression is kept as a list of strings.
const LIST_MAX: usize = 10_000;

/// Why a pattern is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("regular expression: {message}, at byte {offset}")]
pub struct RegexError {
    /// Where in the pattern, in bytes.
    pub offset: usize,
    /// What is wrong, in one clause.
    pub message: String,
    /// How to mend it, where that can be said.
    pub help: Option<&'static str>,
}

/// A compiled pattern. Matches whole strings only. Clones are the same one, and cheap.
#[derive(Clone, Debug)]
pub struct Pattern {
    kind: Arc<Kind>,
}

/// What is left to do per string. Everything but `Regex` is a shape so common that it is worth its own path.
#[derive(Clone, Debug)]
enum Kind {
    Any,
    NotEmpty,
    /// Sorted: the whole language of the pattern.
    OneOf(Vec<Box<str>>),
    /// `more`: at least one character besides the literal (`.+` rather than `.*`).
    Prefix {
        literal: Box<str>,
        more: bool,
    },
    Suffix {
        literal: Box<str>,
        more: bool,
    },
    Contains(Box<str>),
    Regex(regex::bytes::Regex),
}

/// Compiles `pattern`, or finds it among those that this thread compiled last.
pub fn compile(pattern: &str) -> Result<Pattern, RegexError> {
    thread_local! {
        static KNOWN: RefCell<Known<Pattern>> = RefCell::default();
    }
    if known::is_plain(pattern) {
        return Ok(Pattern::new(plain(pattern)));
    }
    if let Some(known) = KNOWN.with_borrow(|known| known.get(pattern)) {
        return Ok(known);
    }
    let hir = parse::parse(pattern, parse::Reading { dot_newline: true, pasted: false })?.hir;
    let compiled = Pattern::new(match shape(&hir) {
        Some(kind) => kind,
        None => Kind::Regex(regex(hir)?),
    });
    KNOWN.with_borrow_mut(|known| known.keep(pattern, &compiled));
    Ok(compiled)
}

/// What a pattern is that stands for nothing but itself.
fn plain(pattern: &str) -> Kind {
    Kind::OneOf(vec![pattern.into()])
}

/// The path of its own that an expression has, if it has one.
fn shape(hir: &Hir) -> Option<Kind> {
    finite(hir).or_else(|| affix(hir))
}

impl Pattern {
    fn new(kind: Kind) -> Self {
        Self { kind: Arc::new(kind) }
    }

    /// Whether the whole of `text` matches. Does not allocate in the steady state.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &*self.kind {
            Kind::Any => true,
            Kind::NotEmpty => !text.is_empty(),
            Kind::OneOf(list) => list.binary_search_by(|literal| (**literal).cmp(text)).is_ok(),
            Kind::Prefix { literal, more } => {
                text.starts_with(&**literal) && (!more || text.len() > literal.len())
            }
            Kind::Suffix { literal, more } => {
                text.ends_with(&**literal) && (!more || text.len() > literal.len())
            }
            Kind::Contains(literal) => text.contains(&**literal),
            Kind::Regex(regex) => regex.is_match(text.as_bytes()),
        }
    }
}

fn regex(hir: Hir) -> Result<regex::bytes::Regex, RegexError> {
    let anchored = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]).to_string();
    // Of bytes, because an ASCII `\B` is refused for text: it could split a character. Here it cannot, all
    // that stands around it takes whole characters.
    regex::bytes::RegexBuilder::new(&anchored)
        .size_limit(COMPILED_MAX)
        .nest_limit(16 * parse::DEPTH_MAX)
        .build()
        .map_err(|error| RegexError {
            offset: 0,
            message: match error {
                regex::Error::CompiledTooBig(limit) => format!("it would compile to more than {limit} bytes"),
                other => other.to_string(),
            },
            help: Some("write a smaller repetition, or several matchers"),
        })
}

/// The list of all strings the pattern matches, if they are few.
fn finite(hir: &Hir) -> Option<Kind> {
    if !hir.properties().look_set().is_empty() {
        return None; // the extractor does not look at assertions
    }
    let mut extractor = Extractor::new();
    extractor.limit_class(16).limit_repeat(100).limit_literal_len(4096).limit_total(LIST_MAX);
    let strings = extractor.extract(hir);
    if !strings.is_exact() {
        return None;
    }
    let mut list = strings
        .literals()?
        .iter()
        .map(|literal| std::str::from_utf8(literal.as_bytes()).ok().map(Box::from))
        .collect::<Option<Vec<Box<str>>>>()?;
    list.sort_unstable();
    list.dedup();
    Some(Kind::OneOf(list))
}

/// `.*`, `.+`, and a literal with one of them before or after it.
fn affix(hir: &Hir) -> Option<Kind> {
    enum Part<'h> {
        Literal(&'h str),
        Any { more: bool },
    }
    fn inside(mut hir: &Hir) -> &Hir {
        while let HirKind::Capture(group) = hir.kind() {
            hir = &group.sub;
        }
        hir
    }
    fn part(hir: &Hir) -> Option<Part<'_>> {
        match inside(hir).kind() {
            HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(Part::Literal),
            HirKind::Repetition(repeat) if repeat.max.is_none() && repeat.min <= 1 => {
                let HirKind::Class(Class::Unicode(class)) = repeat.sub.kind() else { return None };
                let [range] = class.ranges() else { return None };
                let any = range.start() == '\0' && range.end() == char::MAX;
                any.then_some(Part::Any { more: repeat.min == 1 })
            }
            _ => None,
        }
    }
    let parts = match inside(hir).kind() {
        HirKind::Concat(parts) => parts.iter().map(part).collect::<Option<Vec<_>>>()?,
        _ => vec![part(hir)?],
    };
    Some(match parts[..] {
        [Part::Any { more: false }] => Kind::Any,
        [Part::Any { more: true }] => Kind::NotEmpty,
        [Part::Literal(literal), Part::Any { more }] => Kind::Prefix { literal: literal.into(), more },
        [Part::Any { more }, Part::Literal(literal)] => Kind::Suffix { literal: literal.into(), more },
        [Part::Any { more: false }, Part::Literal(literal), Part::Any { more: false }] => {
            Kind::Contains(literal.into())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
