//! What is answered to whom: versions, encodings, partial writes, other paths.

use super::*;
use crate::receive::negotiate::HeaderNote;

#[tokio::test]
async fn both_versions_in_three_encodings_are_204() {
    let mut server = Server::start(Config::default()).await;
    for protocol in [Protocol::V1, Protocol::V2] {
        for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
            let body = compressed(encoding, &message(protocol, &["up job=x", "up job=y"]));
            let reply = server.ask(post(protocol, encoding, &body)).await;
            reply.expect(204, "");
            assert_eq!(reply.written(), (protocol == Protocol::V2).then_some([2, 0, 0]));
            assert_eq!(reply.header("content-type"), None);
            let seen = server.observed.recv().await.unwrap().request;
            assert_eq!((seen.protocol, seen.encoding), (protocol, encoding));
            assert_eq!((seen.counts.series, seen.counts.samples), (2, 2));
            assert_eq!((seen.counts.min_time, seen.counts.max_time), (1_700_000_000_000, 1_700_000_000_001));
            assert_eq!((seen.user_agent.as_str(), seen.outcome.status), ("test/1", 0));
            assert_eq!(seen.body, body, "bit for bit");
        }
    }
    let totals = server.stop().await.totals;
    assert_eq!((totals.requests, totals.accepted, totals.samples), (6, 6, 12));
}

#[tokio::test]
async fn space_in_the_content_type_does_not_lose_data() {
    let server = Server::start(Config::default()).await;
    let body = body(Protocol::V2, &["up job=x"]);
    let headers = format!(
        "Content-Type: Application/X-Protobuf; proto=\"io.prometheus.write.v2.Request\"\r\n\
         Content-Length: {}\r\n",
        body.len()
    );
    let request = [head("POST", "/api/v1/push", &headers).as_bytes(), &body[..]].concat();
    let reply = server.ask(request).await;
    reply.expect(204, "");
    assert_eq!(reply.written(), Some([1, 0, 0]));
}

#[tokio::test]
async fn partial_write_keeps_the_sound_series_and_counts_exactly() {
    let mut server = Server::start(Config::default()).await;
    for protocol in [Protocol::V1, Protocol::V2] {
        let body = body(protocol, &["up job=x", "up a=b a=c", "down job=x"]);
        let reply = server.ask(post(protocol, Encoding::Snappy, &body)).await;
        reply.expect(400, "2 of 3 series written, 1 refused");
        assert_eq!(reply.written(), (protocol == Protocol::V2).then_some([2, 0, 0]));
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
        let seen = server.observed.recv().await.unwrap().request;
        assert_eq!(seen.body, body);
        assert_eq!((seen.counts.series, seen.counts.samples, seen.outcome.status), (2, 2, 400));
        let rejected: Vec<_> = (0..3).filter(|&at| seen.outcome.is_rejected(at)).collect();
        assert_eq!(rejected, [1]);
    }
    let totals = server.stop().await.totals;
    assert_eq!((totals.requests, totals.accepted, totals.rejected_series), (2, 0, 2));
}

#[tokio::test]
async fn wholly_refused_request_is_400_and_not_accepted() {
    let mut server = Server::start(Config::default()).await;
    let reply = server.ask(post(Protocol::V2, Encoding::Snappy, &body(Protocol::V2, &["up a=b a=c"]))).await;
    reply.expect(400, "0 of 1 series written, 1 refused");
    assert_eq!(reply.written(), Some([0, 0, 0]));
    assert!(server.observed.try_recv().is_err());
}

#[tokio::test]
async fn body_of_the_other_version_is_named_not_lost() {
    let server = Server::start(Config::default()).await;
    let v1 = body(Protocol::V1, &["up job=x"]);
    let v2 = body(Protocol::V2, &["up job=x"]);
    let reply = server.ask(post(Protocol::V2, Encoding::Snappy, &v1)).await;
    reply.expect(400, "the body is a 1.0 request (fields 1 and 3) but Content-Type says 2.0: set");
    assert_eq!(reply.written(), Some([0, 0, 0]));
    let reply = server.ask(post(Protocol::V1, Encoding::Snappy, &v2)).await;
    reply.expect(400, "the body is a 2.0 request (fields 4 and 5) but Content-Type says 1.0: set");
    assert_eq!(reply.written(), None);
}

#[tokio::test]
async fn empty_message_is_204_and_empty_body_400() {
    let server = Server::start(Config::default()).await;
    let empty = compressed(Encoding::Snappy, b"");
    let reply = server.ask(post(Protocol::V2, Encoding::Snappy, &empty)).await;
    reply.expect(204, "");
    assert_eq!(reply.written(), Some([0, 0, 0]));
    let reply = server.ask(post(Protocol::V1, Encoding::Snappy, &empty)).await;
    reply.expect(204, "");
    assert_eq!(reply.written(), None);
    server.ask(post(Protocol::V1, Encoding::Snappy, b"")).await.expect(400, "the body is empty");
}

