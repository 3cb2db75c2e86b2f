//! What a body is worth: decompress, decode and check all of it, before anything is written.
//!
//! Pure and synchronous: bytes in, a [`Verdict`] out. A body that cannot be read is refused whole; series that
//! break a rule are refused one by one, and the rest is written.

use hyper::StatusCode;

use crate::base::text::{clip, escape};
use crate::capture::Counts;
use crate::receive::looks;
use crate::wire::{
    self, DecodeError, DecompressError, Detected, Dialect, Encoding, Entry, Known, Limits, Protocol, Recall,
    Scratch, Series,
    validate::{self, Notes, Violation},
};

/// Memory that judging needs, kept from one request to the next.
#[derive(Debug)]
pub(crate) struct Workspace {
    scratch: Scratch,
    message: Vec<u8>,
    known: Known<Notes>,
}

/// Label sets that one workspace remembers to have judged: some 9 MB.
const KNOWN_LABELS: usize = 256 << 10;

impl Default for Workspace {
    fn default() -> Self {
        Self { scratch: Scratch::default(), message: Vec::new(), known: Known::new(KNOWN_LABELS) }
    }
}

impl Workspace {
    /// Bytes held for the next message.
    pub(crate) fn held(&self) -> usize {
        self.message.capacity()
    }
}

/// What became of a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Verdict {
    /// Bytes of the message; 0 when the body could not be decompressed.
    pub(crate) decoded: usize,
    pub(crate) result: Result<Reading, Refused>,
}

/// A body that was read to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    pub(crate) dialect: Dialect,
    pub(crate) sent: Counts,
    /// `sent` without the series in `rejections`.
    pub(crate) written: Counts,
    pub(crate) rejections: Vec<RuleHits>,
    /// The first refused series, in words: its labels, the rule, and how to mend it. For its sender, not for
    /// logs: it has label values. Set exactly when `rejections` is not empty.
    pub(crate) first: Option<String>,
    pub(crate) notes: Vec<Noted>,
}

/// Something accepted that its sender should mend.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Noted {
    /// Stable name, for metrics and logs.
    pub(crate) name: &'static str,
    pub(crate) sentence: String,
    /// Entries it was met in.
    pub(crate) times: u64,
}

impl Reading {
    /// Series refused.
    pub(crate) fn refused(&self) -> u64 {
        self.sent.series - self.written.series
    }

    /// Whether nothing of the request is worth keeping.
    pub(crate) fn is_wholly_refused(&self) -> bool {
        self.first.is_some() && self.written.series + self.written.metadata == 0
    }
}

/// The series that break one rule, by their positions, ascending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RuleHits {
    pub(crate) rule: &'static str,
    pub(crate) series: Vec<u32>,
    /// Name of the first one's metric, escaped and cut: what a log may say of it.
    pub(crate) metric: String,
}

/// Why a whole body is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    /// 400, or 413 where a size is over its limit.
    pub(crate) status: StatusCode,
    /// Stable name, for metrics and logs.
    pub(crate) problem: &'static str,
    /// Holds no label values.
    pub(crate) sentence: String,
}

/// Judges `body`, which says it is `encoding` around a message of `protocol`.
pub(crate) fn judge(
    protocol: Protocol,
    encoding: Encoding,
    body: &[u8],
    limits: &Limits,
    workspace: &mut Workspace,
) -> Verdict {
    let Workspace { scratch, message, known } = workspace;
    let message: &[u8] = if encoding == Encoding::Identity && body.len() <= limits.decoded {
        body
    } else {
        match wire::decompress(encoding, body, limits.decoded, message) {
            Ok(()) => message,
            Err(err) => return Verdict { decoded: 0, result: Err(undecompressed(encoding, body, &err)) },
        }
    };
    let result = read(protocol, encoding, message, limits, (scratch, known));
    Verdict { decoded: message.len(), result }
}

