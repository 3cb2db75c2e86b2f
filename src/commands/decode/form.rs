//! What every form of `decode` is told while the input is read.

use anyhow::Result;

use super::super::input::Reading;
use crate::render::{Item, json, text};
use crate::ui::Ui;
use crate::wire::Dialect;

/// One way to show entries.
pub(in crate::commands) trait Form {
    /// A request begins.
    fn begin(&mut self, _ui: &mut Ui, _reading: &Reading<'_>) -> Result<()> {
        Ok(())
    }

    /// A selected entry of it.
    fn entry(&mut self, ui: &mut Ui, reading: &Reading<'_>, item: &Item<'_>) -> Result<()>;

    /// The request has been read; `dialect` is what its entries say.
    fn end(&mut self, _ui: &mut Ui, _reading: &Reading<'_>, _dialect: Dialect) -> Result<()> {
        Ok(())
    }

    /// The input has been read; `problems` were found in it.
    fn finish(&mut self, _ui: &mut Ui, _problems: u64) -> Result<()> {
        Ok(())
    }
}

/// `-o text`.
#[derive(Default)]
pub(in crate::commands) struct Text {
    writer: text::Text,
    out: String,
}

impl Form for Text {
    fn begin(&mut self, ui: &mut Ui, reading: &Reading<'_>) -> Result<()> {
        self.writer.begin_request();
        self.out.clear();
        text::request(
            &mut self.out,
            &reading.found.name(),
            reading.request,
            reading.origin,
            reading.message.len(),
        );
        let header = ui.paint().dim(self.out.trim_end());
        Ok(writeln!(ui.out(), "{header}")?)
    }

    fn entry(&mut self, ui: &mut Ui, _: &Reading<'_>, item: &Item<'_>) -> Result<()> {
        self.out.clear();
        self.writer.entry(&mut self.out, item);
        Ok(ui.out().write_all(self.out.as_bytes())?)
    }
}

/// `-o ndjson`.
#[derive(Default)]
pub(in crate::commands) struct Lines {
    tail: json::Tail,
    out: Vec<u8>,
}

impl Form for Lines {
    fn begin(&mut self, _: &mut Ui, reading: &Reading<'_>) -> Result<()> {
        self.tail = json::Tail::new(reading.origin);
        Ok(())
    }

    fn entry(&mut self, ui: &mut Ui, _: &Reading<'_>, item: &Item<'_>) -> Result<()> {
        self.out.clear();
        json::entry(&mut self.out, item, &self.tail);
        self.out.push(b'\n');
        Ok(ui.out().write_all(&self.out)?)
    }
}
