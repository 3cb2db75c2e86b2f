//! A receiver's answer, read but not yet judged.

use std::time::Duration;

use hyper::header::HeaderMap;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::url::Redacted;
use crate::base::time::UnixMillis;

/// A receiver's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    pub written: Written,
    /// `Retry-After`, as the time from the answer on; a date that has passed is nothing.
    pub retry_after: Option<Duration>,
    /// Where a redirect points to.
    pub location: Option<Redacted>,
    /// The first 1,024 bytes of the body; what is not UTF-8 is replaced, and so are the secrets of the request.
    pub text: String,
    pub timing: Timing,
}

/// How long an exchange took, from the moment that a connection was free for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// Until a new connection stood; `None` where an old one was used.
    pub connected: Option<Duration>,
    /// Until the head of the answer was there.
    pub answered: Duration,
}

/// What the `X-Prometheus-Remote-Write-*-Written` headers say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// None of the three is there.
    Absent,
    /// A missing one is 0. Spec 2.0, "Required Written Response Headers".
    Counts(Counts),
    /// One of them is no number.
    Unreadable,
}

/// Numbers of what a request holds, or of what was written of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    pub samples: u64,
    pub histograms: u64,
    pub exemplars: u64,
}

impl Counts {
    /// Whether nothing is counted.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// Whether each number is at least that of `other`.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.samples >= other.samples
            && self.histograms >= other.histograms
            && self.exemplars >= other.exemplars
    }
}

impl Written {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let number = |name: &str| {
            let value = headers.get(name)?;
            Some(value.to_str().ok().and_then(|text| text.trim().parse::<u64>().ok()))
        };
        let all = [
            number("x-prometheus-remote-write-samples-written"),
            number("x-prometheus-remote-write-histograms-written"),
            number("x-prometheus-remote-write-exemplars-written"),
        ];
        if all == [None; 3] {
            return Self::Absent;
        }
        match all.map(|number| number.unwrap_or(Some(0))) {
            [Some(samples), Some(histograms), Some(exemplars)] => {
                Self::Counts(Counts { samples, histograms, exemplars })
            }
            _ => Self::Unreadable,
        }
    }
}

/// `Retry-After` as a time to wait: seconds, or a date in any of the three forms of RFC 9110, section 5.6.7.
///
/// A date is measured against the answer's own `Date`, so that a clock that is wrong does no harm; without one, against
/// `now`.
pub(super) fn retry_after(text: &str, date: Option<&str>, now: UnixMillis) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit is as long as can be; the caller has a limit of its own.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let until = http_date(text)?;
    let now = date.and_then(|date| http_date(date.trim())).unwrap_or(now);
    Some(Duration::from_millis(u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0)))
}

fn http_date(text: &str) -> Option<UnixMillis> {
    // IMF-fixdate, RFC 850, asctime.
    const FORMS: [&str; 3] =
        ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let date = FORMS.iter().find_map(|form| DateTime::strptime(form, text).ok())?;
    Some(UnixMillis(TimeZone::UTC.to_timestamp(date).ok()?.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the example of RFC 9110.
    const THEN: UnixMillis = UnixMillis(784_111_777_000);

    #[track_caller]
    fn check(text: &str, date: Option<&str>, expect: Option<u64>) {
        let got = retry_after(text, date, UnixMillis(THEN.0 - 60_000));
        assert_eq!(got, expect.map(Duration::from_secs), "{text}");
    }

    #[test]
    fn seconds_and_every_form_of_a_date_are_read() {
        check("7", None, Some(7));
        check(" 0 ", None, Some(0));
        check("99999999999999999999999", None, Some(u64::from(u32::MAX)));
        check("Sun, 06 Nov 1994 08:49:37 GMT", None, Some(60));
        check("Sunday, 06-Nov-94 08:49:37 GMT", None, Some(60));
        check("Sun Nov  6 08:49:37 1994", None, Some(60));
        check("Sun Nov 13 08:49:37 1994", None, Some(7 * 86_400 + 60));
        check("Sun, 06 Nov 1994 08:48:00 GMT", None, Some(0));
    }

    #[test]
    fn a_date_is_measured_by_the_answers_own_clock() {
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:49:32 GMT"), Some(5));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some("today"), Some(60));
    }

    #[test]
    fn what_is_neither_is_no_answer() {
        for text in
            ["", "-1", "1.5", "soon", "5 s", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT"]
        {
            check(text, None, None);
        }
    }

    #[test]
    fn counts_need_one_header_and_only_numbers() {
        let of = |headers: &[(&str, &str)]| {
            let mut map = HeaderMap::new();
            for (kind, value) in headers {
                let name = format!("x-prometheus-remote-write-{kind}-written");
                map.insert(hyper::header::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
            }
            Written::of(&map)
        };
        assert_eq!(of(&[]), Written::Absent);
        assert_eq!(
            of(&[("histograms", "2")]),
            Written::Counts(Counts { histograms: 2, ..Counts::default() })
        );
        assert_eq!(of(&[("samples", "1"), ("exemplars", "x")]), Written::Unreadable);
        assert_eq!(of(&[("samples", "-1")]), Written::Unreadable);
    }
}