fn read(
    protocol: Protocol,
    encoding: Encoding,
    message: &[u8],
    limits: &Limits,
    (scratch, known): (&mut Scratch, &mut Known<Notes>),
) -> Result<Reading, Refused> {
    let undecoded = |err| undecoded(protocol, encoding, message, &err);
    let mut entries = wire::decode(protocol, message, limits, scratch).map_err(undecoded)?;
    if let Some(fault) = entries.symbols_fault() {
        return Err(Refused {
            status: StatusCode::BAD_REQUEST,
            problem: "first-symbol",
            sentence: format!("{fault}: symbols[0] must be \"\" in every 2.0 request"),
        });
    }
    let mut tally = Tally::default();
    let mut recall = Recall::new(&mut entries, known);
    while let Some(entry) = recall.next(|labels, series| tally.known(series, labels)).map_err(undecoded)? {
        match entry {
            Entry::Series(series) => {
                if let Some(labels) = tally.series(&series) {
                    recall.remember(labels);
                }
            }
            Entry::Metadata(metadata) => {
                tally.sent.metadata += 1;
                tally.written.metadata += 1;
                if metadata.fault.is_some() {
                    tally
                        .note("metadata-not-utf8", || "a text of a metadata element is not UTF-8".to_owned());
                }
            }
        }
    }
    if tally.sent == Counts::default() {
        // Nothing to read is right for a sender with nothing to say, and wrong for a body of another kind.
        match wire::detect(message) {
            Detected::Only(found) if found != protocol => return Err(wrong_version(protocol, found)),
            Detected::Only(_) => {}
            _ if message.is_empty() => {}
            _ => return Err(nothing_known(protocol, message)),
        }
    }
    if entries.duplicate_symbols() > 0 {
        tally.note("duplicate-symbols", || "the symbol table has strings more than once".to_owned());
    }
    Ok(tally.into_reading(entries.dialect()))
}

#[derive(Default)]
struct Tally {
    sent: Counts,
    written: Counts,
    rejections: Vec<RuleHits>,
    first: Option<String>,
    notes: Vec<Noted>,
}

impl Tally {
    /// Gives what there is to note of the labels, if they break no rule.
    fn series(&mut self, series: &Series<'_>) -> Option<Notes> {
        let labels = validate::check_labels(series);
        let known = labels.as_ref().ok().copied();
        match labels.and_then(|labels| validate::check_values(series, labels)) {
            Ok(notes) => self.accept(series, notes),
            Err(violation) => self.refuse(series, &violation),
        }
        known
    }

    /// A series of which only the labels are known, and what there is to note of them. Whether it is accepted.
    fn known(&mut self, series: &Series<'_>, labels: Notes) -> bool {
        let notes = validate::check_values(series, labels);
        notes.map(|notes| self.accept(series, notes)).is_ok()
    }

    fn accept(&mut self, series: &Series<'_>, notes: Notes) {
        let counts = count(series);
        self.sent.add(&counts);
        self.written.add(&counts);
        for note in notes.iter() {
            self.note(note.rule(), || note.to_string());
        }
    }

    fn refuse(&mut self, series: &Series<'_>, violation: &Violation) {
        self.sent.add(&count(series));
        let index = u32::try_from(series.index).unwrap_or(u32::MAX);
        let rule = violation.rule();
        match self.rejections.iter_mut().find(|hits| hits.rule == rule) {
            Some(hits) => hits.series.push(index),
            None => self.rejections.push(RuleHits {
                rule,
                series: vec![index],
                metric: escape(&clip(series.name().unwrap_or_default(), METRIC_TEXT)).into_owned(),
            }),
        }
        self.first.get_or_insert_with(|| {
            let text = validate::series_text(series, SERIES_TEXT);
            format!("series {text}: {violation} ({rule})")
        });
    }

    fn note(&mut self, name: &'static str, sentence: impl FnOnce() -> String) {
        match self.notes.iter_mut().find(|noted| noted.name == name) {
            Some(noted) => noted.times += 1,
            None => self.notes.push(Noted { name, sentence: sentence(), times: 1 }),
        }
    }

    fn into_reading(self, dialect: Dialect) -> Reading {
        let Self { sent, written, rejections, first, notes } = self;
        Reading { dialect, sent, written, rejections, first, notes }
    }
}

/// Bytes of a series' labels in a sentence.
const SERIES_TEXT: usize = 400;
/// Bytes of a metric's name in a log line.
const METRIC_TEXT: usize = 100;

fn count(series: &Series<'_>) -> Counts {
    let histograms = series.histograms();
    let mut counts = Counts {
        series: 1,
        samples: series.samples.len() as u64,
        histograms: histograms.len() as u64,
        exemplars: series.exemplars().len() as u64,
        ..Counts::default()
    };
    let times = series.samples.iter().map(|sample| sample.timestamp).chain(histograms.map(|h| h.timestamp));
    let mut range: Option<(i64, i64)> = None;
    for time in times {
        range = Some(range.map_or((time, time), |(min, max)| (min.min(time), max.max(time))));
    }
    (counts.min_time, counts.max_time) = range.unwrap_or_default();
    counts
}

