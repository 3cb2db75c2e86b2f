//! Connections: kept, bounded, replaced when the peer has closed them, and let go with their request.

use std::num::NonZero;
use std::sync::Arc;

use super::script::{Script, Step};
use super::*;

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let script = Script::start([Step::status(400, &[], &"x".repeat(10 << 10))]).await;
    let client = client(&script.url);
    let mut connected = Vec::new();
    for _ in 0..5 {
        let answer = client.send(Format::V1, BODY, 0).await.unwrap();
        connected.push(answer.timing.connected.is_some());
    }
    assert_eq!(script.by(), [1; 5]);
    assert_eq!(connected, [true, false, false, false, false]);
}

#[tokio::test]
async fn an_answer_too_long_to_drain_costs_its_connection() {
    let script = Script::start([Step::status(400, &[], &"x".repeat(300 << 10))]).await;
    let client = client(&script.url);
    for _ in 0..2 {
        client.send(Format::V1, BODY, 0).await.unwrap();
    }
    assert_eq!(script.by(), [1, 2]);
}

#[tokio::test]
async fn there_are_no_more_connections_than_allowed() {
    let script = Script::start([]).await;
    let mut config = config(&script.url);
    config.connections = NonZero::new(2).unwrap();
    let client = Arc::new(Client::new(config).unwrap());
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.send(Format::V1, BODY, 0).await.unwrap().status })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), 204);
    }
    assert_eq!(script.by().len(), 20);
    assert!(script.by().iter().all(|&connection| connection <= 2), "{:?}", script.by());
}

#[tokio::test]
async fn a_kept_connection_that_the_peer_closed_is_replaced_once() {
    let ok = || Step::status(204, &[], "");
    let script = Script::start([ok(), Step::last(""), ok(), Step::last(""), Step::last("")]).await;
    let client = client(&script.url);
    client.send(Format::V1, BODY, 0).await.unwrap();
    // Closed on the old connection, answered on a new one.
    client.send(Format::V1, BODY, 0).await.unwrap();
    assert_eq!(script.by(), [1, 1, 2]);
    // Closed on the kept one and on the new one too.
    let err = client.send(Format::V1, BODY, 0).await.unwrap_err();
    assert!(matches!(err, Error::Closed { .. }), "{err}");
    assert_eq!(script.by(), [1, 1, 2, 2, 3]);
}

#[tokio::test]
async fn a_request_that_was_half_answered_is_not_repeated() {
    let script = Script::start([Step::status(204, &[], ""), Step::last("HTTP/1.1 2")]).await;
    let client = client(&script.url);
    client.send(Format::V1, BODY, 0).await.unwrap();
    let err = client.send(Format::V1, BODY, 0).await.unwrap_err();
    assert!(matches!(err, Error::Broken { .. }), "{err}");
    assert_eq!(script.by(), [1, 1]);
}

#[tokio::test]
async fn a_connection_closed_while_nobody_used_it_is_noticed() {
    let script = Script::start([Step::last("HTTP/1.1 204 N\r\nConnection: close\r\n\r\n")]).await;
    let client = client(&script.url);
    for _ in 0..2 {
        assert_eq!(client.send(Format::V1, BODY, 0).await.unwrap().status, 204);
    }
    assert_eq!(script.by(), [1, 2]);
}

#[tokio::test]
async fn a_request_that_is_dropped_takes_its_connection_along() {
    let script =
        Script::start([Step::hang(""), Step::hang("HTTP/1.1 200 O\r\nContent-Length: 9\r\n\r\n")]).await;
    let client = client(&script.url);
    for _ in 0..2 {
        tokio::select! {
            _ = client.send(Format::V1, BODY, 0) => panic!("it hangs"),
            () = script.heard() => {}
        }
        script.left().await;
    }
    assert_eq!(client.send(Format::V1, BODY, 0).await.unwrap().status, 204);
}

#[tokio::test]
async fn ipv6_is_an_address_like_any_other() {
    let Ok(probe) = std::net::TcpListener::bind("[::1]:0") else {
        return; // a machine without IPv6 has nothing to test
    };
    drop(probe);
    let script = Script::listen("[::1]:0", None, []).await;
    assert_eq!(client(&script.url).send(Format::V1, BODY, 0).await.unwrap().status, 204);
    assert!(script.asked()[0].1.contains("host: [::1]:"), "{:?}", script.asked());
}

#[tokio::test]
async fn a_name_with_several_addresses_is_tried_through() {
    // `localhost` is ::1 and 127.0.0.1 on most machines; the receiver listens on one only.
    let script = Script::start([]).await;
    let url = script.url.replace("127.0.0.1", "localhost");
    assert_eq!(client(&url).send(Format::V1, BODY, 0).await.unwrap().status, 204);
}

#[tokio::test]
async fn every_way_not_to_connect_says_which() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let err = client(&refused).send(Format::V1, BODY, 0).await.unwrap_err();
    assert!(matches!(err, Error::Refused { .. }), "{err}");
    assert!(err.to_string().ends_with(" refuses the connection") && err.help().is_some());
    // RFC 6761: `.invalid` never resolves.
    let err = client("http://receiver.invalid/").send(Format::V1, BODY, 0).await.unwrap_err();
    assert!(err.to_string().starts_with("the name `receiver.invalid` cannot be resolved: "), "{err}");
    // A queue of pending connections that is full swallows further ones, as a firewall does.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let address = full.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address)).await
    {
        waiting.push(connected.unwrap());
    }
    let mut config = config(&format!("http://{address}/"));
    config.timeouts.connect = Duration::from_millis(50);
    let err = Client::new(config).unwrap().send(Format::V1, BODY, 0).await.unwrap_err();
    assert_eq!(err.to_string(), format!("no connection to {address} within 0.05 s"));
}
