//! What a scalar is: the rules of Go's YAML libraries, which are YAML 1.1 with exceptions.
//!
//! Three programs, three readings. Prometheus reads its config by yaml.v2 and rule files by yaml.v3; kubectl reads by
//! sigs.k8s.io/yaml, which is yaml.v2 and then JSON. They agree on numbers, also on those of Go itself (`0o17`,
//! `0B1`), and on base 60 (`12:30` is a string); they differ on `yes` and `on`, on dates and on the tag `!`. Held to
//! the real programs by `testdata/yaml/scalars.tsv`.

mod number;
mod timestamp;

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Who reads.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Reader {
    /// Prometheus, its config and files of targets: yaml.v2.
    PrometheusConfig,
    /// Prometheus, its rule files: yaml.v3. `yes`, `on` and their like are strings, except in a field that is a
    /// truth value.
    PrometheusRules,
    /// kubectl, Helm, Argo CD: yaml.v2, turned into JSON. A date is a string.
    #[default]
    Kubernetes,
}

/// What Go reads a scalar as.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'d> {
    Null,
    Bool(bool),
    /// From -2^63 to 2^64 - 1; what is larger is a float.
    Int(i128),
    Float(f64),
    /// A date or a time as it is written; Prometheus puts it into a string as that text.
    Timestamp(&'d str),
    /// What follows `!!binary`: base64.
    Binary(&'d str),
    Str(&'d str),
}

/// A scalar as it stands in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written<'d> {
    /// Without quotes, indentation and escapes.
    pub text: &'d str,
    /// In quotes, or as a block: all but plain.
    pub quoted: bool,
    /// `!!int`, `!`, `!<tag:yaml.org,2002:int>`, `!mine`, as written.
    pub tag: Option<&'d str>,
}

/// A tag that the text does not fit: Go refuses the whole file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot read `{text}` as `{tag}`: it is a `{found}`; write a fitting value or leave out the tag")]
pub struct BadTag {
    pub text: String,
    pub tag: &'static str,
    pub found: &'static str,
}

/// What arrives in a field whose type is a string.
#[derive(Clone, PartialEq, Debug)]
pub enum StringField<'d> {
    /// This text: of a number or truth value in Prometheus, as it was written; of nothing (null), empty.
    Text(Cow<'d, str>),
    /// Nothing: JSON has a number or a truth value here, and the API server refuses the object.
    Refused(Value<'d>),
}

impl<'d> Written<'d> {
    /// Without quotes and without a tag.
    #[must_use]
    pub fn plain(text: &'d str) -> Self {
        Self { text, quoted: false, tag: None }
    }

    /// What it is to this reader.
    ///
    /// # Errors
    /// When its tag is one of YAML's own and the text does not fit; of `!!binary`, when it is not base64.
    pub fn read(self, reader: Reader) -> Result<Value<'d>, BadTag> {
        match self.tag.map(short) {
            None if self.quoted => Ok(Value::Str(self.text)),
            None => Ok(self.untagged(reader)),
            Some("!") if reader == Reader::PrometheusRules && !self.quoted => Ok(self.untagged(reader)),
            Some("binary") => self.decode(self.text).map(|_| Value::Binary(self.text)),
            Some("bool") => self.tagged(reader, "!!bool"),
            Some("int") => self.tagged(reader, "!!int"),
            Some("float") => self.tagged(reader, "!!float"),
            Some("null") => self.tagged(reader, "!!null"),
            Some("timestamp") => self.tagged(reader, "!!timestamp"),
            Some(_) => Ok(Value::Str(self.text)),
        }
    }

    /// What a field receives that is a string, such as a label value or an annotation.
    ///
    /// # Errors
    /// Those of [`Written::read`].
    pub fn string_field(self, reader: Reader) -> Result<StringField<'d>, BadTag> {
        let text = match (self.read(reader)?, reader) {
            (Value::Null, _) => Cow::Borrowed(""),
            (Value::Str(text) | Value::Timestamp(text), _) => Cow::Borrowed(text),
            (Value::Binary(text), _) => Cow::Owned(self.decode(text)?),
            (value, Reader::Kubernetes) => return Ok(StringField::Refused(value)),
            _ => Cow::Borrowed(self.text),
        };
        Ok(StringField::Text(text))
    }

    fn decode(self, text: &str) -> Result<String, BadTag> {
        // Go passes over line breaks.
        let text: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let bytes = STANDARD.decode(&text).map_err(|_| BadTag {
            text,
            tag: "!!binary",
            found: "text that is not base64",
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn untagged(self, reader: Reader) -> Value<'d> {
        match implicit(self.text, reader, true) {
            Value::Timestamp(text) if reader == Reader::Kubernetes => Value::Str(text),
            value => value,
        }
    }

    fn tagged(self, reader: Reader, tag: &'static str) -> Result<Value<'d>, BadTag> {
        let value = implicit(self.text, reader, tag == "!!timestamp");
        match value {
            Value::Int(int) if tag == "!!float" && i64::try_from(int).is_ok() => Ok(Value::Float(int as f64)),
            Value::Timestamp(text) if reader == Reader::Kubernetes => Ok(Value::Str(text)),
            _ if value.tag() == tag => Ok(value),
            _ => Err(BadTag { text: self.text.to_owned(), tag, found: value.tag() }),
        }
    }
}

impl Value<'_> {
    /// The tag that Go's error messages name it by.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp(_) => "!!timestamp",
            Self::Binary(_) => "!!binary",
            Self::Str(_) => "!!str",
        }
    }
}