fn undecompressed(encoding: Encoding, body: &[u8], err: &DecompressError) -> Refused {
    if err.is_limit() {
        return Refused {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            problem: "decoded-too-large",
            sentence: format!("{err}: {}", looks::SMALLER.replace("FLAG", "--max-decoded")),
        };
    }
    let mend = match looks::body(encoding, body) {
        Some(found) => format!(": the body is {}: {}", found.what, found.mend),
        None => String::new(),
    };
    Refused { status: StatusCode::BAD_REQUEST, problem: "decompress", sentence: format!("{err}{mend}") }
}

fn undecoded(protocol: Protocol, encoding: Encoding, message: &[u8], err: &DecodeError) -> Refused {
    let name = protocol.message();
    if let DecodeError::Limit { what, .. } = err {
        let mend = match *what {
            "entries" => "send fewer at a time, or raise `--max-entries`",
            _ => "a sender of metrics has no use for so many",
        };
        let sentence = format!("the message is more than we read of a `{name}`: {err}; {mend}");
        return Refused { status: StatusCode::PAYLOAD_TOO_LARGE, problem: "element-limit", sentence };
    }
    let mend = match looks::message(encoding, message) {
        Some(found) => format!("; the message is {}: {}", found.what, found.mend),
        None => String::new(),
    };
    Refused {
        status: StatusCode::BAD_REQUEST,
        problem: "decode",
        sentence: format!("the message is no `{name}`: {err}{mend}"),
    }
}

fn wrong_version(said: Protocol, found: Protocol) -> Refused {
    let fields = match found {
        Protocol::V1 => "fields 1 and 3",
        Protocol::V2 => "fields 4 and 5",
    };
    Refused {
        status: StatusCode::BAD_REQUEST,
        problem: "wrong-version",
        sentence: format!(
            "the body is a {} request ({fields}) but Content-Type says {}: set `Content-Type: {}`",
            found.as_str(),
            said.as_str(),
            found.content_type(),
        ),
    }
}

