//! The receiver over real sockets, by clients that write the bytes of HTTP themselves.

mod answers;
mod bodies;
mod connections;
mod keeping;
mod logging;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::capture;
use crate::receive::{Config, Observed, Receiver, Store, Summary, Watch};
use crate::wire::{self, Encoder, Encoding, Label, Protocol, Sample};

/// Longer than anything here takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// A timeout under test: short, and longer than a loopback exchange on a busy machine.
const SHORT: Duration = Duration::from_millis(150);

/// A receiver on a free port.
struct Server {
    address: SocketAddr,
    watch: Watch,
    stop: oneshot::Sender<()>,
    run: JoinHandle<Summary>,
    observed: mpsc::Receiver<Observed>,
}

impl Server {
    async fn start(config: Config) -> Self {
        Self::with(config, Store::nowhere(), 64).await
    }

    async fn with(config: Config, store: Store, observed: usize) -> Self {
        logging::keep_awake();
        let (observer, observed) = mpsc::channel(observed);
        let listen = "127.0.0.1:0".parse().unwrap();
        let receiver = Receiver::bind(listen, config, store, Some(observer)).await.unwrap();
        let (address, watch) = (receiver.address(), receiver.watch());
        let (stop, stopped) = oneshot::channel();
        let run = tokio::spawn(receiver.run(async {
            let _ = stopped.await;
        }));
        Self { address, watch, stop, run, observed }
    }

    async fn client(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap(), read: Vec::new() }
    }

    /// Sends one request on a connection of its own.
    async fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut client = self.client().await;
        client.send(request).await;
        client.reply().await
    }

    async fn stop(self) -> Summary {
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.run).await.expect("the receiver ends").unwrap()
    }

    /// Waits until the receiver is in the state that the test needs next.
    async fn until(&self, reached: impl Fn(&Watch) -> bool) {
        let wait = async {
            while !reached(&self.watch) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, wait).await.expect("the state is reached");
    }
}

struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    async fn more(&mut self) -> usize {
        let mut piece = [0; 4096];
        let read = timeout(PATIENCE, self.stream.read(&mut piece)).await.expect("an answer or an end");
        let read = read.unwrap_or(0); // a reset is an end, too
        self.read.extend_from_slice(&piece[..read]);
        read
    }

    async fn reply(&mut self) -> Reply {
        let head_end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.more().await > 0, "the connection ended without an answer: {:?}", self.read);
        };
        let head = String::from_utf8(self.read.drain(..head_end).collect()).unwrap().to_ascii_lowercase();
        let mut reply = Reply { head, body: String::new() };
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            assert!(self.more().await > 0, "the answer is cut short");
        }
        reply.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        reply
    }

    /// Whether the receiver closes the connection without a further byte.
    async fn is_closed(&mut self) -> bool {
        self.read.is_empty() && self.more().await == 0
    }
}

#[derive(Debug)]
struct Reply {
    head: String,
    body: String,
}

impl Reply {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Samples, histograms and exemplars written, as the headers say; `None` when there are no such headers.
    fn written(&self) -> Option<[u64; 3]> {
        let kinds = ["samples", "histograms", "exemplars"];
        let counts = kinds.map(|kind| self.header(&format!("x-prometheus-remote-write-{kind}-written")));
        if counts.iter().all(Option::is_none) {
            return None;
        }
        Some(counts.map(|count| count.expect("all three headers or none").parse().unwrap()))
    }

    #[track_caller]
    fn expect(&self, status: u16, part: &str) {
        assert_eq!(self.status(), status, "{self:?}");
        assert!(self.body.contains(part), "no `{part}` in {self:?}");
        assert!(self.body.len() <= 1024, "{self:?}");
    }
}

/// A write request with its length announced.
fn post(protocol: Protocol, encoding: Encoding, body: &[u8]) -> Vec<u8> {
    let headers = format!(
        "content-type: {}\r\ncontent-encoding: {}\r\ncontent-length: {}\r\n",
        protocol.content_type(),
        encoding.as_str(),
        body.len()
    );
    [head("POST", "/api/v1/write", &headers).as_bytes(), body].concat()
}

/// A request's head; `headers` are whole lines.
fn head(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\nuser-agent: test/1\r\n{headers}\r\n")
}

/// The head of a chunked write request.
fn chunked(protocol: Protocol) -> String {
    let headers = format!("content-type: {}\r\ntransfer-encoding: chunked\r\n", protocol.content_type());
    head("POST", "/api/v1/write", &headers)
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// A message of series, each given as `name label=value …`, with one sample each.
fn message(protocol: Protocol, series: &[&str]) -> Vec<u8> {
    let mut encoder = Encoder::new(protocol);
    for (at, series) in series.iter().enumerate() {
        let mut words = series.split(' ');
        let name = words.next().filter(|name| !name.is_empty());
        let labels = name.map(|value| Label { name: "__name__", value }).into_iter().chain(
            words.map(|word| word.split_once('=').unwrap()).map(|(name, value)| Label { name, value }),
        );
        encoder.series(labels, None, None);
        encoder.sample(Sample { value: at as f64, timestamp: 1_700_000_000_000 + at as i64, start: 0 });
    }
    let mut message = Vec::new();
    encoder.finish(&mut message);
    message
}

fn compressed(encoding: Encoding, message: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    wire::compress(encoding, message, &mut body);
    body
}

/// A snappy body of [`message`].
fn body(protocol: Protocol, series: &[&str]) -> Vec<u8> {
    compressed(Encoding::Snappy, &message(protocol, series))
}

/// A sound snappy write request of one series.
fn sound(protocol: Protocol) -> Vec<u8> {
    post(protocol, Encoding::Snappy, &body(protocol, &["up job=x"]))
}

/// A sound message of at least `len` bytes.
fn large(protocol: Protocol, len: usize) -> Vec<u8> {
    let mut value = String::new();
    while value.len() < len {
        let _ = write!(value, "{:x}", value.len());
    }
    message(protocol, &[&format!("up long={value}")])
}
