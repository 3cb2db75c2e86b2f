//! Real Prometheus writes to the real receiver; then the capture must hold what Prometheus itself says it stored.
//!
//! For every protocol and a window of time in which nothing is in flight any more: no sample missing, none else,
//! the bits of every value equal (stale markers among them), native histograms bucket by bucket, the same exemplars.
//! The second comparison is with what the scraped target served, which no part of Prometheus has touched.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use obsctl::base::time::UnixNanos;
use obsctl::wire::{Encoding, Protocol};

use crate::promtool;
use crate::support::node_exporter::NodeExporter;
use crate::support::peers::{self, NODE_EXPORTER, PROMETHEUS, PROMETHEUS_2, PROMTOOL};
use crate::support::prometheus::Prometheus;
use crate::support::receiver::{Captured, Receiver};
use crate::support::target::{self, Asked, Target};
use crate::support::traffic::{Difference, Labels, STALE, Traffic};
use crate::support::wait;

/// Milliseconds of traffic that are compared.
const WINDOW: i64 = 8_000;
/// Milliseconds between the window and anything that may still be on its way: two scrapes.
const MARGIN: i64 = 2_000;

#[test]
fn both_versions_of_prometheus_3_arrive_as_it_stored_them() {
    let peers = peers::find("prometheus 3", [PROMETHEUS, NODE_EXPORTER, PROMTOOL]);
    let Some([binary, exporter, promtool]) = &peers else { return };
    compare(&Sender {
        binary,
        exporter,
        promtool,
        features: "native-histograms,exemplar-storage,metadata-wal-records",
        asked: Asked { native_histograms: true, utf8_names: true },
        protocols: &[Protocol::V1, Protocol::V2],
        reads_histograms: true,
    });
}

#[test]
fn prometheus_2_42_arrives_as_it_stored_it() {
    let peers = peers::find("prometheus 2.42", [PROMETHEUS_2, NODE_EXPORTER, PROMTOOL]);
    let Some([binary, exporter, promtool]) = &peers else { return };
    compare(&Sender {
        binary,
        exporter,
        promtool,
        features: "native-histograms,exemplar-storage",
        asked: Asked { native_histograms: true, utf8_names: false },
        protocols: &[Protocol::V1],
        reads_histograms: false,
    });
}

/// A Prometheus, and what is known of its version.
struct Sender<'a> {
    binary: &'a Path,
    exporter: &'a Path,
    promtool: &'a Path,
    features: &'a str,
    asked: Asked,
    protocols: &'a [Protocol],
    /// 2.42 writes native histograms, but its remote read does not give them back: there only the target's own
    /// record says what they must be.
    reads_histograms: bool,
}

fn compare(sender: &Sender<'_>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = folder.path().join("capture");
    let receiver = Receiver::start(&capture);
    let target = Target::start();
    let vanishing = Target::start();
    let exporter = NodeExporter::start(sender.exporter);
    let (target_at, vanishing_at) = (target.address(), vanishing.address());
    let prometheus = Prometheus::start(sender.binary, sender.features, |own| {
        let targets =
            [("prometheus", own), ("node", exporter.address), ("target", target_at), ("gone", vanishing_at)];
        config(&targets, receiver.address, sender.protocols)
    });

    let mut arriving = receiver.follow();
    let mut reaches = |time: i64| {
        for &protocol in sender.protocols {
            wait::until("traffic to arrive", Duration::from_secs(30), || {
                let newest = arriving.read_on().traffic(protocol).newest();
                if newest >= time {
                    Ok(())
                } else {
                    Err(format!("{protocol:?} is at {newest}, not yet {time}"))
                }
            });
        }
    };
    // Only what is stored after the senders started is sent: the window begins when all are under way.
    reaches(1);
    let begin = UnixNanos::now().millis().0 + MARGIN;
    let end = begin + WINDOW;
    reaches(begin + WINDOW / 3);
    drop(vanishing); // its series end within the window
    reaches(end + MARGIN);

    let mut stored = prometheus.remote_read(begin..=end);
    stored.exemplars = prometheus.exemplars(begin..=end).exemplars;
    drop(prometheus);
    let all = receiver.stop();
    assert_eq!(all.senders, BTreeSet::from([("Prometheus".to_owned(), Encoding::Snappy)]));
    assert!(stored.samples.len() > 5_000, "Prometheus stored {} samples only", stored.samples.len());
    assert_eq!(!stored.histograms.is_empty(), sender.reads_histograms, "native histograms in remote read");
    assert!(!stored.exemplars.is_empty(), "Prometheus stored exemplars");
    for &protocol in sender.protocols {
        let captured = all.traffic(protocol).within(begin..=end);
        let what = format!("{} against remote read", protocol.message());
        if !sender.reads_histograms {
            stored.histograms = captured.histograms.clone();
        }
        Difference::of(&captured, &stored).assert_none(&what);
        Difference::of_sets(&captured.exemplars, &stored.exemplars)
            .assert_none(&format!("{what}, exemplars"));
        check_vanished(&captured, vanishing_at);
        check_metadata(&captured, protocol);
        target::check(&captured, target_at, sender.asked);
    }

    let dump = promtool::through_promtool(sender.promtool, &capture, folder.path());
    check_openmetrics(dump, &all, sender.protocols);
}

