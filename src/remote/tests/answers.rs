//! One attempt against every kind of answer.

use super::script::{Script, Step};
use super::*;

/// The verdict on a request of `format` to a receiver that takes `step`.
async fn verdict(format: Format, step: Step) -> Verdict {
    let script = Script::start([step]).await;
    match hasty(&script.url).send(format, BODY, 0).await {
        Ok(answer) => judge(format, HOLDS, &answer, true),
        Err(err) => err.into(),
    }
}

async fn check(format: Format, step: Step, expect: &str) {
    let got = words(&verdict(format, step).await);
    // The port is another one in each run.
    let got: Vec<_> = got.split(' ').map(|w| if w.starts_with("127.0.0.1:") { "PEER" } else { w }).collect();
    assert_eq!(got.join(" "), expect);
}

#[tokio::test]
async fn statuses_and_headers() {
    const SAMPLES: &str = "X-Prometheus-Remote-Write-Samples-Written";
    let counted = |status, n: &str| Step::status(status, &[&format!("{SAMPLES}: {n}")], "");
    let v2 = Format::V2;
    check(Format::V1, Step::status(204, &[], ""), "written").await;
    check(Format::V1, Step::status(200, &[], "thanks"), "written").await;
    check(Format::V1, counted(204, "0"), "written").await;
    check(v2, counted(204, "3"), "written 3").await;
    check(v2, counted(204, "x"), "written").await;
    check(v2, counted(200, "2"), "partial 2: the receiver answered 200, but counts less than was sent").await;
    check(v2, counted(400, "2"), "partial 2: the receiver answered 400").await;
    check(v2, counted(500, "2"), "retry: the receiver answered 500").await;
    let nothing = "drop: the receiver answered 204, but counts nothing of the request as written";
    check(v2, counted(204, "0"), nothing).await;
    assert!(matches!(
        verdict(v2, Step::status(204, &[], "")).await,
        Verdict::Unsupported { what: Unsupported::Version, .. }
    ));
    check(v2, Step::status(415, &[], "only 1.0"), "unsupported Format: the receiver answered 415: only 1.0")
        .await;
    for status in [400, 401, 403, 404, 409, 413, 422] {
        let expect = format!("drop: the receiver answered {status}: no\\n\\u{{001B}}[2J");
        check(v2, Step::status(status, &[], "no\n\x1b[2J\n"), &expect).await;
    }
    let redirect = Step::status(307, &["Location: http://u:p@elsewhere/w?token=1"], "");
    let expect = "drop: the receiver answered 307, a redirect to `http://…@elsewhere/w`, which is not followed: send \
                  there if it is right";
    check(v2, redirect, expect).await;
}

#[tokio::test]
async fn retry_after_in_every_form() {
    for (headers, expect) in [
        (vec!["Retry-After: 7"], "retry in 7 s: the receiver answered 503"),
        (vec!["retry-after:0"], "retry in 0 s: the receiver answered 503"),
        (vec!["Retry-After: later"], "retry: the receiver answered 503"),
        (
            vec!["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 08:49:47 GMT"],
            "retry in 10 s: the receiver answered 503",
        ),
        (
            vec!["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sunday, 06-Nov-94 08:49:48 GMT"],
            "retry in 11 s: the receiver answered 503",
        ),
        (
            vec!["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun Nov  6 08:49:49 1994"],
            "retry in 12 s: the receiver answered 503",
        ),
    ] {
        check(Format::V1, Step::status(503, &headers, ""), expect).await;
    }
    check(Format::V1, Step::status(429, &["Retry-After: 1"], ""), "retry in 1 s: the receiver answered 429")
        .await;
}

#[tokio::test]
async fn answers_that_are_none() {
    let v1 = Format::V1;
    check(v1, Step::last(""), "retry: PEER closed the connection without an answer").await;
    check(v1, Step::hang(""), "retry: no answer from PEER within 1 s").await;
    check(v1, Step::hang("HTTP/1.1 204 No Content\r\nDate"), "retry: no answer from PEER within 1 s").await;
    for (bytes, begins) in [
        ("HTTP/1.1 204 No Con", "retry: the connection to PEER broke: "),
        ("SSH-2.0-OpenSSH\r\n", "retry: the answer of PEER is not HTTP/1.1: "),
        ("HTTP/2 204\r\n\r\n", "retry: the answer of PEER is not HTTP/1.1: "),
        ("HTTP/1.1 xyz\r\n\r\n", "retry: the answer of PEER is not HTTP/1.1: "),
        ("\x15\x03\x01\x00\x02\x02\x50", "retry: the answer of PEER is not HTTP/1.1: "),
    ] {
        let got = words(&verdict(v1, Step::last(bytes)).await);
        let (before, after) = begins.split_once("PEER").unwrap();
        assert!(got.starts_with(before) && got.contains(after), "{bytes}: {got}");
    }
    let endless = format!("HTTP/1.1 204 N\r\nx: {}", "y".repeat(100_000));
    let got = words(&verdict(v1, Step::last(&endless)).await);
    assert!(got.contains("is not HTTP/1.1"), "{got}");
}

