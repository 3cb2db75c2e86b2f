//! A receiver that follows a script, over plain TCP or TLS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// What is done with the next request, whichever connection it comes by. After the last step all are answered 204.
#[derive(Clone)]
pub(super) enum Step {
    /// These bytes, and the connection stays.
    Answer(Vec<u8>),
    /// These bytes, and then the end of the connection.
    Last(Vec<u8>),
    /// These bytes, and then nothing until the client goes away.
    Hang(Vec<u8>),
    /// These bytes before the body of the request is read.
    Early(Vec<u8>),
}

impl Step {
    /// An answer of this status, with these header lines and this body.
    pub(super) fn status(status: u16, headers: &[&str], body: &str) -> Self {
        let mut head = format!("HTTP/1.1 {status} Words\r\n");
        for header in headers {
            head += &format!("{header}\r\n");
        }
        if status != 204 && status != 304 {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        Self::Answer(format!("{head}\r\n{body}").into_bytes())
    }

    pub(super) fn last(bytes: &str) -> Self {
        Self::Last(bytes.as_bytes().to_vec())
    }

    pub(super) fn hang(bytes: &str) -> Self {
        Self::Hang(bytes.as_bytes().to_vec())
    }
}

/// A running receiver. It ends with the test's runtime.
#[derive(Clone)]
pub(super) struct Script {
    pub(super) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    steps: Mutex<VecDeque<Step>>,
    asked: Mutex<Vec<(usize, String)>>,
    connections: Mutex<usize>,
    heard: Notify,
    left: Notify,
}

impl Script {
    pub(super) async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::listen("127.0.0.1:0", None, steps).await
    }

    pub(super) async fn tls(
        config: Arc<rustls::ServerConfig>,
        steps: impl IntoIterator<Item = Step>,
    ) -> Self {
        Self::listen("127.0.0.1:0", Some(TlsAcceptor::from(config)), steps).await
    }

    pub(super) async fn listen(
        address: &str,
        tls: Option<TlsAcceptor>,
        steps: impl IntoIterator<Item = Step>,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/api/v1/write", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { steps: Mutex::new(steps.into_iter().collect()), ..Shared::default() });
        let script = Self { url, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = {
                    let mut connections = shared.connections.lock().unwrap();
                    *connections += 1;
                    *connections
                };
                let (shared, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => shared.serve(number, stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                shared.serve(number, stream).await;
                            }
                        }
                    }
                });
            }
        });
        script
    }

    /// Requests so far: the number of their connection, from 1, and their text.
    pub(super) fn asked(&self) -> Vec<(usize, String)> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The connections that the requests came by.
    pub(super) fn by(&self) -> Vec<usize> {
        self.asked().into_iter().map(|(connection, _)| connection).collect()
    }

    /// Waits for the next request.
    pub(super) async fn heard(&self) {
        self.shared.heard.notified().await;
    }

    /// Waits until a client has left a connection on which it was kept waiting.
    pub(super) async fn left(&self) {
        self.shared.left.notified().await;
    }
}

impl Shared {
    /// Answers the requests of one connection; `None` ends it.
    async fn serve(&self, number: usize, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        while self.one(number, &mut stream).await.is_some() {}
        let _ = stream.shutdown().await;
    }

    async fn one(&self, number: usize, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(request.clone()).ok()?;
        let len = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; len.unwrap_or(0)];
        let step = self.steps.lock().unwrap().pop_front();
        if let Some(Step::Early(answer)) = &step {
            stream.write_all(answer).await.ok()?;
        }
        stream.read_exact(&mut body).await.ok()?;
        request.extend_from_slice(&body);
        self.asked.lock().unwrap().push((number, String::from_utf8_lossy(&request).into_owned()));
        self.heard.notify_one();
        match step {
            None => stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok(),
            Some(Step::Answer(answer)) => stream.write_all(&answer).await.ok(),
            Some(Step::Early(_)) => Some(()),
            Some(Step::Last(answer)) => {
                let _ = stream.write_all(&answer).await;
                None
            }
            Some(Step::Hang(answer)) => {
                let _ = stream.write_all(&answer).await;
                let _ = stream.read_u8().await;
                self.left.notify_one();
                None
            }
        }
    }
}
