//! What a message holds, one line per sample, histogram, exemplar and metadata, as the table writes it.

use std::fmt::Write;

use obsctl::wire::{
    BucketSpan, Count, Entries, Entry, Exemplar, Histogram, Label, Metadata, MetricType, Series,
};

/// The stale marker. Spec 2.0, "Stale Markers".
const STALE: u64 = 0x7ff0_0000_0000_0002;
/// The NaN that instrumentation means by NaN.
const NAN: u64 = 0x7ff8_0000_0000_0001;

/// Lines of all entries but the series at the positions `without`.
pub(super) fn lines(mut entries: Entries<'_>, without: &[u32]) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    while let Some(entry) = entries.next().map_err(|err| err.to_string())? {
        match entry {
            Entry::Series(entry) if without.iter().any(|index| *index as usize == entry.index) => {}
            Entry::Series(entry) => series(&entry, &mut out),
            Entry::Metadata(entry) => {
                let shown = Metadata { kind: entry.kind, help: entry.help, unit: entry.unit };
                out.push(metadata(entry.family, shown));
            }
        }
    }
    Ok(out)
}

fn series(series: &Series<'_>, out: &mut Vec<String>) {
    let name = selector(series.labels);
    let created = series.created.map(|created| format!(" created @{created}")).unwrap_or_default();
    let start = |start: i64| if start == 0 { String::new() } else { format!(" start @{start}") };
    for sample in series.samples {
        let value = float(sample.value);
        out.push(format!("{name} {value} @{}{}{created}", sample.timestamp, start(sample.start)));
    }
    for histogram in series.histograms() {
        let shown = show_histogram(&histogram);
        out.push(format!("{name} {shown} @{}{}{created}", histogram.timestamp, start(histogram.start)));
    }
    for Exemplar { labels, value, timestamp } in series.exemplars() {
        out.push(format!("{name} # {{{}}} {} @{timestamp}", pairs(labels), float(value)));
    }
    if let Some(shown) = series.metadata {
        out.push(metadata(series.name().unwrap_or_default(), shown));
    }
}

fn metadata(name: &str, shown: Metadata<'_>) -> String {
    let kind = match shown.kind {
        MetricType(number @ 0..=7) => MetricType(number).as_str().to_owned(),
        MetricType(number) => number.to_string(),
    };
    format!("metadata {name} {kind} help={} unit={}", quote(shown.help), quote(shown.unit))
}

/// `name{label="value"}`, or `{"name","label"="value"}` where a name is not of the old pattern.
fn selector(labels: &[Label<'_>]) -> String {
    let at = labels.iter().position(|label| label.name == "__name__");
    let name = at.map_or("", |at| labels[at].value);
    let rest: Vec<_> =
        labels.iter().enumerate().filter(|(index, _)| Some(*index) != at).map(|(_, label)| *label).collect();
    match (is_plain(name, true), rest.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{name}{{{}}}", pairs(&rest)),
        (false, true) => format!("{{{}}}", quote(name)),
        (false, false) => format!("{{{},{}}}", quote(name), pairs(&rest)),
    }
}

fn pairs(labels: &[Label<'_>]) -> String {
    let pair = |label: &Label<'_>| {
        let name = if is_plain(label.name, false) { label.name.to_owned() } else { quote(label.name) };
        format!("{name}={}", quote(label.value))
    };
    labels.iter().map(pair).collect::<Vec<_>>().join(",")
}

fn is_plain(name: &str, colon: bool) -> bool {
    let fits = |char: char| char.is_ascii_alphanumeric() || char == '_' || colon && char == ':';
    name.chars().all(fits) && name.starts_with(|char: char| !char.is_ascii_digit())
}

fn quote(text: &str) -> String {
    format!("{text:?}")
}

fn float(value: f64) -> String {
    match value.to_bits() {
        STALE => "stale".to_owned(),
        NAN => "nan".to_owned(),
        bits if value.is_nan() => format!("nan({bits:#x})"),
        _ if value == f64::INFINITY => "+inf".to_owned(),
        _ if value == f64::NEG_INFINITY => "-inf".to_owned(),
        _ => {
            let text = format!("{value:?}");
            text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
        }
    }
}

/// The notation of Prometheus's own tests, zeros left out: `{{schema:1 count:3 sum:4 offset:2 buckets:[1 2]}}`.
fn show_histogram(histogram: &Histogram<'_>) -> String {
    let mut out = String::new();
    let mut put = |name: &str, value: String| {
        if value != "0" && value != "[]" {
            let space = if out.is_empty() { "" } else { " " };
            let _ = write!(out, "{space}{name}:{value}");
        }
    };
    put("schema", histogram.schema.to_string());
    put("count", count(histogram.count));
    put("sum", float(histogram.sum));
    put("z_bucket", count(histogram.zero_count));
    put("z_bucket_w", float(histogram.zero_threshold));
    put("custom_values", list(histogram.custom_values.iter().copied()));
    let hint = match histogram.reset_hint {
        1 => "reset".to_owned(),
        2 => "not_reset".to_owned(),
        3 => "gauge".to_owned(),
        other => other.to_string(),
    };
    put("counter_reset_hint", hint);
    let sides = [
        ("", histogram.positive_spans, histogram.positive_deltas, histogram.positive_counts),
        ("n_", histogram.negative_spans, histogram.negative_deltas, histogram.negative_counts),
    ];
    let mut written = Vec::new();
    for (prefix, spans, deltas, counts) in sides {
        let Some((offset, buckets)) = expand(spans, deltas, counts) else { continue };
        written.push(format!("{prefix}offset:{offset} {prefix}buckets:{}", list(buckets.into_iter())));
    }
    for part in written {
        let space = if out.is_empty() { "" } else { " " };
        let _ = write!(out, "{space}{part}");
    }
    format!("{{{{{out}}}}}")
}

fn count(count: Option<Count>) -> String {
    match count {
        None => "0".to_owned(),
        Some(Count::Int(count)) => count.to_string(),
        Some(Count::Float(count)) => float(count),
    }
}

fn list(values: impl Iterator<Item = f64>) -> String {
    format!("[{}]", values.map(float).collect::<Vec<_>>().join(" "))
}

/// Index of the first bucket and the counts from there, gaps as zeros; `None` without buckets.
fn expand(spans: &[BucketSpan], deltas: &[i64], counts: &[f64]) -> Option<(i32, Vec<f64>)> {
    let mut values: Vec<f64> = counts.to_vec();
    let mut sum = 0;
    for delta in deltas {
        sum += delta;
        values.push(sum as f64);
    }
    let mut values = values.into_iter();
    let mut offset = 0;
    let mut out: Vec<f64> = Vec::new();
    for span in spans {
        if out.is_empty() {
            offset += span.offset;
        } else {
            out.extend((0..span.offset).map(|_| 0.0));
        }
        out.extend(values.by_ref().take(span.length as usize));
    }
    if out.is_empty() { None } else { Some((offset, out)) }
}