/// The whole capture as OpenMetrics, in promtool's eyes, is what the capture holds. The text has no stale markers.
fn check_openmetrics(dump: promtool::Dump, all: &Captured, protocols: &[Protocol]) {
    let samples = protocols.iter().flat_map(|&protocol| &all.traffic(protocol).samples);
    let samples = samples.filter(|(_, bits)| **bits != STALE);
    let samples = samples.map(|(at, bits)| (at.clone(), format!("{:?}", f64::from_bits(*bits)))).collect();
    Difference::of_sets(&dump.into_iter().collect(), &samples).assert_none("promtool against the capture");
}

/// Every series of the target that went away ended with a stale marker.
fn check_vanished(captured: &Traffic, vanishing: SocketAddr) {
    let of_it = |labels: &Labels| {
        labels["instance"] == vanishing.to_string() && labels["__name__"].starts_with("target_")
    };
    let series: BTreeSet<&Labels> = captured
        .samples
        .keys()
        .chain(captured.histograms.keys())
        .map(|(labels, _)| labels)
        .filter(|labels| of_it(labels))
        .collect();
    let stale = captured.stale();
    let ended: BTreeSet<&Labels> =
        stale.iter().map(|(labels, _)| labels).filter(|labels| of_it(labels)).collect();
    assert!(!series.is_empty(), "the target was scraped before it went");
    Difference::of_sets(&ended, &series).assert_none("series that ended");
}

/// Type and help of the target's counter came with it.
fn check_metadata(captured: &Traffic, protocol: Protocol) {
    const COUNTER: i32 = 1;
    let name = "target_requests_total";
    let of_it: Vec<_> = captured.metadata.iter().filter(|(family, ..)| family == name).collect();
    assert_eq!(of_it, [&(name.to_owned(), COUNTER, target::help_of(name))], "metadata of {protocol:?}");
}

/// A `prometheus.yml` that scrapes `targets` every second and writes with every protocol to one receiver.
fn config(targets: &[(&str, SocketAddr)], receiver: SocketAddr, protocols: &[Protocol]) -> String {
    let mut config = "global: {scrape_interval: 1s, scrape_timeout: 900ms}\nscrape_configs:\n".to_owned();
    for (job, address) in targets {
        config += &format!("- {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]}}\n");
    }
    config += "remote_write:\n";
    for protocol in protocols {
        config += &format!(
            "- url: http://{receiver}/api/v1/write\n  send_exemplars: true\n  send_native_histograms: true\n  \
             metadata_config: {{send: true, send_interval: 2s}}\n  \
             queue_config: {{min_shards: 1, max_shards: 1, batch_send_deadline: 500ms}}\n"
        );
        if protocols.len() > 1 {
            config += &format!("  protobuf_message: {}\n", protocol.message());
        }
    }
    config
}
