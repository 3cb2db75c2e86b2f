//! Bodies and messages: read as prost reads them, within the limits, and written as they were read.

use prost::Message;

use crate::wire::proto::{v1, v2};
use crate::wire::testing::{Family, Labels, Request, Series, UNLIMITED};
use crate::wire::validate::{Notes, Violation};
use crate::wire::{
    self, DecodeError, Detected, Dialect, Encoding, Entry, Known, Limits, Protocol, Recall, Scratch,
};

/// A byte for the limit, then a body in every encoding.
pub(super) fn body(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let max = 64 << (first % 12);
    for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
        let mut message = Vec::new();
        match wire::decompress(encoding, body, max, &mut message) {
            Err(_) => assert!(message.is_empty(), "an error leaves nothing"),
            Ok(()) => {
                check_detected(&message);
                check_recall(
                    &[Protocol::V1, Protocol::V2, Protocol::V1, Protocol::V2].map(|it| (it, &*message)),
                );
                let mut again = Vec::new();
                let mut packed = Vec::new();
                wire::compress(encoding, &message, &mut packed);
                wire::decompress(encoding, &packed, max, &mut again).expect("what we compress");
                assert_eq!(again, message);
            }
        }
        assert!(message.capacity() <= max, "{} bytes of {max}", message.capacity());
    }
}

/// A message that is read as a version has no top-level field that only the other has, of the type it has there.
fn check_detected(message: &[u8]) {
    let readable = [Protocol::V1, Protocol::V2]
        .map(|protocol| wire::decode(protocol, message, &UNLIMITED, &mut Scratch::default()).is_ok());
    match wire::detect(message) {
        Detected::Neither => assert!(readable != [true, true], "both versions read it"),
        Detected::Empty => assert_eq!(readable, [true, true]),
        Detected::Only(_) | Detected::Both => {}
    }
}

pub(super) fn v1(data: &[u8]) {
    check_message(Protocol::V1, data);
}

pub(super) fn v2(data: &[u8]) {
    check_message(Protocol::V2, data);
}

fn check_message(protocol: Protocol, message: &[u8]) {
    check_against_prost(protocol, message);
    check_limits(protocol, message);
    check_text(protocol, message);
    check_recall(&[(protocol, message), (protocol, message)]);
    if let Ok((request, _)) = Request::read(protocol, message) {
        check_rules(protocol, message);
        let request = without_faults(request);
        let written = request.write(protocol);
        let (again, _) = Request::read(protocol, &written).expect("what we write we read");
        assert_eq!(again, request);
    }
}

/// Under limits that it may pass, a message is read as without, or refused for a limit, or for a fault that is there
/// without limits too.
fn check_limits(protocol: Protocol, message: &[u8]) {
    let limits = Limits {
        decoded: 2000,
        entries: 20,
        symbols: 30,
        labels: 4,
        samples: 10,
        histograms: 2,
        exemplars: 3,
        buckets: 12,
    };
    let limited = Request::read_with(protocol, message, &limits, &mut Scratch::default());
    match (limited, Request::read(protocol, message)) {
        (Ok(limited), Ok(all)) => assert_eq!(limited, all),
        (Err(err), Ok(_)) => assert!(err.is_limit(), "{err}"),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(err)) => panic!("only without limits: {err}"),
    }
}

/// Whatever can be decoded can be validated.
fn check_rules(protocol: Protocol, message: &[u8]) {
    let mut scratch = Scratch::default();
    let Ok(mut entries) = wire::decode(protocol, message, &UNLIMITED, &mut scratch) else { return };
    while let Ok(Some(entry)) = entries.next() {
        if let Entry::Series(series) = entry {
            let _ = wire::validate::check(&series);
            for (name, value) in series.labels.iter().map(|label| (label.name, label.value)) {
                assert!(series.label(name).is_some(), "{name}={value}");
            }
        }
    }
    assert!(entries.duplicate_symbols() <= message.len());
}

/// All that a message holds, what the rules say of it, its dialect, and the error that ends it.
type Verdicts = (Vec<(Series, Result<Notes, Violation>)>, Vec<Family>, Dialect, Option<DecodeError>);

