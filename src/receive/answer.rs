//! Answers to write requests: status, headers, and one sentence.
//!
//! The rules, from the specification and from what senders do with an answer:
//!
//! - all written: 204, no body;
//! - data that will never be accepted: 400, 413 or 415, which senders drop; one line, because Prometheus logs
//!   the first line of at most 1,024 bytes;
//! - anything that may go better later: 503 with `Retry-After`, never 429 (Prometheus drops on 429 unless told
//!   otherwise) and never another 5xx;
//! - `X-Prometheus-Remote-Write-*-Written` on every answer once the request is known to be 2.0, exact, and never
//!   on 1.0, whose senders take them for a fault.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use crate::base::text::clip;
use crate::capture::Counts;
use crate::receive::judge::Reading;
use crate::wire::Protocol;

/// Content type of sentences.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// Bytes of a sentence at most; Prometheus reads no further.
pub(crate) const MAX_BODY: usize = 1024;

const SAMPLES: HeaderName = HeaderName::from_static("x-prometheus-remote-write-samples-written");
const HISTOGRAMS: HeaderName = HeaderName::from_static("x-prometheus-remote-write-histograms-written");
const EXEMPLARS: HeaderName = HeaderName::from_static("x-prometheus-remote-write-exemplars-written");

/// An answer to a write request, before it is HTTP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `None` when the request was refused before its version was known.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) written: Counts,
    /// Empty on success; else one line, escaped, at most [`MAX_BODY`] bytes.
    pub(crate) sentence: String,
    /// Stable name of what is wrong, for metrics and logs; `None` on success, and when rules say it.
    pub(crate) problem: Option<&'static str>,
    /// Seconds; set with 503 alone.
    pub(crate) retry_after: Option<u64>,
    /// The connection cannot carry another request.
    pub(crate) close: bool,
}

