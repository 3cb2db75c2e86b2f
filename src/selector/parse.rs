//! Reads the text of a selector.

use super::{Matcher, NAME, Op, ParseError, Selector};
use crate::base::name::{is_label_name, is_metric_name};
use crate::base::text::escape;

/// Words of PromQL that no bare metric name can be, in any case. All its other keywords can.
const RESERVED: [&str; 8] = ["atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"];

/// Whether `name` can stand before the braces.
pub(super) fn is_bare_name(name: &str) -> bool {
    is_metric_name(name) && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name))
}

pub(super) fn selector(text: &str) -> Result<Selector, ParseError> {
    let mut parser = Parser { text, pos: 0 };
    let mut matchers = Vec::new();
    parser.space();
    let start = parser.pos;
    let named = parser.bare_name()?;
    parser.space();
    if parser.eat('{') {
        parser.matchers(&mut matchers)?;
        parser.space();
    } else if named.is_none() {
        return Err(parser.no_selector());
    }
    if parser.pos < text.len() {
        return Err(parser.trailing());
    }
    if let Some(named) = named {
        if let Some(other) = matchers.iter().find(|matcher: &&Matcher| matcher.name == NAME) {
            let message = format!(
                "the metric name is set twice, before the braces and as `{}` in them",
                escape(&other.to_string())
            );
            return Err(error(start, message).help("leave out one of the two"));
        }
        matchers.insert(0, named);
    }
    if matchers.iter().all(|matcher| matcher.matches("")) {
        return Err(error(start, "a selector needs a matcher that does not match the empty string")
            .help("Prometheus refuses it too; `{__name__=~\".+\"}` selects every series"));
    }
    Ok(Selector { matchers })
}

struct Parser<'t> {
    text: &'t str,
    pos: usize,
}

fn error(offset: usize, message: impl Into<String>) -> ParseError {
    ParseError { offset, message: message.into(), help: None }
}

