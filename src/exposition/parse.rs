//! Reads exposition text.

use std::borrow::Cow;

use super::NAME;
use super::number::{parse_seconds, parse_value};
use crate::base::name::{is_label_name, is_metric_name};
use crate::base::text::{clip, escape};
use crate::wire::{Label, MetricType};

/// Which of the two formats a text is in. Timestamps are milliseconds in the one and seconds in the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Prometheus text format 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0: ends with `# EOF`.
    OpenMetrics,
}

impl Format {
    /// OpenMetrics if the last line is `# EOF`, which a whole OpenMetrics text never lacks.
    #[must_use]
    pub fn detect(text: &str) -> Self {
        match text.trim_end().rsplit('\n').next() {
            Some("# EOF") => Self::OpenMetrics,
            _ => Self::Prometheus,
        }
    }
}

/// What a text consists of, in its order.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// `# TYPE`, `# HELP`, `# UNIT` lines of one name that follow each other.
    Family(Family<'e>),
    Sample(Sample<'e>),
}

/// What a text says of a metric family; empty where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Family<'e> {
    pub name: &'e str,
    pub kind: MetricType,
    pub help: &'e str,
    pub unit: &'e str,
}

/// One sample line.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'e> {
    /// All labels: `__name__` first, the others as written.
    pub labels: &'e [Label<'e>],
    pub value: f64,
    /// Milliseconds since the epoch, if the line has a time.
    pub timestamp: Option<i64>,
    /// OpenMetrics only.
    pub exemplar: Option<Exemplar<'e>>,
}

impl<'e> Sample<'e> {
    /// The metric name.
    #[must_use]
    pub fn name(&self) -> &'e str {
        self.labels.first().map_or("", |label| label.value)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Exemplar<'e> {
    pub labels: &'e [Label<'e>],
    pub value: f64,
    /// Milliseconds since the epoch, if it has a time.
    pub timestamp: Option<i64>,
}

/// Where and why a text cannot be read on. Line and column count from 1, the column in characters.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

/// Reads `text` from its beginning, handing each event to `each`. Stops at the first error, as a scrape does;
/// what was handed out before stands.
pub fn parse(text: &str, format: Format, each: &mut dyn FnMut(Event<'_>)) -> Result<(), ParseError> {
    let mut parser = Parser { text, pos: 0, format, family: None };
    parser.run(each).map_err(|fault| {
        let before = &text[..text.floor_char_boundary(fault.offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ParseError {
            line: 1 + before.bytes().filter(|b| *b == b'\n').count(),
            column: 1 + before[line_start..].chars().count(),
            message: fault.message,
        }
    })
}

struct Fault {
    offset: usize,
    message: String,
}

fn fault<T>(offset: usize, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { offset, message: message.into() })
}

/// A name or label value and another: both borrowed unless they had escapes.
type Pair<'t> = (Cow<'t, str>, Cow<'t, str>);

/// Metadata collected until a sample or another name comes.
struct Pending<'t> {
    name: Cow<'t, str>,
    kind: MetricType,
    help: Cow<'t, str>,
    unit: &'t str,
}

struct Parser<'t> {
    text: &'t str,
    pos: usize,
    format: Format,
    family: Option<Pending<'t>>,
}

impl<'t> Parser<'t> {
    fn run(&mut self, each: &mut dyn FnMut(Event<'_>)) -> Result<(), Fault> {
        loop {
            self.blanks();
            match self.rest().as_bytes().first() {
                None if self.format == Format::OpenMetrics => {
                    return fault(self.pos, "the text ends without `# EOF`: it is cut short");
                }
                None => break,
                Some(b'\n') => self.pos += 1,
                Some(b'#') => {
                    if self.comment(each)? {
                        break;
                    }
                }
                Some(_) => {
                    self.flush(each);
                    self.sample(each)?;
                }
            }
        }
        self.flush(each);
        Ok(())
    }

    fn rest(&self) -> &'t str {
        &self.text[self.pos..]
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.pos += if found { c.len_utf8() } else { 0 };
        found
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'t str {
        let rest = self.rest();
        // What is accepted is all ASCII, or what is not accepted is: the end is a character boundary.
        let len = rest.bytes().take_while(|b| accept(*b)).count();
        self.pos += len;
        &rest[..len]
    }

