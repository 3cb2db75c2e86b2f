//! Requests and entries as text for people: one sample a line, native histograms drawn.
//!
//! Not a format to parse: `-o ndjson` is. What strangers wrote (names, values, help texts, headers) is escaped.

use std::fmt::Write as _;

use super::{Item, Origin, Shown, number, reset_hint};
use crate::base::name::{is_label_name, is_metric_name};
use crate::base::size::ByteSize;
use crate::base::text;
use crate::base::time::UnixMillis;
use crate::capture::Request;
use crate::wire::buckets;
use crate::wire::{Count, Exemplar, FamilyMetadata, Histogram, Label, Metadata, MetricType, Sample};

/// The line above the entries of a request: where it came from, in which form, how large.
///
/// `place` is what a person calls it (`request 41`, the file of a body); `message_len` is the length of the body
/// after decompression, in bytes.
pub fn request(out: &mut String, place: &str, request: &Request, origin: Origin, message_len: usize) {
    let _ = write!(out, "# {place}");
    if let Some(received) = origin.received {
        let _ = write!(out, "  {}", received.millis());
    }
    let (dialect, encoding) = (request.dialect.as_str(), request.encoding.as_str());
    let (body_len, message_len) = (ByteSize(request.body.len() as u64), ByteSize(message_len as u64));
    let _ = write!(out, "  {dialect} {encoding}  {body_len} on the wire, {message_len} decoded");
    if let Some(tenant) = &request.tenant {
        let _ = write!(out, "  tenant {}", text::quote(tenant));
    }
    if !request.user_agent.is_empty() {
        let _ = write!(out, "  {}", text::escape(&request.user_agent));
    }
    if request.retry_attempt > 0 {
        let _ = write!(out, "  retry {}", request.retry_attempt);
    }
    if request.outcome.status >= 400 {
        let (status, reason) = (request.outcome.status, text::escape(&request.outcome.reason));
        let _ = write!(out, "  answered {status}: {reason}");
    }
    out.push('\n');
}

/// Writes entries one after the other; remembers whose metadata it has written last.
#[derive(Default)]
pub struct Text {
    described: String,
    line: Vec<u8>,
}

impl Text {
    /// Begins another request: metadata is written again.
    pub fn begin_request(&mut self) {
        self.described.clear();
    }

    /// Appends one entry: a line for each sample, histogram (with its drawing below) and exemplar.
    pub fn entry(&mut self, out: &mut String, item: &Item<'_>) {
        match item {
            Item::Metadata(metadata) => family(out, metadata),
            Item::Series(shown) => self.series(out, shown),
        }
    }

    fn series(&mut self, out: &mut String, shown: &Shown<'_>) {
        let series = shown.series;
        let name = series.name().unwrap_or_default();
        if let Some(metadata) = series.metadata
            && (metadata.kind != MetricType(0) || !metadata.help.is_empty() || !metadata.unit.is_empty())
            && self.described != name
        {
            describe(out, name, &metadata);
            name.clone_into(&mut self.described);
        }
        let mut labels = String::new();
        label_set(&mut labels, series.labels);
        let mut note = String::new();
        if let Some(rule) = shown.rejected {
            let _ = write!(note, "  # rejected: {}", text::escape(rule));
        }
        if let Some(fault) = series.fault {
            let _ = write!(note, "  # broken: {fault}");
        }
        let mut empty = true;
        for sample in shown.samples() {
            empty = false;
            out.push_str(&labels);
            out.push(' ');
            self.sample(out, sample, series.created);
            out.push_str(&note);
            out.push('\n');
        }
        for native in shown.histograms() {
            empty = false;
            out.push_str(&labels);
            out.push(' ');
            self.histogram(out, &native, series.created, &note);
        }
        if empty {
            let _ = writeln!(out, "{labels} (no samples){note}");
        }
        for exemplar in shown.exemplars() {
            self.exemplar(out, &exemplar);
        }
    }

    fn float(&mut self, out: &mut String, value: f64) {
        self.line.clear();
        number::float(&mut self.line, value);
        out.push_str(&String::from_utf8_lossy(&self.line));
    }

