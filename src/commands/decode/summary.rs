//! What the input holds, in numbers: the head of `-o table` and the `summary` of `-o json`.

use std::collections::BTreeMap;

use super::super::input::Reading;
use crate::base::size::ByteSize;
use crate::base::text;
use crate::base::time::{UnixMillis, UnixNanos};
use crate::render::{Item, Shown, is_stale, json};
use crate::series::DistinctSeries;
use crate::ui::{Align, Table};
use crate::wire::{Dialect, buckets};

/// Distinct senders that are named; more are counted as one.
const MAX_SENDERS: usize = 100;

/// Counts over requests and selected entries. Memory grows by 10 to 15 bytes for each distinct series.
#[derive(Default)]
pub(super) struct Summary {
    requests: u64,
    dialects: BTreeMap<&'static str, u64>,
    encodings: BTreeMap<&'static str, u64>,
    senders: BTreeMap<String, u64>,
    body_bytes: u64,
    message_bytes: u64,
    received: Option<(UnixNanos, UnixNanos)>,
    entries: u64,
    series: DistinctSeries,
    samples: u64,
    stale: u64,
    histograms: u64,
    exemplars: u64,
    metadata: u64,
    rejected: u64,
    times: Option<(i64, i64)>,
}

impl Summary {
    /// Counts a request that has been read.
    pub(super) fn request(&mut self, reading: &Reading<'_>, dialect: Dialect) {
        self.requests += 1;
        *self.dialects.entry(dialect.as_str()).or_default() += 1;
        *self.encodings.entry(reading.request.encoding.as_str()).or_default() += 1;
        let sender = match reading.request.user_agent.as_str() {
            "" => "unknown",
            _ if self.senders.len() >= MAX_SENDERS => "others",
            sender => sender,
        };
        *self.senders.entry(sender.to_owned()).or_default() += 1;
        self.body_bytes += reading.request.body.len() as u64;
        self.message_bytes += reading.message.len() as u64;
        if let Some(at) = reading.origin.received {
            self.received = Some(self.received.map_or((at, at), |(a, b)| (a.min(at), b.max(at))));
        }
    }

    /// Counts a selected entry.
    pub(super) fn entry(&mut self, item: &Item<'_>) {
        match item {
            Item::Metadata(_) => self.metadata += 1,
            Item::Series(shown) => self.series(shown),
        }
    }

    fn series(&mut self, shown: &Shown<'_>) {
        self.entries += 1;
        self.rejected += u64::from(shown.rejected.is_some());
        self.series.add(shown.series.labels);
        for sample in shown.samples() {
            self.samples += 1;
            self.stale += u64::from(is_stale(sample.value));
            self.at(sample.timestamp);
        }
        for histogram in shown.histograms() {
            self.histograms += 1;
            self.stale += u64::from(buckets::is_stale(&histogram));
            self.at(histogram.timestamp);
        }
        self.exemplars += shown.exemplars().count() as u64;
    }

    fn at(&mut self, time: i64) {
        self.times = Some(self.times.map_or((time, time), |(a, b)| (a.min(time), b.max(time))));
    }

    /// Whether no request was read.
    pub(super) fn is_empty(&self) -> bool {
        self.requests == 0
    }

    /// Distinct series among the selected entries.
    pub(super) fn distinct_series(&self) -> u64 {
        self.series.len()
    }

    /// Two columns: what, and how much.
    pub(super) fn table(&self, problems: u64) -> Table {
        let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
        let mut row = |name: &str, value: String| table.row([name, &value]);
        row("requests", format!("{}  ({})", self.requests, shares(&self.dialects)));
        row("encoding", shares(&self.encodings));
        row("sent by", shares(&self.senders));
        let (body, message) = (ByteSize(self.body_bytes), ByteSize(self.message_bytes));
        row("size", format!("{body} on the wire, {message} decoded"));
        if let Some((first, last)) = self.received {
            row("received", span(first.millis(), last.millis()));
        }
        row("series", format!("{}  (in {})", self.series.len(), text::count(self.entries, "entry")));
        let stale = if self.stale > 0 { format!("  ({} stale)", self.stale) } else { String::new() };
        row("samples", format!("{}{stale}", self.samples));
        for (name, count) in
            [("histograms", self.histograms), ("exemplars", self.exemplars), ("metadata", self.metadata)]
        {
            if count > 0 {
                row(name, count.to_string());
            }
        }
        if let Some((first, last)) = self.times {
            row("sample time", span(UnixMillis(first), UnixMillis(last)));
        }
        if self.rejected > 0 {
            row("rejected", text::count(self.rejected, "entry"));
        }
        if problems > 0 {
            row("problems", format!("{problems}  (on stderr)"));
        }
        table
    }

    /// The same as a JSON object; `docs/schemas/document.json` describes it.
    pub(super) fn json(&self, out: &mut Vec<u8>, problems: u64) {
        let mut object = json::Object::begin(out);
        json::value(object.value("requests"), self.requests);
        json::value(object.value("protocols"), &self.dialects);
        json::value(object.value("encodings"), &self.encodings);
        json::value(object.value("senders"), &self.senders);
        json::value(object.value("body_bytes"), self.body_bytes);
        json::value(object.value("message_bytes"), self.message_bytes);
        for (name, count) in [
            ("series", self.distinct_series()),
            ("entries", self.entries),
            ("samples", self.samples),
            ("stale", self.stale),
            ("histograms", self.histograms),
            ("exemplars", self.exemplars),
            ("metadata", self.metadata),
            ("rejected", self.rejected),
            ("problems", problems),
        ] {
            json::value(object.value(name), count);
        }
        if let Some((first, last)) = self.times {
            json::value(object.value("min_time"), first);
            json::value(object.value("max_time"), last);
        }
        object.end();
    }
}

/// `2.0 (3), 1.0 (1)`: largest first. One kind alone needs no number.
fn shares<K: AsRef<str>>(counts: &BTreeMap<K, u64>) -> String {
    let mut counts: Vec<_> = counts.iter().map(|(name, count)| (name.as_ref(), *count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match counts.as_slice() {
        [] => "none".to_owned(),
        [(name, _)] => (*name).to_owned(),
        _ => {
            let shares: Vec<_> = counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
            shares.join(", ")
        }
    }
}

fn span(first: UnixMillis, last: UnixMillis) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: &[(&'static str, u64)], expect: &str) {
        assert_eq!(shares(&counts.iter().copied().collect()), expect);
    }

    #[test]
    fn shares_are_sorted_and_one_kind_stands_alone() {
        check(&[], "none");
        check(&[("1.0", 3)], "1.0");
        check(&[("1.0", 3), ("2.0", 8)], "2.0: 8, 1.0: 3");
    }
}
