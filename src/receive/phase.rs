//! The phase a connection is in, and when it has outstayed it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::receive::metrics::Dropped;

/// Ends of a connection's phases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// From the first byte of a request to the end of its header section.
    pub(crate) header: Duration,
    /// Between two requests, and before the first.
    pub(crate) keep_alive: Duration,
}

/// What a connection is doing, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle(Instant),
    Head(Instant),
    Busy(Instant),
}

/// The phase of one connection; clones share it.
#[derive(Clone)]
pub(crate) struct PhaseHandle(Arc<watch::Sender<Phase>>);

impl PhaseHandle {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Phase::Idle(Instant::now()))))
    }

    /// Bytes have come: an idle connection begins a request.
    pub(crate) fn bytes(&self) {
        self.0.send_if_modified(|phase| {
            let begins = matches!(phase, Phase::Idle(_));
            if begins {
                *phase = Phase::Head(Instant::now());
            }
            begins
        });
    }

    pub(crate) fn busy(&self) -> Busy {
        let mine = Phase::Busy(Instant::now());
        self.0.send_replace(mine);
        Busy { phase: self.clone(), mine }
    }

    /// Done when the connection has outstayed its phase.
    pub(crate) async fn expired(&self, timeouts: Timeouts) -> Dropped {
        let mut changes = self.0.subscribe();
        loop {
            let phase = *changes.borrow_and_update();
            let (end, reason) = match phase {
                Phase::Idle(since) => (since + timeouts.keep_alive, Dropped::Idle),
                Phase::Head(since) => (since + timeouts.header, Dropped::Header),
                Phase::Busy(_) => {
                    let _ = changes.changed().await; // the sender lives as long as `self`
                    continue;
                }
            };
            tokio::select! {
                biased;
                _ = changes.changed() => {}
                () = sleep_until(end) => return reason,
            }
        }
    }
}

/// A request is being served, or what is left of its body is being read: the connection is not idle.
pub(crate) struct Busy {
    phase: PhaseHandle,
    mine: Phase,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.phase.0.send_if_modified(|phase| {
            let ends = *phase == self.mine; // else the next request has already begun
            if ends {
                *phase = Phase::Idle(Instant::now());
            }
            ends
        });
    }
}
