//! Bodies that are too large, too slow, broken, or made to hurt.

use super::*;

#[tokio::test]
async fn announced_length_over_the_limit_is_413_before_the_body() {
    let server = Server::start(Config { max_body: 1000, ..Config::default() }).await;
    let mut client = server.client().await;
    let headers = format!("content-type: {}\r\ncontent-length: 1001\r\n", Protocol::V2.content_type());
    client.send(head("POST", "/api/v1/write", &headers)).await;
    let reply = client.reply().await;
    reply.expect(413, "the body has 1001 bytes, the limit is 1000: raise `--max-body`");
    assert_eq!(reply.written(), Some([0, 0, 0]));
}

#[tokio::test]
async fn chunked_body_over_the_limit_is_413_while_it_comes() {
    let server = Server::start(Config { max_body: 1000, ..Config::default() }).await;
    let mut client = server.client().await;
    client.send(chunked(Protocol::V1)).await;
    client.send(chunk(&[0; 600])).await;
    client.send(chunk(&[0; 600])).await;
    let reply = client.reply().await;
    reply.expect(413, "the body has more than 1000 bytes");
    assert_eq!(reply.written(), None);
}

#[tokio::test]
async fn rest_of_a_refused_body_is_read_away_also_when_100_continue_has_asked_for_it() {
    let server = Server::start(Config { max_body: 300_000, ..Config::default() }).await;
    let mut client = server.client().await;
    let expecting = chunked(Protocol::V1).replace("host: x", "host: x\r\nexpect: 100-Continue");
    client.send(expecting).await;
    assert_eq!(client.reply().await.status(), 100);
    for _ in 0..5 {
        client.send(chunk(&[0; 100_000])).await;
    }
    client.send("0\r\n\r\n").await;
    client.reply().await.expect(413, "more than 300000 bytes");
    client.send(sound(Protocol::V1)).await;
    client.reply().await.expect(204, "");
}

#[tokio::test]
async fn answer_instead_of_100_continue_says_that_it_ends_the_connection() {
    let server = Server::start(Config::default()).await;
    let mut client = server.client().await;
    let headers = "content-type: a/b\r\ncontent-length: 7\r\nexpect: 100-continue\r\n";
    client.send(head("POST", "/api/v1/write", headers)).await;
    let reply = client.reply().await;
    reply.expect(415, "not remote write");
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn body_without_a_length_is_not_lost_behind_a_204() {
    let server = Server::start(Config::default()).await;
    let sound = post(Protocol::V2, Encoding::Identity, &message(Protocol::V2, &["up job=x"]));
    let head_end = sound.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(sound[..head_end].to_vec()).unwrap();
    let (head, _) = head.split_once("\r\ncontent-length").unwrap();
    for head in [head.to_owned(), head.replace("HTTP/1.1", "HTTP/1.0")] {
        let reply = server.ask([head.as_bytes(), &sound[head_end..]].concat()).await;
        reply.expect(400, "neither Content-Length nor Transfer-Encoding");
        assert_eq!((reply.written(), reply.header("connection")), (Some([0, 0, 0]), Some("close")));
    }
}

#[tokio::test]
async fn chunked_body_is_read_whole() {
    let server = Server::start(Config::default()).await;
    let body = body(Protocol::V2, &["up job=x"]);
    let (first, second) = body.split_at(7);
    let request = [chunked(Protocol::V2).as_bytes(), &chunk(first), &chunk(second), b"0\r\n\r\n"].concat();
    let reply = server.ask(request).await;
    reply.expect(204, "");
    assert_eq!(reply.written(), Some([1, 0, 0]));
}

#[tokio::test]
async fn decoded_size_over_the_limit_is_413() {
    let limits = wire::Limits { decoded: 5000, ..wire::Limits::default() };
    let server = Server::start(Config { limits, ..Config::default() }).await;
    for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
        let body = compressed(encoding, &large(Protocol::V2, 6000));
        let reply = server.ask(post(Protocol::V2, encoding, &body)).await;
        reply.expect(413, "the limit is 5000 bytes: raise `--max-decoded`");
        assert_eq!(reply.written(), Some([0, 0, 0]));
    }
}

#[tokio::test]
async fn large_message_is_judged_like_a_small_one() {
    let mut server = Server::start(Config::default()).await;
    let body = compressed(Encoding::Snappy, &large(Protocol::V2, 3 << 20));
    let reply = server.ask(post(Protocol::V2, Encoding::Snappy, &body)).await;
    reply.expect(204, "");
    assert_eq!(reply.written(), Some([1, 0, 0]));
    drop(server.observed.recv().await);
    assert_eq!(server.watch.status().inflight_bytes, 0, "given back");
}

