//! Series as unit tests of rules describe them: `series: 'up{job="x"}'` with `values: '0 1+2x3 _ stale'`, and the
//! label sets of expected samples.
//!
//! Refused is what `promtool test rules` refuses to parse. What stays different:
//! - Refused here: a line break between values, for which promtool takes the rest for another series; values that
//!   begin in the text of the series already; and what promtool passes over without a word between the counts of
//!   `buckets:[…]`.
//! - A description is not expanded: `1x1000000000000` takes no memory here.
//! - A repeated label is an error here at once; promtool reports it when the series has a sample at the time tested.

use super::ast::Sign;
use super::error::Error;
use super::lex::{SHOWN_MAX, decimal};
use super::metric::read_metric;
use super::{ParseOptions, Version, literal};
use crate::base::span::Span;
use crate::base::text::{clip, escape};
use crate::wire::STALE_NAN;

pub use super::metric::Metric;

/// Some consecutive values of a series.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    pub kind: ItemKind,
    /// What stands behind the `x`.
    pub times: Option<u64>,
    pub span: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ItemKind {
    /// `_`: no sample.
    Blank,
    /// `5`, `5+2x3`, `stale`, whose value is the stale marker. The step is added for each further value.
    Number { value: f64, step: Option<f64> },
    /// `{{schema:0 count:4}}`, and what is added or subtracted for each further value.
    Histogram { value: Box<Described>, step: Option<(Sign, Box<Described>)> },
}

/// A native histogram as it is described. What is not said is zero or empty.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Described {
    pub schema: i64,
    pub sum: f64,
    pub count: f64,
    pub zero_count: f64,
    pub zero_threshold: f64,
    pub custom_values: Vec<f64>,
    /// Of the first bucket.
    pub offset: i64,
    pub buckets: Vec<f64>,
    pub negative_offset: i64,
    pub negative_buckets: Vec<f64>,
    pub reset_hint: Option<ResetHint>,
}

/// What a histogram says of the counter resets before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResetHint {
    Unknown,
    Reset,
    NotReset,
    Gauge,
}

impl Item {
    /// How many values it stands for, blanks too: `1x3` is four, `_x3` is three.
    #[must_use]
    pub fn count(&self) -> u64 {
        match (&self.kind, self.times) {
            (_, None) => 1,
            (ItemKind::Blank, Some(times)) => times,
            (_, Some(times)) => times.saturating_add(1),
        }
    }
}

/// Reads the series of an input series.
///
/// # Errors
/// promtool would refuse it.
pub fn series(text: &str, options: &ParseOptions) -> Result<Metric, Error> {
    let metric = read_metric(text, options)?;
    // promtool reads on for values where a name is not followed by a brace at once, and takes `#` for one of them.
    let name_end = metric.name.as_ref().map_or(0, |name| name.span.end);
    let gap = text[name_end..].len() - text[name_end..].trim_start().len();
    let hash = text[..text.find('{').unwrap_or(text.len())].find('#');
    if metric.name.is_some() && gap > 0 && gap < text[name_end..].len() {
        let span = Span::new(name_end, name_end + gap);
        return Err(
            Error::new(span, "no space may stand between the name and `{` of a series").help("leave it out")
        );
    }
    if let Some(at) = hash {
        return Err(Error::new(Span::new(at, text.len()), "a series may have no comment"));
    }
    if text.trim().is_empty() {
        return Err(
            Error::new(Span::new(0, text.len()), "the series is empty").help("write `{}` for no labels")
        );
    }
    if let Some(at) = text.trim_end().find('\n') {
        return Err(Error::new(Span::new(at, at + 1), "a series stands on one line"));
    }
    Ok(metric)
}

/// Reads the labels of an expected sample.
///
/// # Errors
/// promtool would refuse them.
pub fn sample_labels(text: &str, options: &ParseOptions) -> Result<Metric, Error> {
    read_metric(text, options)
}

