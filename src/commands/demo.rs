//! `obsctl demo`: the loop on this machine in a few seconds, with nothing to install.
//!
//! A receiver on a free port is scraped for its own `/metrics`, and what it said is written to it by remote
//! write 1.0 and 2.0, round after round. What arrived is then read back from the capture and shown.
//!
//! Exit status: 0 everything that was sent arrived, 1 something was refused, 2 it could not run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;
use tokio::sync::oneshot;

use super::inspect;
use crate::base::text::count;
use crate::base::time::{UnixMillis, UnixNanos};
use crate::capture::{self, Queue};
use crate::exit::ExitStatus;
use crate::exposition::{self, Event, Format};
use crate::receive::{Config, Receiver, Store};
use crate::remote;
use crate::ui::{Failure, Ui};
use crate::wire::{self, Encoder, Encoding, FamilyMetadata, Label, Metadata, MetricType, Protocol, Sample};

/// Scrapes, and the time between two of them.
const ROUNDS: u32 = 5;
const INTERVAL: Duration = Duration::from_millis(500);
/// For one request to our own receiver.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a page that is scraped.
const MAX_PAGE: usize = 4 << 20;
/// Rows of the table.
const ROWS: usize = 10;

/// Show the loop on this machine: receive real traffic, keep it, read it back.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Nothing is needed and nothing outside this machine is reached. The capture stays, to be looked at.

Examples:
  obsctl demo
  obsctl demo --capture ./demo-capture")]
pub(crate) struct Args {
    /// Folder for the capture [default: a new one in the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    capture: Option<PathBuf>,
}

/// What was sent, by the two protocols together.
#[derive(Default)]
struct Sent {
    requests: u64,
    samples: u64,
    refused: Vec<String>,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    let folder = args.capture.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!(
            "obsctl-demo-{}-{}",
            std::process::id(),
            UnixNanos::now().millis().0
        ))
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|err| Failure::new("cannot start the runtime").cause(err))?;
    let (store, _) = Store::open(&folder, capture::Options::default(), Queue::default(), UnixNanos::now())
        .map_err(|err| {
            Failure::new(format!("cannot keep requests in `{}`", folder.display()))
                .cause(err)
                .help("choose another folder with `--capture`")
        })?;
    let sent = runtime.block_on(traffic(ui, store))?;
    let program = program();
    ui.note("");
    ui.note(format_args!("$ {program} inspect top {} --limit {ROWS}", folder.display()));
    let status = inspect::show_top(&folder, ROWS, ui)?;
    ui.flush()?;
    next_steps(ui, &program, &folder);
    for refusal in &sent.refused {
        ui.finding(format_args!("refused: {refusal}"));
    }
    Ok(if sent.refused.is_empty() { status } else { ExitStatus::Findings })
}

/// Runs the receiver and writes to it, then ends it.
async fn traffic(ui: &mut Ui, store: Store) -> Result<Sent> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let receiver = Receiver::bind(address, Config::default(), store, None)
        .await
        .map_err(|err| Failure::new("cannot listen on a port of 127.0.0.1").cause(err))?;
    let host = receiver.address().to_string();
    ui.note(format_args!("receiving on http://{host}/api/v1/write"));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(receiver.run(async {
        let _ = stopped.await; // dropping the sender ends it as well
    }));
    let client = client(&host)?;
    let mut sent = Sent::default();
    for round in 1..=ROUNDS {
        if round > 1 {
            tokio::time::sleep(INTERVAL).await;
        }
        let before = sent.samples;
        scrape_and_write(&host, &client, &mut sent).await?;
        ui.note(format_args!(
            "round {round} of {ROUNDS}: scraped http://{host}/metrics, wrote {} by 1.0 and 2.0",
            count(sent.samples - before, "sample"),
        ));
    }
    let _ = stop.send(());
    let summary = server.await.map_err(|err| Failure::new("the receiver ended unexpectedly").cause(err))?;
    let totals = summary.totals;
    ensure!(
        sent.refused.len() as u64 + totals.accepted == sent.requests && totals.samples <= sent.samples,
        "{} sent, {} accepted: this is a fault of obsctl",
        count(sent.requests, "request"),
        totals.accepted,
    );
    ui.note(format_args!(
        "{} of {} accepted, {} kept in the capture",
        totals.accepted,
        count(sent.requests, "request"),
        count(totals.samples, "sample"),
    ));
    Ok(sent)
}

