//! Deliveries: sent again, in another form, given up, stopped.

use std::num::NonZero;

use super::script::{Script, Step};
use super::*;
use crate::wire::{Encoding, Protocol};

const V2_ZSTD: Format = Format { protocol: Protocol::V2, encoding: Encoding::Zstd };
const QUICK: Policy = Policy {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(2),
    longest_asked: Duration::from_millis(3),
    attempts: NonZero::new(5),
    elapsed: None,
    retry_429: true,
};

fn ok() -> Step {
    Step::status(204, &[], "")
}

fn counted() -> Step {
    Step::status(204, &["X-Prometheus-Remote-Write-Samples-Written: 3"], "")
}

fn no(status: u16) -> Step {
    Step::status(status, &[], "no")
}

/// The request in every form; the body says which.
fn body(format: Format) -> Option<Body> {
    Some(Body { bytes: Bytes::from(format.to_string()), holds: HOLDS })
}

/// One delivery: its events, one a line, and its end.
async fn deliver(sender: &Sender) -> String {
    let mut told = String::new();
    let event = |event: Event<'_>| {
        told += &match event {
            Event::Retry { attempt, why, wait } => {
                assert!(wait <= QUICK.longest_asked);
                format!("retry {attempt}: {why}\n")
            }
            Event::FellBack { from, to, .. } => format!("{from} -> {to}\n"),
        };
    };
    let delivery = sender.deliver(body, std::future::pending(), event).await;
    let end = match delivery.outcome {
        Outcome::Written(counts) => format!("written {counts:?}")
            .replace("Some(Counts { samples: 3, histograms: 0, exemplars: 0 })", "3"),
        Outcome::Partial { written, refusal } => format!("partial {}: {refusal}", written.samples),
        Outcome::Dropped(refusal) => format!("dropped: {refusal}"),
        Outcome::GaveUp(why) => format!("gave up: {why}"),
        Outcome::Stopped { in_flight } => format!("stopped {in_flight}"),
        Outcome::NoBody => "no body".to_owned(),
    };
    let end = format!("{end} ({}, {} sent)", delivery.format, delivery.requests);
    (told + &end).replace(&sender.client().peer(), "PEER")
}

async fn check(
    ladder: Ladder,
    policy: Policy,
    steps: impl IntoIterator<Item = Step>,
    expect: &str,
) -> Script {
    let script = Script::start(steps).await;
    let sender = Sender::new(client(&script.url), policy, ladder, 1);
    assert_eq!(deliver(&sender).await, expect);
    script
}

fn only(format: Format) -> Ladder {
    Ladder::new(format, &[])
}

#[tokio::test]
async fn what_may_pass_is_sent_until_it_has_passed() {
    let script = check(
        only(Format::V1),
        QUICK,
        // The first end is that of a kept connection, which the client makes up for by itself.
        [
            no(503),
            Step::last(""),
            Step::last(""),
            Step::status(429, &["Retry-After: 3600"], "slow down"),
            ok(),
        ],
        "retry 1: the receiver answered 503: no\n\
         retry 2: PEER closed the connection without an answer\n\
         retry 3: the receiver answered 429: slow down\n\
         written None (1.0 in snappy, 4 sent)",
    );
    let script = script.await;
    let attempts: Vec<_> = script
        .asked()
        .iter()
        .map(|(_, text)| {
            text.lines().find_map(|line| line.strip_prefix("retry-attempt: ").map(str::to_owned))
        })
        .collect();
    assert_eq!(attempts, [None, Some("1".into()), Some("1".into()), Some("2".into()), Some("3".into())]);
}

#[tokio::test]
async fn what_will_not_pass_is_dropped_at_once() {
    let v1 = || only(Format::V1);
    check(v1(), QUICK, [no(400)], "dropped: the receiver answered 400: no (1.0 in snappy, 1 sent)").await;
    check(v1(), QUICK, [no(415)], "dropped: the receiver answered 415: no (1.0 in snappy, 1 sent)").await;
    let strict = Policy { retry_429: false, ..QUICK };
    check(v1(), strict, [no(429)], "dropped: the receiver answered 429: no (1.0 in snappy, 1 sent)").await;
    let uncounted = "dropped: the receiver answered 204 to a 2.0 request without counting what it has written: it has \
                     most likely read it as 1.0, and stored nothing (2.0 in snappy, 1 sent)";
    check(only(Format::V2), QUICK, [ok()], uncounted).await;
}

#[tokio::test]
async fn attempts_end() {
    let policy = Policy { attempts: NonZero::new(2), ..QUICK };
    check(
        only(Format::V1),
        policy,
        [no(500), no(502), ok()],
        "retry 1: the receiver answered 500: no\n\
         gave up: the receiver answered 502: no (1.0 in snappy, 2 sent)",
    )
    .await;
    let policy = Policy { elapsed: Some(Duration::ZERO), ..QUICK };
    let expect = "gave up: the receiver answered 500: no (1.0 in snappy, 1 sent)";
    check(only(Format::V1), policy, [no(500)], expect).await;
}

