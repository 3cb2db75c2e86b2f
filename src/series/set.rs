//! A set of identities in as little memory as is quick: one flat table of 64-bit hashes.

use std::hash::{BuildHasher as _, RandomState};

/// Slots of a new table.
const FIRST: usize = 64;

/// Distinct hashes, within a budget of memory.
///
/// A table of slots of 8 bytes, at most 4 of 5 taken, that grows by half: 10 to 15 bytes for each hash, and while it
/// grows both tables. Where a hash is put depends on a number of this run, so that nobody can choose hashes that crowd
/// in one place. Nothing is ever taken out.
#[derive(Debug)]
pub struct SeriesSet {
    /// 0 is free; see `has_zero`.
    slots: Vec<u64>,
    taken: usize,
    has_zero: bool,
    /// Odd.
    factor: u64,
    /// Bytes, of both tables while growing.
    budget: usize,
}

/// What became of a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inserted {
    /// It was not in the set, and is now.
    New,
    /// It was in the set.
    Known,
    /// It is not in the set, and there is no room for it.
    Full,
}

impl SeriesSet {
    /// An empty set that never needs more than `budget` bytes; `usize::MAX` is no limit. Allocates nothing yet.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        let factor = RandomState::new().hash_one(FIRST) | 1;
        Self { slots: Vec::new(), taken: 0, has_zero: false, factor, budget }
    }

    /// Puts `hash` in. A set that is full still knows what it holds.
    pub fn insert(&mut self, hash: u64) -> Inserted {
        if hash == 0 {
            return if std::mem::replace(&mut self.has_zero, true) { Inserted::Known } else { Inserted::New };
        }
        let Some(at) = self.find(hash) else { return Inserted::Known };
        if self.taken < room(self.slots.len()) {
            self.slots[at] = hash;
        } else if self.grow() {
            self.put(hash);
        } else {
            return Inserted::Full;
        }
        self.taken += 1;
        Inserted::New
    }

    /// How many hashes it holds.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.taken as u64 + u64::from(self.has_zero)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory of the table, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    /// The free slot where `hash` belongs; `None` where it is in the set. In a set without slots: 0.
    fn find(&self, hash: u64) -> Option<usize> {
        let mut at = self.first(hash);
        loop {
            match self.slots.get(at) {
                Some(&slot) if slot == hash => return None,
                Some(0) => return Some(at),
                Some(_) => at += 1,
                None if self.slots.is_empty() => return Some(0),
                None => at = 0,
            }
        }
    }

    /// The high bits of a product choose among any number of slots, evenly and in the order of the product: growing
    /// reads and writes memory from one end to the other.
    fn first(&self, hash: u64) -> usize {
        let spread = hash.wrapping_mul(self.factor);
        ((u128::from(spread) * self.slots.len() as u128) >> 64) as usize
    }

    /// Puts in a hash that is not there, where there is room.
    fn put(&mut self, hash: u64) {
        if let Some(at) = self.find(hash) {
            self.slots[at] = hash;
        }
    }

    /// Makes the table larger, if both together stay in the budget.
    fn grow(&mut self) -> bool {
        let len = self.slots.len();
        let larger = (len + len / 2).max(FIRST);
        let most = (self.budget / size_of::<u64>()).saturating_sub(len);
        let larger = larger.min(most);
        if room(larger) <= self.taken {
            return false;
        }
        let old = std::mem::replace(&mut self.slots, vec![0; larger]);
        for hash in old.into_iter().filter(|hash| *hash != 0) {
            self.put(hash);
        }
        true
    }
}

/// How many of `slots` may be taken: at least one is always free, where a search ends.
fn room(slots: usize) -> usize {
    slots / 5 * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_new_once() {
        let mut set = SeriesSet::new(usize::MAX);
        for round in [Inserted::New, Inserted::Known] {
            for hash in [0, 1, u64::MAX, 7, 1 << 63] {
                assert_eq!(set.insert(hash), round, "{hash}");
            }
        }
        assert_eq!(set.len(), 5);
    }

    #[test]
    fn hashes_alike_in_any_bits_do_not_crowd() {
        for shift in [0, 16, 32, 44] {
            let mut set = SeriesSet::new(usize::MAX);
            for n in 1..=100_000_u64 {
                assert_eq!(set.insert(n << shift), Inserted::New);
            }
            // The longest run of taken slots is what the slowest search walks.
            let longest = set.slots.split(|slot| *slot == 0).map(<[u64]>::len).max();
            assert!(longest < Some(20_000), "{shift}: {longest:?}");
        }
    }

    #[test]
    fn memory_is_bounded_by_the_budget() {
        for budget in [0, 8, 100, 4096, 1 << 20] {
            let mut set = SeriesSet::new(budget);
            let mut added = 0;
            while set.insert(added + 1) == Inserted::New {
                added += 1;
                assert!(set.bytes() <= budget, "{budget}: {} bytes", set.bytes());
            }
            assert_eq!((set.insert(added + 1), set.len()), (Inserted::Full, added));
            assert!((1..=added).all(|hash| set.insert(hash) == Inserted::Known));
            // Both tables while growing, each half empty at worst: at least one hash for 40 bytes.
            assert!(added as usize >= budget / 40, "{budget}: {added}");
        }
    }

    #[test]
    fn a_hash_costs_at_most_15_bytes() {
        let mut set = SeriesSet::new(usize::MAX);
        for n in 1..=200_000_u64 {
            set.insert(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            assert!(n < 1000 || set.bytes() as u64 <= n * 151 / 10, "{n}: {} bytes", set.bytes());
        }
    }
}
