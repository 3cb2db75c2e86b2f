//! Where accepted and refused requests go: the observer, the capture, the ring of refused ones.

use std::path::Path;

use super::*;
use crate::base::time::UnixNanos;
use crate::capture::{Item, Options, Queue, Reader, Request};

fn store(folder: &Path) -> Store {
    Store::open(folder, Options::default(), Queue::default(), UnixNanos::now()).unwrap().0
}

fn requests(folder: &Path) -> Vec<Request> {
    let items = Reader::open(folder).unwrap().map(Result::unwrap);
    let request = |item| if let Item::Request { request, .. } = item { Some(request) } else { None };
    items.filter_map(request).collect()
}

#[tokio::test]
async fn accepted_and_partly_refused_requests_are_captured_as_they_came() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(Config::default(), store(folder.path()), 64).await;
    let partly = body(Protocol::V2, &["up a=b a=c", "up job=x"]);
    let headers = format!(
        "content-type: {}\r\ncontent-length: {}\r\nx-prometheus-remote-write-version: 2.0.0\r\n\
         x-scope-orgid: team-a\r\nretry-attempt: 3\r\nauthorization: Bearer canary\r\ncookie: canary\r\n",
        Protocol::V2.content_type(),
        partly.len()
    );
    server.ask(sound(Protocol::V1)).await.expect(204, "");
    let reply = server.ask([head("POST", "/receive", &headers).as_bytes(), &partly].concat()).await;
    reply.expect(400, "1 of 2 series written");
    server.stop().await;
    let kept = requests(folder.path());
    assert_eq!(kept.len(), 2);
    assert_eq!((kept[0].sequence, kept[0].protocol), (1, Protocol::V1));
    assert_eq!(kept[0].outcome, capture::Outcome::default());
    let second = &kept[1];
    assert_eq!((second.sequence, second.protocol, &second.body[..]), (2, Protocol::V2, &partly[..]));
    assert_eq!((second.version.as_str(), second.retry_attempt), ("2.0.0", 3));
    assert_eq!((second.tenant.as_deref(), second.content_encoding.as_str()), (Some("team-a"), ""));
    assert_eq!((second.outcome.status, second.outcome.reason.as_str()), (400, reply.body.as_str()));
    assert!(second.outcome.is_rejected(0) && !second.outcome.is_rejected(1));
    assert!(!format!("{kept:?}").contains("canary"), "credentials are not kept");
}

#[tokio::test]
async fn wholly_refused_bodies_go_to_the_ring() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(Config::default(), store(folder.path()), 64).await;
    server.ask(post(Protocol::V1, Encoding::Snappy, b"\xff\xffjunk")).await.expect(400, "");
    let refused = body(Protocol::V1, &["up a=b a=c"]);
    server.ask(post(Protocol::V1, Encoding::Snappy, &refused)).await.expect(400, "0 of 1");
    server.stop().await;
    assert!(requests(folder.path()).is_empty());
    let ring = requests(&folder.path().join("rejected"));
    assert_eq!(ring.len(), 2);
    assert_eq!((&ring[0].body[..], ring[0].outcome.status), (&b"\xff\xffjunk"[..], 400));
    assert!(ring[0].outcome.reason.contains("cannot be decompressed"), "{}", ring[0].outcome.reason);
    assert_eq!(ring[1].body, refused);
}

#[tokio::test]
async fn capture_figures_stand_at_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(Config::default(), store(folder.path()), 64).await;
    server.ask(sound(Protocol::V1)).await.expect(204, "");
    let figures = server.watch.status().capture.unwrap();
    assert_eq!((figures.last_sequence, figures.synced_sequence, figures.segments), (1, 1, 1));
    let page = server.ask(head("GET", "/metrics", "")).await.body;
    for part in [
        "\nobsctl_capture_segments 1\n",
        "\nobsctl_capture_size_bytes ",
        "\nobsctl_capture_torn_bytes_total 0\n",
        "\nobsctl_capture_dropped_segments_total 0\n",
        "\nobsctl_capture_fsync_duration_seconds_count ",
    ] {
        assert!(page.contains(part), "no `{part}` in\n{page}");
    }
    assert!(page.ends_with("# EOF\n"));
}

