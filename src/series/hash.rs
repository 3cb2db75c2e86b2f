//! Hashes of label sets and bodies, with a key of one run or without.

use std::hash::{BuildHasher as _, RandomState};

use crate::wire::Label;

/// Odd constants with an even mix of bits: the fractional digits of the golden ratio, and of the square root of 3.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const STEP: u64 = 0xbb67_ae85_84ca_a73b;

/// What a hash starts from.
///
/// Hashes by [`HashKey::STABLE`] are equal in every run and on every machine, for what is kept or compared between
/// runs. Whoever chooses label values can make sets that collide under it, and so hide series from a count. Where
/// hashes live as long as one run, [`HashKey::random`] takes that away: nobody can look for collisions of a key they do
/// not know. (Nobody must see the hashes then. It is no cryptographic promise.)
#[derive(Clone, Copy, Debug)]
pub struct HashKey {
    seed: u64,
}

impl HashKey {
    /// No key: for fingerprints that outlive the run.
    pub const STABLE: Self = Self { seed: SEED };

    /// Another key for each call.
    #[must_use]
    pub fn random() -> Self {
        Self { seed: RandomState::new().hash_one(SEED) }
    }

    /// Identity of a label set, as [`super`] says what that is. Allocates nothing, whatever the order of labels.
    #[must_use]
    pub fn series(self, labels: &[Label<'_>]) -> u64 {
        // A sum does not know an order. Each label is mixed well by itself, so that sums are as even as chains.
        let present = labels.iter().filter(|label| !label.value.is_empty());
        let sum = present.fold(0_u64, |sum, label| sum.wrapping_add(self.label(label)));
        mix(self.seed, sum)
    }

    /// Identity of a request's body and whose it is: equal for a retry of the same request.
    #[must_use]
    pub fn body(self, tenant: &str, body: &[u8]) -> u64 {
        let state = lengths(self.seed, tenant.len(), body.len());
        words(words(state, tenant.as_bytes()), body)
    }

    /// Lengths are part of it: `a="bc"` and `ab="c"` are told apart.
    fn label(self, label: &Label<'_>) -> u64 {
        let state = lengths(self.seed, label.name.len(), label.value.len());
        words(words(state, label.name.as_bytes()), label.value.as_bytes())
    }
}

fn lengths(state: u64, a: usize, b: usize) -> u64 {
    mix(state, (a as u64).rotate_left(32) ^ b as u64)
}

/// Mixes bytes, eight at a time, into `state`. Their number must have been mixed in before.
fn words(state: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let state = words.iter().fold(state, |state, word| mix(state, u64::from_le_bytes(*word)));
    if rest.is_empty() { state } else { mix(state, last(bytes)) }
}

/// The last up to eight of at least one byte. Bytes may stand in it twice; copying them apart would cost more.
fn last(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk::<8>() {
        u64::from_le_bytes(*last)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
    } else {
        let at = |index: usize| u64::from(bytes.get(index).copied().unwrap_or_default());
        at(0) | at(bytes.len() / 2) << 8 | at(bytes.len().saturating_sub(1)) << 16
    }
}

/// One step: a full 64×64→128-bit product folded to 64 bits, so that every input bit reaches every output bit.
fn mix(state: u64, word: u64) -> u64 {
    let product = u128::from(state ^ word) * u128::from(STEP);
    (product as u64 ^ (product >> 64) as u64).wrapping_add(SEED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(labels: &[(&str, &str)]) -> u64 {
        let labels: Vec<_> = labels.iter().map(|(name, value)| Label { name, value }).collect();
        HashKey::STABLE.series(&labels)
    }

    #[track_caller]
    fn check(a: &[(&str, &str)], b: &[(&str, &str)], equal: bool) {
        assert_eq!(hash(a) == hash(b), equal, "{a:?} {b:?}");
    }

    #[test]
    fn order_does_not_matter_and_lengths_do() {
        check(&[("a", "1"), ("b", "2")], &[("b", "2"), ("a", "1")], true);
        check(&[("a", "bc")], &[("ab", "c")], false);
        check(&[("a", "b"), ("c", "d")], &[("a", "bcd")], false);
        check(&[("a", "1"), ("b", "2")], &[("a", "2"), ("b", "1")], false);
        for len in 0..40 {
            let (x, y) = ("x".repeat(len), "x".repeat(len) + "\0");
            check(&[("a", &x)], &[("a", &y)], false);
        }
    }

    #[test]
    fn an_empty_label_is_not_there() {
        check(&[("a", "")], &[], true);
        check(&[("a", ""), ("b", "1")], &[("b", "1"), ("c", "")], true);
        check(&[("", "a")], &[], false);
    }

    #[test]
    fn a_name_that_stands_twice_makes_another_set() {
        check(&[("a", "1"), ("a", "2")], &[("a", "2"), ("a", "1")], true);
        check(&[("a", "1"), ("a", "1")], &[("a", "1")], false);
        check(&[("a", "1"), ("a", "2")], &[("a", "1")], false);
    }

    #[test]
    fn stable_hashes_are_these_in_every_version() {
        assert_eq!(hash(&[]), 0xcbb6_b924_99dd_fcc9);
        assert_eq!(
            hash(&[("__name__", "up"), ("instance", "localhost:9090"), ("job", "é")]),
            0x54d6_9b9b_8342_c139
        );
        assert_eq!(HashKey::STABLE.body("tenant", b"a body of some bytes"), 0xec3c_9015_638f_32f7);
    }

    #[test]
    fn keys_give_hashes_of_their_own() {
        let labels = [Label { name: "a", value: "b" }];
        let [one, other] = [HashKey::random(), HashKey::random()];
        assert_ne!(one.series(&labels), other.series(&labels));
        assert_ne!(one.body("", b"b"), other.body("", b"b"));
        assert_eq!(one.series(&labels), one.series(&labels));
    }

    #[test]
    fn one_changed_bit_changes_about_half_of_the_hash() {
        let body = vec![0x5a_u8; 61];
        let plain = HashKey::STABLE.body("", &body);
        for bit in 0..body.len() * 8 {
            let mut other = body.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let changed = (plain ^ HashKey::STABLE.body("", &other)).count_ones();
            assert!((12..=52).contains(&changed), "bit {bit}: {changed}");
        }
    }
}