/// Messages read one after the other beside what is known from those before are read as without.
#[track_caller]
pub(crate) fn check_recall(messages: &[(Protocol, &[u8])]) {
    for most in [3, 1000] {
        let mut known = Known::new(most);
        let mut labels = Vec::new();
        for &(protocol, message) in messages {
            let recalled = verdicts(protocol, message, &mut known, &mut labels);
            let plain = verdicts(protocol, message, &mut Known::new(0), &mut Vec::new());
            assert_eq!(recalled, plain);
        }
    }
}

/// The entries of `message`. What is known is what the rules said of labels, and the labels' place in `seen`.
fn verdicts(
    protocol: Protocol,
    message: &[u8],
    known: &mut Known<(Notes, usize)>,
    seen: &mut Vec<Labels>,
) -> Result<Verdicts, DecodeError> {
    let mut scratch = Scratch::default();
    let mut entries = wire::decode(protocol, message, &UNLIMITED, &mut scratch)?;
    let mut recall = Recall::new(&mut entries, known);
    let (mut all, mut families) = (Vec::new(), Vec::new());
    let error = loop {
        let next = recall.next(|(notes, at), series| {
            let verdict = wire::validate::check_values(series, notes);
            let known = Series { labels: seen[at].clone(), ..Series::from_view(series) };
            let is_accepted = verdict.is_ok();
            if is_accepted {
                all.push((known, verdict));
            }
            is_accepted
        });
        match next {
            Ok(None) => break None,
            Err(err) => break Some(err),
            Ok(Some(Entry::Metadata(metadata))) => families.push(Family::from_view(&metadata)),
            Ok(Some(Entry::Series(series))) => {
                let labels = wire::validate::check_labels(&series);
                let own = Series::from_view(&series);
                seen.push(own.labels.clone());
                all.push((own, wire::validate::check(&series)));
                if let Ok(notes) = labels {
                    recall.remember((notes, seen.len() - 1));
                }
            }
        }
    };
    Ok((all, families, entries.dialect(), error))
}

/// As text, and back: the same text again.
fn check_text(protocol: Protocol, message: &[u8]) {
    let print = |message: &[u8]| {
        let mut text = Vec::new();
        wire::prototext::print(protocol, message, &mut text).expect("memory takes it");
        String::from_utf8(text).expect("text is UTF-8")
    };
    let text = print(message);
    let parsed = wire::prototext::parse(protocol, &text, 0);
    let parsed = parsed.unwrap_or_else(|err| panic!("{err} in what we print: {text}"));
    assert_eq!(print(&parsed), text);
}

/// What prost reads, or its error.
pub(crate) fn oracle(protocol: Protocol, message: &[u8]) -> Result<Request, prost::DecodeError> {
    match protocol {
        Protocol::V1 => v1::WriteRequest::decode(message).map(|request| Request::from(&request)),
        Protocol::V2 => v2::Request::decode(message).map(|request| Request::from(&request)),
    }
}

/// The view reads what prost reads, and refuses what prost refuses: except that text which is not UTF-8 is a fault
/// of its entry here and the end of the message there.
#[track_caller]
pub(crate) fn check_against_prost(protocol: Protocol, message: &[u8]) {
    let ours = Request::read(protocol, message);
    match (oracle(protocol, message), ours) {
        (Ok(theirs), Ok((ours, _))) => assert_eq!(ours, theirs),
        (Ok(_), Err(err)) => panic!("prost reads what the view refuses: {err}"),
        (Err(_), Err(err)) => assert!(err.offset() <= message.len(), "{err}"),
        (Err(err), Ok(_)) => {
            assert!(err.to_string().contains("UTF-8"), "the view reads what prost refuses: {err}")
        }
    }
}

/// Entries without a fault, which is nothing that can be written.
pub(crate) fn without_faults(mut request: Request) -> Request {
    request.series.retain(|series| series.fault.is_none());
    request.families.retain(|family| family.fault.is_none());
    request
}
