//! A scrape target whose every value is known: each is a function of how often it was scraped before.
//!
//! Serves the protobuf exposition format to those who ask for it (with a native histogram, and a UTF-8 name where
//! the scraper says it takes those), and the text format to the others.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use obsctl::base::time::UnixNanos;

use super::exposition::{
    self as wire, Bucket, BucketSpan, COUNTER, Counter, Exemplar, GAUGE, Gauge, HISTOGRAM, LabelPair, Metric,
    MetricFamily,
};
use super::http::{Message, Reply, Server};
use super::traffic::{Difference, Histogram, Labels, Traffic, labels};

/// Needs every escape of the text format.
const PATH: &str = "/a\"b\\c\nd";
const UTF8_NAME: &str = "größe.µ/テスト";
/// The gauge that tells which scrape a sample is of.
const SCRAPES: &str = "target_scrapes";
/// Values that are easily spoilt on the way.
const ODD: [(&str, f64); 6] = [
    ("largest", f64::MAX),
    ("minus infinity", f64::NEG_INFINITY),
    ("nan", f64::from_bits(0x7ff8_0000_0000_0001)), // the one that Prometheus makes of every NaN in text
    ("negative zero", -0.0),
    ("smallest", 5e-324),
    ("third", 1.0 / 3.0),
];
const NATIVE: &str = "target_native_seconds";

pub(crate) struct Target {
    server: Server,
}

impl Target {
    pub(crate) fn start() -> Self {
        let scrapes = AtomicU64::new(0);
        Self {
            server: Server::start(move |request| {
                answer(&request, scrapes.fetch_add(1, Ordering::Relaxed) + 1)
            }),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }
}

fn answer(request: &Message, n: u64) -> Reply {
    let accept = request.header("accept").unwrap_or_default();
    let families = families(n, accept.contains("allow-utf-8"));
    let (kind, body) = if accept.contains("application/vnd.google.protobuf") {
        (wire::CONTENT_TYPE, wire::delimited(&families))
    } else {
        ("text/plain; version=0.0.4", text(&families).into_bytes())
    };
    (200, vec![("Content-Type", kind.to_owned())], body)
}

/// How a scraper asked, which decides what it was given.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) native_histograms: bool,
    pub(crate) utf8_names: bool,
}

/// What a target at `address` (job `target`) served and what was captured are the same, scrape by scrape.
#[track_caller]
pub(crate) fn check(captured: &Traffic, address: SocketAddr, asked: Asked) {
    let instance = address.to_string();
    let whole = |mut labels: Labels| {
        labels.insert("job".into(), "target".into());
        labels.insert("instance".into(), instance.clone());
        labels
    };
    let mut served = Traffic::default();
    let scrapes = whole(labels(&[("__name__", SCRAPES)]));
    for ((_, timestamp), bits) in captured.samples.iter().filter(|((labels, _), _)| *labels == scrapes) {
        let n = f64::from_bits(*bits) as u64;
        for (labels, value) in samples(n, asked) {
            served.sample(&whole(labels), *timestamp, value);
        }
        for (labels, histogram) in histograms(n, asked) {
            let labels = whole(labels);
            // Storage may change the layout, sending does not.
            let sent = captured.histograms.get(&(labels.clone(), *timestamp));
            assert_eq!(sent.map(Histogram::layout), Some(histogram.layout()), "scrape {n}");
            served.histogram(&labels, *timestamp, histogram);
        }
    }
    assert!(served.samples.len() > 50, "the target was scraped");
    let of_it = |labels: &Labels| labels["instance"] == instance && !made_by_the_scraper(&labels["__name__"]);
    let mut found = Traffic::default();
    for ((labels, timestamp), bits) in captured.samples.iter().filter(|((labels, _), _)| of_it(labels)) {
        found.sample(labels, *timestamp, f64::from_bits(*bits));
    }
    for ((labels, timestamp), histogram) in
        captured.histograms.iter().filter(|((labels, _), _)| of_it(labels))
    {
        found.histogram(labels, *timestamp, histogram.clone());
    }
    Difference::of(&found, &served).assert_none("the target's own record");
}

