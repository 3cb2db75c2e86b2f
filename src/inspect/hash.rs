//! Identity of label sets and bodies as 64-bit hashes: the same in every run on every machine.
//!
//! Not for keeping secrets, and not for adversaries: whoever chooses label values can make two label sets
//! collide. Among a billion honest ones about 0.03 pairs do (n²/2 over 2⁶⁴).

use crate::wire::Label;

/// Odd constants with an even mix of bits: the fractional digits of the golden ratio, and of the square root of 3.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const STEP: u64 = 0xbb67_ae85_84ca_a73b;

/// Hash of a label set, whatever order its labels came in. Allocates only for unsorted ones.
///
/// Lengths are part of what is hashed: `{a="bc"}` and `{ab="c"}` are told apart.
#[must_use]
pub fn series_hash(labels: &[Label<'_>]) -> u64 {
    if labels.is_sorted() {
        return labels.iter().fold(SEED, label);
    }
    let mut sorted = labels.to_vec();
    sorted.sort_unstable();
    sorted.iter().fold(SEED, label)
}

fn label(state: u64, label: &Label<'_>) -> u64 {
    bytes(bytes(state, label.name.as_bytes()), label.value.as_bytes())
}

/// Hash of a request body and whose it is: equal for a retry of the same request.
#[must_use]
pub fn body_hash(tenant: &str, body: &[u8]) -> u64 {
    bytes(bytes(SEED, tenant.as_bytes()), body)
}

/// Mixes the length and then the bytes, eight at a time, into `state`.
fn bytes(state: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let state = words
        .iter()
        .fold(mix(state, bytes.len() as u64), |state, word| mix(state, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(state, u64::from_le_bytes(last))
}

/// One step: a full 64×64→128-bit product folded to 64 bits, so that every input bit reaches every output bit.
fn mix(state: u64, word: u64) -> u64 {
    let product = u128::from(state ^ word) * u128::from(STEP);
    (product as u64 ^ (product >> 64) as u64).wrapping_add(SEED)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn hash(labels: &[(&str, &str)]) -> u64 {
        let labels: Vec<_> = labels.iter().map(|(name, value)| Label { name, value }).collect();
        series_hash(&labels)
    }

    #[track_caller]
    fn check(a: &[(&str, &str)], b: &[(&str, &str)], equal: bool) {
        assert_eq!(hash(a) == hash(b), equal, "{a:?} {b:?}");
    }

    #[test]
    fn order_does_not_matter_and_lengths_do() {
        check(&[("a", "1"), ("b", "2")], &[("b", "2"), ("a", "1")], true);
        check(&[("a", "bc")], &[("ab", "c")], false);
        check(&[("a", "")], &[], false);
        check(&[("a", "b"), ("c", "d")], &[("a", "bcd")], false);
        check(&[("a", "12345678")], &[("a", "12345678\0")], false);
    }

    #[test]
    fn a_million_counted_series_do_not_collide() {
        let mut seen = HashSet::new();
        for n in 0..1_000_000 {
            let value = n.to_string();
            assert!(seen.insert(hash(&[("__name__", "up"), ("instance", &value)])), "{n}");
        }
    }

    #[test]
    fn one_changed_bit_changes_about_half_of_the_hash() {
        let body = vec![0x5a_u8; 64];
        let plain = body_hash("", &body);
        for bit in 0..body.len() * 8 {
            let mut other = body.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let changed = (plain ^ body_hash("", &other)).count_ones();
            assert!((12..=52).contains(&changed), "bit {bit}: {changed}");
        }
    }
}
