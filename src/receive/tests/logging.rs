//! What is logged: each problem of a sender once, without label values and credentials.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::*;

/// Keeps events of info and above as lines of text.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(super) fn with(&self, part: &str) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|line| line.contains(part)).cloned().collect()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Keeps log statements awake in all tests of this process. One that is first reached while another thread
/// sets its subscriber can be taken for uninteresting for ever; a global subscriber that may always become
/// interested prevents that.
pub(super) fn keep_awake() {
    let _ = tracing::subscriber::set_global_default(Attentive); // fails once it is set
}

struct Attentive;

impl Subscriber for Attentive {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }
    fn event(&self, _: &Event<'_>) {}
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_problem_is_logged_once_without_label_values() {
    let lines = Lines::default();
    let _on_this_thread = tracing::subscriber::set_default(lines.clone());
    let server = Server::start(Config::default()).await;
    let refused = body(Protocol::V1, &["up a=canary a=canary", "down b=canary b=canary", "up c=canary"]);
    let headers = format!(
        "content-type: application/x-protobuf\r\nauthorization: canary\r\ncontent-length: {}\r\n",
        refused.len()
    );
    let refused = [head("POST", "/api/v1/write?token=canary", &headers).as_bytes(), &refused].concat();
    for _ in 0..20 {
        let reply = server.ask(&refused).await;
        reply.expect(400, "canary"); // the sender may know: it has sent it
        server.ask(post(Protocol::V1, Encoding::Snappy, b"\xffcanary")).await.expect(400, "");
    }
    server.stop().await;
    let rule = lines.with("duplicate-label");
    assert_eq!(rule.len(), 1, "{rule:?}");
    for part in ["WARN", "127.0.0.1 (test/1)", "refused=2", "metric=\"up\""] {
        assert!(rule[0].contains(part), "no `{part}` in {}", rule[0]);
    }
    assert_eq!(lines.with("problem=\"decompress\"").len(), 1);
    assert_eq!(lines.with("canary"), Vec::<String>::new());
}

#[tokio::test]
async fn what_goes_on_is_summed_up_now_and_then() {
    let lines = Lines::default();
    let _on_this_thread = tracing::subscriber::set_default(lines.clone());
    let server = Server::start(Config { summary_interval: SHORT, ..Config::default() }).await;
    for _ in 0..5 {
        server.ask(head("POST", "/api/v1/write", "content-type: a/b\r\ncontent-length: 0\r\n")).await;
    }
    let summed = async {
        while lines.with("problem goes on").is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, summed).await.expect("a summary");
    let summary = lines.with("problem goes on");
    assert!(summary[0].contains("problem=\"content-type\"") && summary[0].contains("WARN"), "{summary:?}");
}
