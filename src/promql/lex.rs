//! Text to tokens.
//!
//! What a word is depends on where it stands: inside braces keywords are label names, inside brackets there are
//! only numbers, durations and the functions of duration expressions, and `:` separates.

use super::ast::BinaryOp;
use super::error::Error;
use super::function::Aggregator;
use super::{Version, function, literal};
use crate::base::span::Span;
use crate::base::text::{clip, escape};

/// Bytes of the text that a message repeats.
pub(super) const SHOWN_MAX: usize = 60;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    End,
    Identifier,
    /// With a colon: no function and no label.
    MetricIdentifier,
    Number(f64),
    /// In seconds.
    Duration(f64),
    String,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    /// `=`.
    Equal,
    /// `=~`.
    Matches,
    /// `!~`.
    MatchesNot,
    At,
    Op(BinaryOp),
    Aggregator(Aggregator),
    Keyword(Keyword),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keyword {
    Offset,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Bool,
    Fill,
    FillLeft,
    FillRight,
    Anchored,
    Smoothed,
    Start,
    End,
    Step,
    Range,
    MaxOf,
    MinOf,
}

const OLD: Version = Version::new(2, 0);

/// Keywords with the version that made them so; before, they were plain identifiers.
const KEYWORDS: [(&str, Keyword, Version); 19] = [
    ("offset", Keyword::Offset, OLD),
    ("by", Keyword::By, OLD),
    ("without", Keyword::Without, OLD),
    ("on", Keyword::On, OLD),
    ("ignoring", Keyword::Ignoring, OLD),
    ("group_left", Keyword::GroupLeft, OLD),
    ("group_right", Keyword::GroupRight, OLD),
    ("bool", Keyword::Bool, OLD),
    ("start", Keyword::Start, OLD),
    ("end", Keyword::End, OLD),
    ("step", Keyword::Step, Version::new(3, 6)),
    ("anchored", Keyword::Anchored, Version::new(3, 7)),
    ("smoothed", Keyword::Smoothed, Version::new(3, 7)),
    ("range", Keyword::Range, Version::new(3, 10)),
    ("fill", Keyword::Fill, Version::new(3, 10)),
    ("fill_left", Keyword::FillLeft, Version::new(3, 10)),
    ("fill_right", Keyword::FillRight, Version::new(3, 10)),
    ("max_of", Keyword::MaxOf, Version::new(3, 13)),
    ("min_of", Keyword::MinOf, Version::new(3, 13)),
];

/// The version that made `word` a keyword.
pub(super) fn keyword_since(word: &str) -> Option<Version> {
    KEYWORDS.iter().find(|(name, ..)| word.eq_ignore_ascii_case(name)).map(|(.., since)| *since)
}

/// `min` and `max`, as `min_of` and `max_of` were called in durations from 3.6 to 3.12.
pub(super) fn old_min_max(word: &str, version: Version) -> Option<Aggregator> {
    function::aggregator(word)
        .filter(|aggregator| matches!(aggregator, Aggregator::Min | Aggregator::Max))
        .filter(|_| (Version::new(3, 6)..Version::new(3, 13)).contains(&version))
}

