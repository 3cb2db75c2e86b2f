//! Connections: kept, limited, timed out, and let go at the end.

use super::*;

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_on_one_connection() {
    let server = Server::start(Config::default()).await;
    let mut client = server.client().await;
    let bad = post(Protocol::V1, Encoding::Snappy, b"\xff");
    client.send([sound(Protocol::V2), bad, sound(Protocol::V1)].concat()).await;
    client.reply().await.expect(204, "");
    client.reply().await.expect(400, "");
    client.reply().await.expect(204, "");
    client.send(sound(Protocol::V2)).await;
    client.reply().await.expect(204, "");
    assert_eq!(server.watch.status().connections, 1);
}

#[tokio::test]
async fn refused_body_is_read_away_and_the_connection_goes_on() {
    let server = Server::start(Config::default()).await;
    let mut client = server.client().await;
    let junk = vec![b'x'; 300_000];
    let headers = format!("content-type: application/json\r\ncontent-length: {}\r\n", junk.len());
    client.send([head("POST", "/api/v1/write", &headers).as_bytes(), &junk].concat()).await;
    client.reply().await.expect(415, "not remote write");
    client.send(sound(Protocol::V1)).await;
    client.reply().await.expect(204, "");
}

#[tokio::test]
async fn connection_over_the_limit_is_503_until_one_ends() {
    let server = Server::start(Config { max_connections: 1, ..Config::default() }).await;
    let mut first = server.client().await;
    first.send(sound(Protocol::V1)).await;
    first.reply().await.expect(204, "");
    let mut second = server.client().await;
    second.send(sound(Protocol::V1)).await;
    let reply = second.reply().await;
    reply.expect(503, "--max-connections");
    assert_eq!(reply.header("retry-after"), Some("5"));
    assert!(second.is_closed().await);
    drop(first);
    server.until(|watch| watch.status().connections == 0).await;
    server.ask(sound(Protocol::V1)).await.expect(204, "");
}

#[tokio::test]
async fn client_that_has_sent_everything_and_says_so_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(
        folder.path(),
        capture::Options::default(),
        capture::Queue::default(),
        crate::base::time::UnixNanos::now(),
    )
    .unwrap();
    let server = Server::with(Config::default(), store, 64).await;
    for _ in 0..5 {
        let mut client = server.client().await;
        client.send(sound(Protocol::V2)).await;
        client.stream.shutdown().await.unwrap();
        client.reply().await.expect(204, "");
        assert!(client.is_closed().await);
    }
    server.until(|watch| watch.status().connections == 0).await;
    let mut broken = server.client().await;
    let whole = sound(Protocol::V2);
    broken.send(&whole[..whole.len() - 3]).await;
    broken.stream.shutdown().await.unwrap();
    broken.reply().await.expect(400, "broke off");
    assert_eq!(server.stop().await.totals.accepted, 5);
}

#[tokio::test]
async fn slow_head_is_closed_and_an_idle_connection_is_not() {
    let config = Config { header_timeout: SHORT, ..Config::default() };
    let server = Server::start(config).await;
    let mut idle = server.client().await;
    let mut kept = server.client().await;
    kept.send(sound(Protocol::V1)).await;
    kept.reply().await.expect(204, "");
    let mut slow = server.client().await;
    slow.send("POST /api/v1/write HTTP/1.1\r\nhost: x\r\n").await;
    assert!(slow.is_closed().await);
    for client in [&mut idle, &mut kept] {
        client.send(sound(Protocol::V1)).await;
        client.reply().await.expect(204, "");
    }
}

#[tokio::test]
async fn idle_connection_is_closed_after_the_keep_alive_time() {
    let server = Server::start(Config { keep_alive_timeout: SHORT, ..Config::default() }).await;
    let mut fresh = server.client().await;
    let mut used = server.client().await;
    used.send(sound(Protocol::V1)).await;
    used.reply().await.expect(204, "");
    assert!(fresh.is_closed().await);
    assert!(used.is_closed().await);
}

#[tokio::test]
async fn request_in_flight_is_finished_at_the_end() {
    let server = Server::start(Config::default()).await;
    let mut idle = server.client().await;
    let mut busy = server.client().await;
    let whole = sound(Protocol::V2);
    let (first, rest) = whole.split_at(whole.len() - 3);
    busy.send(first).await;
    server.until(|watch| watch.status().inflight_bytes > 0).await;
    let address = server.address;
    let Server { stop, run, .. } = server;
    stop.send(()).unwrap();
    assert!(idle.is_closed().await, "nothing was in flight there");
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
    busy.send(rest).await;
    let reply = busy.reply().await;
    reply.expect(204, "");
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(busy.is_closed().await);
    let summary = timeout(PATIENCE, run).await.unwrap().unwrap();
    assert_eq!((summary.totals.accepted, summary.cut_off), (1, 0));
}

#[tokio::test]
async fn what_hangs_is_cut_off_after_the_drain_time() {
    let server = Server::start(Config { drain_timeout: SHORT, ..Config::default() }).await;
    let mut hanging = server.client().await;
    let whole = sound(Protocol::V2);
    hanging.send(&whole[..whole.len() - 3]).await;
    server.until(|watch| watch.status().inflight_bytes > 0).await;
    assert_eq!(server.stop().await.cut_off, 1);
    assert!(hanging.is_closed().await);
}

#[tokio::test]
async fn many_dribbling_connections_do_not_hold_up_a_good_one() {
    let server = Server::start(Config::default()).await;
    let mut dribbling = Vec::new();
    for _ in 0..200 {
        let mut client = server.client().await;
        client.send("POST /api/v1/write HTTP/1.1\r\n").await;
        dribbling.push(client);
    }
    let mut good = server.client().await;
    for _ in 0..50 {
        good.send(sound(Protocol::V2)).await;
        good.reply().await.expect(204, "");
    }
}