fn nothing_known(protocol: Protocol, message: &[u8]) -> Refused {
    Refused {
        status: StatusCode::BAD_REQUEST,
        problem: "nothing-known",
        sentence: format!(
            "the message of {} bytes has no series of a `{}`: is it another protobuf message?",
            message.len(),
            protocol.message(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Encoder, FamilyMetadata, Label, MetricType, Sample};

    /// A series of a test: labels, and the times of its samples.
    type Given<'a> = (&'a [(&'a str, &'a str)], &'a [i64]);

    const UP: Given<'_> = (&[("__name__", "up"), ("job", "x")], &[2000, 1000]);
    const TWICE: Given<'_> = (&[("__name__", "up"), ("job", "x"), ("job", "secret")], &[9000]);
    const NAMELESS: Given<'_> = (&[("job", "x")], &[9000]);

    fn encoder(protocol: Protocol, series: &[Given<'_>]) -> Encoder {
        let mut encoder = Encoder::new(protocol);
        for (labels, times) in series {
            encoder.series(labels.iter().map(|&(name, value)| Label { name, value }), None, None);
            for &timestamp in *times {
                encoder.sample(Sample { value: 1.0, timestamp, start: 0 });
            }
        }
        encoder
    }

    fn verdict(protocol: Protocol, message: &[u8]) -> Verdict {
        judge(protocol, Encoding::Identity, message, &Limits::default(), &mut Workspace::default())
    }

    fn reading(protocol: Protocol, series: &[Given<'_>]) -> Reading {
        let mut message = Vec::new();
        encoder(protocol, series).finish(&mut message);
        let verdict = verdict(protocol, &message);
        assert_eq!(verdict.decoded, message.len());
        verdict.result.unwrap()
    }

    #[track_caller]
    fn check_refused(protocol: Protocol, message: &[u8], problem: &str, part: &str) {
        let refused = verdict(protocol, message).result.unwrap_err();
        assert_eq!((refused.problem, refused.status), (problem, StatusCode::BAD_REQUEST));
        assert!(refused.sentence.contains(part), "{}", refused.sentence);
    }

    #[test]
    fn refused_series_are_grouped_by_rule_and_not_counted() {
        for protocol in [Protocol::V1, Protocol::V2] {
            let reading = reading(protocol, &[TWICE, UP, NAMELESS, UP, TWICE]);
            assert_eq!((reading.sent.series, reading.sent.samples), (5, 7));
            assert_eq!((reading.written.series, reading.written.samples, reading.refused()), (2, 4, 3));
            assert_eq!((reading.written.min_time, reading.written.max_time), (1000, 2000));
            let groups: Vec<_> = reading
                .rejections
                .iter()
                .map(|hits| (hits.rule, &hits.series[..], &hits.metric[..]))
                .collect();
            assert_eq!(
                groups,
                [("duplicate-label", &[0, 4][..], "up"), ("missing-metric-name", &[2][..], "")]
            );
            let first = reading.first.as_deref().unwrap();
            assert!(first.starts_with("series up{job=\"x\",job=\"secret\"}: label 2"), "{first}");
            assert!(first.ends_with(" (duplicate-label)"), "{first}");
            assert!(!reading.is_wholly_refused());
        }
    }

    #[test]
    fn notes_do_not_refuse() {
        let reading = reading(Protocol::V2, &[UP, UP]);
        assert_eq!((reading.first.is_none(), reading.written.series), (true, 2));
        let notes: Vec<_> = reading.notes.iter().map(|noted| (noted.name, noted.times)).collect();
        assert_eq!(notes, [("samples-out-of-order", 2)]);
    }

    #[test]
    fn metadata_of_1_0_is_counted_and_keeps_a_request_from_being_wholly_refused() {
        let mut encoder = encoder(Protocol::V1, &[NAMELESS]);
        let kind = MetricType(1);
        let family =
            FamilyMetadata { family: "up", kind, help: "h", unit: "", offset: 0, len: 0, fault: None };
        encoder.metadata(&family);
        let mut message = Vec::new();
        encoder.finish(&mut message);
        let reading = verdict(Protocol::V1, &message).result.unwrap();
        assert_eq!((reading.written.series, reading.written.metadata), (0, 1));
        assert!(!reading.is_wholly_refused());
        assert!(super::tests::reading(Protocol::V1, &[NAMELESS]).is_wholly_refused());
        assert!(!super::tests::reading(Protocol::V1, &[]).is_wholly_refused());
    }

    #[test]
    fn message_that_is_something_else_is_refused_by_name() {
        check_refused(Protocol::V1, b"\x2a\x00", "wrong-version", "a 2.0 request (fields 4 and 5)");
        check_refused(Protocol::V2, b"\x0a\x00", "wrong-version", "a 1.0 request (fields 1 and 3)");
        check_refused(Protocol::V2, b"\x7a\x00", "nothing-known", "2 bytes");
        check_refused(Protocol::V2, b"\x22\x00\x0a\x00", "nothing-known", "4 bytes");
        check_refused(Protocol::V2, b"\x2a\x00", "first-symbol", "symbols[0]");
        check_refused(Protocol::V1, b"\x0a\x05ab", "decode", "byte");
        check_refused(Protocol::V1, b"\xff\xff\xff\xff\xff", "decode", "no `prometheus.WriteRequest`");
        check_refused(Protocol::V1, b"\x1f\x8b\x08\x00", "decode", "the message is gzip");
        assert_eq!(verdict(Protocol::V2, b"").result.unwrap().sent, Counts::default());
    }

    #[test]
    fn limits_are_413() {
        let limits = Limits { entries: 2, decoded: 1000, ..Limits::default() };
        let mut workspace = Workspace::default();
        let mut judge = |message: &[u8]| {
            judge(Protocol::V1, Encoding::Identity, message, &limits, &mut workspace).result.unwrap_err()
        };
        let refused = judge(&b"\x0a\x00".repeat(3));
        assert_eq!((refused.status, refused.problem), (StatusCode::PAYLOAD_TOO_LARGE, "element-limit"));
        let refused = judge(&b"\x0a\x00".repeat(501));
        assert_eq!((refused.status, refused.problem), (StatusCode::PAYLOAD_TOO_LARGE, "decoded-too-large"));
        assert!(refused.sentence.contains("`--max-decoded`"), "{}", refused.sentence);
    }
}