impl ParseError {
    fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.pos..]
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.pos += if found { c.len_utf8() } else { 0 };
        found
    }

    /// White space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
            self.pos = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.pos += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'t str {
        let len = self.rest().bytes().take_while(|b| accept(*b)).count();
        let taken = &self.rest()[..len];
        self.pos += len;
        taken
    }

    /// What comes next, for a message.
    fn found(&self) -> String {
        match self.rest().chars().next() {
            None => "the end".to_owned(),
            Some(c) => format!("`{}`", escape(c.encode_utf8(&mut [0; 4]))),
        }
    }

    /// The name or glob before the braces, as a matcher.
    fn bare_name(&mut self) -> Result<Option<Matcher>, ParseError> {
        let start = self.pos;
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(None);
        }
        let word = self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'*'));
        if word.is_empty() {
            return Ok(None);
        }
        if !word.contains('*') && !is_bare_name(word) {
            return Err(error(start, format!("`{word}` is a word of PromQL and no bare metric name"))
                .help("write the name in braces: `{__name__=\"…\"}`"));
        }
        let (op, value) = if word.bytes().all(|b| b == b'*') {
            (Op::Regex, ".+".to_owned())
        } else if word.contains('*') {
            (Op::Regex, word.replace('*', ".*"))
        } else {
            (Op::Equal, word.to_owned())
        };
        Matcher::new(NAME.to_owned(), op, value).map(Some).map_err(|cause| error(start, cause.message))
    }

    /// After `{`, up to and with `}`.
    fn matchers(&mut self, matchers: &mut Vec<Matcher>) -> Result<(), ParseError> {
        loop {
            self.space();
            if self.eat('}') {
                return Ok(());
            }
            matchers.push(self.matcher()?);
            self.space();
            if !self.eat(',') && !self.rest().starts_with('}') {
                let message = format!("expected `,` or `}}` after a matcher, found {}", self.found());
                return Err(error(self.pos, message));
            }
        }
    }

    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let start = self.pos;
        let quoted = self.rest().starts_with(['"', '\'', '`']);
        let name = if quoted {
            self.string()?.value
        } else {
            self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_').to_owned()
        };
        if !quoted && !is_label_name(&name) {
            let found = if name.is_empty() { self.found() } else { format!("`{name}`") };
            return Err(error(start, format!("expected a label name or `}}`, found {found}"))
                .help("names of other characters than ASCII letters, digits and `_` need quotes"));
        }
        self.space();
        let operators = [("=~", Op::Regex), ("!~", Op::NotRegex), ("!=", Op::NotEqual), ("=", Op::Equal)];
        let Some((sign, op)) = operators.into_iter().find(|(sign, _)| self.rest().starts_with(sign)) else {
            if quoted && self.rest().starts_with([',', '}']) {
                return Matcher::new(NAME.to_owned(), Op::Equal, name)
                    .map_err(|cause| error(start, cause.message));
            }
            let message =
                format!("expected `=`, `!=`, `=~` or `!~` after a label name, found {}", self.found());
            return Err(error(self.pos, message));
        };
        self.pos += sign.len();
        self.space();
        if !self.rest().starts_with(['"', '\'', '`']) {
            let message = format!("expected a quoted value after `{sign}`, found {}", self.found());
            return Err(error(self.pos, message));
        }
        let value = self.string()?;
        let places = value.places;
        Matcher::new(name, op, value.value).map_err(|cause| ParseError {
            offset: places.source(cause.offset),
            message: format!("the regular expression is refused: {}", cause.message),
            help: cause.help,
        })
    }

    /// A string in any of the three quotes.
    fn string(&mut self) -> Result<Quoted, ParseError> {
        let start = self.pos;
        let Some(quote) = self.rest().chars().next() else {
            return Err(error(start, "a string is missing"));
        };
        self.pos += 1;
        let mut value: Vec<u8> = Vec::new();
        let mut places = Places { start: self.pos, escapes: Vec::new() };
        loop {
            let at = self.pos;
            let Some(c) = self.rest().chars().next().filter(|c| *c != '\n' || quote == '`') else {
                return Err(error(start, format!("the string is not closed by {quote}")));
            };
            self.pos += c.len_utf8();
            if c == quote {
                break;
            }
            if c == '\\' && quote != '`' && !matches!(self.rest().as_bytes(), [] | [b'\n', ..]) {
                self.escape(at, quote, &mut value)?;
                places.escapes.push((value.len(), self.pos));
            } else {
                value.extend(c.encode_utf8(&mut [0; 4]).bytes());
            }
        }
        let value = String::from_utf8(value).map_err(|_| {
            error(start, "the string is not UTF-8")
                .help("no label is: use `\\u` for characters, `\\x` is a byte")
        })?;
        Ok(Quoted { value, places })
    }

    /// After a backslash at `start`: what it stands for, as in Go.
    fn escape(&mut self, start: usize, quote: char, value: &mut Vec<u8>) -> Result<(), ParseError> {
        let c = self.rest().chars().next().unwrap_or_default();
        let (radix, digits) = match c {
            'x' => (16, 2),
            'u' => (16, 4),
            'U' => (16, 8),
            '0'..='7' => (8, 3),
            _ => {
                value.push(match c {
                    'a' => 0x07,
                    'b' => 0x08,
                    'f' => 0x0C,
                    'n' => b'\n',
                    'r' => b'\r',
                    't' => b'\t',
                    'v' => 0x0B,
                    '\\' => b'\\',
                    '"' | '\'' if c == quote => c as u8,
                    c => {
                        let c = escape(c.encode_utf8(&mut [0; 4])).into_owned();
                        return Err(error(start, format!("`\\{c}` is no escape sequence"))
                            .help("write `\\\\` for a backslash, or put the string in backquotes"));
                    }
                });
                self.pos += 1;
                return Ok(());
            }
        };
        self.pos += usize::from(radix == 16);
        let number = self.rest().get(..digits).filter(|text| text.chars().all(|c| c.is_digit(radix)));
        let code = number.and_then(|text| u32::from_str_radix(text, radix).ok());
        self.pos += digits;
        match (c, code) {
            ('x' | '0'..='7', Some(code @ ..=0xFF)) => value.push(code as u8),
            ('u' | 'U', Some(code)) if char::from_u32(code).is_some() => {
                let c = char::from_u32(code).unwrap_or_default();
                value.extend(c.encode_utf8(&mut [0; 4]).bytes());
            }
            (_, Some(_)) => return Err(error(start, "the escape sequence is no Unicode code point")),
            (_, None) => {
                let message = format!("`\\{c}` needs {digits} digits of base {radix}");
                return Err(error(start, message));
            }
        }
        Ok(())
    }

    fn no_selector(&self) -> ParseError {
        if self.pos == self.text.len() {
            return error(self.pos, "a selector is missing")
                .help("write for example `up` or `{job=\"api\"}`");
        }
        error(self.pos, format!("expected a metric name or `{{`, found {}", self.found()))
            .help("a selector is a metric name, matchers in braces, or both: `up{job=\"api\"}`")
    }

    /// What stands behind a whole selector.
    fn trailing(&self) -> ParseError {
        let rest = self.rest();
        let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        let message = match (rest.chars().next(), word) {
            (Some('['), _) => "a range (`[5m]`) has no place here".to_owned(),
            (Some('@'), _) => "the `@` modifier has no place here".to_owned(),
            (_, "offset") => "`offset` has no place here".to_owned(),
            _ => format!("unexpected {} after the selector", self.found()),
        };
        error(self.pos, message).help("only a selector is allowed, no expression: `up{job=\"api\"}`")
    }
}

/// A string's value, and where its bytes came from.
struct Quoted {
    value: String,
    places: Places,
}

struct Places {
    /// Of the first character, after the quote.
    start: usize,
    /// After each escape sequence: length of the value so far, place in the source.
    escapes: Vec<(usize, usize)>,
}

impl Places {
    /// Where in the source the byte at `offset` of the value was written.
    fn source(&self, offset: usize) -> usize {
        let after = self.escapes.partition_point(|(len, _)| *len <= offset);
        match after.checked_sub(1).map(|last| self.escapes[last]) {
            Some((len, place)) => place + (offset - len),
            None => self.start + offset,
        }
    }
}
