//! What was found out about label sets that came before, by the bytes they came in.
//!
//! Traffic repeats its series: a label set that was once read, checked and judged need not be looked into again as long
//! as it comes in the same bytes (1.0) or names the same symbols in the same order (2.0). [`Known`] keeps a value for
//! each, found by a hash of 64 bits, in which the length counts; neither bytes nor labels are kept.
//!
//! Nobody can choose two label sets that are taken for one. The hash is NH (Black, Halevi, Krawczyk, Krovetz, Rogaway:
//! "UMAC", 1999) under a key that is drawn for each table and never leaves it: for any two texts of one length, whatever
//! they are, all but one in 2⁶⁴ of the keys tell them apart. What NH and the length make becomes 64 bits by multiply-shift
//! (Dietzfelbinger 1996), for label bytes and symbols alike; together that makes three in 2⁶⁴ for a 2.0 label set of one label, and two more for
//! each further label. These bounds need no assumption about the texts.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

/// Words of the key in pairs, and so the longest text that is hashed, in 16 bytes.
const PAIRS: usize = 128;

/// Labels that a hashed text can hold: an empty one takes two bytes.
pub(super) const LABELS_MAX: usize = PAIRS * 16 / 2;

/// A value for each label set met, up to a number of them: when they are more, all are forgotten.
///
/// Takes 20 to 40 bytes for each and its value. Senders keep the order of their series from one scrape to
/// the next, so that the one met after the last is looked at first: no memory is read at random then.
#[derive(Debug)]
pub struct Known<T> {
    key: Key,
    /// In the order in which they were met first.
    prints: Vec<Print>,
    values: Vec<T>,
    /// A hash table, a power of two: low half of a hash, then its position in `prints` plus one; 0 is free.
    index: Vec<u64>,
    /// The position that is looked at first.
    next: usize,
    most: usize,
}

/// What a label set is known by.
pub(super) type Print = u64;

/// The part of a hash that stands in the index.
const TAG: u64 = u32::MAX as u64;

/// Slots of a new index.
const FIRST: usize = 256;

/// Set in the length of what came as references, which no bytes are equal to.
const REFERENCES: u64 = 1 << 63;

impl<T: Copy> Known<T> {
    /// None yet, and never more than `most`.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most = most.min(u32::MAX as usize);
        let key = if most > 0 { Key::random() } else { Key::default() };
        Self { key, prints: Vec::new(), values: Vec::new(), index: Vec::new(), next: 0, most }
    }

    /// Whether anything may be remembered.
    pub(super) fn is_on(&self) -> bool {
        self.most > 0
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    #[inline]
    pub(super) fn get(&mut self, print: Print) -> Option<T> {
        let at = if self.prints.get(self.next) == Some(&print) { self.next } else { self.find(print)? };
        self.next = at + 1;
        self.values.get(at).copied()
    }

    /// Remembers what [`Known::get`] has just not found; there must be room for one.
    pub(super) fn insert(&mut self, print: Print, value: T) {
        if self.prints.len() >= self.most {
            self.prints.clear();
            self.values.clear();
            self.index.clear();
        }
        if self.prints.len() * 4 >= self.index.len() * 3 {
            self.grow();
        }
        self.prints.push(print);
        self.values.push(value);
        self.enter(self.prints.len() - 1);
        self.next = self.prints.len();
    }

    #[cold]
    fn find(&self, print: Print) -> Option<usize> {
        let mut slot = self.first(print);
        loop {
            let found = *self.index.get(slot)?;
            let at = (found as u32 as usize).checked_sub(1)?;
            // Looking into `prints` for nothing would cost more than all the rest.
            if found >> 32 == print & TAG && self.prints[at] == print {
                return Some(at);
            }
            slot = (slot + 1) & (self.index.len() - 1);
        }
    }

    /// Puts the position `at` into the index, which has room.
    fn enter(&mut self, at: usize) {
        let print = self.prints[at];
        let mut slot = self.first(print);
        while self.index[slot] != 0 {
            slot = (slot + 1) & (self.index.len() - 1);
        }
        self.index[slot] = (print & TAG) << 32 | (at as u64 + 1); // no more than `most`, which is 32 bits
    }

    /// Hashes are even, so that the high bits of a product are.
    fn first(&self, print: Print) -> usize {
        ((u128::from(print) * self.index.len() as u128) >> 64) as usize
    }

    #[cold]
    fn grow(&mut self) {
        let slots = (self.index.len() * 2).max(FIRST);
        self.index.clear();
        self.index.resize(slots, 0);
        (0..self.prints.len()).for_each(|at| self.enter(at));
    }
}