#[tokio::test]
async fn forms_fall_back_and_stay_there_once_one_was_taken() {
    let script = Script::start([no(415), no(415), no(503), ok(), ok()]).await;
    let sender = Sender::new(client(&script.url), QUICK, Ladder::new(V2_ZSTD, &[Format::V2, Format::V1]), 1);
    assert_eq!(
        deliver(&sender).await,
        "2.0 in zstd -> 2.0 in snappy\n2.0 in snappy -> 1.0 in snappy\n\
         retry 1: the receiver answered 503: no\nwritten None (1.0 in snappy, 4 sent)"
    );
    assert_eq!(deliver(&sender).await, "written None (1.0 in snappy, 1 sent)");
    // Each form was sent as what it is.
    for (_, text) in script.asked() {
        let v2 = text.contains("x-prometheus-remote-write-version: 2.0.0");
        let zstd = text.contains("content-encoding: zstd");
        let expect = Format {
            protocol: if v2 { Protocol::V2 } else { Protocol::V1 },
            encoding: if zstd { Encoding::Zstd } else { Encoding::Snappy },
        };
        assert!(text.ends_with(&expect.to_string()), "{text}");
    }
}

#[tokio::test]
async fn a_receiver_that_takes_no_form_is_asked_anew_each_time() {
    let script = Script::start([no(415), no(415), no(415), counted()]).await;
    let sender = Sender::new(client(&script.url), QUICK, Ladder::new(V2_ZSTD, &[Format::V2]), 1);
    let refused =
        "2.0 in zstd -> 2.0 in snappy\ndropped: the receiver answered 415: no (2.0 in snappy, 2 sent)";
    assert_eq!(deliver(&sender).await, refused);
    assert_eq!(deliver(&sender).await, "2.0 in zstd -> 2.0 in snappy\nwritten 3 (2.0 in snappy, 2 sent)");
}

#[tokio::test]
async fn a_success_without_counts_skips_to_the_other_version() {
    let ladder =
        || Ladder::new(V2_ZSTD, &[Format::V2, Format { encoding: Encoding::Zstd, ..Format::V1 }, Format::V1]);
    check(ladder(), QUICK, [ok(), ok()], "2.0 in zstd -> 1.0 in zstd\nwritten None (1.0 in zstd, 2 sent)")
        .await;
    // A 400 to zstd may be the data's fault as well: only another encoding is tried.
    let bad = "2.0 in zstd -> 2.0 in snappy\ndropped: the receiver answered 400: no (2.0 in snappy, 2 sent)";
    check(ladder(), QUICK, [no(400), no(400)], bad).await;
}

#[tokio::test]
async fn a_receiver_of_2_0_alone_is_reached_from_1_0() {
    let ladder = Ladder::new(Format::V1, &[Format::V2]);
    let expect = "1.0 in snappy -> 2.0 in snappy\nwritten 3 (2.0 in snappy, 2 sent)";
    check(ladder, QUICK, [no(415), counted()], expect).await;
}

#[tokio::test]
async fn a_caller_without_that_form_is_told() {
    let script = Script::start([no(415)]).await;
    let sender = Sender::new(client(&script.url), QUICK, Ladder::new(Format::V2, &[Format::V1]), 1);
    let v2_only = |format: Format| body(format).filter(|_| format == Format::V2);
    let delivery = sender.deliver(v2_only, std::future::pending(), |_| {}).await;
    assert!(matches!(delivery.outcome, Outcome::NoBody), "{delivery:?}");
    assert_eq!((delivery.format, delivery.requests), (Format::V1, 1));
}

#[tokio::test]
async fn stopping_says_whether_a_request_was_on_its_way() {
    let script = Script::start([Step::hang("")]).await;
    let sender = Sender::new(client(&script.url), Policy::default(), only(Format::V1), 1);
    let delivery = sender.deliver(body, script.heard(), |_| {}).await;
    assert!(matches!(delivery.outcome, Outcome::Stopped { in_flight: true }), "{delivery:?}");
    script.left().await; // nothing goes on in the background
    // While it waits for the next attempt, for a day.
    let script = Script::start([Step::status(503, &["Retry-After: 86400"], "")]).await;
    let patient = Policy { longest_asked: Duration::MAX, ..Policy::default() };
    let sender = Sender::new(client(&script.url), patient, only(Format::V1), 1);
    let (told, waits) = tokio::sync::oneshot::channel();
    let mut told = Some(told);
    let stop = async { waits.await.unwrap() };
    let delivery = sender.deliver(body, stop, |_| told.take().unwrap().send(()).unwrap()).await;
    assert!(matches!(delivery.outcome, Outcome::Stopped { in_flight: false }), "{delivery:?}");
    // Before anything was sent.
    let delivery = sender.deliver(body, std::future::ready(()), |_| {}).await;
    assert!(matches!(delivery.outcome, Outcome::Stopped { in_flight: false }), "{delivery:?}");
    assert_eq!(delivery.requests, 0);
}
