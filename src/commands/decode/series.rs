//! Distinct label sets with what came for each: `--series`, and the lower half of `-o table`.

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::Result;

use super::super::input::Reading;
use super::form::Form;
use super::summary::Summary;
use crate::base::text;
use crate::render::{Item, Shown, json, text::label_set};
use crate::series::HashKey;
use crate::ui::{Align, Table, Ui};
use crate::wire::Dialect;

/// Bytes of a label set in a table: one with a huge value would push every other column out of sight.
const LABEL_SET: usize = 300;

/// The first `limit` label sets in the order they came, with counts over everything that came.
struct Rows {
    limit: usize,
    /// How a label set is written: as JSON (`"metric":…,"labels":…` and what else belongs to it), or for people.
    json: bool,
    key: HashKey,
    known: HashMap<u64, usize>,
    rows: Vec<Row>,
}

struct Row {
    series: String,
    kind: &'static str,
    samples: u64,
    histograms: u64,
    exemplars: u64,
}

impl Rows {
    fn new(limit: usize, json: bool) -> Self {
        Self { limit, json, key: HashKey::random(), known: HashMap::new(), rows: Vec::new() }
    }

    fn add(&mut self, shown: &Shown<'_>) {
        let hash = self.key.series(shown.series.labels);
        let at = match self.known.get(&hash) {
            Some(&at) => at,
            None if self.rows.len() == self.limit => return,
            None => {
                let series = if self.json { head(shown) } else { clipped(shown) };
                let kind = shown.series.metadata.map_or("", |metadata| metadata.kind.as_str());
                self.rows.push(Row { series, kind, samples: 0, histograms: 0, exemplars: 0 });
                self.known.insert(hash, self.rows.len() - 1);
                self.rows.len() - 1
            }
        };
        let row = &mut self.rows[at];
        row.samples += shown.samples().count() as u64;
        row.histograms += shown.histograms().count() as u64;
        row.exemplars += shown.exemplars().count() as u64;
    }

    fn table(&self) -> Table {
        let typed = self.rows.iter().any(|row| !row.kind.is_empty());
        let native = self.rows.iter().any(|row| row.histograms > 0);
        let exemplars = self.rows.iter().any(|row| row.exemplars > 0);
        let mut columns = vec![("series", Align::Left)];
        columns.extend(typed.then_some(("type", Align::Left)));
        columns.push(("samples", Align::Right));
        columns.extend(native.then_some(("histograms", Align::Right)));
        columns.extend(exemplars.then_some(("exemplars", Align::Right)));
        let mut table = Table::new(&columns);
        for row in &self.rows {
            let mut cells = vec![row.series.clone()];
            cells.extend(typed.then(|| row.kind.to_owned()));
            cells.push(row.samples.to_string());
            cells.extend(native.then(|| row.histograms.to_string()));
            cells.extend(exemplars.then(|| row.exemplars.to_string()));
            table.row(cells);
        }
        table
    }
}

/// The beginning of a line of `--series -o ndjson`.
fn head(shown: &Shown<'_>) -> String {
    let mut head = Vec::new();
    json::head(&mut json::Object::begin(&mut head), shown);
    String::from_utf8(head).expect("JSON is UTF-8")
}

/// A label set as a table shows it.
fn clipped(shown: &Shown<'_>) -> String {
    let mut series = String::new();
    label_set(&mut series, shown.series.labels);
    match text::clip(&series, LABEL_SET) {
        Cow::Borrowed(_) => series,
        Cow::Owned(clipped) => clipped,
    }
}

/// `-o table`: the summary, and the first series.
pub(super) struct Overview {
    summary: Summary,
    rows: Rows,
}

impl Overview {
    pub(super) fn new(limit: usize) -> Self {
        Self { summary: Summary::default(), rows: Rows::new(limit, false) }
    }
}

impl Form for Overview {
    fn entry(&mut self, _: &mut Ui, _: &Reading<'_>, item: &Item<'_>) -> Result<()> {
        self.summary.entry(item);
        if let Item::Series(shown) = item {
            self.rows.add(shown);
        }
        Ok(())
    }

    fn end(&mut self, _: &mut Ui, reading: &Reading<'_>, dialect: Dialect) -> Result<()> {
        self.summary.request(reading, dialect);
        Ok(())
    }

    fn finish(&mut self, ui: &mut Ui, problems: u64) -> Result<()> {
        if self.summary.is_empty() {
            return Ok(());
        }
        ui.table(&self.summary.table(problems))?;
        if !self.rows.rows.is_empty() {
            ui.out().write_all(b"\n")?;
            ui.table(&self.rows.table())?;
        }
        let (shown, all) = (self.rows.rows.len() as u64, self.summary.distinct_series());
        if shown < all {
            writeln!(ui.out(), "\n{shown} of {} shown; `--limit N` shows more", text::count(all, "series"))?;
        }
        Ok(())
    }
}

/// `--series`: the label sets and nothing else, as a table or as JSON lines.
pub(super) struct SeriesList {
    rows: Rows,
}

impl SeriesList {
    pub(super) fn new(limit: Option<usize>, json: bool) -> Self {
        Self { rows: Rows::new(limit.unwrap_or(usize::MAX), json) }
    }
}

impl Form for SeriesList {
    fn entry(&mut self, _: &mut Ui, _: &Reading<'_>, item: &Item<'_>) -> Result<()> {
        if let Item::Series(shown) = item {
            self.rows.add(shown);
        }
        Ok(())
    }

    fn finish(&mut self, ui: &mut Ui, _: u64) -> Result<()> {
        if !self.rows.json {
            return Ok(ui.table(&self.rows.table())?);
        }
        for row in &self.rows.rows {
            let (samples, histograms, exemplars) = (row.samples, row.histograms, row.exemplars);
            ui.out().write_all(row.series.as_bytes())?;
            writeln!(
                ui.out(),
                ",\"samples\":{samples},\"histograms\":{histograms},\"exemplars\":{exemplars}}}"
            )?;
        }
        Ok(())
    }
}
