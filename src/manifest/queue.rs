//! How large the queue of a remote write is to be, for samples that come at some rate.
//!
//! A shard has one request on its way: it sends `max_samples_per_send` in each latency of the receiver. So many shards as
//! the rate needs by that are enough while all is well; four times as many work off what an outage left behind in a
//! third of its time, and they bound what the queue may hold, `max_shards` times (`capacity` and one request). Where
//! that would be more shards than Prometheus has by default, requests grow first. `capacity` is five requests, as
//! Prometheus's own defaults are to each other (`DefaultQueueConfig`; its documentation says three to ten).

use std::time::Duration;

/// Settings of `queue_config`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Queue {
    pub(super) capacity: u64,
    pub(super) max_shards: u64,
    pub(super) max_samples_per_send: u64,
}

/// What Prometheus assumes that a request takes, where nobody says otherwise.
pub(super) const LATENCY: &str = "100ms";

/// Samples of a request by default, and of the largest: 10,000 samples of 1.0 are some 1.3 MB before compression.
const SAMPLES: u64 = 2_000;
const SAMPLES_MAX: u64 = 10_000;
/// Shards by default, and the most that one Prometheus should have.
const SHARDS: u64 = 50;
const SHARDS_MAX: u64 = 1_000;
/// Times the shards that the rate needs.
const SPARE: u64 = 4;
/// Requests that wait in a shard.
const WAITING: u64 = 5;

impl Queue {
    /// For `rate` samples a second; `None` where more than a thousand shards would be needed.
    pub(super) fn new(rate: u64, latency: Duration) -> Option<Self> {
        let on_their_way = u128::from(rate) * latency.as_millis();
        let shards = |samples: u64| {
            let needed = on_their_way.div_ceil(1_000 * u128::from(samples)).max(1);
            u64::try_from(needed).unwrap_or(u64::MAX).saturating_mul(SPARE)
        };
        let sizes = (1..=SAMPLES_MAX / SAMPLES).map(|times| times * SAMPLES);
        let samples = sizes.into_iter().find(|samples| shards(*samples) <= SHARDS).unwrap_or(SAMPLES_MAX);
        let max_shards = shards(samples);
        (max_shards <= SHARDS_MAX).then_some(Self {
            capacity: WAITING * samples,
            max_shards,
            max_samples_per_send: samples,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rate: u64, millis: u64, expect: Option<[u64; 3]>) {
        let queue = Queue::new(rate, Duration::from_millis(millis));
        assert_eq!(queue.map(|it| [it.max_shards, it.max_samples_per_send, it.capacity]), expect);
    }

    #[test]
    fn shards_follow_the_rate_and_requests_grow_first() {
        check(1, 100, Some([4, 2_000, 10_000]));
        check(20_000, 100, Some([4, 2_000, 10_000]));
        check(20_001, 100, Some([8, 2_000, 10_000]));
        check(240_000, 100, Some([48, 2_000, 10_000]));
        check(250_000, 100, Some([28, 4_000, 20_000]));
        check(1_000_000, 100, Some([40, 10_000, 50_000]));
        check(2_000_000, 500, Some([400, 10_000, 50_000]));
        check(10_000_000, 500, None);
        check(u64::MAX, u64::MAX, None);
    }
}