impl Answer {
    /// Everything was written.
    pub(crate) fn written(protocol: Protocol, written: Counts) -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            protocol: Some(protocol),
            written,
            sentence: String::new(),
            problem: None,
            retry_after: None,
            close: false,
        }
    }

    /// Nothing was written, and the same request never will be.
    pub(crate) fn refused(
        protocol: Option<Protocol>,
        status: StatusCode,
        problem: &'static str,
        sentence: &str,
    ) -> Self {
        Self {
            status,
            protocol,
            written: Counts::default(),
            sentence: clip(&one_line(sentence), MAX_BODY).into_owned(),
            problem: Some(problem),
            retry_after: None,
            close: false,
        }
    }

    /// Nothing is known to be written; the sender should send the same again after a while.
    pub(crate) fn later(protocol: Protocol, seconds: u64, problem: &'static str, sentence: &str) -> Self {
        let refused = Self::refused(Some(protocol), StatusCode::SERVICE_UNAVAILABLE, problem, sentence);
        Self { retry_after: Some(seconds), ..refused }
    }

    /// The answer to a request that was read to its end: 204, or 400 when rules refuse series of it.
    pub(crate) fn read(protocol: Protocol, reading: &Reading) -> Self {
        let Some(first) = &reading.first else { return Self::written(protocol, reading.written) };
        let refused = reading.refused();
        let rules = match &reading.rejections[..] {
            [_] => String::new(),
            several => {
                let each: Vec<_> = several.iter().map(|r| format!("{} {}", r.series.len(), r.rule)).collect();
                format!(" ({})", each.join(", "))
            }
        };
        let tail = format!(
            "; {} of {} series written, {refused} refused{rules}",
            reading.written.series, reading.sent.series
        );
        let tail = clip(&tail, MAX_BODY / 2);
        let sentence = clip(&one_line(first), MAX_BODY - tail.len()).into_owned();
        Self {
            status: StatusCode::BAD_REQUEST,
            written: reading.written,
            sentence: sentence + tail.as_ref(),
            ..Self::written(protocol, reading.written)
        }
    }

    pub(crate) fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = plain(self.status, self.sentence);
        let headers = response.headers_mut();
        if self.protocol == Some(Protocol::V2) {
            headers.insert(SAMPLES, HeaderValue::from(self.written.samples));
            headers.insert(HISTOGRAMS, HeaderValue::from(self.written.histograms));
            headers.insert(EXEMPLARS, HeaderValue::from(self.written.exemplars));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Foreign text is escaped where it enters a sentence; whatever comes, an answer is one line of text.
fn one_line(sentence: &str) -> String {
    sentence.replace(char::is_control, " ")
}

/// A response with a sentence as its body; an empty sentence is no body and no content type.
pub(crate) fn plain(status: StatusCode, sentence: impl Into<String>) -> Response<Full<Bytes>> {
    with_body(status, TEXT, sentence.into())
}

/// A response with a body of a kind of its own.
pub(crate) fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let body = body.into();
    let empty = body.is_empty();
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    if !empty {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

/// 405 with the methods that the path takes.
pub(crate) fn wrong_method(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, format!("this path takes {allowed}\n"));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::judge::RuleHits;
    use crate::wire::Dialect;

    fn reading(sent: u64, hits: &[(&'static str, usize)], sentence: &str) -> Reading {
        let refused: usize = hits.iter().map(|(_, series)| series).sum();
        let written = sent - refused as u64;
        Reading {
            dialect: Dialect::V2,
            sent: Counts { series: sent, samples: sent, ..Counts::default() },
            written: Counts { series: written, samples: written, exemplars: 1, ..Counts::default() },
            rejections: hits
                .iter()
                .map(|&(rule, series)| RuleHits {
                    rule,
                    series: (0..series as u32).collect(),
                    metric: String::new(),
                })
                .collect(),
            first: (!hits.is_empty()).then(|| sentence.to_owned()),
            notes: Vec::new(),
        }
    }

    /// `204`, headers of ours in order, then the body; without the content type.
    #[track_caller]
    fn check(answer: Answer, expect: &str) {
        let response = answer.into_response();
        let mut got = response.status().as_u16().to_string();
        for (name, short) in [
            (SAMPLES, "S"),
            (HISTOGRAMS, "H"),
            (EXEMPLARS, "E"),
            (RETRY_AFTER, "retry-after "),
            (CONNECTION, "connection "),
        ] {
            if let Some(value) = response.headers().get(name) {
                got += &format!(" {short}{}", value.to_str().unwrap());
            }
        }
        let has_type = response.headers().contains_key(CONTENT_TYPE);
        let body = format!("{:?}", response.into_body());
        let body = body.split_once("b\"").map_or(String::new(), |(_, rest)| rest.replace("\") }", ""));
        assert_eq!(has_type, !body.is_empty(), "a content type exactly where there is a body");
        if !body.is_empty() {
            got += &format!(" | {body}");
        }
        assert_eq!(got, expect);
    }

    #[test]
    fn success_is_204_with_counts_on_2_0_only() {
        check(Answer::read(Protocol::V1, &reading(3, &[], "")), "204");
        check(Answer::read(Protocol::V2, &reading(3, &[], "")), "204 S3 H0 E1");
        check(Answer::written(Protocol::V2, Counts::default()), "204 S0 H0 E0");
    }

    #[test]
    fn partial_write_is_400_with_exact_counts() {
        let one = reading(3, &[("duplicate-label", 1)], "series {x}: label `a` twice");
        check(
            Answer::read(Protocol::V2, &one),
            "400 S2 H0 E1 | series {x}: label `a` twice; 2 of 3 series written, 1 refused",
        );
        check(
            Answer::read(Protocol::V1, &one),
            "400 | series {x}: label `a` twice; 2 of 3 series written, 1 refused",
        );
        let two = reading(9, &[("duplicate-label", 3), ("no-name", 2)], "bad");
        check(
            Answer::read(Protocol::V2, &two),
            "400 S4 H0 E1 | bad; 4 of 9 series written, 5 refused (3 duplicate-label, 2 no-name)",
        );
    }

    #[test]
    fn refusals_have_zero_counts_once_2_0_is_known() {
        let refused = |protocol| Answer::refused(protocol, StatusCode::BAD_REQUEST, "decode", "bad");
        check(refused(Some(Protocol::V2)), "400 S0 H0 E0 | bad");
        check(refused(Some(Protocol::V1)), "400 | bad");
        check(refused(None), "400 | bad");
    }

    #[test]
    fn later_is_503_with_retry_after() {
        check(Answer::later(Protocol::V1, 5, "over-budget", "busy"), "503 retry-after 5 | busy");
        check(
            Answer::later(Protocol::V2, 5, "body-timeout", "slow").closing(),
            "503 S0 H0 E0 retry-after 5 connection close | slow",
        );
    }

    #[test]
    fn sentence_is_one_bounded_line_and_keeps_the_counts() {
        let long = format!("series {{a=\"{}\u{1b}\n\"}}: bad", "ä".repeat(4000));
        let answer = Answer::read(Protocol::V1, &reading(2, &[("x", 1)], &long));
        assert!(answer.sentence.len() <= MAX_BODY, "{}", answer.sentence.len());
        assert!(!answer.sentence.contains(char::is_control));
        assert!(answer.sentence.ends_with("…; 1 of 2 series written, 1 refused"), "{}", answer.sentence);
        let refused = Answer::refused(None, StatusCode::BAD_REQUEST, "decode", &long);
        assert!(refused.sentence.len() <= MAX_BODY && !refused.sentence.contains(char::is_control));
    }
}