#[tokio::test]
async fn a_status_stands_whatever_becomes_of_its_body() {
    let v1 = Format::V1;
    let half = "HTTP/1.1 500 E\r\nContent-Length: 100\r\n\r\nhalf an answ";
    check(v1, Step::last(half), "retry: the receiver answered 500: half an answ").await;
    check(v1, Step::hang(half), "retry: the receiver answered 500: half an answ").await;
    check(v1, Step::last("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), "written").await;
    let chunked = "HTTP/1.1 400 E\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\n0\r\n\r\n";
    check(v1, Step::last(chunked), "drop: the receiver answered 400: bad").await;
    check(v1, Step::last("HTTP/1.0 400 E\r\n\r\nold"), "drop: the receiver answered 400: old").await;
    let bytes = [b"HTTP/1.1 400 E\r\nContent-Length: 2\r\n\r\n".as_slice(), b"a\xff"].concat();
    check(v1, Step::Answer(bytes), "drop: the receiver answered 400: a\u{fffd}").await;
    let informed = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nx: y\r\n\r\nHTTP/1.1 204 N\r\n\r\n";
    check(v1, Step::last(informed), "written").await;
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_counts() {
    let script =
        Script::start([Step::Early(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig".to_vec())])
            .await;
    let body = Bytes::from(vec![b'x'; 8 << 20]);
    let answer = client(&script.url).send(Format::V1, body, 0).await.unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (413, "big"));
}

#[tokio::test]
async fn the_text_is_cut() {
    let long = "é".repeat(50 << 10);
    let script = Script::start([Step::status(500, &[], &long)]).await;
    let answer = client(&script.url).send(Format::V1, BODY, 0).await.unwrap();
    assert_eq!((answer.status, answer.text.len()), (500, 1024));
}

#[tokio::test]
async fn what_is_sent() {
    let script = Script::start([]).await;
    let mut config = config(&format!("{}?x=y", script.url));
    config.tenant = Some(Tenant::new("team-a"));
    let client = Client::new(config).unwrap();
    let zstd = Format { protocol: crate::wire::Protocol::V2, encoding: crate::wire::Encoding::Zstd };
    client.send(zstd, BODY, 0).await.unwrap();
    client.send(Format::V1, BODY, 2).await.unwrap();
    let asked = script.asked();
    let lines = |at: usize| {
        let (_, text): &(usize, String) = &asked[at];
        let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with("host")).collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    let agent = format!("user-agent: {AGENT}");
    let expect = |middle: &[&str]| {
        let mut lines = vec!["", "BODY", "POST /api/v1/write?x=y HTTP/1.1", "content-length: 4", &agent];
        lines.extend(middle);
        lines.sort_unstable();
        lines.join("\n")
    };
    assert_eq!(
        lines(0),
        expect(&[
            "content-encoding: zstd",
            "content-type: application/x-protobuf;proto=io.prometheus.write.v2.Request",
            "x-prometheus-remote-write-version: 2.0.0",
            "x-scope-orgid: team-a",
        ])
    );
    assert_eq!(
        lines(1),
        expect(&[
            "content-encoding: snappy",
            "content-type: application/x-protobuf",
            "retry-attempt: 2",
            "x-prometheus-remote-write-version: 0.1.0",
            "x-scope-orgid: team-a",
        ])
    );
}

#[tokio::test]
async fn a_page_is_read_whole_or_not_at_all() {
    let time = Duration::from_secs(10);
    let page = |text| Step::status(200, &[], text);
    let script = Script::start([
        page("hello"),
        page("hello"),
        Step::last("HTTP/1.1 200 O\r\nContent-Length: 5\r\n\r\nhe"),
    ])
    .await;
    assert_eq!(get(&script.url, 5, time).await.unwrap(), (200, Bytes::from_static(b"hello")));
    assert!(matches!(
        get(&script.url, 4, time).await,
        Err(GetError::Request(Error::TooLarge { limit: 4, .. }))
    ));
    assert!(matches!(get(&script.url, 5, time).await, Err(GetError::Request(Error::Broken { .. }))));
    assert!(matches!(get("h:1/", 5, time).await, Err(GetError::Url(_))));
}
