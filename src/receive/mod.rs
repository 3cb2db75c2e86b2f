//! A remote-write receiver: answers real senders truthfully and keeps what they send.
//!
//! [`Receiver::bind`] takes a port, [`Receiver::run`] serves until its `stop` is done and finishes what is in
//! flight. Asynchronous at the edge only: negotiation, judgement and answers are pure functions with tests of
//! their own. It prints nothing; it logs by `tracing`, without label values above debug.
//!
//! Invariants: a request is answered 2xx only after the capture has taken it; what a sender controls is bounded
//! before memory is spent on it; a refusal that may pass is 503, one that will not is 400, 413 or 415.

mod answer;
mod body;
mod budget;
mod edge;
mod handler;
mod judge;
mod looks;
mod metrics;
mod negotiate;
mod page;
mod phase;
mod problems;
mod route;
mod store;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::base::time::UnixNanos;
use crate::capture;
use crate::receive::budget::{Budget, Reservation};
use crate::receive::handler::Handler;
use crate::receive::metrics::Metrics;
use crate::receive::phase::Timeouts;
use crate::wire;

pub use metrics::Totals;
pub use problems::Problem;
pub use route::WRITE_PATHS;
pub use store::Store;

/// Limits and times of a receiver. The defaults are those of the flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// Bytes of a body as it comes. `--max-body`, default 32 MiB.
    pub max_body: usize,
    /// Bytes after decompression (`--max-decoded`, default 32 MiB) and elements of one request.
    pub limits: wire::Limits,
    /// Bytes that all requests in flight hold together, bodies and messages; at least [`max_body`](Self::max_body)
    /// and the decoded limit together, or the largest request could never pass. Where that is above 1 MiB, the last
    /// 8 MiB are for requests that hold no more than that, and come on top. `--max-inflight`, default 72 MiB.
    pub max_inflight: usize,
    /// Open connections; fewer where the process may not open as many files. `--max-connections`, default 4,096.
    pub max_connections: usize,
    /// From a request's first byte to the end of its head. Default 10 s.
    pub header_timeout: Duration,
    /// A connection without a request. Default 2 min.
    pub keep_alive_timeout: Duration,
    /// Between two pieces of a body. Default 30 s.
    pub body_idle_timeout: Duration,
    /// From the end of the head to the answer. Default 60 s.
    pub request_timeout: Duration,
    /// What is in flight at the end gets so long. Default 10 s.
    pub drain_timeout: Duration,
    /// How long the rest of a refused body is read, so that its sender reads the answer. Default 5 s.
    pub linger: Duration,
    /// What senders are told by `Retry-After`. Default 5 s.
    pub retry_after: Duration,
    /// Between two summaries of problems in the log. Default 60 s.
    pub summary_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_body: 32 << 20,
            limits: wire::Limits::default(),
            max_inflight: 72 << 20,
            max_connections: 4096,
            header_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(120),
            body_idle_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(5),
            retry_after: Duration::from_secs(5),
            summary_interval: Duration::from_secs(60),
        }
    }
}

/// A bound port; requests wait in the kernel's queue until [`run`](Receiver::run).
pub struct Receiver {
    listener: TcpListener,
    address: SocketAddr,
    handler: Arc<Handler>,
    config: Config,
}

/// What a receiver has done, in the end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    pub totals: Totals,
    /// Every problem of every sender, the most frequent first; at most 21.
    pub problems: Vec<Problem>,
    /// Connections cut off because they were busy for longer than the drain timeout.
    pub cut_off: usize,
}

/// A moment of a running receiver; rates are for the caller to make of two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    pub totals: Totals,
    /// Open connections.
    pub connections: u64,
    /// Bytes that requests not yet answered hold, and those that wait for the observer.
    pub inflight_bytes: usize,
    /// Figures of the capture; `None` where nothing is kept.
    pub capture: Option<capture::Snapshot>,
}

/// An accepted request on its way to an observer. Until it is dropped it counts as in flight, so that observed
/// requests which wait are within [`Config::max_inflight`], too.
#[derive(Debug)]
pub struct Observed {
    pub request: capture::Request,
    _room: Reservation,
}

/// Looks at a receiver from outside while it runs.
#[derive(Clone)]
pub struct Watch(Arc<Handler>);

impl Watch {
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            totals: self.0.metrics.totals(),
            connections: self.0.metrics.open_connections(),
            inflight_bytes: self.0.metrics.inflight_bytes(),
            capture: self.0.capture(),
        }
    }
}

impl Receiver {
    /// Binds `listen` (port 0 takes a free one).
    ///
    /// `observer` gets every accepted request, partly refused ones too, once it is kept and before it is answered.
    /// It is bounded: while it is full requests wait, and are 503 in the end.
    /// Dropping its receiving half is not an error.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    pub async fn bind(
        listen: SocketAddr,
        config: Config,
        store: Store,
        observer: Option<mpsc::Sender<Observed>>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let largest = config.max_body.saturating_add(config.limits.decoded);
        let spare = if largest > budget::SMALL { budget::SPARE } else { 0 };
        let budget = Budget::new(config.max_inflight.max(largest.saturating_add(spare)));
        let metrics = Arc::new(Metrics::new(budget.clone(), UnixNanos::now(), store.collector()));
        let handler = Arc::new(Handler::new(config, store, metrics, budget, observer));
        Ok(Self { listener, address, handler, config })
    }

    /// The address that was bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.handler))
    }

    /// Serves until `stop` is done, then closes the port and finishes what is in flight for at most
    /// [`Config::drain_timeout`].
    pub async fn run(self, stop: impl Future<Output = ()>) -> Summary {
        let Self { listener, handler, config, .. } = self;
        let timeouts = Timeouts { header: config.header_timeout, keep_alive: config.keep_alive_timeout };
        let drain = config.drain_timeout;
        let connections = match open_files().map(|files| files.saturating_sub(SPARE_FILES).max(1)) {
            Some(files) if files < config.max_connections => {
                tracing::info!(connections = files, "fewer connections than configured: see `ulimit -n`");
                files
            }
            _ => config.max_connections,
        };
        let serving = edge::serve(listener, Arc::clone(&handler), connections, timeouts, drain, stop);
        let summaries = async {
            let mut ticks = interval(config.summary_interval);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                handler.summarise();
            }
        };
        let cut_off = tokio::select! {
            cut_off = serving => cut_off,
            () = summaries => 0, // it never ends
        };
        let closing = Arc::clone(&handler);
        if tokio::task::spawn_blocking(move || closing.close()).await.is_err() {
            tracing::error!("the capture could not be closed");
        }
        let problems = handler.problems().all();
        Summary { totals: handler.metrics.totals(), problems, cut_off }
    }
}

/// File descriptors left to the capture and to whatever else is open beside connections.
const SPARE_FILES: usize = 64;

/// How many files this process may open, where the system says so.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok() // not a number: unlimited
}
