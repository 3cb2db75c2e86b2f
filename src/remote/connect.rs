//! One connection: name, TCP, TLS, HTTP/1.1.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::{self, Error};
use super::tls::Connector;
use super::url::Url;

/// Bytes of an answer's head; also the least that hyper reads at once.
const MAX_HEAD: usize = 64 << 10;

/// A connection that one request at a time may use.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Ends when the connection does, with its last error.
    driver: JoinHandle<Result<(), hyper::Error>>,
    /// Whether a byte of an answer has come since the last request began.
    heard: Arc<AtomicBool>,
}

/// Why an exchange failed.
pub(super) struct Failed {
    pub(super) source: hyper::Error,
    /// No byte of an answer had come.
    pub(super) silent: bool,
}

impl Failed {
    /// Whether the peer had closed the connection and nothing shows that it saw the request.
    pub(super) fn is_stale(&self) -> bool {
        self.silent && error::was_closed(&self.source)
    }
}

impl Connection {
    /// Connects within `time`, trying the addresses of the name one after another.
    pub(super) async fn open(url: &Url, tls: Option<&Connector>, time: Duration) -> Result<Self, Error> {
        let peer = url.peer();
        let late = || Error::ConnectTimeout { peer: peer.clone(), time };
        let deadline = Instant::now() + time;
        let tcp = connect(url, &peer, deadline, time).await?;
        let _ = tcp.set_nodelay(true); // only speed is lost without
        let stream = match tls {
            None => Stream::Plain(tcp),
            Some(connector) => {
                let (config, name) = (connector.config()?, connector.name(&url.host)?);
                let handshake = TlsConnector::from(config).connect(name, tcp);
                let stream = timeout_at(deadline, handshake).await.map_err(|_| late())?;
                Stream::Tls(Box::new(stream.map_err(|err| Error::handshake(&peer, err))?))
            }
        };
        let heard = Arc::new(AtomicBool::new(false));
        let io = TokioIo::new(Listening { stream, heard: Arc::clone(&heard) });
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .handshake(io)
            .await
            .map_err(|source| Error::exchange(&peer, source, true))?;
        Ok(Self { sender, driver: tokio::spawn(connection), heard })
    }

    /// Whether the peer has not closed it, as far as is known.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and reads the head of its answer.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Failed> {
        self.heard.store(false, Ordering::Relaxed);
        let answer = match self.sender.ready().await {
            Ok(()) => self.sender.send_request(request).await,
            Err(err) => Err(err),
        };
        match answer {
            Ok(answer) => Ok(answer),
            Err(source) => {
                let silent = !self.heard.load(Ordering::Relaxed);
                // A connection that ended before the request was taken keeps the reason to itself.
                let last = if error::was_closed(&source) { self.last_words().await } else { None };
                Err(Failed { source: last.unwrap_or(source), silent })
            }
        }
    }

    /// The error that ended a closed connection.
    async fn last_words(&mut self) -> Option<hyper::Error> {
        const MOMENT: Duration = Duration::from_millis(100);
        timeout(MOMENT, &mut self.driver).await.ok()?.ok()?.err()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // An idle one is closed in order by the end of its sender; one in use must not live on.
        if !self.sender.is_ready() {
            self.driver.abort();
        }
    }
}

async fn connect(url: &Url, peer: &str, deadline: Instant, time: Duration) -> Result<TcpStream, Error> {
    let late = || Error::ConnectTimeout { peer: peer.to_owned(), time };
    let resolve = |source| Error::Resolve { host: url.host.clone(), source };
    let addresses = timeout_at(deadline, tokio::net::lookup_host((url.host.as_str(), url.port)));
    let addresses: Vec<_> = addresses.await.map_err(|_| late())?.map_err(resolve)?.collect();
    let mut last = resolve(io::Error::other("it has no address"));
    let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        // One address that swallows everything must not use up the time of the others.
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        left -= 1;
        last = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(err)) => Error::connect(peer, err),
            Err(_) => late(),
        };
    }
    Err(last)
}

/// What HTTP runs on.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream that remembers whether something was read: inside of TLS, whose own messages are no answer.
struct Listening {
    stream: Stream,
    heard: Arc<AtomicBool>,
}

impl AsyncRead for Listening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        })?;
        if buf.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Listening {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