#[tokio::test]
async fn element_bomb_is_413_and_forged_length_400() {
    let server = Server::start(Config::default()).await;
    let bomb = compressed(Encoding::Snappy, &b"\x0a\x00".repeat(4 << 20));
    assert!(bomb.len() < 500_000);
    server.ask(post(Protocol::V1, Encoding::Snappy, &bomb)).await.expect(413, "limit is 500000");
    let forged = b"\xff\xff\xff\x0f\x00a";
    server.ask(post(Protocol::V1, Encoding::Snappy, forged)).await.expect(400, "declared");
}

#[tokio::test]
async fn body_shorter_than_announced_is_400_and_the_end() {
    let server = Server::start(Config::default()).await;
    let mut client = server.client().await;
    let whole = sound(Protocol::V2);
    client.send(&whole[..whole.len() - 5]).await;
    client.stream.shutdown().await.unwrap();
    let reply = client.reply().await;
    reply.expect(400, "the body broke off after");
    assert_eq!(reply.written(), Some([0, 0, 0]));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn body_longer_than_announced_is_the_next_request() {
    let server = Server::start(Config::default()).await;
    let mut client = server.client().await;
    client.send([&sound(Protocol::V2)[..], b"junk\r\n\r\n"].concat()).await;
    client.reply().await.expect(204, "");
    assert_eq!(client.reply().await.status(), 400, "hyper says the head is bad");
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn silent_body_is_503_and_the_end() {
    let server = Server::start(Config { body_idle_timeout: SHORT, linger: SHORT, ..Config::default() }).await;
    let mut client = server.client().await;
    let whole = sound(Protocol::V2);
    client.send(&whole[..whole.len() - 5]).await;
    let reply = client.reply().await;
    reply.expect(503, "nothing of the body came for 0.15 s");
    assert_eq!((reply.header("retry-after"), reply.header("connection")), (Some("5"), Some("close")));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn dribbling_body_is_503_at_the_deadline() {
    let config = Config { request_timeout: SHORT, linger: SHORT, ..Config::default() };
    let server = Server::start(config).await;
    let mut client = server.client().await;
    client.send(chunked(Protocol::V1)).await;
    let (mut reading, mut writing) = client.stream.split();
    let mut answer = Vec::new();
    let dribble = async {
        loop {
            if writing.write_all(&chunk(b"x")).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = dribble => {}
        _ = timeout(PATIENCE, reading.read_to_end(&mut answer)) => {}
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("not done within 0.15 s"), "{answer}");
}

#[tokio::test]
async fn full_memory_is_503_until_it_is_given_back() {
    let limits = wire::Limits { decoded: 24 << 10, ..wire::Limits::default() };
    let config = Config { max_inflight: 64 << 10, max_body: 40 << 10, limits, ..Config::default() };
    let server = Server::start(config).await;
    let mut greedy = Vec::new();
    for _ in 0..2 {
        let mut client = server.client().await;
        client.send(chunked(Protocol::V1)).await;
        client.send(chunk(&[0; 30 << 10])).await;
        greedy.push(client);
    }
    server.until(|watch| watch.status().inflight_bytes >= 60 << 10).await;
    let body = compressed(Encoding::Identity, &large(Protocol::V2, 8 << 10));
    let request = post(Protocol::V2, Encoding::Identity, &body);
    let reply = server.ask(&request).await;
    reply.expect(503, "hold 65536 bytes already: raise `--max-inflight`");
    assert_eq!(reply.header("retry-after"), Some("5"));
    assert_eq!(reply.written(), Some([0, 0, 0]));
    drop(greedy);
    server.until(|watch| watch.status().inflight_bytes == 0).await;
    server.ask(&request).await.expect(204, "");
}

#[tokio::test]
async fn largest_request_passes_whatever_the_memory_limit() {
    let limits = wire::Limits { decoded: 100 << 10, ..wire::Limits::default() };
    let config = Config { max_inflight: 1, max_body: 100 << 10, limits, ..Config::default() };
    let server = Server::start(config).await;
    let body = compressed(Encoding::Snappy, &large(Protocol::V2, 90 << 10));
    server.ask(post(Protocol::V2, Encoding::Snappy, &body)).await.expect(204, "");
}

#[tokio::test]
async fn announced_bytes_hold_no_memory_before_they_come() {
    let server = Server::start(Config { max_inflight: 64 << 20, ..Config::default() }).await;
    let mut boasters = Vec::new();
    for _ in 0..3 {
        let mut boaster = server.client().await;
        let headers = "content-type: application/x-protobuf\r\ncontent-length: 30000000\r\n";
        boaster.send(head("POST", "/api/v1/write", headers)).await;
        boaster.send(&[0; 100]).await;
        boasters.push(boaster);
    }
    server.until(|watch| watch.status().inflight_bytes >= 3 << 10).await;
    server.ask(sound(Protocol::V1)).await.expect(204, "");
}