/// All tokens; the last is [`Kind::End`], at the fault if there is one.
pub(super) fn lex(text: &str, version: Version) -> (Vec<Token>, Option<Error>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        version,
        in_braces: false,
        in_brackets: false,
        bracket_begins: false,
        had_colon: false,
        had_number: false,
    };
    let mut tokens = Vec::new();
    loop {
        let start = lexer.skip();
        let (kind, fault) = match lexer.token(start) {
            Ok(kind) => (kind, None),
            Err(error) => (Kind::End, Some(error)),
        };
        let end = if fault.is_some() { start } else { lexer.at };
        tokens.push(Token { kind, span: Span { start, end } });
        if kind == Kind::End {
            return (tokens, fault);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    version: Version,
    in_braces: bool,
    in_brackets: bool,
    /// After `[` and before the first number of it, Prometheus reads by stricter rules.
    bracket_begins: bool,
    had_colon: bool,
    /// Whether brackets anywhere before had a number: Prometheus does not forget, and refuses `[step():]` without.
    had_number: bool,
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

impl Lexer<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn eat_while(&mut self, wanted: impl Fn(u8) -> bool) {
        self.at += self.text.as_bytes()[self.at..].iter().take_while(|&&b| wanted(b)).count();
    }

    /// Passes blanks and comments; returns where the next token begins.
    fn skip(&mut self) -> usize {
        loop {
            self.eat_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
            if self.peek() != Some(b'#') || self.bracket_begins {
                return self.at;
            }
            self.eat_while(|b| !matches!(b, b'\n' | b'\r'));
        }
    }

    fn token(&mut self, start: usize) -> Result<Kind, Error> {
        let Some(first) = self.peek() else {
            return if self.in_braces {
                Err(self.error(start, "the expression ends inside braces").help("close them with `}`"))
            } else {
                Ok(Kind::End)
            };
        };
        match first {
            b'"' | b'\'' | b'`' => return self.string(start, first),
            _ if self.in_braces => return self.in_braces(start, first),
            b'0'..=b'9' | b'.' => return self.number(start),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' => return self.word(start, first),
            _ => self.at += 1,
        }
        Ok(match first {
            b',' => Kind::Comma,
            b'*' => Kind::Op(BinaryOp::Mul),
            b'/' => Kind::Op(BinaryOp::Div),
            b'%' => Kind::Op(BinaryOp::Mod),
            b'+' => Kind::Op(BinaryOp::Add),
            b'-' => Kind::Op(BinaryOp::Sub),
            b'^' => Kind::Op(BinaryOp::Pow),
            b'=' if self.eat(b'=') => Kind::Op(BinaryOp::Equal),
            b'=' if self.peek() == Some(b'~') => {
                return Err(self
                    .error(start, "`=~` stands only inside braces")
                    .help("match labels as in `up{job=~\"a|b\"}`"));
            }
            b'=' => Kind::Equal,
            b'!' if self.eat(b'=') => Kind::Op(BinaryOp::NotEqual),
            b'<' if self.eat(b'=') => Kind::Op(BinaryOp::LessOrEqual),
            b'<' if self.eat(b'/') => Kind::Op(BinaryOp::TrimUpper),
            b'<' => Kind::Op(BinaryOp::Less),
            b'>' if self.eat(b'=') => Kind::Op(BinaryOp::GreaterOrEqual),
            b'>' if self.eat(b'/') => Kind::Op(BinaryOp::TrimLower),
            b'>' => Kind::Op(BinaryOp::Greater),
            b'(' => Kind::LeftParen,
            b')' => Kind::RightParen,
            b'{' => {
                self.in_braces = true;
                Kind::LeftBrace
            }
            b'[' => {
                self.in_brackets = true;
                self.bracket_begins = true;
                self.had_colon = false;
                Kind::LeftBracket
            }
            b']' => {
                self.in_brackets = false;
                self.bracket_begins = false;
                Kind::RightBracket
            }
            b'@' => Kind::At,
            _ => return Err(self.unexpected(start)),
        })
    }

    fn in_braces(&mut self, start: usize, first: u8) -> Result<Kind, Error> {
        if first.is_ascii_alphabetic() || first == b'_' {
            self.eat_while(is_word);
            return Ok(Kind::Identifier);
        }
        self.at += 1;
        Ok(match first {
            b',' => Kind::Comma,
            b'=' if self.eat(b'~') => Kind::Matches,
            b'=' => Kind::Equal,
            b'!' if self.eat(b'~') => Kind::MatchesNot,
            b'!' if self.eat(b'=') => Kind::Op(BinaryOp::NotEqual),
            b'}' => {
                self.in_braces = false;
                Kind::RightBrace
            }
            _ => {
                return Err(self
                    .unexpected(start)
                    .help("label names with other characters than `a-zA-Z0-9_` need quotes"));
            }
        })
    }

    fn string(&mut self, start: usize, quote: u8) -> Result<Kind, Error> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error(start, "the string does not end")),
                Some(b'\n') if quote != b'`' => {
                    return Err(self
                        .error(start, "the string does not end on its line")
                        .help("write `\\n` for a line break, or use backquotes"));
                }
                Some(b'\\') if quote != b'`' => {
                    self.at += 1;
                    // The escaped character may be the quote; a line break is seen by the next round.
                    if self.peek().is_some_and(|b| b != b'\n') {
                        self.at += 1;
                    }
                }
                Some(b) => {
                    self.at += 1;
                    if b == quote {
                        break;
                    }
                }
            }
        }
        let quoted = &self.text[start..self.at];
        if let Some(at) = quoted.find('\u{fffd}') {
            let span = Span { start: start + at, end: start + at + '\u{fffd}'.len_utf8() };
            return Err(Error::new(span, "U+FFFD may not stand in a string as it is")
                .help("write `\\ufffd`; it is often what is left of text in another encoding"));
        }
        match literal::string(quoted) {
            Ok(_) => Ok(Kind::String),
            Err((at, cause)) => Err(Error::new(Span { start: start + at, end: self.at }, cause)
                .help("double the backslash, or use backquotes, in which nothing is escaped")),
        }
    }

    /// A number, or else a duration.
    fn number(&mut self, start: usize) -> Result<Kind, Error> {
        let rest = &self.text.as_bytes()[start..];
        let hex = matches!(rest, [b'0', b'x' | b'X', ..]);
        let len = if hex { hexadecimal(rest) } else { Some(decimal(rest)) };
        if let Some(len) = len.filter(|&len| !rest.get(len).copied().is_some_and(is_word))
            && let Some(value) = literal::number(&self.text[start..start + len])
        {
            self.at += len;
            self.number_seen();
            return Ok(Kind::Number(value));
        }
        self.eat_while(|b| is_word(b) || b == b'.');
        let text = &self.text[start..self.at];
        match crate::base::duration::parse(text) {
            Ok(duration) if text != "0" => {
                self.number_seen();
                Ok(Kind::Duration(duration.as_secs_f64()))
            }
            _ => {
                let span = Span { start, end: self.at };
                Err(Error::new(
                    span,
                    format!("`{}` is neither a number nor a duration", escape(&clip(text, SHOWN_MAX))),
                )
                .help("durations are whole numbers with units, largest first, as in `1h30m`"))
            }
        }
    }

    fn number_seen(&mut self) {
        self.had_number |= self.bracket_begins;
        self.bracket_begins = false;
    }

    fn word(&mut self, start: usize, first: u8) -> Result<Kind, Error> {
        if self.in_brackets {
            return self.word_in_brackets(start, first);
        }
        self.eat_while(|b| is_word(b) || b == b':');
        let word = &self.text[start..self.at];
        if word.contains(':') {
            return Ok(Kind::MetricIdentifier);
        }
        if let Some(number) = Some(word).filter(|_| word.len() == 3).and_then(literal::number) {
            return Ok(Kind::Number(number));
        }
        if let Some(op) = BinaryOp::from_word(word) {
            return Ok(Kind::Op(op));
        }
        if let Some(aggregator) = function::aggregator(word).filter(|it| it.since() <= self.version) {
            return Ok(Kind::Aggregator(aggregator));
        }
        Ok(match self.keyword(word) {
            // So that metrics of these names keep to work.
            Some(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight)
                if !self.text[self.at..].trim_start_matches([' ', '\t', '\n', '\r']).starts_with('(') =>
            {
                Kind::Identifier
            }
            Some(keyword) => Kind::Keyword(keyword),
            None => Kind::Identifier,
        })
    }

    fn word_in_brackets(&mut self, start: usize, first: u8) -> Result<Kind, Error> {
        if first == b':' {
            self.at += 1;
            if self.bracket_begins && !self.had_number {
                return Err(self
                    .error(start, "a number or duration is missing before `:`")
                    .help("write the range of the subquery, as in `[30m:1m]`"));
            }
            if std::mem::replace(&mut self.had_colon, true) {
                return Err(self.error(start, "a second `:` in one pair of brackets"));
            }
            return Ok(Kind::Colon);
        }
        self.eat_while(|b| b.is_ascii_alphabetic() || b == b'_');
        let word = &self.text[start..self.at];
        match self.keyword(word) {
            Some(keyword @ (Keyword::Step | Keyword::Range | Keyword::MaxOf | Keyword::MinOf)) => {
                Ok(Kind::Keyword(keyword))
            }
            // As outside of brackets, where `offset min(…)` stands.
            _ => old_min_max(word, self.version).map(Kind::Aggregator).ok_or_else(|| {
                let message = format!("`{}` may not stand in a range", clip(word, SHOWN_MAX));
                Error::new(Span { start, end: self.at }, message).help("write a duration, as in `[5m]`")
            }),
        }
    }

    fn keyword(&self, word: &str) -> Option<Keyword> {
        KEYWORDS
            .iter()
            .find(|(name, _, since)| *since <= self.version && word.eq_ignore_ascii_case(name))
            .map(|(_, keyword, _)| *keyword)
    }

    fn error(&self, start: usize, message: &str) -> Error {
        Error::new(Span { start, end: self.at.max(start) }, message)
    }

    fn unexpected(&self, start: usize) -> Error {
        let c = self.text[start..].chars().next().unwrap_or_default();
        let span = Span { start, end: start + c.len_utf8() };
        Error::new(span, format!("unexpected character `{}`", escape(c.encode_utf8(&mut [0; 4]))))
    }
}