#[tokio::test]
async fn wrong_encoding_is_400_and_says_what_it_is() {
    let server = Server::start(Config::default()).await;
    let message = message(Protocol::V1, &["up job=x"]);
    let snappy = compressed(Encoding::Snappy, &message);
    let zstd = compressed(Encoding::Zstd, &message);
    let ask = async |encoding, body: &[u8], part| {
        server.ask(post(Protocol::V1, encoding, body)).await.expect(400, part);
    };
    ask(Encoding::Snappy, &zstd, "set `Content-Encoding: zstd`").await;
    ask(Encoding::Zstd, &snappy, "set `Content-Encoding: snappy`").await;
    ask(Encoding::Identity, &snappy, "set `Content-Encoding: snappy`").await;
    ask(Encoding::Snappy, &message, "set `Content-Encoding: identity`").await;
    let twice = compressed(Encoding::Snappy, &snappy);
    ask(Encoding::Snappy, &twice, "compress the body once").await;
    ask(Encoding::Snappy, b"\x1f\x8b\x08\0\0\0\0\0", "this is gzip").await;
}

#[tokio::test]
async fn broken_messages_are_400() {
    let server = Server::start(Config::default()).await;
    let whole = message(Protocol::V2, &["up job=x"]);
    let broken = compressed(Encoding::Snappy, &whole[..whole.len() - 1]);
    let reply = server.ask(post(Protocol::V2, Encoding::Snappy, &broken)).await;
    reply.expect(400, "the message is no `io.prometheus.write.v2.Request`: byte ");
    // Field 15, a string: sound protobuf, but nothing of remote write.
    let other = compressed(Encoding::Snappy, b"\x7a\x03abc");
    server.ask(post(Protocol::V1, Encoding::Snappy, &other)).await.expect(400, "another protobuf message");
    // A symbol table that does not begin with "".
    let table = compressed(Encoding::Snappy, b"\x22\x01a\x2a\x00");
    let reply = server.ask(post(Protocol::V2, Encoding::Snappy, &table)).await;
    reply.expect(400, "symbols[0]");
    assert_eq!(reply.written(), Some([0, 0, 0]));
}

#[tokio::test]
async fn unsupported_type_and_encoding_are_415() {
    let server = Server::start(Config::default()).await;
    let ask = async |headers: &str| {
        server.ask(head("POST", "/api/v1/write", &format!("{headers}content-length: 0\r\n"))).await
    };
    let reply = ask("content-type: application/json\r\n").await;
    reply.expect(415, "application/x-protobuf;proto=io.prometheus.write.v2.Request");
    assert_eq!(reply.written(), None);
    let reply =
        ask(&format!("content-type: {}\r\ncontent-encoding: gzip\r\n", Protocol::V2.content_type())).await;
    reply.expect(415, "`gzip` is not supported");
    assert_eq!(reply.written(), Some([0, 0, 0]), "the version is known");
    let reply = ask("content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n").await;
    reply.expect(415, "`gzip`");
    assert_eq!(reply.written(), None);
}

#[tokio::test]
async fn other_paths_and_methods() {
    let server = Server::start(Config::default()).await;
    let reply = server.ask(head("GET", "/api/v1/write", "")).await;
    reply.expect(405, "POST");
    assert_eq!(reply.header("allow"), Some("post"));
    let reply = server.ask(head("POST", "/metrics", "content-length: 3\r\n") + "abc").await;
    reply.expect(405, "GET");
    server.ask(head("GET", "/nowhere", "")).await.expect(404, "POST /api/v1/write");
    server.ask(head("GET", "/receive?get_vm_proto_version=1", "")).await.expect(200, "1");
    server.ask(head("GET", "/-/healthy", "")).await.expect(200, "healthy");
    server.ask(head("GET", "/-/ready", "")).await.expect(200, "ready");
    let reply = server.ask(head("GET", "/", "")).await;
    reply.expect(200, "POST /api/v1/write");
    let reply = server.ask(head("GET", "/", "accept: text/html,*/*\r\n")).await;
    reply.expect(200, "<h1>obsctl receive</h1>");
    let reply = server.ask(sound(Protocol::V2)).await;
    reply.expect(204, "");
    let reply = server.ask(head("GET", "/metrics", "")).await;
    assert_eq!(reply.status(), 200);
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        "obsctl_receive_requests_total{protocol=\"2.0\",code=\"204\"} 1\n",
        "obsctl_receive_samples_total{protocol=\"2.0\"} 1\n",
    ] {
        assert!(reply.body.contains(line), "{}", reply.body);
    }
}

#[tokio::test]
async fn problems_are_summed_up_by_sender() {
    let server = Server::start(Config::default()).await;
    for _ in 0..3 {
        server.ask(post(Protocol::V1, Encoding::Snappy, &body(Protocol::V1, &["up a=b a=c"]))).await;
    }
    let problems = server.stop().await.problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].sender.as_str(), problems[0].total), ("127.0.0.1 (test/1)", 3));
}

#[test]
fn docs_name_every_note() {
    let docs = include_str!("../../../docs/receive.md");
    let rules = wire::validate::Note::ALL.map(wire::validate::Note::rule);
    for name in rules.into_iter().chain(HeaderNote::ALL.map(HeaderNote::name)) {
        assert!(docs.contains(&format!("`{name}`")), "docs/receive.md does not name `{name}`");
    }
}