    fn sample(&mut self, out: &mut String, sample: &Sample, created: Option<i64>) {
        self.float(out, sample.value);
        at(out, sample.timestamp, sample.start, created);
    }

    fn exemplar(&mut self, out: &mut String, exemplar: &Exemplar<'_>) {
        out.push_str("  exemplar ");
        pairs(out, exemplar.labels.iter());
        out.push(' ');
        self.float(out, exemplar.value);
        at(out, exemplar.timestamp, 0, None);
        out.push('\n');
    }

    fn count(&mut self, out: &mut String, count: Option<Count>) {
        match count {
            Some(Count::Int(n)) => {
                let _ = write!(out, "{n}");
            }
            Some(Count::Float(n)) => self.float(out, n),
            None => out.push_str("unset"),
        }
    }

    fn histogram(&mut self, out: &mut String, native: &Histogram<'_>, created: Option<i64>, note: &str) {
        if buckets::is_stale(native) {
            out.push_str("histogram StaleNaN");
            at(out, native.timestamp, native.start, created);
            let _ = writeln!(out, "{note}");
            return;
        }
        out.push_str("histogram count ");
        self.count(out, native.count);
        out.push_str(" sum ");
        self.float(out, native.sum);
        at(out, native.timestamp, native.start, created);
        let _ = write!(out, " schema {}", native.schema);
        match reset_hint(native.reset_hint) {
            Some("unknown") => {}
            Some(word) => {
                let _ = write!(out, " reset {word}");
            }
            None => {
                let _ = write!(out, " reset {}", native.reset_hint);
            }
        }
        out.push_str(note);
        out.push('\n');
        self.buckets(out, native);
    }

