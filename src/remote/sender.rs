//! Delivery: one request sent until it is written, refused or given up, in the form that the receiver understands.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::answer::Counts;
use super::backoff::{Backoff, Chance, Policy};
use super::client::Client;
use super::format::{Format, Ladder};
use super::verdict::{Failure, Refusal, Verdict, judge};

/// A client with a policy, and with what it has learned of its receiver.
#[derive(Debug)]
pub struct Sender {
    client: Client,
    policy: Policy,
    ladder: Ladder,
    /// The step of the ladder that the receiver took something on. It only goes down: a receiver that has learned more
    /// is noticed after a restart, as with Prometheus and vmagent, for asking again costs a refused request each time.
    step: AtomicUsize,
    chance: Mutex<Chance>,
}

/// A request in one form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// Compressed as the form says.
    pub bytes: Bytes,
    /// What is in it.
    pub holds: Counts,
}

/// How a delivery ended.
#[derive(Debug)]
pub struct Delivery {
    pub outcome: Outcome,
    /// The form that was sent last.
    pub format: Format,
    /// Requests that were sent.
    pub requests: u32,
}

/// What became of a request.
#[derive(Debug)]
pub enum Outcome {
    /// Written, with the receiver's counts where it is one of 2.0.
    Written(Option<Counts>),
    /// The rest is refused for ever.
    Partial { written: Counts, refusal: Refusal },
    /// Refused for ever.
    Dropped(Refusal),
    /// The policy allows no further attempt.
    GaveUp(Failure),
    /// Stopped by the caller. `in_flight`: an attempt had no answer yet, and may have been written. Sending it again is
    /// right in either case.
    Stopped { in_flight: bool },
    /// The caller has the request in no form that is left.
    NoBody,
}

/// What happens on the way, to be counted and shown.
#[derive(Debug)]
pub enum Event<'a> {
    /// An attempt failed; the next is made after `wait`.
    Retry { attempt: u32, wait: Duration, why: &'a Failure },
    /// The receiver does not understand `from`: the same request goes out as `to`.
    FellBack { from: Format, to: Format, why: &'a Refusal },
}

impl Sender {
    /// `seed` spreads the waits of different senders.
    #[must_use]
    pub fn new(client: Client, policy: Policy, ladder: Ladder, seed: u64) -> Self {
        let chance = Mutex::new(Chance::seeded(seed));
        Self { client, policy, ladder, step: AtomicUsize::new(0), chance }
    }

    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends one request until something final can be said of it.
    ///
    /// `body` gives it in a form, or `None` where it has no such form; it is asked once for each form that is tried.
    /// `stop` ends the delivery at once. Nothing is lost by it: the body is the caller's, and the outcome says whether
    /// it may have been written. Deliveries of disjoint series may run at the same time.
    pub async fn deliver(
        &self,
        mut body: impl FnMut(Format) -> Option<Body>,
        stop: impl Future<Output = ()>,
        mut event: impl FnMut(Event<'_>),
    ) -> Delivery {
        let mut stop = pin!(stop);
        let began = Instant::now();
        let mut backoff = Backoff::new(self.policy);
        let mut requests = 0;
        let mut step = self.step.load(Ordering::Relaxed);
        'form: loop {
            let format = self.ladder.get(step).unwrap_or(Format::V1);
            let end = |outcome, requests| Delivery { outcome, format, requests };
            let Some(body) = body(format) else { return end(Outcome::NoBody, requests) };
            loop {
                tokio::select! {
                    biased;
                    () = &mut stop => return end(Outcome::Stopped { in_flight: false }, requests),
                    () = std::future::ready(()) => {}
                }
                requests += 1;
                let attempt = self.attempt(format, &body, backoff.failed());
                let verdict = tokio::select! {
                    biased;
                    () = &mut stop => return end(Outcome::Stopped { in_flight: true }, requests),
                    verdict = attempt => verdict,
                };
                let (after, why) = match verdict {
                    Verdict::Written(counts) => {
                        self.step.fetch_max(step, Ordering::Relaxed);
                        return end(Outcome::Written(counts), requests);
                    }
                    Verdict::Partial { written, refusal } => {
                        self.step.fetch_max(step, Ordering::Relaxed);
                        return end(Outcome::Partial { written, refusal }, requests);
                    }
                    Verdict::Drop(refusal) => return end(Outcome::Dropped(refusal), requests),
                    Verdict::Unsupported { what, refusal } => {
                        let Some(below) = self.ladder.below(step, what) else {
                            return end(Outcome::Dropped(refusal), requests);
                        };
                        step = below;
                        let to = self.ladder.get(step).unwrap_or(format);
                        tracing::debug!(peer = self.client.peer(), %to, %refusal, "sending in another form");
                        event(Event::FellBack { from: format, to, why: &refusal });
                        continue 'form;
                    }
                    Verdict::Retry { after, why } => (after, why),
                };
                let wait = {
                    let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
                    backoff.next(after, began.elapsed(), &mut chance)
                };
                let Some(wait) = wait else { return end(Outcome::GaveUp(why), requests) };
                let attempt = backoff.failed();
                tracing::debug!(peer = self.client.peer(), attempt, ?wait, %why, "sending again");
                event(Event::Retry { attempt, wait, why: &why });
                tokio::select! {
                    biased;
                    () = &mut stop => return end(Outcome::Stopped { in_flight: false }, requests),
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }

    async fn attempt(&self, format: Format, body: &Body, retry: u32) -> Verdict {
        match self.client.send(format, body.bytes.clone(), retry).await {
            Ok(answer) => judge(format, body.holds, &answer, self.policy.retry_429),
            Err(err) => err.into(),
        }
    }
}
