//! `--merge`: the entries of one label set joined into one, in the order they came.
//!
//! Everything is kept until the end of the input: memory grows with the output. Metadata of the entry that
//! came last wins; `request` and `received` are left out, for there may be many. Entries that the receiver
//! refused stay apart from those it took.

use std::collections::HashMap;

use anyhow::Result;

use super::super::input::Reading;
use super::document::Document;
use super::form::Form;
use crate::render::{Item, Shown, json};
use crate::ui::Ui;
use crate::wire::{Dialect, Label};

pub(super) struct Merge {
    order: Vec<Joined>,
    /// By label set as JSON pairs in ascending order, and the rule of a rejection.
    known: HashMap<Vec<u8>, usize>,
    document: Option<Document>,
    /// Joined entries written at most.
    limit: usize,
}

#[derive(Default)]
struct Joined {
    /// The object up to and without its lists, open at the end; or a whole metadata object.
    head: Vec<u8>,
    rejected: Option<String>,
    created: Option<i64>,
    samples: Vec<u8>,
    histograms: Vec<u8>,
    exemplars: Vec<u8>,
    whole: bool,
}

impl Merge {
    /// With `document` the result is one document as `-o json` has it, else lines.
    pub(super) fn new(document: bool, limit: Option<usize>) -> Self {
        Self {
            order: Vec::new(),
            known: HashMap::new(),
            document: document.then(Document::default),
            limit: limit.unwrap_or(usize::MAX),
        }
    }

    fn slot(&mut self, key: Vec<u8>) -> &mut Joined {
        let at = *self.known.entry(key).or_insert_with(|| {
            self.order.push(Joined::default());
            self.order.len() - 1
        });
        &mut self.order[at]
    }

    fn series(&mut self, shown: &Shown<'_>) {
        let joined = self.slot(key(shown));
        joined.head.clear();
        json::head(&mut json::Object::begin(&mut joined.head), shown);
        joined.rejected = shown.rejected.map(str::to_owned);
        joined.created = shown.series.created.or(joined.created);
        for sample in shown.samples() {
            json::sample(next(&mut joined.samples), sample);
        }
        for histogram in shown.histograms() {
            json::histogram(next(&mut joined.histograms), &histogram);
        }
        for exemplar in shown.exemplars() {
            json::exemplar(next(&mut joined.exemplars), &exemplar);
        }
    }
}

impl Form for Merge {
    fn entry(&mut self, _: &mut Ui, _: &Reading<'_>, item: &Item<'_>) -> Result<()> {
        if let Some(document) = &mut self.document {
            document.summary().entry(item);
        }
        match item {
            Item::Series(shown) => self.series(shown),
            Item::Metadata(_) => {
                let mut whole = Vec::new();
                json::entry(&mut whole, item, &json::Tail::default());
                let joined = self.slot(whole.clone());
                joined.head = whole;
                joined.whole = true;
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &mut Ui, reading: &Reading<'_>, dialect: Dialect) -> Result<()> {
        if let Some(document) = &mut self.document {
            document.summary().request(reading, dialect);
        }
        Ok(())
    }

    fn finish(&mut self, ui: &mut Ui, problems: u64) -> Result<()> {
        for joined in std::mem::take(&mut self.order).into_iter().take(self.limit) {
            let mut object = joined.render();
            match &mut self.document {
                Some(document) => document.element(ui, &object)?,
                None => {
                    object.push(b'\n');
                    ui.out().write_all(&object)?;
                }
            }
        }
        self.document.as_mut().map_or(Ok(()), |document| document.finish(ui, problems))
    }
}

impl Joined {
    fn render(self) -> Vec<u8> {
        let mut out = self.head;
        if self.whole {
            return out;
        }
        let mut list = |name: &str, items: &[u8]| {
            out.extend_from_slice(format!(",\"{name}\":[").as_bytes());
            out.extend_from_slice(items);
            out.push(b']');
        };
        list("samples", &self.samples);
        if !self.histograms.is_empty() {
            list("histograms", &self.histograms);
        }
        if !self.exemplars.is_empty() {
            list("exemplars", &self.exemplars);
        }
        if let Some(created) = self.created {
            out.extend_from_slice(format!(",\"created\":{created}").as_bytes());
        }
        if let Some(rule) = &self.rejected {
            out.extend_from_slice(b",\"rejected\":");
            json::string(&mut out, rule);
        }
        out.push(b'}');
        out
    }
}

/// The place of the next element of a list.
fn next(items: &mut Vec<u8>) -> &mut Vec<u8> {
    if !items.is_empty() {
        items.push(b',');
    }
    items
}

/// What joins entries: the label set, whatever its order, and whether and why it was refused.
fn key(shown: &Shown<'_>) -> Vec<u8> {
    let mut labels: Vec<Label<'_>> = shown.series.labels.to_vec();
    labels.sort_unstable();
    let mut key = Vec::new();
    for Label { name, value } in labels {
        json::string(&mut key, name);
        json::string(&mut key, value);
    }
    if shown.series.fault.is_some() {
        // Labels that cannot be read are all the same replacement: their bytes tell them apart.
        for (name, value) in shown.series.raw_labels() {
            key.extend_from_slice(format!("{name:?}{value:?}").as_bytes());
        }
    }
    if let Some(rule) = shown.rejected {
        key.push(b'!');
        key.extend_from_slice(rule.as_bytes());
    }
    key
}