/// Of one table, and secret.
#[derive(Default)]
pub(super) struct Key {
    bytes: Half,
    /// Of its own, because what it hashes is made with the other.
    references: Half,
}

#[derive(Default)]
struct Half {
    words: Box<[[u64; 2]]>,
    shift: [u128; 4],
}

/// Not the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    fn random() -> Self {
        Self { bytes: Half::random(), references: Half::random() }
    }

    /// Of label fields as they stand in a 1.0 message; `None` for none of them and for very long ones.
    #[inline]
    pub(super) fn of_bytes(&self, bytes: &[u8]) -> Option<Print> {
        if bytes.is_empty() || bytes.len() > PAIRS * 16 {
            return None;
        }
        self.bytes.print(self.bytes.nh(bytes), bytes.len() as u64)
    }

    /// Of label references, by [`Key::of_symbol`] of what they name. `None` for none of them, an odd number, very many,
    /// and where one is past the table or has no hash.
    #[inline]
    pub(super) fn of_references(&self, references: &[u32], symbols: &[u64]) -> Option<Print> {
        let (pairs, odd) = references.as_chunks::<2>();
        if pairs.is_empty() || pairs.len() > PAIRS || !odd.is_empty() {
            return None;
        }
        let symbol = |reference: u32| symbols.get(reference as usize).copied().unwrap_or_default();
        let mut sum = 0_u128;
        let mut all = true;
        for (&[name, value], key) in pairs.iter().zip(&self.references.words) {
            let (name, value) = (symbol(name), symbol(value));
            all &= name != 0 && value != 0;
            sum = sum.wrapping_add(product(name, value, key));
        }
        if all { self.references.print(sum, references.len() as u64 | REFERENCES) } else { None }
    }

    /// Of a symbol; 0, which is no hash, for a very long one.
    pub(super) fn of_symbol(&self, text: &str) -> u64 {
        if text.len() > PAIRS * 16 {
            return 0;
        }
        self.bytes.print(self.bytes.nh(text.as_bytes()), text.len() as u64).unwrap_or_default()
    }
}

impl Half {
    fn random() -> Self {
        let state = RandomState::new();
        let word = |n: usize| state.hash_one(n);
        let wide = |n: usize| u128::from(word(n)) << 64 | u128::from(word(n + 1));
        Self {
            words: (0..PAIRS).map(|n| [word(2 * n), word(2 * n + 1)]).collect(),
            shift: [0, 2, 4, 6].map(|n| wide(2 * PAIRS + n)),
        }
    }

    /// Multiply-shift of NH and the length. A hash that happens to be 0 is none.
    #[inline]
    fn print(&self, nh: u128, len: u64) -> Option<Print> {
        let [low, high] = halves(nh);
        let [a, b, c, d] = self.shift;
        let sum = a.wrapping_mul(low.into()).wrapping_add(b.wrapping_mul(high.into()));
        let sum = sum.wrapping_add(c.wrapping_mul(len.into())).wrapping_add(d);
        let print = (sum >> 64) as u64;
        (print != 0).then_some(print)
    }

