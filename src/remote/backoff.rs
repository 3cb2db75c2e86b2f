//! When to try again: a pure state, handed the time that has passed and chance.

use std::num::NonZero;
use std::time::Duration;

/// How often and how fast an attempt is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// The first wait; each further one is twice as long. Default 30 ms, as Prometheus has it.
    pub first: Duration,
    /// The longest wait of our own choice. Default 5 s, as Prometheus has it.
    pub longest: Duration,
    /// The longest wait that a receiver can ask for by `Retry-After`. Default 5 min.
    pub longest_asked: Duration,
    /// Attempts in all; `None`, the default, goes on for ever.
    pub attempts: Option<NonZero<u32>>,
    /// Time in all: no wait goes past it. `None`, the default, goes on for ever.
    pub elapsed: Option<Duration>,
    /// Whether 429 is repeated. Default yes: it says "later", and dropping is what loses data.
    pub retry_429: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(30),
            longest: Duration::from_secs(5),
            longest_asked: Duration::from_secs(300),
            attempts: None,
            elapsed: None,
            retry_429: true,
        }
    }
}

/// The waits of one delivery.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: Policy,
    /// Attempts that have failed.
    failed: u32,
    /// The next wait of our own.
    wait: Duration,
}

impl Backoff {
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, failed: 0, wait: policy.first.min(policy.longest) }
    }

    /// An attempt has failed: how long to wait for the next, or `None` to give up.
    ///
    /// `asked` is the receiver's `Retry-After`, which is kept to exactly, up to its limit. `elapsed` is the time since
    /// the first attempt began.
    ///
    /// A wait of our own is half fixed and half by chance ("equal jitter"): senders that failed together come back
    /// apart, and none comes back at once, as wholly random waits let some do.
    pub fn next(
        &mut self,
        asked: Option<Duration>,
        elapsed: Duration,
        chance: &mut Chance,
    ) -> Option<Duration> {
        self.failed = self.failed.saturating_add(1);
        if self.policy.attempts.is_some_and(|attempts| self.failed >= attempts.get()) {
            return None;
        }
        let half = self.wait / 2;
        let own = half + half.mul_f64(chance.share());
        self.wait = (self.wait * 2).min(self.policy.longest);
        let wait = asked.map_or(own, |asked| asked.min(self.policy.longest_asked));
        let too_long = self.policy.elapsed.is_some_and(|limit| elapsed.saturating_add(wait) > limit);
        (!too_long).then_some(wait)
    }

    /// Attempts that have failed.
    #[must_use]
    pub fn failed(&self) -> u32 {
        self.failed
    }
}

/// Random numbers from a seed (SplitMix64): enough to spread waits, and the same in every run of a test.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to below 1.
    pub fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// The waits after each failure, as long as nothing passes but the waits.
    fn waits(policy: Policy, asked: Option<Duration>, most: usize) -> Vec<Duration> {
        let (mut backoff, mut chance, mut elapsed) =
            (Backoff::new(policy), Chance::seeded(7), Duration::ZERO);
        std::iter::from_fn(|| {
            let wait = backoff.next(asked, elapsed, &mut chance)?;
            elapsed += wait;
            Some(wait)
        })
        .take(most)
        .collect()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let bounds = [30, 60, 120, 240, 480, 960, 1_920, 3_840, 5_000, 5_000, 5_000];
        let waits = waits(Policy::default(), None, bounds.len());
        for (wait, bound) in waits.iter().zip(bounds) {
            assert!(*wait >= MS(bound) / 2 && *wait < MS(bound), "{waits:?}");
        }
    }

    #[test]
    fn attempts_and_time_are_limited() {
        let policy = Policy { attempts: NonZero::new(3), ..Policy::default() };
        assert_eq!(waits(policy, None, 100).len(), 2);
        let policy = Policy { attempts: NonZero::new(1), ..Policy::default() };
        assert_eq!(waits(policy, None, 100).len(), 0);
        let policy = Policy { elapsed: Some(MS(1_000)), ..Policy::default() };
        let all = waits(policy, None, 100);
        assert!(all.iter().sum::<Duration>() <= MS(1_000) && all.len() >= 5, "{all:?}");
    }

    #[test]
    fn the_receiver_is_listened_to_within_reason() {
        assert_eq!(waits(Policy::default(), Some(MS(7_000)), 2), [MS(7_000); 2]);
        assert_eq!(waits(Policy::default(), Some(Duration::ZERO), 1), [Duration::ZERO]);
        assert_eq!(waits(Policy::default(), Some(Duration::MAX), 1), [Duration::from_secs(300)]);
        let policy = Policy { elapsed: Some(MS(6_999)), ..Policy::default() };
        assert!(waits(policy, Some(MS(7_000)), 2).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_policy_waits_longer_than_it_says(
            first in 0_u64..100_000, longest in 0_u64..100_000, asked in proptest::option::of(0_u64..u64::MAX),
            seed: u64, failures in 0_u32..200,
        ) {
            let policy = Policy { first: MS(first), longest: MS(longest), ..Policy::default() };
            let (mut backoff, mut chance) = (Backoff::new(policy), Chance::seeded(seed));
            for _ in 0..failures {
                let wait = backoff.next(asked.map(MS), Duration::ZERO, &mut chance).unwrap();
                let longest = if asked.is_some() { policy.longest_asked } else { policy.longest };
                prop_assert!(wait <= longest);
            }
            prop_assert_eq!(backoff.failed(), failures);
        }
    }
}
