//! Protobuf text to bytes. The grammar is in the module above; nesting is bounded by the schema.

use crate::base::duration;
use crate::wire::Protocol;
use crate::wire::schema::{self, Field, Kind, Message, WireType};
use crate::wire::{NORMAL_NAN, STALE_NAN};

/// Where a text is not a request, and why. Lines and columns (in characters) count from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct ParseError {
    pub line: usize,
    pub column: usize,
    pub reason: String,
}

/// Reads a text as a request of `protocol`; `now_ms` is what `now` stands for.
pub fn parse(protocol: Protocol, text: &str, now_ms: i64) -> Result<Vec<u8>, ParseError> {
    let mut parser = Parser { text, pos: 0, now_ms };
    parser.message(schema::root(protocol), None).map_err(|reason| {
        let before = &text[..parser.pos];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        ParseError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            reason,
        }
    })
}

/// Why, without the place: that is where the parser stands.
type Result<T, E = String> = std::result::Result<T, E>;

struct Parser<'t> {
    text: &'t str,
    pos: usize,
    now_ms: i64,
}

/// An array that neighbouring numbers of one field are packed into.
struct Run {
    number: u32,
    content: Vec<u8>,
}

impl<'t> Parser<'t> {
    /// The fields up to `close`, or to the end of the text, as bytes.
    fn message(&mut self, message: &'static Message, close: Option<char>) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut run: Option<Run> = None;
        loop {
            self.skip_space();
            let Some(next) = self.peek() else {
                if let Some(close) = close {
                    return Err(format!("the text ends before the `{close}` of a `{}`", message.name));
                }
                break;
            };
            if close == Some(next) {
                self.take(next);
                break;
            }
            if let ',' | ';' = next {
                self.take(next);
                continue;
            }
            let start = self.pos;
            if self.take('!') {
                flush(&mut run, &mut out);
                self.raw(&mut out)?;
                continue;
            }
            let name = self.name();
            if name.starts_with(|char: char| char.is_ascii_digit()) {
                flush(&mut run, &mut out);
                let number = name.parse().ok().filter(|number| (1..1 << 29).contains(number));
                let number = number.ok_or_else(|| self.at(start, format!("no field has number `{name}`")))?;
                self.expect(':')?;
                self.unknown(number, &mut out)?;
                continue;
            }
            let Some(field) = message.field_named(name) else {
                let known: Vec<_> = message.fields.iter().map(|field| field.name).collect();
                let what = if name.is_empty() { format!("`{next}`") } else { format!("`{name}`") };
                let names = known.join("`, `");
                return Err(
                    self.at(start, format!("{what} is no field of `{}`: it has `{names}`", message.name))
                );
            };
            let colon = self.take_after_space(':');
            if !colon && !matches!(field.kind, Kind::Message(_)) {
                return Err(self.expected("`:`"));
            }
            if run.as_ref().is_some_and(|run| run.number != field.number) {
                flush(&mut run, &mut out);
            }
            if self.take_after_space('[') {
                flush(&mut run, &mut out);
                self.list(field, &mut out)?;
            } else if field.packed() {
                let run = run.get_or_insert_with(|| Run { number: field.number, content: Vec::new() });
                self.value(field.kind, &mut run.content)?;
            } else {
                self.tagged(field, &mut out)?;
            }
        }
        flush(&mut run, &mut out);
        Ok(out)
    }

    /// Elements up to `]`: one array of numbers, or as many fields as there are strings or messages.
    fn list(&mut self, field: &'static Field, out: &mut Vec<u8>) -> Result<()> {
        if !field.repeated {
            return Err(format!("`{}` takes one value, not a list", field.name));
        }
        let mut content = Vec::new();
        let mut first = true;
        while !self.take_after_space(']') {
            if !std::mem::take(&mut first) {
                self.expect(',')?;
            }
            if field.packed() {
                self.value(field.kind, &mut content)?;
            } else {
                self.tagged(field, out)?;
            }
        }
        if field.packed() {
            put_bytes(field.number, &content, out);
        }
        Ok(())
    }

    /// One field with its tag.
    fn tagged(&mut self, field: &'static Field, out: &mut Vec<u8>) -> Result<()> {
        match field.kind {
            Kind::Message(inner) => {
                self.expect('{')?;
                let content = self.message(inner, Some('}'))?;
                put_bytes(field.number, &content, out);
            }
            Kind::String => {
                let content = self.string()?;
                put_bytes(field.number, &content, out);
            }
            kind => {
                put_tag(field.number, kind.wire_type(), out);
                self.value(kind, out)?;
            }
        }
        Ok(())
    }

