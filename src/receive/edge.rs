//! The HTTP edge: an accept loop that a slow, greedy or silent client cannot hold up.
//!
//! Ready-made servers run hyper without a timer, which turns its header timeout off unseen; hence a loop of
//! our own. Every connection is in one of three phases, each with an end of its own:
//!
//! - idle: waiting for a request, [`Timeouts::keep_alive`];
//! - head: the first byte has come, the header section is not complete, [`Timeouts::header`];
//! - busy: a request is being served; its body and its answer have their own deadlines in the handler.
//!
//! A connection above the limit is answered 503 with `Retry-After` and closed, without a task of its own
//! for longer than [`REFUSAL_LINGER`].

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::receive::handler::Handler;
use crate::receive::metrics::Dropped;
use crate::receive::phase::{PhaseHandle, Timeouts};

/// Largest header section, and largest piece in which a body is read.
const MAX_HEAD: usize = 64 << 10;
/// How long a refused connection is kept open for its client to read the answer.
const REFUSAL_LINGER: Duration = Duration::from_secs(1);
/// Refused connections that linger at once; further ones are closed on the spot.
const REFUSALS: usize = 64;
/// Pause after an accept that failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts and serves until `stop` is done, then finishes what is in flight for at most `drain`.
/// Returns the number of connections cut off at the end of `drain`.
pub(crate) async fn serve(
    listener: TcpListener,
    handler: Arc<Handler>,
    max_connections: usize,
    timeouts: Timeouts,
    drain: Duration,
    stop: impl Future<Output = ()>,
) -> usize {
    let slots = Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                    handler.metrics.dropped(Dropped::Limit);
                    refuse(stream, &refusals);
                    continue;
                };
                let handler = Arc::clone(&handler);
                let stopped = stopped.clone();
                connections.spawn(async move {
                    let _slot = slot;
                    let _counted = handler.metrics.connection();
                    connection(stream, peer, &handler, timeouts, stopped).await;
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "cannot accept connections; trying again");
                }
                failing = true;
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    handler.stop();
    stopping.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(drain, all).await.is_ok() {
        return 0;
    }
    let cut = connections.len();
    (0..cut).for_each(|_| handler.metrics.dropped(Dropped::Drain));
    connections.shutdown().await;
    cut
}

/// A client that went away between SYN and accept: nothing is wrong with the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    handler: &Arc<Handler>,
    timeouts: Timeouts,
    mut stopped: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true); // only a matter of latency
    let phase = PhaseHandle::new();
    let io = TokioIo::new(Watched { stream, phase: phase.clone() });
    let service = service_fn(|request| {
        let handler = Arc::clone(handler);
        let busy = phase.busy();
        async move { Ok::<_, Infallible>(handler.handle(request, peer.ip(), busy).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None) // it would also end idle connections: `expired` tells the two apart
        .max_buf_size(MAX_HEAD)
        .half_close(true) // who has sent everything may say so, and is answered; what is kept is counted
        .serve_connection(io, service);
    let mut connection = pin!(connection);
    let mut expired = pin!(phase.expired(timeouts));
    let mut finishing = *stopped.borrow();
    if finishing {
        connection.as_mut().graceful_shutdown();
    }
    loop {
        tokio::select! {
            biased;
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%peer, %error, "connection ended");
                }
                return;
            }
            reason = &mut expired => {
                handler.metrics.dropped(reason);
                return;
            }
            _ = stopped.changed(), if !finishing => {
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Answers 503 and closes. What the client has sent is read and forgotten for a moment: closing a socket
/// with unread bytes makes the kernel reset it, and the client would never see the answer.
fn refuse(mut stream: TcpStream, refusals: &Arc<Semaphore>) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
        content-type: text/plain; charset=utf-8\r\ncontent-length: 47\r\n\r\n\
        too many connections: raise `--max-connections`";
    let Ok(slot) = Arc::clone(refusals).try_acquire_owned() else { return };
    tokio::spawn(async move {
        let _slot = slot;
        let linger = async {
            stream.write_all(ANSWER).await?;
            stream.shutdown().await?;
            let mut rest = [0; 4096];
            while stream.read(&mut rest).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = timeout(REFUSAL_LINGER, linger).await; // the client may be gone: nobody to tell
    });
}

/// A stream that tells the phase when bytes come in.
struct Watched {
    stream: TcpStream,
    phase: PhaseHandle,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.phase.bytes();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
