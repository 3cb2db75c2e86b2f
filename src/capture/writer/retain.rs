//! Retention: which of the oldest segments go, and what is measured of those that stay.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::stats;
use super::super::{CommitError, Event};
use super::Capture;
use crate::base::time::UnixNanos;

impl Capture {
    /// Removes the oldest segments while there is more than is to be retained; but none that a sink has yet to read,
    /// and not the last one that durably holds a request.
    pub(in crate::capture) fn retain(&mut self, now: UnixNanos) {
        let needed = self.cursors.needed();
        let durable = self.stats.synced_sequence.load(Ordering::Relaxed);
        let (mut segments, mut requests, mut freed) = (0, 0, 0);
        while let Some(oldest) = self.closed.front() {
            let after = match self.closed.get(1) {
                Some(next) => (next.first_sequence, next.created),
                None => self
                    .current
                    .as_ref()
                    .map_or((self.next, None), |open| (open.first_sequence, Some(open.created))),
            };
            let ended = oldest.last_received.or(after.1);
            let too_old =
                self.options.retain_time.zip(ended).is_some_and(|(time, ended)| age(ended, now) > time);
            let too_much = self.bytes() > self.options.retain_size;
            let is_needed = needed.is_some_and(|needed| needed < after.0);
            // The next sequence follows from what is there after a crash.
            let is_last = durable < after.0;
            if !(too_old || too_much) || is_needed || is_last {
                break;
            }
            if let Err(err) = self.disk.remove(&oldest.path)
                && err.kind() != io::ErrorKind::NotFound
            {
                let err = CommitError::new("remove", oldest.path.clone(), err);
                stats::add(&self.stats.failures, 1);
                self.events.push(Event::NotRemoved(err));
                break;
            }
            self.durable.removed(oldest.first_sequence);
            segments += 1;
            requests += after.0 - oldest.first_sequence;
            freed += oldest.bytes;
            self.closed_bytes -= oldest.bytes;
            self.closed.pop_front();
        }
        if segments > 0 {
            let first = self.stats.dropped_segments.load(Ordering::Relaxed) == 0;
            stats::add(&self.stats.dropped_segments, segments);
            stats::add(&self.stats.dropped_requests, requests);
            self.events.push(Event::Dropped { segments, requests, bytes: freed, first });
        }
        self.measure();
    }

    fn bytes(&self) -> u64 {
        self.closed_bytes + self.current.as_ref().map_or(0, |open| open.len)
    }

    pub(super) fn measure(&self) {
        stats::set(&self.stats.last_sequence, self.next - 1);
        stats::set(&self.stats.bytes, self.bytes());
        stats::set(&self.stats.segments, (self.closed.len() + usize::from(self.current.is_some())) as u64);
    }
}

/// Time from `since` to `now`; none when the clock went back.
fn age(since: UnixNanos, now: UnixNanos) -> Duration {
    Duration::from_nanos(u64::try_from(now.0.saturating_sub(since.0)).unwrap_or(0))
}
