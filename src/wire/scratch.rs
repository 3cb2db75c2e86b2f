//! The decoder's reusable memory.

use super::histogram::Histograms;
use super::recycle::{for_message, reset};
use super::repeats::Slots;
use super::{Fault, Label, Sample};

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
    /// Hashes of the symbols, if asked for: of a request that is read beside a [`super::Known`].
    pub(super) prints: Vec<u64>,
    /// For [`super::repeats::count`].
    pub(super) slots: Slots,
    pub(super) labels: Vec<Label<'a>>,
    pub(super) refs: Vec<u32>,
    pub(super) samples: Vec<Sample>,
    pub(super) histograms: Histograms,
    pub(super) exemplars: Vec<ExemplarRecord>,
    pub(super) exemplar_labels: Vec<Label<'a>>,
    pub(super) exemplar_refs: Vec<u32>,
    /// 2.0.
    pub(super) metadata: Option<MetadataRefs>,
    /// 2.0; 0 is unset.
    pub(super) created: i64,
    /// Of the labels.
    pub(super) fault: Option<Fault>,
    pub(super) exemplar_fault: Option<Fault>,
    /// 1.0: where the labels end in the message, if they are one run from the element's first byte on.
    pub(super) labels_end: Option<usize>,
}

/// Metadata of a 2.0 series as sent: references.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct MetadataRefs {
    pub(super) kind: i32,
    pub(super) help: u32,
    pub(super) unit: u32,
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
        self.metadata = None;
        self.created = 0;
        self.fault = None;
        self.exemplar_fault = None;
        self.labels_end = None;
    }

    /// Whether a sample or histogram of the entry has a start timestamp.
    pub(super) fn has_start(&self) -> bool {
        self.samples.iter().any(|sample| sample.start != 0) || self.histograms.has_start()
    }

    /// The same memory, empty, for another message.
    pub(super) fn recycle<'b>(self) -> Arena<'b> {
        let mut histograms = self.histograms;
        histograms.recycle();
        let (mut slots, mut prints) = (self.slots, self.prints);
        reset(&mut slots);
        reset(&mut prints);
        Arena {
            symbols: for_message(self.symbols, |_| None),
            broken: for_message(self.broken, |_| None),
            prints,
            slots,
            labels: for_message(self.labels, |_| None),
            refs: for_message(self.refs, |_| None),
            samples: for_message(self.samples, |_| None),
            histograms,
            exemplars: for_message(self.exemplars, |_| None),
            exemplar_labels: for_message(self.exemplar_labels, |_| None),
            exemplar_refs: for_message(self.exemplar_refs, |_| None),
            ..Arena::default()
        }
    }
}
