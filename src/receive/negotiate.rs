//! Content negotiation: which version of the message a request carries, and how it is compressed.
//!
//! Pure: headers in, a decision or a 415 out. `Content-Type` decides the version, as the specification says;
//! `X-Prometheus-Remote-Write-Version` is only compared with it. `Content-Type` is read by the grammar of
//! RFC 9110 section 8.3: the type is case-insensitive, white space may stand around `;`, parameter values
//! may be quoted. Receivers that compare strings take `application/x-protobuf; proto=io.prometheus.write.v2.Request`
//! (one space) for 1.0 and lose its data behind a 204.

use std::borrow::Cow;

use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::base::text::{clip, escape};
use crate::wire::{Encoding, Protocol};

/// The header in which a sender repeats the version. Spec 1.0 and 2.0, "Protocol".
pub(crate) const VERSION: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");

const MEDIA_TYPE: &str = "application/x-protobuf";

/// What a request says its body is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Negotiated {
    pub(crate) protocol: Protocol,
    pub(crate) encoding: Encoding,
    pub(crate) notes: Vec<HeaderNote>,
}

/// Something about the headers that a sender should mend although the request is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum HeaderNote {
    /// No `Content-Type`: taken for 1.0.
    NoContentType,
    /// `X-Prometheus-Remote-Write-Version` names another version than `Content-Type`, which decides.
    VersionMismatch,
    /// `X-Prometheus-Remote-Write-Version` is neither `0.1.*` nor `2.*`.
    VersionUnknown,
}

impl HeaderNote {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 3] = [Self::NoContentType, Self::VersionMismatch, Self::VersionUnknown];

    /// Stable name, as metrics and logs carry it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NoContentType => "no-content-type",
            Self::VersionMismatch => "version-header-mismatch",
            Self::VersionUnknown => "version-header-unknown",
        }
    }

    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::NoContentType => "no Content-Type: the body is read as 1.0 (`prometheus.WriteRequest`)",
            Self::VersionMismatch => {
                "X-Prometheus-Remote-Write-Version names another version than Content-Type, which decides"
            }
            Self::VersionUnknown => "X-Prometheus-Remote-Write-Version names a version that does not exist",
        }
    }
}

/// Why a request is answered 415. Values come from outside: they are escaped and cut in `Display`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    /// The version, where the content type had said it before the encoding was refused.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) cause: Cause,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error("{count} Content-Type headers: send one")]
    ContentTypes { count: usize },
    #[error(
        "Content-Type `{got}` is not a media type with parameters as RFC 9110 has them: {SUPPORTED_TYPES}"
    )]
    Malformed { got: String },
    #[error("Content-Type `{got}` is not remote write: {SUPPORTED_TYPES}")]
    MediaType { got: String },
    #[error("Content-Type has `proto` twice: {SUPPORTED_TYPES}")]
    ProtoTwice,
    #[error("unknown remote-write message `{got}`: {SUPPORTED_TYPES}")]
    Message { got: String },
    #[error("Content-Encoding `{got}` is not supported: use `snappy` (block format), `zstd` or `identity`")]
    Encoding { got: String },
    #[error("several encodings on top of each other (`{got}`): use one of `snappy`, `zstd` and `identity`")]
    Encodings { got: String },
}

impl Cause {
    /// Stable name, as metrics and logs carry it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Encoding { .. } | Self::Encodings { .. } => "content-encoding",
            _ => "content-type",
        }
    }
}

const SUPPORTED_TYPES: &str = "use `application/x-protobuf` for 1.0 or \
    `application/x-protobuf;proto=io.prometheus.write.v2.Request` for 2.0";