/// The length of what may be a decimal number.
pub(super) fn decimal(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&b) = rest.get(at) {
        at += match b {
            b'0'..=b'9' | b'.' | b'_' => 1,
            b'e' | b'E' => 1 + usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-'))),
            _ => break,
        };
    }
    at
}

/// The length of a hexadecimal number, or `None` where Prometheus takes an `e` of it for an exponent and stumbles:
/// in `0x1ee` and `0xe+1`, but not in `0x11ee`.
fn hexadecimal(rest: &[u8]) -> Option<usize> {
    let mut at = 2;
    at += usize::from(rest.get(at) == Some(&b'_'));
    at += usize::from(rest.get(at).is_some_and(u8::is_ascii_hexdigit));
    let mut exponent = false;
    let stumbles = |at: usize| matches!(rest.get(at), None | Some(b'.' | b'_' | b'e' | b'E'));
    while let Some(&b) = rest.get(at) {
        match b {
            b'e' | b'E' => {
                let signed = matches!(rest.get(at + 1), Some(b'+' | b'-'));
                if std::mem::replace(&mut exponent, true) || signed || stumbles(at + 1) {
                    return None;
                }
                at += 1;
            }
            b'_' if stumbles(at + 1) => return None,
            b'_' => at += 1,
            b'.' => return None,
            _ if b.is_ascii_hexdigit() => {
                at += rest[at..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
            }
            _ => break,
        }
    }
    Some(at)
}
