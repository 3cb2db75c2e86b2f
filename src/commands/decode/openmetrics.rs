//! `-o openmetrics`: everything by family, as text that `promtool tsdb create-blocks-from openmetrics` takes.
//!
//! The format wants families together and samples in order, so all is kept until the end of the input. Entries
//! that the receiver refused are left out; what the format cannot say is counted on stderr.

use anyhow::Result;

use super::super::input::Reading;
use super::form::Form;
use crate::exposition::{LeftOut, OpenMetrics};
use crate::render::{Item, Shown};
use crate::ui::Ui;
use crate::wire::Entry;

#[derive(Default)]
pub(super) struct Families {
    text: OpenMetrics,
    rejected: u64,
    /// Native histograms of entries that were cut to a time range.
    histograms: u64,
}

impl Families {
    /// Adds what lies in the time range of an entry.
    fn add_cut(&mut self, shown: &Shown<'_>) {
        self.histograms += shown.histograms().count() as u64;
        let samples: Vec<_> = shown.samples().copied().collect();
        let exemplars: Vec<_> = shown.exemplars().collect();
        let (labels, metadata) = (shown.series.labels, shown.series.metadata.as_ref());
        self.text.add_series(labels, metadata, &samples, &exemplars);
    }
}

impl Form for Families {
    fn entry(&mut self, _: &mut Ui, _: &Reading<'_>, item: &Item<'_>) -> Result<()> {
        match item {
            Item::Metadata(metadata) => self.text.add(&Entry::Metadata(**metadata)),
            Item::Series(Shown { rejected: Some(_), .. }) => self.rejected += 1,
            Item::Series(shown) if shown.range.is_all() || shown.series.fault.is_some() => {
                self.text.add(&Entry::Series(*shown.series));
            }
            Item::Series(shown) => self.add_cut(shown),
        }
        Ok(())
    }

    fn finish(&mut self, ui: &mut Ui, _: u64) -> Result<()> {
        let mut left_out = std::mem::take(&mut self.text).finish(ui.out())?;
        left_out.histograms += self.histograms;
        let said = said(&left_out, self.rejected);
        if !said.is_empty() {
            ui.warning(format_args!("OpenMetrics has no place for, left out: {}", said.join(", ")));
        }
        Ok(())
    }
}

/// What was left out, each with its number. Broken entries are told of where they are met.
fn said(left_out: &LeftOut, rejected: u64) -> Vec<String> {
    [
        (left_out.histograms, "native histogram", "native histograms"),
        (rejected, "refused entry", "refused entries"),
        (left_out.stale_markers, "stale marker", "stale markers"),
        (left_out.start_times, "start time", "start times"),
        (left_out.exemplars, "exemplar", "exemplars"),
        (left_out.conflicting, "second value for a time", "second values for a time"),
        (left_out.times, "sample out of time", "samples out of time"),
        (left_out.unnamed, "entry without a name", "entries without a name"),
        (left_out.bad_labels, "entry with a label twice", "entries with a label twice"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect()
}
