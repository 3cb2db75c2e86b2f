//! What an answer means for the request: written, to be sent again, in another form, or never.
//!
//! The rules are T3 to T6 of `docs/sending.md`. A receiver's text is shown and never read for a meaning.

use std::fmt;
use std::time::Duration;

use super::answer::{Counts, Response, Written};
use super::error::Error;
use super::format::{Format, Unsupported};
use super::url::Redacted;
use crate::base::text;
use crate::wire::{Encoding, Protocol};

/// What one attempt came to.
#[derive(Debug)]
pub enum Verdict {
    /// All of it, as far as is known; the counts are those of a 2.0 receiver.
    Written(Option<Counts>),
    /// Some of it; sending the same again does not help.
    Partial { written: Counts, refusal: Refusal },
    /// Not now. `after` is what the receiver asks for.
    Retry { after: Option<Duration>, why: Failure },
    /// Never.
    Drop(Refusal),
    /// Not in this form.
    Unsupported { what: Unsupported, refusal: Refusal },
}

/// Why an attempt failed that may be made again.
#[derive(Debug)]
pub enum Failure {
    NoAnswer(Error),
    Answer(Refusal),
}

/// An answer that is not "all written".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub status: u16,
    /// What the receiver says, at most 1,024 bytes; untrusted, and escaped when displayed.
    pub text: String,
    pub kind: Refused,
}

/// How an answer refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// By its status.
    Status,
    /// A redirect, which is not followed.
    Redirect(Option<Redacted>),
    /// A success whose counts are lower than what was sent.
    Partly,
    /// A success whose counts are all 0.
    Nothing,
    /// A success without counts, to a 2.0 request.
    Uncounted,
}

/// Judges an answer to a request of `format` that holds `sent`. `retry_429` is the sender's choice.
#[must_use]
pub fn judge(format: Format, sent: Counts, answer: &Response, retry_429: bool) -> Verdict {
    let refusal = |kind| Refusal { status: answer.status, text: answer.text.clone(), kind };
    // Spec 1.0 knows no counts: there a missing one means nothing, and one that is there neither (T6).
    let written = match format.protocol {
        Protocol::V1 => None,
        Protocol::V2 => Some(answer.written),
    };
    match (answer.status, written) {
        (200..300, None | Some(Written::Unreadable)) => Verdict::Written(None),
        (200..300, Some(Written::Absent)) => {
            Verdict::Unsupported { what: Unsupported::Version, refusal: refusal(Refused::Uncounted) }
        }
        (200..300, Some(Written::Counts(written))) => {
            if written.covers(sent) {
                Verdict::Written(Some(written))
            } else if written.is_zero() {
                Verdict::Drop(refusal(Refused::Nothing))
            } else {
                Verdict::Partial { written, refusal: refusal(Refused::Partly) }
            }
        }
        (500..600, _) => retry(answer, refusal(Refused::Status)),
        (429, _) if retry_429 => retry(answer, refusal(Refused::Status)),
        (415, _) => Verdict::Unsupported { what: Unsupported::Format, refusal: refusal(Refused::Status) },
        (400..500, Some(Written::Counts(written))) if !written.is_zero() => {
            Verdict::Partial { written, refusal: refusal(Refused::Status) }
        }
        (400, _) if format.encoding != Encoding::Snappy => {
            Verdict::Unsupported { what: Unsupported::Encoding, refusal: refusal(Refused::Status) }
        }
        (300..400, _) => Verdict::Drop(refusal(Refused::Redirect(answer.location.clone()))),
        _ => Verdict::Drop(refusal(Refused::Status)),
    }
}

fn retry(answer: &Response, refusal: Refusal) -> Verdict {
    Verdict::Retry { after: answer.retry_after, why: Failure::Answer(refusal) }
}