/// Decides version and encoding by the headers of a write request.
pub(crate) fn negotiate(headers: &HeaderMap) -> Result<Negotiated, Refusal> {
    let mut notes = Vec::new();
    let protocol = match protocol(headers).map_err(|cause| Refusal { protocol: None, cause })? {
        Some(protocol) => protocol,
        None => {
            notes.push(HeaderNote::NoContentType);
            Protocol::V1
        }
    };
    let encoding = encoding(headers).map_err(|cause| Refusal { protocol: Some(protocol), cause })?;
    notes.extend(version_note(headers, protocol));
    Ok(Negotiated { protocol, encoding, notes })
}

fn protocol(headers: &HeaderMap) -> Result<Option<Protocol>, Cause> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match values.count() {
        0 => content_type(value).map(Some),
        more => Err(Cause::ContentTypes { count: more + 1 }),
    }
}

/// Reads `type "/" subtype *( OWS ";" OWS [ token "=" ( token / quoted-string ) ] )`. RFC 9110 8.3.1, 5.6.6.
fn content_type(value: &HeaderValue) -> Result<Protocol, Cause> {
    let got = || shown(&String::from_utf8_lossy(value.as_bytes()));
    let Ok(input) = value.to_str() else { return Err(Cause::Malformed { got: got() }) };
    let input = input.trim_matches(is_ows);
    let (media, mut rest) = match input.find(';') {
        Some(at) => (&input[..at], &input[at..]),
        None => (input, ""),
    };
    let media = media.trim_end_matches(is_ows);
    if !media.eq_ignore_ascii_case(MEDIA_TYPE) {
        return Err(Cause::MediaType { got: got() });
    }
    let mut message = None;
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start_matches(is_ows);
        if after.is_empty() || after.starts_with(';') {
            rest = after; // an empty parameter is allowed
            continue;
        }
        let (name, value, after) = parameter(after).ok_or_else(|| Cause::Malformed { got: got() })?;
        if name.eq_ignore_ascii_case("proto") && message.replace(value).is_some() {
            return Err(Cause::ProtoTwice);
        }
        rest = after.trim_start_matches(is_ows);
    }
    if !rest.is_empty() {
        return Err(Cause::Malformed { got: got() });
    }
    match message {
        None => Ok(Protocol::V1),
        Some(message) => [Protocol::V1, Protocol::V2]
            .into_iter()
            .find(|protocol| protocol.message() == message)
            .ok_or_else(|| Cause::Message { got: shown(&message) }),
    }
}

/// Reads `token "=" ( token / quoted-string )` at the start of `input`; returns what follows it, too.
fn parameter(input: &str) -> Option<(&str, Cow<'_, str>, &str)> {
    let (name, rest) = token(input)?;
    let rest = rest.strip_prefix('=')?;
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, rest) = token(rest)?;
        return Some((name, Cow::Borrowed(value), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((name, Cow::Owned(value), &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(char),
        }
    }
    None // the quote is not closed
}

fn token(input: &str) -> Option<(&str, &str)> {
    let end = input.find(|char| !is_token(char)).unwrap_or(input.len());
    (end > 0).then(|| input.split_at(end))
}

/// `tchar` of RFC 9110 5.6.2.
fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char)
}

fn is_ows(char: char) -> bool {
    matches!(char, ' ' | '\t')
}

/// Reads the list of encodings; several header lines are one list, and empty elements do not count
/// (RFC 9110 5.6.1.2). None at all stands for Snappy, which the specification makes the only one.
fn encoding(headers: &HeaderMap) -> Result<Encoding, Cause> {
    let mut found = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let Ok(list) = value.to_str() else {
            return Err(Cause::Encoding { got: shown(&String::from_utf8_lossy(value.as_bytes())) });
        };
        found.extend(list.split(',').map(|coding| coding.trim_matches(is_ows)).filter(|c| !c.is_empty()));
    }
    match found[..] {
        [] => Ok(Encoding::Snappy),
        [coding] => [Encoding::Snappy, Encoding::Zstd, Encoding::Identity]
            .into_iter()
            .find(|encoding| coding.eq_ignore_ascii_case(encoding.as_str()))
            .ok_or_else(|| Cause::Encoding { got: shown(coding) }),
        _ => Err(Cause::Encodings { got: shown(&found.join(", ")) }),
    }
}

