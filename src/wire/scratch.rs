//! The decoder's reusable memory.

use super::histogram::Histograms;
use super::recycle::{for_message, reset};
use super::repeats::Slots;
use super::{Label, Sample};

/// Reusable memory of the decoder: keep one per thread or connection.
///
/// Between requests it is empty but keeps its capacity, so that decoding allocates nothing once it has grown.
/// A part that an unusually large request blew up past 1 MiB is given back to the system.
#[derive(Default, Debug)]
pub struct Scratch {
    pub(super) arena: Arena<'static>,
}

/// What one entry refers to, and the symbols, which all entries refer to.
#[derive(Default, Debug)]
pub(super) struct Arena<'a> {
    /// The 2.0 symbol table; a symbol that is not UTF-8 is U+FFFD here and stands in `broken`.
    pub(super) symbols: Vec<&'a str>,
    /// Symbols that are not UTF-8, by index.
    pub(super) broken: Vec<(u32, &'a [u8])>,
    /// For [`super::repeats::count`].
    pub(super) slots: Slots,
    pub(super) labels: Vec<Label<'a>>,
    pub(super) refs: Vec<u32>,
    pub(super) samples: Vec<Sample>,
    pub(super) histograms: Histograms,
    pub(super) exemplars: Vec<ExemplarRecord>,
    pub(super) exemplar_labels: Vec<Label<'a>>,
    pub(super) exemplar_refs: Vec<u32>,
}

/// An exemplar without its labels: those end at `labels_end` of the arena's `exemplar_labels`, and begin where
/// the exemplar before ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExemplarRecord {
    pub(super) value: f64,
    pub(super) timestamp: i64,
    pub(super) labels_end: usize,
}

impl Arena<'_> {
    /// Forgets the last entry, keeps the symbols.
    pub(super) fn clear_entry(&mut self) {
        self.labels.clear();
        self.refs.clear();
        self.samples.clear();
        self.histograms.clear();
        self.exemplars.clear();
        self.exemplar_labels.clear();
    }

    /// Whether a sample or histogram of the entry has a start timestamp.
    pub(super) fn has_start(&self) -> bool {
        self.samples.iter().any(|sample| sample.start != 0) || self.histograms.has_start()
    }

    /// The same memory, empty, for another message.
    pub(super) fn recycle<'b>(self) -> Arena<'b> {
        let mut histograms = self.histograms;
        histograms.recycle();
        let mut slots = self.slots;
        reset(&mut slots);
        Arena {
            symbols: for_message(self.symbols, |_| None),
            broken: for_message(self.broken, |_| None),
            slots,
            labels: for_message(self.labels, |_| None),
            refs: for_message(self.refs, |_| None),
            samples: for_message(self.samples, |_| None),
            histograms,
            exemplars: for_message(self.exemplars, |_| None),
            exemplar_labels: for_message(self.exemplar_labels, |_| None),
            exemplar_refs: for_message(self.exemplar_refs, |_| None),
        }
    }
}
