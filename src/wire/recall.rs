//! Reading a request beside what is known of label sets that came before.

use super::cursor::Cursor;
use super::decode::{Element, Entries};
use super::known::{Known, LABELS_MAX, Print};
use super::scratch::Arena;
use super::{DecodeError, Entry, Protocol, Series, v1, v2};

/// The entries of one request, of which those with known labels are read without their labels.
#[derive(Debug)]
pub struct Recall<'r, 'a, T> {
    entries: &'r mut Entries<'a>,
    known: &'r mut Known<T>,
    /// Of the entry last read, if it may be remembered.
    last: Option<Print>,
    /// 1.0: where the labels that `last` is of end in the message.
    labels_end: usize,
    /// Whether anything may be known at all.
    on: bool,
}

impl<'r, 'a, T: Copy> Recall<'r, 'a, T> {
    /// Reads what is left of `entries`.
    pub fn new(entries: &'r mut Entries<'a>, known: &'r mut Known<T>) -> Self {
        // Known labels are not counted: they must be fewer than any limit that is to be held.
        let on = known.is_on() && entries.limits.labels >= LABELS_MAX && entries.arena.broken.is_empty();
        if on {
            let Arena { symbols, prints, .. } = &mut entries.arena;
            prints.clear();
            prints.extend(symbols.iter().map(|symbol| known.key().of_symbol(symbol)));
        }
        Self { entries, known, last: None, labels_end: 0, on }
    }

    /// The next entry that is not taken, as [`Entries::next`] gives it; `None` at the end.
    ///
    /// A series whose labels are known is shown to `take`, with what was remembered of them: it has everything but
    /// labels, of which it shows none. If `take` says `false`, it is read again, whole, and given.
    ///
    /// # Errors
    ///
    /// As [`Entries::next`], for the same messages.
    pub fn next(
        &mut self,
        mut take: impl FnMut(T, &Series<'_>) -> bool,
    ) -> Result<Option<Entry<'_>>, DecodeError> {
        let element = loop {
            self.last = None;
            let element = match self.entries.next_element()? {
                None => return Ok(None),
                Some(Element::Metadata(metadata)) => return Ok(Some(Entry::Metadata(metadata))),
                Some(Element::Series(element)) => element,
            };
            let Some(value) = self.look(element) else { break element };
            self.last = None;
            let series = self.entries.series(element);
            if series.fault.is_some() || !take(value, &series) {
                self.entries.unread();
                break element;
            }
        };
        self.entries.read_series(element)?;
        let arena = &self.entries.arena;
        let is_guess_right =
            self.entries.protocol == Protocol::V2 || arena.labels_end == Some(self.labels_end);
        if arena.fault.is_some() || !is_guess_right {
            self.last = None;
        }
        Ok(Some(Entry::Series(self.entries.series(element))))
    }

    /// What is known of the series' labels. The rest of it is in the arena then.
    #[inline]
    fn look(&mut self, element: Cursor<'a>) -> Option<T> {
        if !self.on {
            return None;
        }
        let Entries { protocol, limits, arena, .. } = &mut *self.entries;
        arena.clear_entry();
        let value = match protocol {
            Protocol::V1 => {
                self.labels_end = v1::labels_end(element);
                let (labels, values) = element.split_at(self.labels_end);
                self.last = self.known.key().of_bytes(labels);
                let value = self.known.get(self.last?)?;
                v1::series(values, limits, arena).ok()?;
                value
            }
            Protocol::V2 => {
                v2::fields(element, limits, arena).ok()?;
                self.last = self.known.key().of_references(&arena.refs, &arena.prints);
                self.known.get(self.last?)?
            }
        };
        // 1.0 labels may go on behind the values.
        (arena.fault.is_none() && arena.labels.is_empty()).then_some(value)
    }

    /// Remembers `value` of the labels of the series that [`Recall::next`] gave last. Labels with a fault, and very
    /// long ones, are not remembered; what was remembered before stays.
    pub fn remember(&mut self, value: T) {
        if let Some(print) = self.last.take() {
            self.known.insert(print, value);
        }
    }
}