/// As kubectl writes it in JSON, except that a string stands without quotes and escapes: `1.0` is `1`, `1e3` is
/// `1000`, and integers past 64 bits with a sign are rounded to floats. JSON has no form for infinities and NaN.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => match i64::try_from(value) {
                Ok(value) => write!(f, "{value}"),
                Err(_) => f.write_str(&number::json(value as f64)),
            },
            Self::Float(value) => f.write_str(&number::json(value)),
            Self::Timestamp(text) | Self::Binary(text) | Self::Str(text) => f.write_str(text),
        }
    }
}

/// `!!int` and its longer forms to `int`; `!` and tags of others as they are.
fn short(tag: &str) -> &str {
    let verbatim = tag.strip_prefix("!<").and_then(|tag| tag.strip_suffix('>')).unwrap_or(tag);
    verbatim.strip_prefix("tag:yaml.org,2002:").or_else(|| tag.strip_prefix("!!")).unwrap_or(tag)
}

/// By its text alone; `dates`: whether it may be a timestamp.
fn implicit(text: &str, reader: Reader, dates: bool) -> Value<'_> {
    match text.as_bytes().first() {
        None => Value::Null,
        Some(b'0'..=b'9') if dates && timestamp::is_timestamp(text) => Value::Timestamp(text),
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number::parse(text, reader).unwrap_or(Value::Str(text)),
        Some(_) => word(text, reader).unwrap_or(Value::Str(text)),
    }
}