/// What writes to the receiver on `host`.
fn client(host: &str) -> Result<remote::Client> {
    let mut config = remote::Config::new(format!("http://{host}/api/v1/write").parse()?);
    config.timeouts = remote::Timeouts { connect: PATIENCE, request: PATIENCE };
    Ok(remote::Client::new(config)?)
}

/// One scrape of the receiver's own page, written to it by both versions.
async fn scrape_and_write(host: &str, client: &remote::Client, sent: &mut Sent) -> Result<()> {
    let (status, page) = remote::get(&format!("http://{host}/metrics"), MAX_PAGE, PATIENCE).await?;
    ensure!(status == 200, "http://{host}/metrics answered {status}");
    let page = String::from_utf8(page.to_vec()).map_err(|_| Failure::new("/metrics is not UTF-8"))?;
    let now = UnixNanos::now().millis();
    for protocol in [Protocol::V1, Protocol::V2] {
        let (message, samples) = request(protocol, &page, host, now)?;
        let mut body = Vec::new();
        wire::compress(Encoding::Snappy, &message, &mut body);
        let format = remote::Format { protocol, encoding: Encoding::Snappy };
        let answer = client.send(format, Bytes::from(body), 0).await?;
        sent.requests += 1;
        sent.samples += samples;
        if answer.status != 204 {
            sent.refused.push(format!("{} {}", answer.status, answer.text.trim_end()));
        }
    }
    Ok(())
}

/// A scraped page as a sender would write it: the target's labels added, each sample timed `now` unless it has a
/// time of its own. Returns the message and its number of samples.
fn request(protocol: Protocol, page: &str, host: &str, now: UnixMillis) -> Result<(Vec<u8>, u64)> {
    let mut encoder = Encoder::new(protocol);
    let mut samples = 0;
    let mut family = Family::default();
    exposition::parse(page, Format::detect(page), &mut |event| match event {
        Event::Family(found) => {
            family = Family {
                name: found.name.to_owned(),
                kind: found.kind,
                help: found.help.to_owned(),
                unit: found.unit.to_owned(),
            };
            encoder.metadata(&family.of_request());
        }
        Event::Sample(sample) => {
            let target = [
                Label { name: "instance", value: host },
                Label { name: "job", value: if protocol == Protocol::V1 { "demo-1.0" } else { "demo-2.0" } },
            ];
            let mut labels: Vec<_> = sample.labels.iter().copied().chain(target).collect();
            labels.sort_unstable_by_key(|label| label.name);
            let metadata = sample.name().starts_with(family.name.as_str()).then(|| family.of_series());
            encoder.series(labels, metadata, None);
            let timestamp = sample.timestamp.unwrap_or(now.0);
            encoder.sample(Sample { value: sample.value, timestamp, start: 0 });
            samples += 1;
        }
    })
    .map_err(|err| Failure::new(format!("cannot read http://{host}/metrics")).cause(err))?;
    let mut message = Vec::new();
    encoder.finish(&mut message);
    Ok((message, samples))
}

/// The family whose samples are being read.
#[derive(Default)]
struct Family {
    name: String,
    kind: MetricType,
    help: String,
    unit: String,
}

impl Family {
    fn of_series(&self) -> Metadata<'_> {
        Metadata { kind: self.kind, help: &self.help, unit: &self.unit }
    }

    fn of_request(&self) -> FamilyMetadata<'_> {
        FamilyMetadata {
            family: &self.name,
            kind: self.kind,
            help: &self.help,
            unit: &self.unit,
            offset: 0,
            len: 0,
            fault: None,
        }
    }
}

/// This program as it was called, so that what is shown can be typed: it need not be on the PATH.
fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    if called.contains('/') { called } else { "obsctl".to_owned() }
}

fn next_steps(ui: &mut Ui, program: &str, folder: &Path) {
    let folder = folder.display();
    ui.note("");
    ui.note(format_args!("the capture is in {folder}; look at it:"));
    ui.note(format_args!("  {program} decode {folder} -o text --limit 20"));
    ui.note(format_args!("  {program} inspect top {folder} --by job"));
    ui.note(format_args!("  {program} decode {folder} -o ndjson --match '{{job=\"demo-2.0\"}}'"));
    ui.note("or receive from a Prometheus of yours:");
    ui.note(format_args!("  {program} receive"));
}