impl From<Error> for Verdict {
    /// The network, a name, a certificate: all may be mended while the data waits.
    fn from(err: Error) -> Self {
        Self::Retry { after: None, why: Failure::NoAnswer(err) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(err) => err.fmt(f),
            Self::Answer(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        match &self.kind {
            Refused::Status => write!(f, "the receiver answered {status}")?,
            Refused::Redirect(Some(to)) => write!(
                f,
                "the receiver answered {status}, a redirect to `{to}`, which is not followed: send there if it is right"
            )?,
            Refused::Redirect(None) => {
                write!(f, "the receiver answered {status}, a redirect to nowhere, which is not followed")?;
            }
            Refused::Partly => write!(f, "the receiver answered {status}, but counts less than was sent")?,
            Refused::Nothing => {
                write!(f, "the receiver answered {status}, but counts nothing of the request as written")?;
            }
            Refused::Uncounted => write!(
                f,
                "the receiver answered {status} to a 2.0 request without counting what it has written: it has most \
                 likely read it as 1.0, and stored nothing"
            )?,
        }
        match self.text.trim() {
            "" => Ok(()),
            said => write!(f, ": {}", text::escape(said)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::answer::Timing;

    const SENT: Counts = Counts { samples: 3, histograms: 0, exemplars: 1 };
    const ZSTD: Format = Format { protocol: Protocol::V1, encoding: Encoding::Zstd };

    fn counts(samples: u64, histograms: u64, exemplars: u64) -> Written {
        Written::Counts(Counts { samples, histograms, exemplars })
    }

    #[track_caller]
    fn check(format: Format, status: u16, written: Written, expect: &str) {
        let answer = Response {
            status,
            written,
            retry_after: Some(Duration::from_secs(7)),
            location: (status == 302).then(|| Redacted::new("https://u:CANARY@h/b?t=CANARY")),
            text: "told\u{1b} you\n".into(),
            timing: Timing { connected: None, answered: Duration::ZERO },
        };
        let got = match judge(format, SENT, &answer, status == 429 && written == Written::Absent) {
            Verdict::Written(None) => "written".to_owned(),
            Verdict::Written(Some(counts)) => format!("written {}", counts.samples),
            Verdict::Partial { written, refusal } => format!("partial {}: {refusal}", written.samples),
            Verdict::Retry { after, why } => format!("retry after {after:?}: {why}"),
            Verdict::Drop(refusal) => format!("drop: {refusal}"),
            Verdict::Unsupported { what, refusal } => format!("unsupported {what:?}: {refusal}"),
        };
        assert_eq!(got.replace(": told\\u{001B} you", ""), expect, "{status} {written:?}");
    }

    #[test]
    fn successes_count_only_for_2_0() {
        check(Format::V1, 204, Written::Absent, "written");
        check(Format::V1, 200, counts(0, 0, 0), "written");
        check(Format::V2, 204, counts(3, 0, 1), "written 3");
        check(Format::V2, 204, counts(4, 0, 1), "written 4");
        check(Format::V2, 299, Written::Unreadable, "written");
        check(
            Format::V2,
            204,
            counts(2, 0, 1),
            "partial 2: the receiver answered 204, but counts less than was sent",
        );
        check(
            Format::V2,
            200,
            counts(0, 0, 0),
            "drop: the receiver answered 200, but counts nothing of the request as written",
        );
        check(
            Format::V2,
            204,
            Written::Absent,
            "unsupported Version: the receiver answered 204 to a 2.0 request without counting what it has written: \
             it has most likely read it as 1.0, and stored nothing",
        );
    }

    #[test]
    fn what_may_pass_is_sent_again() {
        for status in [500, 502, 503, 599] {
            let expect = format!("retry after Some(7s): the receiver answered {status}");
            check(Format::V2, status, counts(1, 0, 0), &expect);
        }
        check(Format::V1, 429, Written::Absent, "retry after Some(7s): the receiver answered 429");
    }

    #[test]
    fn what_will_not_pass_is_dropped() {
        for status in [101, 400, 401, 404, 408, 409, 413, 422, 499, 600, 999] {
            check(Format::V1, status, Written::Absent, &format!("drop: the receiver answered {status}"));
        }
        check(Format::V2, 429, counts(0, 0, 0), "drop: the receiver answered 429");
        check(Format::V2, 400, counts(0, 0, 0), "drop: the receiver answered 400");
        check(Format::V2, 400, counts(2, 0, 0), "partial 2: the receiver answered 400");
        check(Format::V1, 400, counts(2, 0, 0), "drop: the receiver answered 400");
        check(
            Format::V1,
            302,
            Written::Absent,
            "drop: the receiver answered 302, a redirect to `https://…@h/b`, which is not followed: send there if it \
             is right",
        );
        check(
            Format::V1,
            304,
            Written::Absent,
            "drop: the receiver answered 304, a redirect to nowhere, which is not followed",
        );
    }

    #[test]
    fn another_form_is_asked_for() {
        check(Format::V1, 415, Written::Absent, "unsupported Format: the receiver answered 415");
        check(Format::V2, 415, counts(0, 0, 0), "unsupported Format: the receiver answered 415");
        check(ZSTD, 400, Written::Absent, "unsupported Encoding: the receiver answered 400");
        check(ZSTD, 401, Written::Absent, "drop: the receiver answered 401");
    }
}
