//! `-o json`: one document with all entries and, behind them, the summary; written as it is read.

use anyhow::Result;

use super::super::input::Reading;
use super::form::Form;
use super::summary::Summary;
use crate::render::{Item, json};
use crate::ui::Ui;
use crate::wire::Dialect;

#[derive(Default)]
pub(super) struct Document {
    summary: Summary,
    tail: json::Tail,
    out: Vec<u8>,
    begun: bool,
}

impl Document {
    /// Writes an element that is rendered already.
    pub(super) fn element(&mut self, ui: &mut Ui, element: &[u8]) -> Result<()> {
        let before: &[u8] = if self.begun { b",\n" } else { b"{\"entries\":[\n" };
        self.begun = true;
        ui.out().write_all(before)?;
        Ok(ui.out().write_all(element)?)
    }

    /// Counts a request or an entry without writing it.
    pub(super) fn summary(&mut self) -> &mut Summary {
        &mut self.summary
    }
}

impl Form for Document {
    fn begin(&mut self, _: &mut Ui, reading: &Reading<'_>) -> Result<()> {
        self.tail = json::Tail::new(reading.origin);
        Ok(())
    }

    fn entry(&mut self, ui: &mut Ui, _: &Reading<'_>, item: &Item<'_>) -> Result<()> {
        self.summary.entry(item);
        let mut out = std::mem::take(&mut self.out);
        out.clear();
        json::entry(&mut out, item, &self.tail);
        let written = self.element(ui, &out);
        self.out = out;
        written
    }

    fn end(&mut self, _: &mut Ui, reading: &Reading<'_>, dialect: Dialect) -> Result<()> {
        self.summary.request(reading, dialect);
        Ok(())
    }

    fn finish(&mut self, ui: &mut Ui, problems: u64) -> Result<()> {
        self.out.clear();
        self.out.extend_from_slice(if self.begun {
            b"\n],\"summary\":"
        } else {
            b"{\"entries\":[],\"summary\":"
        });
        self.summary.json(&mut self.out, problems);
        self.out.extend_from_slice(b"}\n");
        Ok(ui.out().write_all(&self.out)?)
    }
}
