//! How many texts of a list stand in it before: a pass over an open hash table in memory that is reused.
//!
//! The hash is quick and has no key, so a sender can make texts that collide. The work is bounded: a list that
//! needs too many steps is sorted instead.

/// The hash table: 0 where empty, else the high half of a text's hash, and its position plus one.
pub(super) type Slots = Vec<u64>;

/// Steps past taken slots for each text, on average, before the list is sorted. Half of the slots stay empty, so
/// that texts not made to collide need about half a step.
const STEPS: usize = 8;

/// Repetitions in `texts`: one less than a text stands there, over all different texts.
pub(super) fn count(texts: &[&str], slots: &mut Slots) -> usize {
    if u32::try_from(texts.len()).is_err() {
        return count_sorted(texts);
    }
    slots.clear();
    slots.resize((texts.len() * 2).next_power_of_two(), 0);
    let mask = slots.len() - 1;
    let mut steps = STEPS * texts.len();
    let mut repeats = 0;
    for (index, text) in texts.iter().enumerate() {
        let hash = hash(text.as_bytes());
        let tag = hash & !u64::from(u32::MAX);
        let mut at = hash as usize & mask;
        loop {
            let slot = slots[at];
            if slot == 0 {
                slots[at] = tag | (index as u64 + 1);
                break;
            }
            let other = (slot & u64::from(u32::MAX)) as usize - 1;
            if (slot ^ tag) >> 32 == 0 && texts[other] == *text {
                repeats += 1;
                break;
            }
            let Some(left) = steps.checked_sub(1) else { return count_sorted(texts) };
            steps = left;
            at = (at + 1) & mask;
        }
    }
    repeats
}

fn count_sorted(texts: &[&str]) -> usize {
    let mut sorted = texts.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// Multiplies eight bytes at a time into both halves.
fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15; // 2^64 over the golden ratio
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(K);
        (product as u64) ^ (product >> 64) as u64
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = (bytes.len() as u64).wrapping_add(K);
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(hash, u64::from_le_bytes(last)), K)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expect: usize) {
        let mut slots = vec![7; 3]; // what is left of another list
        assert_eq!(count(texts, &mut slots), expect, "{texts:?}");
        assert_eq!(count_sorted(texts), expect, "{texts:?}");
    }

    #[test]
    fn repetitions_are_counted() {
        check(&[], 0);
        check(&[""], 0);
        check(&["", ""], 1);
        check(&["", "a", "", "a", "a", "b"], 3);
        check(&["a", "a\0", "a\0\0", "\0", ""], 0);
        check(&["12345678", "12345678\0", "123456789", "12345678"], 1);
    }

    #[test]
    fn nothing_is_allocated_once_the_table_has_grown() {
        let texts: Vec<String> = (0..3000).map(|n| format!("text {n}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut slots = Slots::new();
        assert_eq!(count(&texts, &mut slots), 0);
        let (before, capacity) = (slots.as_ptr(), slots.capacity());
        assert_eq!(count(&texts[1..], &mut slots), 0);
        assert_eq!((slots.as_ptr(), slots.capacity()), (before, capacity));
    }

    #[test]
    fn texts_that_collide_are_counted_all_the_same() {
        // Of many texts, those that begin at one slot of the table that they make together.
        let many: Vec<String> = (0..400_000).map(|n| n.to_string()).collect();
        let mask = (100_usize * 2).next_power_of_two() - 1;
        let mut texts: Vec<&str> = many
            .iter()
            .map(String::as_str)
            .filter(|text| hash(text.as_bytes()) as usize & mask == 3)
            .collect();
        texts.truncate(99);
        texts.push(texts[0]);
        assert_eq!(texts.len(), 100);
        check(&texts, 1);
    }

    proptest! {
        #[test]
        fn same_as_sorting(texts in vec("[ab]{0,3}", 0..100)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(count(&texts, &mut Slots::new()), count_sorted(&texts));
        }
    }
}