    /// NH of at most 16 × [`PAIRS`] bytes. The last 16 may overlap those before: what is hashed is still another for
    /// another text of the same length.
    #[inline]
    fn nh(&self, bytes: &[u8]) -> u128 {
        let (chunks, rest) = bytes.as_chunks::<16>();
        let mut sum = 0_u128;
        for (chunk, key) in chunks.iter().zip(&self.words) {
            sum = sum.wrapping_add(words_product(chunk, key));
        }
        if let (false, Some(key)) = (rest.is_empty(), self.words.get(chunks.len())) {
            let mut padded = [0; 16];
            let last = bytes.last_chunk::<16>().unwrap_or_else(|| {
                padded[..rest.len()].copy_from_slice(rest);
                &padded
            });
            sum = sum.wrapping_add(words_product(last, key));
        }
        sum
    }
}

#[inline]
fn words_product(chunk: &[u8; 16], key: &[u64; 2]) -> u128 {
    let [low, high] = halves(u128::from_le_bytes(*chunk));
    product(low, high, key)
}

#[inline]
fn product(a: u64, b: u64, key: &[u64; 2]) -> u128 {
    u128::from(a.wrapping_add(key[0])) * u128::from(b.wrapping_add(key[1]))
}

#[inline]
fn halves(wide: u128) -> [u64; 2] {
    [wide as u64, (wide >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_remembered_is_found_in_any_order() {
        let mut known = Known::new(10_000);
        let print = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for n in 1..=10_000 {
            assert_eq!(known.get(print(n)), None);
            known.insert(print(n), n);
        }
        for n in (1..=10_000).chain((1..=10_000).rev()) {
            assert_eq!(known.get(print(n)), Some(n));
        }
        known.insert(print(10_001), 10_001);
        assert_eq!(
            (known.get(print(1)), known.get(print(10_001))),
            (None, Some(10_001)),
            "too many: begun anew"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut known = Known::new(100_000);
        for n in 1..=250_000_u64 {
            known.insert(n.wrapping_mul(0x9e37_79b9_7f4a_7c15), 0_u32);
            let bytes = known.prints.capacity() * 8 + known.values.capacity() * 4 + known.index.len() * 8;
            assert!(bytes <= 100_000 * 40, "{n}: {bytes}");
        }
    }

    #[test]
    fn every_bit_and_the_length_are_in_the_hash_of_bytes() {
        let key = Key::random();
        for len in 1..100 {
            let bytes = vec![0_u8; len];
            let plain = key.of_bytes(&bytes);
            assert!(
                plain.is_some() && plain == key.of_bytes(&bytes) && plain != key.of_bytes(&vec![0; len + 1])
            );
            for bit in 0..len * 8 {
                let mut other = bytes.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(key.of_bytes(&other), plain, "bit {bit} of {len} bytes");
            }
        }
        assert_ne!(key.of_bytes(b"a"), Key::random().of_bytes(b"a"));
        assert_eq!((key.of_bytes(b""), key.of_bytes(&[0; 2049])), (None, None));
        assert!(key.of_bytes(&[0; 2048]).is_some());
    }

    #[test]
    fn references_are_known_by_what_they_name() {
        let key = Key::random();
        let symbols = |texts: &[&str]| texts.iter().map(|text| key.of_symbol(text)).collect::<Vec<_>>();
        let (one, other) = (symbols(&["", "a", "b", "c"]), symbols(&["", "c", "b", "a"]));
        assert_eq!(key.of_references(&[1, 2], &one), key.of_references(&[3, 2], &other));
        assert_ne!(key.of_references(&[1, 2], &one), key.of_references(&[2, 1], &one));
        assert_ne!(key.of_references(&[1, 2], &one), key.of_references(&[1, 2, 1, 2], &one));
        for none in [&[][..], &[1], &[1, 4], &[1; 258]] {
            assert_eq!(key.of_references(none, &one), None, "{none:?}");
        }
    }
}