    fn blanks(&mut self) -> bool {
        !self.take_while(|b| matches!(b, b' ' | b'\t')).is_empty()
    }

    /// Up to the next blank or line break.
    fn word(&mut self) -> &'t str {
        self.take_while(|b| !matches!(b, b' ' | b'\t' | b'\n'))
    }

    fn line(&mut self) -> &'t str {
        self.take_while(|b| b != b'\n')
    }

    /// What comes next, for a message.
    fn found(&self) -> String {
        match self.rest().chars().next() {
            None => "the end of the text".to_owned(),
            Some('\n') => "the end of the line".to_owned(),
            Some(c) => format!("`{}`", escape(c.encode_utf8(&mut [0; 4]))),
        }
    }

    fn flush(&mut self, each: &mut dyn FnMut(Event<'_>)) {
        if let Some(family) = self.family.take() {
            each(Event::Family(Family {
                name: &family.name,
                kind: family.kind,
                help: &family.help,
                unit: family.unit,
            }));
        }
    }

    /// A line that begins with `#`. Whether it was the `# EOF` of OpenMetrics.
    fn comment(&mut self, each: &mut dyn FnMut(Event<'_>)) -> Result<bool, Fault> {
        self.pos += 1;
        let keyword = if self.blanks() { self.word() } else { "" };
        let open_metrics = self.format == Format::OpenMetrics;
        match keyword {
            "EOF" if open_metrics => {
                self.eat('\n');
                return match self.rest() {
                    "" => Ok(true),
                    _ => fault(self.pos, "there is text after `# EOF`"),
                };
            }
            "HELP" | "TYPE" => {}
            "UNIT" if open_metrics => {}
            _ => {
                self.line();
                return Ok(false);
            }
        }
        self.blanks();
        let start = self.pos;
        let name = if self.rest().starts_with('"') { self.quoted()? } else { self.word().into() };
        if name.is_empty() {
            return fault(start, format!("expected a metric name after `{keyword}`, found {}", self.found()));
        }
        self.blanks();
        let at = self.pos;
        let content = self.line();
        if self.family.as_ref().is_none_or(|family| family.name != name) {
            self.flush(each);
        }
        let family = self.family.get_or_insert_with(|| Pending {
            name,
            kind: MetricType::default(),
            help: "".into(),
            unit: "",
        });
        match keyword {
            "HELP" => family.help = unescape(content, open_metrics),
            "UNIT" => family.unit = content.trim_end(),
            _ => match metric_type(content.trim_end()) {
                Some(kind) => family.kind = kind,
                None => {
                    let word = escape(&clip(content, 40)).into_owned();
                    return fault(at, format!("`{word}` is no metric type"));
                }
            },
        }
        Ok(false)
    }

    fn sample(&mut self, each: &mut dyn FnMut(Event<'_>)) -> Result<(), Fault> {
        let start = self.pos;
        let name = self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'));
        if !name.is_empty() && !is_metric_name(name) {
            return fault(start, format!("`{}` is no metric name", clip(name, 40)));
        }
        let mut labels: Vec<Pair<'t>> = Vec::new();
        if !name.is_empty() {
            labels.push((NAME.into(), name.into()));
        }
        self.blanks();
        if self.eat('{') {
            self.labels(&mut labels)?;
        } else if name.is_empty() {
            return fault(start, format!("expected a metric name, found {}", self.found()));
        }
        // A quoted name may stand anywhere in the braces.
        match labels.iter().position(|(name, _)| name == NAME) {
            Some(at) => labels[..=at].rotate_right(1),
            None => return fault(start, "the sample has no metric name"),
        }
        let value = self.value()?;
        let timestamp = self.timestamp()?;
        let open_metrics = self.format == Format::OpenMetrics;
        let exemplar = if open_metrics && self.eat('#') { Some(self.exemplar()?) } else { None };
        if !self.rest().is_empty() && !self.eat('\n') {
            return fault(self.pos, format!("expected the end of the line, found {}", self.found()));
        }
        let labels = borrow(&labels);
        let exemplar_labels = exemplar.as_ref().map(|(labels, ..)| borrow(labels)).unwrap_or_default();
        let exemplar = exemplar.as_ref().map(|(_, value, timestamp)| Exemplar {
            labels: &exemplar_labels,
            value: *value,
            timestamp: *timestamp,
        });
        each(Event::Sample(Sample { labels: &labels, value, timestamp, exemplar }));
        Ok(())
    }

    /// After the `#` behind a sample.
    fn exemplar(&mut self) -> Result<(Vec<Pair<'t>>, f64, Option<i64>), Fault> {
        self.blanks();
        if !self.eat('{') {
            return fault(self.pos, format!("expected the labels of an exemplar, found {}", self.found()));
        }
        let mut labels = Vec::new();
        self.labels(&mut labels)?;
        Ok((labels, self.value()?, self.timestamp()?))
    }

    fn value(&mut self) -> Result<f64, Fault> {
        self.blanks();
        let start = self.pos;
        match self.word() {
            "" => fault(start, format!("expected a value, found {}", self.found())),
            word => match parse_value(word) {
                Some(value) => Ok(value),
                None => fault(start, format!("`{}` is no value", escape(&clip(word, 40)))),
            },
        }
    }

    fn timestamp(&mut self) -> Result<Option<i64>, Fault> {
        self.blanks();
        let start = self.pos;
        if self.rest().is_empty() || self.rest().starts_with(['\n', '#']) {
            return Ok(None);
        }
        let word = self.word();
        let timestamp = match self.format {
            Format::Prometheus => word.parse().ok(),
            Format::OpenMetrics => parse_seconds(word),
        };
        self.blanks();
        match timestamp {
            Some(timestamp) => Ok(Some(timestamp)),
            None => fault(start, format!("`{}` is no timestamp", escape(&clip(word, 40)))),
        }
    }

    /// After `{`, up to and with `}`. A quoted string alone is the metric name.
    fn labels(&mut self, labels: &mut Vec<Pair<'t>>) -> Result<(), Fault> {
        loop {
            self.blanks();
            if self.eat('}') {
                return Ok(());
            }
            let start = self.pos;
            let quoted = self.rest().starts_with('"');
            let name = if quoted {
                self.quoted()?
            } else {
                self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_').into()
            };
            if !quoted && !is_label_name(&name) {
                return fault(start, format!("expected a label name or `}}`, found {}", self.found()));
            }
            self.blanks();
            if self.eat('=') {
                if name.is_empty() {
                    return fault(start, "a label has no name");
                }
                self.blanks();
                if !self.rest().starts_with('"') {
                    return fault(self.pos, format!("expected a quoted label value, found {}", self.found()));
                }
                let value = self.quoted()?;
                labels.push((name, value));
            } else if quoted {
                if labels.iter().any(|(name, _)| name == NAME) {
                    return fault(start, "the metric name is set twice");
                }
                labels.push((NAME.into(), name));
            } else {
                return fault(self.pos, format!("expected `=` after a label name, found {}", self.found()));
            }
            self.blanks();
            if !self.eat(',') && !self.rest().starts_with('}') {
                return fault(
                    self.pos,
                    format!("expected `,` or `}}` after a label, found {}", self.found()),
                );
            }
        }
    }

    /// A string in double quotes, which is next. It may run over several lines.
    fn quoted(&mut self) -> Result<Cow<'t, str>, Fault> {
        let start = self.pos;
        self.pos += 1;
        let mut escaped = false;
        let len = self.rest().bytes().position(|b| {
            let end = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            end
        });
        let Some(len) = len else {
            return fault(start, "the quoted string is not closed");
        };
        let inner = &self.rest()[..len];
        self.pos += len + 1;
        Ok(unescape(inner, true))
    }
}

fn borrow<'p>(pairs: &'p [Pair<'_>]) -> Vec<Label<'p>> {
    pairs.iter().map(|(name, value)| Label { name, value }).collect()
}

fn metric_type(word: &str) -> Option<MetricType> {
    match word {
        "untyped" => Some(MetricType(0)),
        _ => (0..=7).map(MetricType).find(|kind| kind.as_str() == word),
    }
}

/// `\\`, `\n` and, where quotes are escaped, `\"`; any other backslash stands for itself.
fn unescape(text: &str, quotes: bool) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = match c {
            '\\' => match chars.clone().next() {
                Some('\\') => Some('\\'),
                Some('n') => Some('\n'),
                Some('"') if quotes => Some('"'),
                _ => None,
            },
            _ => None,
        };
        if escaped.is_some() {
            chars.next();
        }
        out.push(escaped.unwrap_or(c));
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// Events one per line, then the error if there is one.
    fn show(text: &str, format: Format) -> String {
        let mut out = String::new();
        let result = parse(text, format, &mut |event| {
            let _ = match event {
                Event::Family(f) => {
                    writeln!(out, "{:?} {} {:?} {:?}", f.name, f.kind.as_str(), f.help, f.unit)
                }
                Event::Sample(s) => {
                    let _ = write!(out, "{:?} {:?} {:?}", s.name(), pairs(&s.labels[1..]), s.value);
                    let _ = s.timestamp.map(|at| write!(out, " @{at}"));
                    let _ = s
                        .exemplar
                        .map(|e| write!(out, " # {:?} {} {:?}", pairs(e.labels), e.value, e.timestamp));
                    writeln!(out)
                }
            };
        });
        let _ = result.map_err(|error| write!(out, "error: {error}"));
        out.trim_end().to_owned()
    }

    fn pairs<'p>(labels: &'p [Label<'p>]) -> Vec<(&'p str, &'p str)> {
        labels.iter().map(|label| (label.name, label.value)).collect()
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(show(text, Format::Prometheus), expect, "{text}");
    }

    #[track_caller]
    fn check_open(text: &str, expect: &str) {
        assert_eq!(show(&format!("{text}\n# EOF\n"), Format::OpenMetrics), expect, "{text}");
    }

    #[test]
    fn reads_the_prometheus_format() {
        check(
            "# HELP http_requests_total The \\\\ total\\nof \"requests\".\n# TYPE http_requests_total counter\n\
             http_requests_total{method=\"post\",code=\"200\",} 1027 1395066363000\n\n\
             # a comment\n#HELP none\n\
             a 1\n\t up\t{ x = \"C:\\\\DIR\\n\\\"q\\\" \\d\" } -Inf -3\nb{} 2e3",
            "\"http_requests_total\" counter \"The \\\\ total\\nof \\\"requests\\\".\" \"\"\n\
             \"http_requests_total\" [(\"method\", \"post\"), (\"code\", \"200\")] 1027.0 @1395066363000\n\
             \"a\" [] 1.0\n\
             \"up\" [(\"x\", \"C:\\\\DIR\\n\\\"q\\\" \\\\d\")] -inf @-3\n\
             \"b\" [] 2000.0",
        );
    }

    #[test]
    fn metadata_of_one_name_is_one_event() {
        check(
            "# TYPE a gauge\n# HELP a x\n# HELP b y\n# TYPE c untyped\n",
            "\"a\" gauge \"x\" \"\"\n\"b\" unknown \"y\" \"\"\n\"c\" unknown \"\" \"\"",
        );
    }

    #[test]
    fn reads_open_metrics() {
        check_open(
            "# TYPE foo_seconds counter\n# UNIT foo_seconds seconds\n# HELP foo_seconds say \\\"x\\\"\n\
             foo_seconds_total{a=\"b\"} 17.0 1520879607.789 # {trace_id=\"K\"} 0.67 1520879607.001\nx 1 # {} 2",
            "\"foo_seconds\" counter \"say \\\"x\\\"\" \"seconds\"\n\
             \"foo_seconds_total\" [(\"a\", \"b\")] 17.0 @1520879607789 # [(\"trace_id\", \"K\")] 0.67 Some(1520879607001)\n\
             \"x\" [] 1.0 # [] 2 None",
        );
    }

    #[test]
    fn reads_quoted_names() {
        check(
            "# TYPE \"my.metric\" gauge\n{\"my.metric\",\"a.b\"=\"c\"} 1\n{x=\"y\",\"my.metric\"} 2\nup{\"a b\"=\"c\"} 3",
            "\"my.metric\" gauge \"\" \"\"\n\"my.metric\" [(\"a.b\", \"c\")] 1.0\n\
             \"my.metric\" [(\"x\", \"y\")] 2.0\n\"up\" [(\"a b\", \"c\")] 3.0",
        );
    }

    #[test]
    fn errors_have_a_place() {
        check(
            "up 1\nup{é",
            "\"up\" [] 1.0\nerror: line 2, column 4: expected a label name or `}`, found `é`",
        );
        check(
            "up{a=\"é\" b=\"c\"} 1",
            "error: line 1, column 10: expected `,` or `}` after a label, found `b`",
        );
        check("up{a=\"b} 1\n", "error: line 1, column 6: the quoted string is not closed");
        check("up{a} 1\n", "error: line 1, column 5: expected `=` after a label name, found `}`");
        check("up{\"\"=\"b\"} 1\n", "error: line 1, column 4: a label has no name");
        check("up{a=b} 1\n", "error: line 1, column 6: expected a quoted label value, found `b`");
        check("up\n", "error: line 1, column 3: expected a value, found the end of the line");
        check("up one\n", "error: line 1, column 4: `one` is no value");
        check("up 1 1.5\n", "error: line 1, column 6: `1.5` is no timestamp");
        check("up 1 2 3\n", "error: line 1, column 8: expected the end of the line, found `3`");
        check("9up 1\n", "error: line 1, column 1: `9up` is no metric name");
        check("{a=\"b\"} 1\n", "error: line 1, column 1: the sample has no metric name");
        check("{\"a\",\"b\"} 1\n", "error: line 1, column 6: the metric name is set twice");
        check("# TYPE up meter\n", "error: line 1, column 11: `meter` is no metric type");
        check("\u{1b}[2J 1\n", "error: line 1, column 1: expected a metric name, found `\\u{001B}`");
    }

    #[test]
    fn an_open_metrics_text_must_be_whole() {
        let cut = show("up 1\n", Format::OpenMetrics);
        assert_eq!(
            cut,
            "\"up\" [] 1.0\nerror: line 2, column 1: the text ends without `# EOF`: it is cut short"
        );
        let more = show("# EOF\nup 1\n", Format::OpenMetrics);
        assert_eq!(more, "error: line 2, column 1: there is text after `# EOF`");
        assert_eq!(Format::detect("a 1\n# EOF\n"), Format::OpenMetrics);
        assert_eq!(Format::detect("a 1\n# EOF?\n"), Format::Prometheus);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([a_{}=\"\\\\,#\n 0-9.é]|# TYPE |# HELP |# EOF){0,24}") {
            for format in [Format::Prometheus, Format::OpenMetrics] {
                if let Err(error) = parse(&text, format, &mut |_| ()) {
                    prop_assert!(error.line >= 1 && error.column >= 1);
                }
            }
        }
    }
}