/// Reads the values of an input series.
///
/// # Errors
/// promtool would refuse them.
pub fn values(text: &str, options: &ParseOptions) -> Result<Vec<Item>, Error> {
    let mut reader = Reader { text, at: 0, version: options.version };
    let end = text.trim_end().len();
    if let Some(at) = text[..end].find('\n') {
        return Err(Error::new(Span::new(at, at + 1), "the values of a series stand on one line")
            .help("promtool takes what follows for another series; a folded scalar (`>-`) joins lines"));
    }
    let mut items = Vec::new();
    loop {
        reader.spaces();
        if reader.at >= end {
            return Ok(items);
        }
        items.push(reader.item()?);
        if reader.at < end && !reader.peek().is_some_and(is_space) {
            return Err(reader.unexpected("a space, or `x` and how often"));
        }
    }
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    version: Version,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(token.as_bytes());
        self.at += if found { token.len() } else { 0 };
        found
    }

    /// Whether there were any.
    fn spaces(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        self.at > start
    }

    fn unexpected(&self, expected: &str) -> Error {
        let rest = &self.text[self.text.floor_char_boundary(self.at)..];
        let word = rest.split(|c: char| c.is_ascii() && is_space(c as u8)).next().unwrap_or_default();
        let what = match word {
            "" => "unexpected end".to_owned(),
            word => format!("unexpected `{}`", escape(&clip(word, SHOWN_MAX))),
        };
        Error::new(
            Span::new(self.at, self.at + word.len()),
            format!("{what} in a series, expected {expected}"),
        )
    }

    fn item(&mut self) -> Result<Item, Error> {
        let start = self.at;
        let kind = if self.eat("_") {
            ItemKind::Blank
        } else if self.eat("{{") {
            let value = Box::new(self.histogram()?);
            let step = match self.peek() {
                Some(b'+') => Some(Sign::Plus),
                Some(b'-') => Some(Sign::Minus),
                _ => None,
            };
            let step = match step {
                None => None,
                Some(sign) => {
                    self.at += 1;
                    if !self.eat("{{") {
                        return Err(self.unexpected("`{{`"));
                    }
                    Some((sign, Box::new(self.histogram()?)))
                }
            };
            ItemKind::Histogram { value, step }
        } else {
            let value = self.value()?;
            let signed = matches!(self.peek(), Some(b'+' | b'-'));
            ItemKind::Number { value, step: if signed { Some(self.signed()?) } else { None } }
        };
        let stepped = match &kind {
            ItemKind::Blank => false,
            ItemKind::Number { step, .. } => step.is_some(),
            ItemKind::Histogram { step, .. } => step.is_some(),
        };
        let times = match self.eat("x") {
            true => Some(self.unsigned("how often")?),
            false if stepped => return Err(self.unexpected("`x` and how often")),
            false => None,
        };
        let item = Item { kind, times, span: Span::new(start, self.at) };
        check_step(&item, self.version)?;
        Ok(item)
    }

    fn value(&mut self) -> Result<f64, Error> {
        if self.word() == "stale" {
            self.at += "stale".len();
            return Ok(f64::from_bits(STALE_NAN));
        }
        match self.peek() {
            Some(b'+' | b'-') => self.signed(),
            _ => self.number(),
        }
    }

    fn signed(&mut self) -> Result<f64, Error> {
        let negative = self.peek() == Some(b'-');
        self.at += 1;
        let value = self.number()?;
        Ok(if negative { -value } else { value })
    }

    /// The letters, digits and so on ahead, which Prometheus takes for one word.
    fn word(&self) -> &str {
        let rest = &self.text[self.text.floor_char_boundary(self.at)..];
        let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':')).count();
        let begins = rest.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
        if begins { &rest[..len] } else { "" }
    }

    /// Without a sign. Hexadecimal ones are none: `0x3` is zero, repeated.
    fn number(&mut self) -> Result<f64, Error> {
        const EXPECTED: &str = "a number, `_`, `stale` or `{{…}}`";
        let rest = &self.text[self.text.floor_char_boundary(self.at)..];
        let len = match self.word() {
            "" => decimal(rest.as_bytes()),
            word => word.len(),
        };
        let begins = rest.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            || matches!(rest.as_bytes(), [b'.', digit, ..] if digit.is_ascii_digit());
        let value =
            literal::number(&rest[..len]).filter(|_| begins).ok_or_else(|| self.unexpected(EXPECTED))?;
        let follows = rest.as_bytes().get(len).copied();
        if follows.is_some_and(|b| b != b'x' && (b.is_ascii_alphanumeric() || b == b'_')) {
            return Err(self.unexpected(EXPECTED));
        }
        self.at += len;
        Ok(value)
    }

    fn unsigned(&mut self, what: &str) -> Result<u64, Error> {
        let start = self.at;
        let len = decimal(&self.text.as_bytes()[start..]);
        let number = self.text.get(start..start + len).unwrap_or_default();
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        let error = || self.unexpected(&format!("{what}: a whole number"));
        let value = number.parse().ok().filter(|_| digits).ok_or_else(error)?;
        self.number()?;
        Ok(value)
    }

    // Histograms, behind their `{{`.

    fn histogram(&mut self) -> Result<Described, Error> {
        let mut described = Described::default();
        let mut seen = Vec::new();
        // A space is no beginning unless nothing follows it.
        if self.spaces() {
            return if self.eat("}}") { Ok(described) } else { Err(self.unexpected("no space behind `{{`")) };
        }
        if self.eat("}}") {
            return Ok(described);
        }
        loop {
            self.field(&mut described, &mut seen)?;
            let spaced = self.spaces();
            if self.eat("}}") {
                return Ok(described);
            }
            if !spaced {
                return Err(self.unexpected("a space or `}}`"));
            }
        }
    }

    fn field(&mut self, described: &mut Described, seen: &mut Vec<String>) -> Result<(), Error> {
        const FIELDS: &str = "one of `schema`, `sum`, `count`, `z_bucket`, `z_bucket_w`, `custom_values`, \
            `buckets`, `offset`, `n_buckets`, `n_offset`, `counter_reset_hint`, and `:`";
        let rest = &self.text[self.text.floor_char_boundary(self.at)..];
        let len = rest.bytes().take_while(|b| b.is_ascii_alphabetic() || *b == b'_').count();
        let (start, key) = (self.at, rest[..len].to_ascii_lowercase());
        if rest.as_bytes().get(len) != Some(&b':') {
            return Err(self.unexpected(FIELDS));
        }
        let value_at = self.at + len + 1;
        let fail = || self.unexpected(FIELDS);
        let known =
            ["schema", "sum", "count", "z_bucket", "z_bucket_w", "custom_values", "buckets", "offset"];
        if !known.contains(&&*key) && !matches!(&*key, "n_buckets" | "n_offset" | "counter_reset_hint") {
            return Err(fail());
        }
        self.at = value_at;
        match &*key {
            "schema" => described.schema = self.integer()?,
            "offset" => described.offset = self.integer()?,
            "n_offset" => described.negative_offset = self.integer()?,
            "sum" => described.sum = self.histogram_number(true)?,
            "count" => described.count = self.histogram_number(true)?,
            "z_bucket" => described.zero_count = self.histogram_number(true)?,
            "z_bucket_w" => described.zero_threshold = self.histogram_number(false)?,
            "custom_values" => described.custom_values = self.list()?,
            "buckets" => described.buckets = self.list()?,
            "n_buckets" => described.negative_buckets = self.list()?,
            _ => described.reset_hint = Some(self.hint()?),
        }
        if seen.contains(&key) {
            return Err(Error::new(
                Span::new(start, self.at),
                format!("`{key}` stands twice in one histogram"),
            ));
        }
        seen.push(key);
        Ok(())
    }

    fn integer(&mut self) -> Result<i64, Error> {
        let negative = self.eat("-");
        let value = self.unsigned("a field of a histogram")?;
        // As Go converts it.
        let value = value.cast_signed();
        Ok(if negative { value.wrapping_neg() } else { value })
    }

    /// Here a number may not begin with a point or a plus.
    fn histogram_number(&mut self, signed: bool) -> Result<f64, Error> {
        let negative = signed && self.eat("-");
        if !self.peek().is_some_and(|b| b.is_ascii_alphanumeric()) {
            return Err(self.unexpected("a number"));
        }
        let value = self.number()?;
        Ok(if negative { -value } else { value })
    }

    fn list(&mut self) -> Result<Vec<f64>, Error> {
        if !self.eat("[") {
            return Err(self.unexpected("`[`"));
        }
        let mut values = Vec::new();
        loop {
            let negative = self.eat("-");
            let begins =
                |b: u8| b.is_ascii_digit() || if negative { b == b'.' } else { b.is_ascii_alphabetic() };
            if !self.peek().is_some_and(begins) {
                return Err(self.unexpected("numbers parted by spaces, and `]`"));
            }
            let value = self.number()?;
            values.push(if negative { -value } else { value });
            let spaced = self.spaces();
            if self.eat("]") {
                return Ok(values);
            }
            if !spaced {
                return Err(self.unexpected("a space or `]`"));
            }
        }
    }

    fn hint(&mut self) -> Result<ResetHint, Error> {
        let word = self.word().to_ascii_lowercase();
        let hint = match &*word {
            "unknown" => ResetHint::Unknown,
            "reset" => ResetHint::Reset,
            "not_reset" => ResetHint::NotReset,
            "gauge" => ResetHint::Gauge,
            _ => return Err(self.unexpected("`unknown`, `reset`, `not_reset` or `gauge`")),
        };
        self.at += word.len();
        Ok(hint)
    }
}

/// Histograms of different schemas are not always added.
fn check_step(item: &Item, version: Version) -> Result<(), Error> {
    const CUSTOM: i64 = -53;
    let ItemKind::Histogram { value, step: Some((_, step)) } = &item.kind else { return Ok(()) };
    if item.times == Some(0) {
        return Ok(());
    }
    let what = if value.schema > step.schema {
        "of a lower schema"
    } else if (value.schema == CUSTOM) != (step.schema == CUSTOM) {
        "of another kind of schema"
    } else if value.schema == CUSTOM
        && value.custom_values != step.custom_values
        && version < Version::new(3, 8)
    {
        "with other custom bounds"
    } else {
        return Ok(());
    };
    Err(Error::new(item.span, format!("no histogram {what} can be added to this one or subtracted from it"))
        .help("give both the same `schema` and `custom_values`"))
}

#[cfg(test)]
mod tests;