    /// One number, without a tag.
    fn value(&mut self, kind: Kind, out: &mut Vec<u8>) -> Result<()> {
        self.skip_space();
        let start = self.pos;
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected("a number"));
        }
        let bits = match kind {
            Kind::Double => {
                let bits = self.double(word)?;
                out.extend(bits.to_le_bytes());
                return Ok(());
            }
            Kind::Enum(names) => match names.iter().position(|&name| name == word) {
                Some(number) => Ok(number as u64),
                None => signed(word)
                    .map(|number| number as u64)
                    .map_err(|_| format!("`{word}` is none of `{}`, and no number", names.join("`, `"))),
            },
            Kind::Int64 => self.time(word).map(|value| value as u64),
            Kind::Sint32 | Kind::Sint64 => signed(word).map(|value| (value << 1 ^ value >> 63) as u64),
            Kind::Uint32 | Kind::Reference | Kind::Uint64 | Kind::String | Kind::Message(_) => unsigned(word),
        };
        put_varint(bits.map_err(|reason| self.at(start, reason))?, out);
        Ok(())
    }

    /// Bits of a double; a NaN may have its own in parentheses.
    fn double(&mut self, word: &str) -> Result<u64> {
        let start = self.pos - word.len();
        match word {
            "stale" => return Ok(STALE_NAN),
            "inf" | "+inf" => return Ok(f64::INFINITY.to_bits()),
            "-inf" => return Ok(f64::NEG_INFINITY.to_bits()),
            "nan" if self.take('(') => {
                let word = self.word();
                let bits = word.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
                let bits = bits.filter(|&bits| f64::from_bits(bits).is_nan());
                let bits =
                    bits.ok_or_else(|| self.at(start, format!("`{word}` are not the bits of a NaN")))?;
                self.expect(')')?;
                return Ok(bits);
            }
            "nan" => return Ok(NORMAL_NAN),
            _ => {}
        }
        let begins = word
            .trim_start_matches(['+', '-'])
            .starts_with(|char: char| char.is_ascii_digit() || char == '.');
        let value = word.parse().ok().filter(|value: &f64| begins && value.is_finite());
        value.map(f64::to_bits).ok_or_else(|| self.at(start, format!("`{word}` is not a 64-bit float")))
    }

    /// Milliseconds since the epoch: a number, or `now` with a duration added or taken away.
    fn time(&self, word: &str) -> Result<i64> {
        let Some(shift) = word.strip_prefix("now") else { return signed(word) };
        if shift.is_empty() {
            return Ok(self.now_ms);
        }
        let Some(text) = shift.strip_prefix(['+', '-']) else {
            return Err(format!("`{word}` is not a time: write `now`, `now-3h` or `now+1h30m`"));
        };
        let duration = duration::parse(text).map_err(|err| err.to_string())?;
        // At most 292 years.
        let ms = duration.as_millis() as i64;
        let time =
            if shift.starts_with('-') { self.now_ms.checked_sub(ms) } else { self.now_ms.checked_add(ms) };
        time.ok_or_else(|| format!("`{word}` is out of range"))
    }

    /// A field that the schema need not know, by number and the form of its value.
    fn unknown(&mut self, number: u32, out: &mut Vec<u8>) -> Result<()> {
        self.skip_space();
        if let Some('"' | '\'') = self.peek() {
            let content = self.string()?;
            put_bytes(number, &content, out);
            return Ok(());
        }
        let start = self.pos;
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected("a number or a string"));
        }
        let value = match word.starts_with('-') {
            true => signed(word).map(|value| value as u64),
            false => unsigned(word),
        }
        .map_err(|reason| self.at(start, reason))?;
        match word.strip_prefix("0x").map(str::len) {
            Some(16) => {
                put_tag(number, WireType::Fixed64, out);
                out.extend(value.to_le_bytes());
            }
            Some(8) => {
                put_tag(number, WireType::Fixed32, out);
                out.extend(&value.to_le_bytes()[..4]);
            }
            _ => {
                put_tag(number, WireType::Varint, out);
                put_varint(value, out);
            }
        }
        Ok(())
    }

    /// The bytes of a `!hex "…"`, whose `!` is read.
    fn raw(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let start = self.pos;
        if self.name() != "hex" {
            return Err(self.at(start, "only `!hex \"…\"` may follow `!`".into()));
        }
        let digits = self.string()?;
        let mut high = None;
        for byte in digits.into_iter().filter(|byte| !byte.is_ascii_whitespace()) {
            let digit =
                char::from(byte).to_digit(16).ok_or("`!hex` takes hexadecimal digits and spaces")? as u8;
            match high.take() {
                Some(high) => out.push(high << 4 | digit),
                None => high = Some(digit),
            }
        }
        if high.is_some() { Err("`!hex` takes an even number of digits".into()) } else { Ok(()) }
    }

    /// Bytes of one or several quoted strings in a row.
    fn string(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.skip_space();
        let Some('"' | '\'') = self.peek() else { return Err(self.expected("a string in quotes")) };
        while let Some(quote @ ('"' | '\'')) = self.peek() {
            self.take(quote);
            loop {
                match self.peek() {
                    None | Some('\n') => return Err("the line ends inside a string".into()),
                    Some(char) if char == quote => break,
                    Some('\\') => self.escape(&mut bytes)?,
                    Some(char) => {
                        bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
                        self.take(char);
                    }
                };
            }
            self.take(quote);
            self.skip_space();
        }
        Ok(bytes)
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        let start = self.pos;
        self.take('\\');
        let kind = self.peek().ok_or("the text ends inside a string")?;
        let wrong = |parser: &mut Self| parser.at(start, format!("`\\{kind}…` is not an escape of a string"));
        if let '0'..='7' = kind {
            let value = self.digits(8, 3);
            bytes.push(value.and_then(|value| u8::try_from(value).ok()).ok_or_else(|| wrong(self))?);
            return Ok(());
        }
        self.take(kind);
        let byte = match kind {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'v' => 11,
            '\\' | '\'' | '"' | '?' => kind as u8,
            'x' => self.digits(16, 2).ok_or_else(|| wrong(self))? as u8,
            'u' | 'U' => {
                let len = if kind == 'u' { 4 } else { 8 };
                let from = self.pos;
                let char = self.digits(16, len).filter(|_| self.pos - from == len).and_then(char::from_u32);
                let char = char.ok_or_else(|| wrong(self))?;
                bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(wrong(self)),
        };
        bytes.push(byte);
        Ok(())
    }

    /// One to `most` digits of `radix`.
    fn digits(&mut self, radix: u32, most: usize) -> Option<u32> {
        let rest = &self.text[self.pos..];
        let len = rest.chars().take(most).take_while(|char| char.is_digit(radix)).count();
        self.pos += len;
        u32::from_str_radix(&rest[..len], radix).ok()
    }

    fn peek(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    fn take(&mut self, char: char) -> bool {
        let taken = self.peek() == Some(char);
        self.pos += if taken { char.len_utf8() } else { 0 };
        taken
    }

    fn take_after_space(&mut self, char: char) -> bool {
        self.skip_space();
        self.take(char)
    }

    fn expect(&mut self, char: char) -> Result<()> {
        if self.take_after_space(char) { Ok(()) } else { Err(self.expected(&format!("`{char}`"))) }
    }

    fn expected(&self, what: &str) -> String {
        match self.peek() {
            Some(found) => format!("expected {what}, found `{}`", found.escape_debug()),
            None => format!("expected {what}, found the end of the text"),
        }
    }

    /// Moves back to `start`, the place that `reason` speaks of.
    fn at(&mut self, start: usize, reason: String) -> String {
        self.pos = start;
        reason
    }

    /// White space and comments.
    fn skip_space(&mut self) {
        let mut rest = self.text[self.pos..].trim_start();
        while rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| rest[end..].trim_start());
        }
        self.pos = self.text.len() - rest.len();
    }

    fn name(&mut self) -> &'t str {
        self.run_of(|char| char.is_ascii_alphanumeric() || char == '_')
    }

    fn word(&mut self) -> &'t str {
        self.run_of(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '+' | '-'))
    }

    fn run_of(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.pos..];
        let len = rest.find(|char| !accept(char)).unwrap_or(rest.len());
        self.pos += len;
        &rest[..len]
    }
}

fn unsigned(word: &str) -> Result<u64> {
    let value = match word.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16),
        _ => word.parse(),
    };
    value.map_err(|_| format!("`{word}` is not a number from 0 to {}", u64::MAX))
}

fn signed(word: &str) -> Result<i64> {
    let negative = word.strip_prefix('-');
    let magnitude = unsigned(negative.unwrap_or(word)).ok().map(i128::from);
    let value = magnitude.map(|magnitude| if negative.is_some() { -magnitude } else { magnitude });
    value
        .and_then(|value| i64::try_from(value).ok())
        .ok_or_else(|| format!("`{word}` is not a number of 64 bits with a sign"))
}

fn flush(run: &mut Option<Run>, out: &mut Vec<u8>) {
    if let Some(Run { number, content }) = run.take() {
        put_bytes(number, &content, out);
    }
}

fn put_bytes(number: u32, content: &[u8], out: &mut Vec<u8>) {
    put_tag(number, WireType::Len, out);
    put_varint(content.len() as u64, out);
    out.extend(content);
}

fn put_tag(number: u32, wire: WireType, out: &mut Vec<u8>) {
    put_varint(u64::from(number) << 3 | wire.number(), out);
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