fn version_note(headers: &HeaderMap, protocol: Protocol) -> Option<HeaderNote> {
    let version = headers.get(VERSION)?.to_str().unwrap_or_default().trim_matches(is_ows);
    let named = match version.split_once('.') {
        Some(("2", _)) => Protocol::V2,
        Some(("0", rest)) if rest == "1" || rest.starts_with("1.") => Protocol::V1,
        _ => return Some(HeaderNote::VersionUnknown),
    };
    (named != protocol).then_some(HeaderNote::VersionMismatch)
}

/// Characters of a foreign header value that a sentence shows.
const SHOWN: usize = 100;

fn shown(value: &str) -> String {
    escape(&clip(value, SHOWN)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers as `name: value` lines; expects `1.0 snappy`, with notes after it, or `415` and a part of
    /// the sentence.
    #[track_caller]
    fn check(lines: &[&str], expect: &str) {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        let got = match negotiate(&headers) {
            Ok(negotiated) => {
                let mut words = vec![negotiated.protocol.as_str(), negotiated.encoding.as_str()];
                words.extend(negotiated.notes.iter().map(|note| note.name()));
                words.join(" ")
            }
            Err(refusal) => format!("415 {}", refusal.cause),
        };
        match expect.strip_prefix("415 ") {
            Some(part) => assert!(got.starts_with("415 ") && got.contains(part), "{lines:?}: {got}"),
            None => assert_eq!(got, expect, "{lines:?}"),
        }
    }

    #[track_caller]
    fn check_type(content_type: &str, expect: &str) {
        let line = format!("Content-Type: {content_type}");
        check(&[&line], expect);
    }

    #[test]
    fn content_type_decides_the_version() {
        check_type("application/x-protobuf", "1.0 snappy");
        check_type("application/x-protobuf;proto=prometheus.WriteRequest", "1.0 snappy");
        check_type("application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0 snappy");
        check(&[], "1.0 snappy no-content-type");
    }

    #[test]
    fn content_type_is_read_by_its_grammar() {
        let v2 = "2.0 snappy";
        check_type("application/x-protobuf; proto=io.prometheus.write.v2.Request", v2);
        check_type("application/x-protobuf ;proto=io.prometheus.write.v2.Request", v2);
        check_type("application/x-protobuf \t;\t proto=io.prometheus.write.v2.Request \t", v2);
        check_type("Application/X-Protobuf;proto=io.prometheus.write.v2.Request", v2);
        check_type("application/x-protobuf;PROTO=io.prometheus.write.v2.Request", v2);
        check_type("application/x-protobuf;proto=\"io.prometheus.write.v2.Request\"", v2);
        check_type("application/x-protobuf;proto=\"io.prometheus.write.v2.\\Request\"", v2);
        check_type("application/x-protobuf;;proto=io.prometheus.write.v2.Request;", v2);
        check_type("application/x-protobuf;charset=utf-8;proto=io.prometheus.write.v2.Request", v2);
        check_type("application/x-protobuf;proto=io.prometheus.write.v2.Request;q=\"a;b\"", v2);
        check_type("application/x-protobuf;a=\";proto=x\"", "1.0 snappy");
        check_type("application/x-protobuf;", "1.0 snappy");
    }

    #[test]
    fn refuses_a_content_type_it_cannot_serve() {
        check_type("application/json", "415 `application/json` is not remote write");
        check_type("text/plain", "415 is not remote write");
        check_type("", "415 is not remote write");
        check_type(";proto=io.prometheus.write.v2.Request", "415 is not remote write");
        check_type("application/x-protobuf2", "415 is not remote write");
        check_type("application / x-protobuf", "415 is not remote write");
        check_type("application/x-protobuf;proto=foo.Bar", "415 unknown remote-write message `foo.Bar`");
        check_type("application/x-protobuf;proto=\"\"", "415 unknown remote-write message ``");
        check_type("application/x-protobuf;proto=IO.prometheus.write.v2.Request", "415 unknown");
        check_type("application/x-protobuf;proto", "415 RFC 9110");
        check_type("application/x-protobuf;proto=", "415 RFC 9110");
        check_type("application/x-protobuf;proto = prometheus.WriteRequest", "415 RFC 9110");
        check_type("application/x-protobuf;proto=\"prometheus.WriteRequest", "415 RFC 9110");
        check_type("application/x-protobuf;proto=a b", "415 RFC 9110");
        check_type("application/x-protobuf, application/x-protobuf", "415 is not remote write");
        check_type("application/x-protobuf;proto=\u{e9}", "415 RFC 9110");
        let twice = "application/x-protobuf;proto=prometheus.WriteRequest;proto=prometheus.WriteRequest";
        check_type(twice, "415 `proto` twice");
        check(&["Content-Type: application/x-protobuf", "Content-Type: text/plain"], "415 2 Content-Type");
    }

    #[test]
    fn content_encoding_is_one_of_three() {
        let with = |encoding: &str, expect: &str| {
            let line = format!("Content-Encoding: {encoding}");
            check(&["Content-Type: application/x-protobuf", &line], expect);
        };
        with("snappy", "1.0 snappy");
        with("SNAPPY", "1.0 snappy");
        with(" snappy\t", "1.0 snappy");
        with("snappy,", "1.0 snappy");
        with("", "1.0 snappy");
        with("zstd", "1.0 zstd");
        with("Zstd", "1.0 zstd");
        with("identity", "1.0 identity");
        with("gzip", "415 `gzip` is not supported");
        with("x-snappy-framed", "415 is not supported");
        with("snappy gzip", "415 is not supported");
        with("snappy, gzip", "415 several encodings");
        with("snappy, snappy", "415 several encodings");
        with("snappy, identity", "415 several encodings");
        check(
            &["Content-Type: application/x-protobuf", "Content-Encoding: zstd", "Content-Encoding: snappy"],
            "415 several encodings",
        );
    }

    #[test]
    fn version_header_is_compared_and_never_decides() {
        let v1 = "Content-Type: application/x-protobuf";
        let v2 = "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request";
        let version = |version: &str| format!("X-Prometheus-Remote-Write-Version: {version}");
        check(&[v1, &version("0.1.0")], "1.0 snappy");
        check(&[v2, &version("2.0.0")], "2.0 snappy");
        check(&[v2, &version("2.1.0")], "2.0 snappy");
        check(&[v2, &version("0.1.0")], "2.0 snappy version-header-mismatch");
        check(&[v1, &version("2.0.0")], "1.0 snappy version-header-mismatch");
        check(&[v2, &version("9.9.9")], "2.0 snappy version-header-unknown");
        check(&[v1, &version("0.10.0")], "1.0 snappy version-header-unknown");
        check(&[v1, &version("")], "1.0 snappy version-header-unknown");
        check(&[&version("2.0.0")], "1.0 snappy no-content-type version-header-mismatch");
        check(&[v1, "X-VictoriaMetrics-Remote-Write-Version: 1", "Content-Encoding: zstd"], "1.0 zstd");
    }

    #[test]
    fn refused_encoding_still_knows_the_version() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(Protocol::V2.content_type()));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(negotiate(&headers).unwrap_err().protocol, Some(Protocol::V2));
    }

    #[test]
    fn long_and_odd_values_are_cut_and_escaped() {
        let long = format!("a/{}", "b".repeat(500));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_bytes(format!("{long}\t\u{85}").as_bytes()).unwrap());
        let sentence = negotiate(&headers).unwrap_err().cause.to_string();
        assert!(sentence.len() < 400 && !sentence.contains(char::is_control), "{sentence}");
    }
}