#[tokio::test]
async fn readiness_follows_the_disk_not_the_answers_and_comes_back_without_a_request() {
    let lines = super::logging::Lines::default();
    let _on_this_thread = tracing::subscriber::set_default(lines.clone());
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("capture");
    let options = Options { ack: capture::Ack::Memory, ..Options::default() };
    let (store, _) = Store::open(&folder, options, Queue::default(), UnixNanos::now()).unwrap();
    let server = Server::with(Config::default(), store, 64).await;
    std::fs::remove_dir_all(&folder).unwrap();
    let ready = async |status| {
        let wait = async {
            while server.ask(head("GET", "/-/ready", "")).await.status() != status {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{status}"));
    };
    server.ask(sound(Protocol::V1)).await.expect(204, ""); // before anybody could know
    ready(503).await;
    for _ in 0..5 {
        server.ask(sound(Protocol::V1)).await.expect(503, "cannot write to its disk");
        ready(503).await;
    }
    assert_eq!(server.watch.status().capture.unwrap().lost, 1);
    assert_eq!(lines.with("can be written again"), Vec::<String>::new());
    std::fs::create_dir(&folder).unwrap();
    ready(200).await;
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "the try leaves nothing behind");
}

#[tokio::test]
async fn full_queue_is_503_never_429() {
    let folder = tempfile::tempdir().unwrap();
    let queue = Queue { requests: 0, ..Queue::default() };
    let (store, _) = Store::open(folder.path(), Options::default(), queue, UnixNanos::now()).unwrap();
    let mut server = Server::with(Config::default(), store, 1).await;
    server.observed.close();
    // A queue without a place takes a request only while its thread happens to wait for one.
    let (mut accepted, mut refused) = (0, 0);
    while accepted == 0 || refused == 0 {
        let reply = server.ask(sound(Protocol::V2)).await;
        if reply.status() == 204 {
            accepted += 1;
            assert_eq!(reply.written(), Some([1, 0, 0]));
        } else {
            refused += 1;
            reply.expect(503, "queue is full");
            assert_eq!((reply.header("retry-after"), reply.written()), (Some("5"), Some([0, 0, 0])));
        }
        assert!(accepted + refused < 10_000, "{accepted} accepted, {refused} refused");
    }
    server.stop().await;
    assert_eq!(requests(folder.path()).len(), accepted, "answered 204 is kept, answered 503 is not");
}

#[tokio::test]
async fn full_observer_holds_the_answer_back() {
    let mut server = Server::with(Config::default(), Store::nowhere(), 1).await;
    server.ask(sound(Protocol::V1)).await.expect(204, "");
    let mut waiting = server.client().await;
    waiting.send(sound(Protocol::V2)).await;
    assert!(timeout(SHORT, waiting.more()).await.is_err(), "no answer while nobody looks");
    assert_eq!(server.observed.recv().await.unwrap().request.protocol, Protocol::V1);
    waiting.reply().await.expect(204, "");
    assert_eq!(server.observed.recv().await.unwrap().request.protocol, Protocol::V2);
}

#[tokio::test]
async fn observer_that_never_looks_makes_503_and_one_that_left_nothing() {
    let config = Config { request_timeout: SHORT, ..Config::default() };
    let mut server = Server::with(config, Store::nowhere(), 1).await;
    server.ask(sound(Protocol::V1)).await.expect(204, "");
    server.ask(sound(Protocol::V1)).await.expect(503, "not done within");
    server.observed.close();
    server.ask(sound(Protocol::V1)).await.expect(204, "");
}

#[tokio::test]
async fn what_waits_for_the_observer_is_within_the_budget() {
    let limits = wire::Limits { decoded: 100_000, ..wire::Limits::default() };
    let config = Config { max_body: 100_000, limits, max_inflight: 200_000, ..Config::default() };
    let mut server = Server::with(config, Store::nowhere(), 64).await;
    let large = post(Protocol::V1, Encoding::Identity, &large(Protocol::V1, 80_000));
    server.ask(&large).await.expect(204, "");
    server.ask(&large).await.expect(204, "");
    server.ask(&large).await.expect(503, "--max-inflight");
    drop(server.observed.recv().await.unwrap());
    server.ask(&large).await.expect(204, "");
}