/// Series that scraping itself makes.
fn made_by_the_scraper(name: &str) -> bool {
    name == "up" || name.starts_with("scrape_")
}

/// The series that scrape `n` showed, without `job` and `instance`, and their values as they must arrive.
fn samples(n: u64, asked: Asked) -> Vec<(Labels, f64)> {
    let n = n as f64;
    let mut expected = vec![
        (labels(&[("__name__", SCRAPES)]), n),
        (labels(&[("__name__", "target_requests_total"), ("path", PATH)]), 3.0 * n),
        (labels(&[("__name__", "target_latency_seconds_bucket"), ("le", "0.25")]), n),
        (labels(&[("__name__", "target_latency_seconds_bucket"), ("le", "2.5")]), 2.0 * n),
        (labels(&[("__name__", "target_latency_seconds_bucket"), ("le", "+Inf")]), 2.0 * n + 1.0),
        (labels(&[("__name__", "target_latency_seconds_count")]), 2.0 * n + 1.0),
        (labels(&[("__name__", "target_latency_seconds_sum")]), 0.1 * n),
    ];
    // Prometheus's encoder, and vmagent's, leave out the value of -0, as proto3 does for 0: its sign is lost there.
    let odd = ODD.map(|(case, value)| (case, if value == 0.0 { 0.0 } else { value }));
    expected.extend(odd.map(|(case, value)| (labels(&[("__name__", "target_odd"), ("case", case)]), value)));
    if asked.utf8_names {
        expected.push((labels(&[("__name__", UTF8_NAME), ("straße", "Ω")]), -n));
    }
    expected
}

/// The native histogram that scrape `n` showed, as it must arrive: not only its content, its very layout.
fn histograms(n: u64, asked: Asked) -> Vec<(Labels, Histogram)> {
    if !asked.native_histograms {
        return Vec::new();
    }
    let histogram = Histogram {
        count: Some(obsctl::wire::Count::Int(2 * n + 6)),
        sum: 1.5 * n as f64,
        schema: 3,
        zero_threshold: 0.001,
        zero_count: Some(obsctl::wire::Count::Int(1)),
        negative_spans: vec![(-2, 1)],
        negative_deltas: vec![2],
        negative_counts: Vec::new(),
        positive_spans: vec![(0, 2), (5, 1)],
        positive_deltas: vec![n as i64, 1, 1 - n as i64],
        positive_counts: Vec::new(),
        custom_values: Vec::new(),
        reset_hint: 0,
    };
    vec![(labels(&[("__name__", NATIVE)]), histogram)]
}

