//! Templates to tokens.

use super::number;
use crate::base::span::Span;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Outside of actions; whether there is more than white space.
    Text {
        blank: bool,
    },
    LeftDelim,
    RightDelim,
    Space,
    Assign,
    Declare,
    Pipe,
    LeftParen,
    RightParen,
    /// Another ASCII character: no operand begins with it.
    Char,
    String,
    CharConstant,
    Number,
    /// `1+2i`.
    Complex,
    Bool,
    Dot,
    Field,
    Variable,
    Identifier,
    Nil,
    Keyword(Keyword),
    /// What cannot be a token; the text is read on behind the end of the action.
    Bad(&'static str),
    Eof,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// A fault whose place is the last character that was read.
pub(super) const NO_NAME: &str = "this character is not allowed in a name";
pub(super) const UNCLOSED: &str = "the action is not closed";

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// All tokens of `text`; the last is [`Kind::Eof`].
pub(super) fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    lexer.text();
    let end = text.len();
    lexer.push(Kind::Eof, end, end);
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

/// A token that does not end the action.
type Part = Result<Kind, &'static str>;

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.tokens.push(Token { kind, span: Span::new(start, end) });
    }

    fn text(&mut self) {
        while let Some(len) = self.rest().find("{{") {
            let open = self.at + len;
            let trims = trims_left(&self.text[open + 2..]);
            let text = if trims {
                self.text[self.at..open].trim_end_matches(SPACES)
            } else {
                &self.text[self.at..open]
            };
            self.plain(text);
            self.at = open + 2 + if trims { 2 } else { 0 };
            if self.rest().starts_with("/*") {
                self.comment(open);
                continue;
            }
            self.push(Kind::LeftDelim, open, open + 2);
            self.action(open);
        }
        self.plain(self.rest());
        self.at = self.text.len();
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() {
            self.push(Kind::Text { blank: text.trim().is_empty() }, self.at, self.at + text.len());
        }
    }

    fn comment(&mut self, open: usize) {
        let fault = match self.rest()[2..].find("*/") {
            None => "the comment is not closed",
            Some(len) => {
                self.at += 2 + len + 2;
                match right_delim(self.rest()) {
                    Some(len) => return self.close(len),
                    None => "a comment is an action by itself: `}}` must follow it",
                }
            }
        };
        self.push(Kind::LeftDelim, open, open + 2);
        self.bad(fault, open, self.text.len().min(open + 4));
    }

    /// Passes the end of an action of `len` bytes.
    fn close(&mut self, len: usize) {
        self.at += len;
        if len > 2 {
            self.at += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
        }
    }

    /// Notes a fault and goes on behind the end of the action.
    fn bad(&mut self, fault: &'static str, start: usize, end: usize) {
        self.push(Kind::Bad(fault), start, end);
        self.at = self.at.max(end);
        match self.rest().find("}}") {
            Some(len) => {
                let close = self.at + len;
                self.push(Kind::RightDelim, close, close + 2);
                self.at = close + 2;
            }
            None => self.at = self.text.len(),
        }
    }

    fn action(&mut self, open: usize) {
        let mut depth = 0_usize;
        loop {
            let start = self.at;
            if let Some(len) = right_delim(self.rest()) {
                if depth > 0 {
                    return self.bad("a `(` of the action is not closed", start, start + len);
                }
                self.push(Kind::RightDelim, start, start + len);
                return self.close(len);
            }
            let Some(c) = self.rest().chars().next() else {
                return self.bad(UNCLOSED, open, open + 2);
            };
            self.at += c.len_utf8();
            let part = match c {
                '(' => {
                    depth += 1;
                    Ok(Kind::LeftParen)
                }
                ')' if depth == 0 => Err("no `(` is open"),
                ')' => {
                    depth -= 1;
                    Ok(Kind::RightParen)
                }
                _ => self.part(c, start),
            };
            match part {
                Ok(kind) => self.push(kind, start, self.at),
                Err(fault) => {
                    let last = self.text[..self.at].chars().next_back().map_or(0, char::len_utf8);
                    let start = if fault == NO_NAME { self.at - last } else { start };
                    return self.bad(fault, start, self.at);
                }
            }
        }
    }

    /// The token that begins with `c`, which has been passed.
    fn part(&mut self, c: char, start: usize) -> Part {
        match c {
            _ if SPACES.contains(&c) => {
                while self.rest().starts_with(SPACES) && right_delim(self.rest()).is_none() {
                    self.at += 1;
                }
                Ok(Kind::Space)
            }
            '=' => Ok(Kind::Assign),
            ':' if self.rest().starts_with('=') => {
                self.at += 1;
                Ok(Kind::Declare)
            }
            ':' => Err("a `:` stands only in `:=`"),
            '|' => Ok(Kind::Pipe),
            '"' => self.quoted('"').map(|()| Kind::String),
            '\'' => self.quoted('\'').map(|()| Kind::CharConstant),
            '`' => {
                let len = self.rest().find('`').ok_or("the string is not closed")?;
                self.at += len + 1;
                Ok(Kind::String)
            }
            '$' => self.name().map(|()| Kind::Variable),
            '.' if !self.rest().starts_with(|c: char| c.is_ascii_digit()) && !self.rest().is_empty() => {
                self.name()?;
                Ok(if self.at == start + 1 { Kind::Dot } else { Kind::Field })
            }
            '.' | '+' | '-' | '0'..='9' => self.number(start),
            '_' => self.word(start),
            _ if c.is_alphanumeric() => self.word(start),
            '!'..='~' => Ok(Kind::Char),
            _ => Err("no action has this character"),
        }
    }

    /// The rest of a name, and that it ends where one may.
    fn name(&mut self) -> Result<(), &'static str> {
        let rest = self.rest();
        let len = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        self.at += len;
        let ends = self.rest().is_empty()
            || self.rest().starts_with([' ', '\t', '\r', '\n', '.', ',', '|', ':', ')', '('])
            || self.rest().starts_with("}}");
        if ends {
            return Ok(());
        }
        // The fault is the character behind the name.
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        Err(NO_NAME)
    }

    fn word(&mut self, start: usize) -> Part {
        self.name()?;
        Ok(match &self.text[start..self.at] {
            "block" => Kind::Keyword(Keyword::Block),
            "break" => Kind::Keyword(Keyword::Break),
            "continue" => Kind::Keyword(Keyword::Continue),
            "define" => Kind::Keyword(Keyword::Define),
            "else" => Kind::Keyword(Keyword::Else),
            "end" => Kind::Keyword(Keyword::End),
            "if" => Kind::Keyword(Keyword::If),
            "range" => Kind::Keyword(Keyword::Range),
            "template" => Kind::Keyword(Keyword::Template),
            "with" => Kind::Keyword(Keyword::With),
            "nil" => Kind::Nil,
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        })
    }

    fn quoted(&mut self, quote: char) -> Result<(), &'static str> {
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\n' => break,
                '\\' => match chars.next() {
                    None | Some((_, '\n')) => break,
                    Some(_) => {}
                },
                _ if c == quote => {
                    self.at += at + 1;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err("the string is not closed")
    }

    fn number(&mut self, start: usize) -> Part {
        const BAD: &str = "this is no number";
        self.at = start;
        let (len, ends) = number::scan(self.rest());
        self.at += len;
        if !ends {
            return Err(BAD);
        }
        if !self.rest().starts_with(['+', '-']) {
            return Ok(Kind::Number);
        }
        let (len, ends) = number::scan(self.rest());
        self.at += len;
        if ends && self.text[..self.at].ends_with('i') { Ok(Kind::Complex) } else { Err(BAD) }
    }
}

/// Whether what follows `{{` trims the text before it.
fn trims_left(inner: &str) -> bool {
    inner.strip_prefix('-').is_some_and(|rest| rest.starts_with(SPACES))
}

/// The bytes of the end of an action at the start of `text`, its trim marker included.
fn right_delim(text: &str) -> Option<usize> {
    if text.starts_with("}}") {
        return Some(2);
    }
    text.strip_prefix(SPACES).is_some_and(|rest| rest.starts_with("-}}")).then_some(4)
}
