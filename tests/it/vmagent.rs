//! Real vmagent writes to the real receiver in its own protocol (1.0 in zstd), and the same to a second sink of a
//! few lines in snappy: both must hold the same samples, and those that the scraped target served.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use obsctl::base::time::UnixNanos;
use obsctl::wire::{Encoding, Protocol};

use crate::support::http;
use crate::support::node_exporter::NodeExporter;
use crate::support::peers::{self, NODE_EXPORTER, VMAGENT};
use crate::support::process::{self, Process};
use crate::support::receiver::Receiver;
use crate::support::sink::Sink;
use crate::support::target::{self, Asked, Target};
use crate::support::traffic::Difference;
use crate::support::wait;

/// Milliseconds of traffic that are compared, and between them and anything still on its way.
const WINDOW: i64 = 6_000;
const MARGIN: i64 = 2_000;

#[test]
fn vmagent_in_zstd_arrives_as_elsewhere_in_snappy() {
    let Some([vmagent, exporter]) = peers::find("vmagent", [VMAGENT, NODE_EXPORTER]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let receiver = Receiver::start(&folder.path().join("capture"));
    let sink = Sink::start();
    let target = Target::start();
    let vanishing = Target::start();
    let exporter = NodeExporter::start(&exporter);
    let (target_at, vanishing_at) = (target.address(), vanishing.address());
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n\
         - {{job_name: node, static_configs: [{{targets: ['{}']}}]}}\n\
         - {{job_name: target, static_configs: [{{targets: ['{target_at}']}}]}}\n\
         - {{job_name: gone, static_configs: [{{targets: ['{vanishing_at}']}}]}}\n",
        exporter.address
    );
    let vmagent = start(&vmagent, folder.path(), &config, &receiver, &sink);

    let mut arriving = receiver.follow();
    let mut reaches = |time: i64| {
        wait::until("traffic to arrive", Duration::from_secs(30), || {
            let newest = [arriving.read_on().traffic(Protocol::V1).newest(), sink.traffic().newest()];
            if newest.iter().all(|newest| *newest >= time) { Ok(()) } else { Err(format!("at {newest:?}")) }
        });
    };
    reaches(1);
    let begin = UnixNanos::now().millis().0 + MARGIN;
    let end = begin + WINDOW;
    reaches(begin + WINDOW / 3);
    drop(vanishing);
    reaches(end + MARGIN);

    drop(vmagent);
    let all = receiver.stop();
    // It begins with zstd by itself, and never had a reason to fall back.
    assert_eq!(all.senders, BTreeSet::from([("vmagent".to_owned(), Encoding::Zstd)]));
    let captured = all.traffic(Protocol::V1).within(begin..=end);
    let elsewhere = sink.traffic().within(begin..=end);
    assert!(captured.samples.len() > 2_000, "{} samples only", captured.samples.len());
    Difference::of(&captured, &elsewhere).assert_none("zstd here, snappy there");
    target::check(&captured, target_at, Asked { native_histograms: false, utf8_names: false });
    let instance = vanishing_at.to_string();
    let ended = captured.stale().iter().filter(|(labels, _)| labels["instance"] == instance).count();
    assert!(ended > 10, "the series of the target that went away ended: {ended} did");
}

fn start(binary: &Path, folder: &Path, config: &str, receiver: &Receiver, sink: &Sink) -> Process {
    let address = process::free_address();
    std::fs::write(folder.join("scrape.yml"), config).expect("the folder is ours");
    let mut command = Command::new(binary);
    command
        .arg(format!("-promscrape.config={}", folder.join("scrape.yml").display()))
        .arg(format!("-remoteWrite.tmpDataPath={}", folder.join("queue").display()))
        .arg(format!("-remoteWrite.url=http://{}/api/v1/write", receiver.address))
        .arg(format!("-remoteWrite.url=http://{}/api/v1/write", sink.address()))
        .arg("-remoteWrite.forcePromProto=false,true")
        .arg("-remoteWrite.queues=1") // in order: what is newest is then the last
        .arg("-remoteWrite.flushInterval=500ms")
        .arg(format!("-httpListenAddr={address}"));
    let process = Process::start(command);
    http::wait_ready(address, "/health");
    process
}