fn word(text: &str, reader: Reader) -> Option<Value<'_>> {
    Some(match text {
        "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if reader == Reader::PrometheusRules => return None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` by the three readers, in the order of [`Reader`].
    #[track_caller]
    fn check(text: &str, expect: [Value<'_>; 3]) {
        let readers = [Reader::PrometheusConfig, Reader::PrometheusRules, Reader::Kubernetes];
        let found = readers.map(|reader| Written::plain(text).read(reader));
        assert_eq!(found, expect.map(Ok), "{text}");
    }

    #[track_caller]
    fn all(text: &str, expect: Value<'_>) {
        check(text, [expect; 3]);
    }

    #[track_caller]
    fn strings(texts: &[&str]) {
        for text in texts {
            all(text, Value::Str(text));
        }
    }

    #[test]
    fn words_are_truth_values_for_yaml_v2_alone() {
        for (text, value) in [("on", true), ("Yes", true), ("y", true), ("OFF", false), ("N", false)] {
            check(text, [Value::Bool(value), Value::Str(text), Value::Bool(value)]);
        }
        all("True", Value::Bool(true));
        strings(&["oN", "yEs", "tRUE", "nULL", "~~", "<<", "="]);
        for text in ["", "~", "null", "Null", "NULL"] {
            all(text, Value::Null);
        }
    }

    #[test]
    fn integers_have_the_forms_of_go() {
        for (text, value) in [
            ("017", 15),
            ("0o17", 15),
            ("0O17", 15),
            ("0x1F", 31),
            ("-0x_1f", -31),
            ("0b11", 3),
            ("0b-1", -1),
        ] {
            all(text, Value::Int(value));
        }
        all("1_000", Value::Int(1000));
        all("+_1", Value::Int(1));
        all("-0", Value::Int(0));
        all("18446744073709551615", Value::Int(i128::from(u64::MAX)));
        check("0o-7", [Value::Str("0o-7"), Value::Int(-7), Value::Str("0o-7")]);
        strings(&["_1", "0x", "0b2", "--1", "-", "+", "1:30", "12:30:45", "0xFFFFFFFFFFFFFFFFF"]);
    }

    #[test]
    fn floats_are_decimal() {
        for (text, value) in [
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("08", 8.0),
            ("-.5", -0.5),
            (".1_0", 0.1),
            ("-.1__0", -0.1),
            ("1_0.5", 10.5),
            ("18446744073709551616", 18446744073709551616.0),
            ("+18446744073709551615", 18446744073709551615.0),
            ("-.INF", f64::NEG_INFINITY),
        ] {
            all(text, Value::Float(value));
        }
        strings(&[
            ".1__0", "._1", ".1_", "1e400", ".", ".e1", "+.nan", ".iNF", "1.2.3", "1e", "inf", "NaN", "-.NaN",
        ]);
    }

    #[test]
    fn dates_are_strings_for_kubectl() {
        for text in ["2020-01-01", "2020-1-1T1:2:3.5Z", "2020-01-01   1:2:3"] {
            check(text, [Value::Timestamp(text), Value::Timestamp(text), Value::Str(text)]);
        }
        strings(&["2020-13-01", "2021-02-29", "2020-01-01T01:02:03", "20-01-01"]);
    }

    #[test]
    fn tags_decide_or_refuse() {
        let read = |text, tag, quoted, reader| Written { text, quoted, tag: Some(tag) }.read(reader);
        let k8s = Reader::Kubernetes;
        assert_eq!(read("12", "!!str", false, k8s), Ok(Value::Str("12")));
        assert_eq!(read("12", "!!float", true, k8s), Ok(Value::Float(12.0)));
        assert_eq!(read("12", "!<tag:yaml.org,2002:float>", true, k8s), Ok(Value::Float(12.0)));
        assert_eq!(read("12", "!", false, k8s), Ok(Value::Str("12")));
        assert_eq!(read("12", "!", false, Reader::PrometheusRules), Ok(Value::Int(12)));
        assert_eq!(read("12", "!mine", false, k8s), Ok(Value::Str("12")));
        let refused = read("twelve", "!!int", false, k8s).map_err(|err| err.to_string());
        let expect =
            "cannot read `twelve` as `!!int`: it is a `!!str`; write a fitting value or leave out the tag";
        assert_eq!(refused, Err(expect.to_owned()));
    }

    #[test]
    fn a_string_field_takes_text_or_nothing() {
        let field = |text, reader| Written::plain(text).string_field(reader).expect("no tag");
        assert_eq!(field("8080", Reader::PrometheusConfig), StringField::Text("8080".into()));
        assert_eq!(field("1e3", Reader::PrometheusRules), StringField::Text("1e3".into()));
        assert_eq!(field("8080", Reader::Kubernetes), StringField::Refused(Value::Int(8080)));
        assert_eq!(field("~", Reader::Kubernetes), StringField::Text("".into()));
        let binary = Written { text: "aG\nk=", quoted: true, tag: Some("!!binary") };
        assert_eq!(binary.string_field(Reader::Kubernetes), Ok(StringField::Text("hi".into())));
        let broken = Written { text: "?", ..binary };
        assert!(broken.string_field(Reader::Kubernetes).is_err());
    }

    #[test]
    fn numbers_are_shown_as_kubectl_writes_them() {
        for (text, shown) in [
            ("1.0", "1"),
            ("1e3", "1000"),
            ("0.1", "0.1"),
            ("-0.0", "0"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("1e-7", "1e-7"),
            ("18446744073709551615", "18446744073709552000"),
            ("12345678901234567890123", "1.2345678901234568e+22"),
        ] {
            assert_eq!(Written::plain(text).untagged(Reader::Kubernetes).to_string(), shown, "{text}");
        }
    }
}