    /// A line for each bucket: bounds, count, and a bar against the largest.
    fn buckets(&mut self, out: &mut String, native: &Histogram<'_>) {
        let largest = buckets::buckets(native).map(|bucket| bucket.count).fold(0.0, f64::max);
        let rows: Vec<(String, String, f64)> = buckets::buckets(native)
            .map(|bucket| {
                let mut bounds = String::from(if bucket.lower_inclusive { "[" } else { "(" });
                self.float(&mut bounds, short(bucket.lower));
                bounds.push_str(", ");
                self.float(&mut bounds, short(bucket.upper));
                bounds.push(if bucket.upper_inclusive { ']' } else { ')' });
                let mut count = String::new();
                self.float(&mut count, bucket.count);
                (bounds, count, bucket.count / largest)
            })
            .collect();
        let widest = |of: fn(&(String, String, f64)) -> &str| rows.iter().map(|row| of(row).len()).max();
        let bounds_width = widest(|row| &row.0).unwrap_or(0);
        let count_width = widest(|row| &row.1).unwrap_or(0);
        for (bounds, count, share) in &rows {
            let line = format!("  {bounds:<bounds_width$}  {count:>count_width$}  {}", bar(*share));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

/// A bound for people: six digits are enough to tell buckets apart.
fn short(bound: f64) -> f64 {
    if bound.is_finite() { format!("{bound:.5e}").parse().unwrap_or(bound) } else { bound }
}

/// A bar as long as `share` of the longest, in eighths of a character; at least one for what is not nothing.
fn bar(share: f64) -> String {
    /// Characters of the longest bar.
    const WIDTH: f64 = 40.0;
    let eighths = if share > 0.0 { (share.min(1.0) * WIDTH * 8.0).round().max(1.0) as usize } else { 0 };
    let mut bar = "█".repeat(eighths / 8);
    bar.extend(['▏', '▎', '▍', '▌', '▋', '▊', '▉'].get((eighths % 8).wrapping_sub(1)));
    bar
}

/// ` @time`, and the start time where there is one.
fn at(out: &mut String, timestamp: i64, start: i64, created: Option<i64>) {
    let _ = write!(out, " @{}", UnixMillis(timestamp));
    if start != 0 {
        let _ = write!(out, " start={}", UnixMillis(start));
    }
    if let Some(created) = created {
        let _ = write!(out, " created={}", UnixMillis(created));
    }
}

fn describe(out: &mut String, name: &str, metadata: &Metadata<'_>) {
    let name = text::escape(name);
    match metadata.kind.0 {
        0..=7 => {
            let _ = writeln!(out, "# TYPE {name} {}", metadata.kind.as_str());
        }
        number => {
            let _ = writeln!(out, "# TYPE {name} {number}");
        }
    }
    if !metadata.unit.is_empty() {
        let _ = writeln!(out, "# UNIT {name} {}", text::escape(metadata.unit));
    }
    if !metadata.help.is_empty() {
        let _ = writeln!(out, "# HELP {name} {}", text::escape(metadata.help));
    }
}

fn family(out: &mut String, family: &FamilyMetadata<'_>) {
    describe(out, family.family, &Metadata { kind: family.kind, help: family.help, unit: family.unit });
    if let Some(fault) = family.fault {
        let _ = writeln!(out, "# broken: {fault}");
    }
}

/// A series as PromQL writes it: `name{label="value"}`; a name that needs quotes goes inside the braces.
///
/// Labels stand as sent: repeated and unsorted ones too.
pub fn label_set(out: &mut String, labels: &[Label<'_>]) {
    let name = labels.iter().position(|label| label.name == "__name__");
    let quoted = name.filter(|at| !is_metric_name(labels[*at].value));
    if quoted.is_none()
        && let Some(at) = name
    {
        out.push_str(labels[at].value);
        if labels.len() == 1 {
            return;
        }
    }
    let rest = labels.iter().enumerate().filter(|(at, _)| Some(*at) != name).map(|(_, label)| label);
    match quoted {
        Some(at) => {
            let _ = write!(out, "{{{}", text::quote(labels[at].value));
            let before = out.len();
            pairs(out, rest);
            out.replace_range(before..=before, if labels.len() > 1 { ", " } else { "" });
        }
        None => pairs(out, rest),
    }
}

fn pairs<'a>(out: &mut String, labels: impl Iterator<Item = &'a Label<'a>>) {
    out.push('{');
    for (at, label) in labels.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        if is_label_name(label.name) {
            out.push_str(label.name);
        } else {
            out.push_str(&text::quote(label.name));
        }
        out.push('=');
        out.push_str(&text::quote(label.value));
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(labels: &[(&str, &str)], expect: &str) {
        let labels: Vec<_> = labels.iter().map(|(name, value)| Label { name, value }).collect();
        let mut out = String::new();
        label_set(&mut out, &labels);
        assert_eq!(out, expect);
    }

    #[test]
    fn series_read_as_promql() {
        check(&[("__name__", "up")], "up");
        check(&[("__name__", "up"), ("job", "api")], r#"up{job="api"}"#);
        check(&[("job", "api"), ("__name__", "up")], r#"up{job="api"}"#);
        check(&[("job", "api")], r#"{job="api"}"#);
        check(&[], "{}");
        check(&[("__name__", "a.b")], r#"{"a.b"}"#);
        check(&[("__name__", "a.b"), ("c.d", "1")], r#"{"a.b", "c.d"="1"}"#);
        check(&[("__name__", "")], r#"{""}"#);
        check(&[("__name__", "9lives"), ("0", "")], r#"{"9lives", "0"=""}"#);
    }

    #[test]
    fn repeated_labels_stay() {
        check(&[("__name__", "up"), ("a", "1"), ("a", "2")], r#"up{a="1", a="2"}"#);
        check(&[("__name__", "up"), ("__name__", "down")], r#"up{__name__="down"}"#);
    }

    #[test]
    fn what_could_steer_a_terminal_is_escaped() {
        check(&[("job", "\x1b[2J\u{202e}\"\n")], r#"{job="\x1b[2J\u202e\"\n"}"#);
    }

    #[test]
    fn bars_are_in_proportion_and_never_vanish() {
        assert_eq!(bar(1.0).chars().count(), 40);
        assert_eq!(bar(0.5).chars().count(), 20);
        assert_eq!(bar(1e-9), "▏");
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(-1.0), "");
        assert_eq!(bar(f64::NAN), "");
    }

    #[test]
    fn bounds_are_short_and_stay_apart() {
        assert_eq!(short(1.090_507_732_665_257_7), 1.09051);
        assert_eq!(short(f64::INFINITY), f64::INFINITY);
        assert_eq!(short(0.0), 0.0);
    }
}
