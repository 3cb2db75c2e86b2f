//! Selectors in one line, as kubectl's `-l` and the API server's `labelSelector` take them.
//!
//! The grammar is that of apimachinery's `labels.Parse`, its odd corners too: `in` and `notin` are words only where an
//! operator is due, a value may be left out (`a=`, `a in (,b)`), and blanks may stand anywhere between tokens.

use super::{Fault, Operator, Requirement, Selector};
use crate::base::span::Span;
use crate::k8s::name;
use crate::k8s::pairs::Placed;

type Result<T> = std::result::Result<T, Placed<Fault>>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'t> {
    Word(&'t str),
    /// One of `( ) , ! = == != < >`.
    Symbol(&'static str),
    End,
}

const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", "<", ">"];
const OPERATORS: &str = "`=`, `==`, `!=`, `in`, `notin`, `<` or `>`";

pub(super) fn parse(text: &str) -> Result<Selector> {
    let mut parser = Parser { text, at: 0 };
    let mut requirements = Vec::new();
    if parser.peek().0 == Token::End {
        return Ok(Selector::everything());
    }
    loop {
        requirements.push(parser.requirement()?);
        match parser.next() {
            (Token::End, _) => return Ok(Selector { requirements }),
            (Token::Symbol(","), _) => {}
            (token, span) => return Err(unexpected("`,` or the end", token, span)),
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn requirement(&mut self) -> Result<Requirement> {
        let start = self.peek().1.start;
        let absent = self.take("!");
        let (key, key_span) = self.word("the key of a label")?;
        name::label_key(key)
            .map_err(|reason| Placed::new(Fault::Key { key: key.to_owned(), reason }, key_span))?;
        let ends = matches!(self.peek().0, Token::End | Token::Symbol(","));
        let (operator, values) = match (absent, ends) {
            (true, _) => (Operator::DoesNotExist, Vec::new()),
            (false, true) => (Operator::Exists, Vec::new()),
            (false, false) => self.comparison()?,
        };
        Ok(Requirement::new(key, operator, values, Span::new(start, self.at)))
    }

    fn comparison(&mut self) -> Result<(Operator, Vec<String>)> {
        let (token, span) = self.next();
        let operator = match token {
            Token::Word("in") | Token::Symbol("=" | "==") => Operator::In,
            Token::Word("notin") | Token::Symbol("!=") => Operator::NotIn,
            Token::Symbol(">") => Operator::Above,
            Token::Symbol("<") => Operator::Below,
            token => return Err(unexpected(OPERATORS, token, span)),
        };
        let values = match token {
            Token::Word(_) => self.list()?,
            _ => vec![self.value()?],
        };
        if matches!(operator, Operator::Above | Operator::Below) {
            let integer = |value: &String| value.parse::<i64>().is_ok();
            if let Some(value) = values.iter().find(|value| !integer(value)) {
                return Err(Placed::new(Fault::NoInteger(value.clone()), Span::new(span.end, self.at)));
            }
        }
        Ok((operator, values))
    }

    /// One value, which may be left out.
    fn value(&mut self) -> Result<String> {
        match self.peek().0 {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            _ => self.checked_value(),
        }
    }

    /// `(a,b)`; each value may be left out.
    fn list(&mut self) -> Result<Vec<String>> {
        let (token, span) = self.next();
        if token != Token::Symbol("(") {
            return Err(unexpected("`(`", token, span));
        }
        let mut values = Vec::new();
        loop {
            match self.peek().0 {
                Token::Symbol("," | ")") => values.push(String::new()),
                _ => values.push(self.checked_value()?),
            }
            match self.next() {
                (Token::Symbol(","), _) => {}
                (Token::Symbol(")"), _) => return Ok(values),
                (token, span) => return Err(unexpected("`,` or `)`", token, span)),
            }
        }
    }

    fn checked_value(&mut self) -> Result<String> {
        let (value, span) = self.word("the value of a label")?;
        name::label_value(value)
            .map_err(|reason| Placed::new(Fault::Value { value: value.to_owned(), reason }, span))?;
        Ok(value.to_owned())
    }

    fn word(&mut self, expected: &'static str) -> Result<(&'t str, Span)> {
        match self.next() {
            (Token::Word(word), span) => Ok((word, span)),
            (token, span) => Err(unexpected(expected, token, span)),
        }
    }

    fn take(&mut self, symbol: &'static str) -> bool {
        let found = self.peek().0 == Token::Symbol(symbol);
        if found {
            self.next();
        }
        found
    }

    fn peek(&self) -> (Token<'t>, Span) {
        Parser { text: self.text, at: self.at }.next()
    }

    fn next(&mut self) -> (Token<'t>, Span) {
        let rest = self.text[self.at..].trim_start_matches(BLANK);
        let start = self.text.len() - rest.len();
        let (token, len) = if rest.is_empty() {
            (Token::End, 0)
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (Token::Symbol(symbol), symbol.len())
        } else {
            let end = rest.find(|c| BLANK.contains(&c) || "=!(),<>".contains(c)).unwrap_or(rest.len());
            (Token::Word(&rest[..end]), end)
        };
        self.at = start + len;
        (token, Span::new(start, self.at))
    }
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

fn unexpected(expected: &'static str, token: Token<'_>, span: Span) -> Placed<Fault> {
    let found = match token {
        Token::Word(word) => format!("`{word}`"),
        Token::Symbol(symbol) => format!("`{symbol}`"),
        Token::End => "the end".to_owned(),
    };
    Placed::new(Fault::Syntax { expected, found }, span)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The selector as it is shown, or the fault and where it is.
    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = match parse(text) {
            Ok(selector) => selector.to_string(),
            Err(fault) => format!("{}: {}", fault.span.start, fault.value),
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn requirements_stand_between_commas() {
        check("", "");
        check(" \n", "");
        check("a=b,c == d ,e!=f", "a=b,c=d,e!=f");
        check("a in (c,b), d notin(x),e,!f,! g", "a in (b,c),d!=x,e,!f,!g");
        check("a>1,b<2", "a>1,b<2");
        check("in in (in,notin),notin=in", "in in (in,notin),notin=in");
    }

    #[test]
    fn values_may_be_left_out() {
        check("a=,b!=", "a=,b!=");
        check("a in ()", "a=");
        check("a in (,b)", "a in (,b)");
        check("a in (b,)", "a in (,b)");
        check("a in (b,,c)", "a in (,b,c)");
        check("a in (b,,)", "a in (,b)");
    }

    #[test]
    fn what_kubectl_refuses_is_refused_with_its_place() {
        check("a,", "2: expected the key of a label, found the end");
        check(",a", "0: expected the key of a label, found `,`");
        check("a b", "2: expected `=`, `==`, `!=`, `in`, `notin`, `<` or `>`, found `b`");
        check("a=b c", "4: expected `,` or the end, found `c`");
        check("!a=b", "2: expected `,` or the end, found `=`");
        check("a in b", "5: expected `(`, found `b`");
        check("a in (b", "7: expected `,` or `)`, found the end");
        check("a>x", "2: `x` is no integer, and `<` and `>` compare integers");
        check("a=b!c", "3: expected `,` or the end, found `!`");
        check(
            "ä=b",
            "0: `ä` cannot be the key of a label: `ä` is not allowed, only letters, digits, `-`, `_` and `.`",
        );
        check("a=-", "2: `-` cannot be the value of a label: it must begin and end with a letter or digit");
    }
}