fn families(n: u64, utf8_names: bool) -> Vec<MetricFamily> {
    let count = n as f64;
    let now = UnixNanos::now().millis().0;
    let exemplar = Exemplar {
        labels: pairs(&[("trace_id", &format!("trace-{n}"))]),
        value: Some(0.5 * count),
        timestamp: Some(wire::Timestamp { seconds: now / 1000, nanos: (now % 1000) as i32 * 1_000_000 }),
    };
    let requests = Counter { value: Some(3.0 * count), exemplar: Some(exemplar) };
    let bucket = |cumulative, upper| Bucket { cumulative_count: Some(cumulative), upper_bound: Some(upper) };
    let latency = wire::Histogram {
        count: Some(2 * n + 1),
        sum: Some(0.1 * count),
        buckets: vec![bucket(n, 0.25), bucket(2 * n, 2.5), bucket(2 * n + 1, f64::INFINITY)],
        ..Default::default()
    };
    let span = |offset, length| BucketSpan { offset: Some(offset), length: Some(length) };
    let native = wire::Histogram {
        count: Some(2 * n + 6), // n + (n + 1) + 2, two negative, one zero
        sum: Some(1.5 * count),
        schema: Some(3),
        zero_threshold: Some(0.001),
        zero_count: Some(1),
        negative_spans: vec![span(-2, 1)],
        negative_deltas: vec![2],
        positive_spans: vec![span(0, 2), span(5, 1)],
        positive_deltas: vec![n as i64, 1, 1 - n as i64],
        ..Default::default()
    };
    let odd = ODD.iter().map(|(case, value)| gauge(&[("case", case)], *value)).collect();
    let mut families = vec![
        family(SCRAPES, GAUGE, vec![gauge(&[], count)]),
        family(
            "target_requests_total",
            COUNTER,
            vec![Metric { labels: pairs(&[("path", PATH)]), counter: Some(requests), ..Default::default() }],
        ),
        family("target_odd", GAUGE, odd),
        family(
            "target_latency_seconds",
            HISTOGRAM,
            vec![Metric { histogram: Some(latency), ..Default::default() }],
        ),
        family(NATIVE, HISTOGRAM, vec![Metric { histogram: Some(native), ..Default::default() }]),
    ];
    if utf8_names {
        families.push(family(UTF8_NAME, GAUGE, vec![gauge(&[("straße", "Ω")], -count)]));
    }
    families
}

fn family(name: &str, kind: i32, metrics: Vec<Metric>) -> MetricFamily {
    MetricFamily {
        name: Some(name.to_owned()),
        help: Some(help_of(name)),
        kind: Some(kind),
        metrics,
        unit: None,
    }
}

/// The help text of a family of this target.
pub(crate) fn help_of(family: &str) -> String {
    format!("What {family} means.")
}

fn gauge(labels: &[(&str, &str)], value: f64) -> Metric {
    Metric { labels: pairs(labels), gauge: Some(Gauge { value: Some(value) }), ..Default::default() }
}

fn pairs(labels: &[(&str, &str)]) -> Vec<LabelPair> {
    let pair = |&(name, value): &(&str, &str)| LabelPair {
        name: Some(name.to_owned()),
        value: Some(value.to_owned()),
    };
    labels.iter().map(pair).collect()
}

/// The text format, version 0.0.4. It has no native histograms: those families are left out.
fn text(families: &[MetricFamily]) -> String {
    let mut out = String::new();
    for family in families {
        let name = family.name.as_deref().unwrap_or_default();
        for metric in &family.metrics {
            let labels: String = metric.labels.iter().map(label_text).collect();
            if let Some(value) = metric.gauge.as_ref().and_then(|gauge| gauge.value) {
                out += &format!("# TYPE {name} gauge\n{name}{{{labels}}} {}\n", number(value));
            }
            if let Some(value) = metric.counter.as_ref().and_then(|counter| counter.value) {
                out += &format!("# TYPE {name} counter\n{name}{{{labels}}} {}\n", number(value));
            }
            if let Some(histogram) =
                metric.histogram.as_ref().filter(|histogram| !histogram.buckets.is_empty())
            {
                histogram_text(&mut out, name, histogram);
            }
        }
    }
    out
}

fn histogram_text(out: &mut String, name: &str, histogram: &wire::Histogram) {
    let _ = writeln!(out, "# TYPE {name} histogram");
    for bucket in &histogram.buckets {
        let bound = number(bucket.upper_bound.unwrap_or_default());
        let _ =
            writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {}", bucket.cumulative_count.unwrap_or_default());
    }
    let _ = writeln!(out, "{name}_sum {}", number(histogram.sum.unwrap_or_default()));
    let _ = writeln!(out, "{name}_count {}", histogram.count.unwrap_or_default());
}

fn label_text(label: &LabelPair) -> String {
    let value = label.value.as_deref().unwrap_or_default();
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{}=\"{value}\",", label.name.as_deref().unwrap_or_default())
}

fn number(value: f64) -> String {
    if value == f64::INFINITY { "+Inf".to_owned() } else { format!("{value:?}").replace("inf", "Inf") }
}
