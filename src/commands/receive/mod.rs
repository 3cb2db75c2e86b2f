//! `obsctl receive`: a remote-write receiver that keeps what real senders send, and shows it.
//!
//! Exit status: 0 ended by a signal, by `--duration` or by `--requests`, everything acknowledged is kept; 2 it
//! could not start, 130 a second signal ended it before it had finished what was in flight.

mod live;
mod start;

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};

use self::live::Live;
use crate::base::duration;
use crate::base::size::{ByteSize, ParseSizeError};
use crate::base::text::count;
use crate::capture::{self, Ack};
use crate::exit::ExitStatus;
use crate::receive::{Config, Receiver, Summary};
use crate::selector::Selector;
use crate::ui::{Failure, Ui, log};

/// Accepted requests that may wait to be printed; further ones wait with their answer.
const WAITING: usize = 64;

/// Receive remote write 1.0 and 2.0, and keep every request.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Senders are answered as the specification says: 204 once a request is kept, 400 with a reason for data that will
never be right, 503 for everything that may pass. Ctrl-C and SIGTERM finish what is in flight and exit 0; a second one does not wait.
Every flag can be set by an environment variable, OBSCTL_LISTEN for --listen and so on.

Examples:
  obsctl receive
  obsctl receive --listen 127.0.0.1:9201 --capture ./run7 --duration 10m
  obsctl receive --capture none -o text --match 'up{job=\"api\"}'")]
pub(crate) struct Args {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9201", env = "OBSCTL_LISTEN")]
    listen: SocketAddr,
    /// Folder to keep requests in; `none` keeps nothing
    #[arg(long, value_name = "DIR|none", default_value = "./obsctl-capture", env = "OBSCTL_CAPTURE")]
    capture: PathBuf,
    /// When a request counts as written: on disk, with the operating system, or in memory
    #[arg(long, value_name = "WHEN", default_value = "fsync", env = "OBSCTL_ACK")]
    ack: AckLevel,
    /// A segment of the capture is sealed before it grows above this [default: 64MiB, or a quarter of
    /// --retain-size where that is less]
    #[arg(long, value_name = "SIZE", value_parser = segment_size, env = "OBSCTL_SEGMENT_SIZE")]
    segment_size: Option<ByteSize>,
    /// A segment with requests is sealed at this age
    #[arg(long, value_name = "DURATION", value_parser = some_time, env = "OBSCTL_SEGMENT_AGE")]
    segment_age: Option<Duration>,
    /// Sealed segments are removed, oldest first, above this size
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = retain_size, env = "OBSCTL_RETAIN_SIZE")]
    retain_size: ByteSize,
    /// Sealed segments are removed once their last request is older than this
    #[arg(long, value_name = "DURATION", value_parser = some_time, env = "OBSCTL_RETAIN_TIME")]
    retain_time: Option<Duration>,
    /// Print accepted entries as they arrive
    #[arg(short, long, value_name = "FORM", env = "OBSCTL_OUTPUT")]
    output: Option<Output>,
    /// Print only series that a selector chooses, such as `up{job="api"}`; repeated: that any of them chooses
    #[arg(long = "match", value_name = "SELECTOR", requires = "output", env = "OBSCTL_MATCH")]
    selectors: Vec<Selector>,
    /// Stop by itself after this time
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, env = "OBSCTL_DURATION")]
    duration: Option<Duration>,
    /// Stop by itself after this many accepted requests; those in flight then are kept too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), env = "OBSCTL_REQUESTS")]
    requests: Option<u64>,
    #[command(flatten)]
    limits: Limits,
    /// Log lines as logfmt (the default) or JSON; when given, the start is a log line too
    #[arg(long, value_name = "FORMAT", env = "OBSCTL_LOG_FORMAT")]
    log_format: Option<log::Format>,
}

/// What one sender may ask for.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Limits")]
struct Limits {
    /// Largest body as it comes; above it the answer is 413
    #[arg(long, value_name = "SIZE", default_value = "32MiB", value_parser = some_bytes, env = "OBSCTL_MAX_BODY")]
    max_body: ByteSize,
    /// Largest body after decompression; above it the answer is 413
    #[arg(long, value_name = "SIZE", default_value = "32MiB", value_parser = some_bytes, env = "OBSCTL_MAX_DECODED")]
    max_decoded: ByteSize,
    /// Bytes that all requests in flight hold together; above it the answer is 503
    #[arg(long, value_name = "SIZE", default_value = "72MiB", env = "OBSCTL_MAX_INFLIGHT")]
    max_inflight: ByteSize,
    /// Open connections; above it the answer is 503
    #[arg(long, value_name = "N", default_value = "4096", env = "OBSCTL_MAX_CONNECTIONS")]
    max_connections: NonZero<usize>,
    /// Series and metadata elements of one request
    #[arg(long, value_name = "N", default_value = "500000", env = "OBSCTL_MAX_ENTRIES")]
    max_entries: NonZero<usize>,
    /// Time for a request's head
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = some_time, env = "OBSCTL_HEADER_TIMEOUT")]
    header_timeout: Duration,
    /// Time between two pieces of a body
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = some_time, env = "OBSCTL_BODY_TIMEOUT")]
    body_timeout: Duration,
    /// Time for a whole request
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = some_time, env = "OBSCTL_REQUEST_TIMEOUT")]
    request_timeout: Duration,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum AckLevel {
    /// On disk (group commit): survives loss of power
    Fsync,
    /// With the operating system: survives a crash of this program
    Write,
    /// In memory: a crash loses what waits to be written
    Memory,
}

/// The value of `-o`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Output {
    /// One sample a line, histograms drawn
    Text,
    /// One JSON object for each entry
    Ndjson,
}

/// Bytes of a segment, where nothing asks for less.
const SEGMENT: u64 = 64 << 20;
/// Smallest segment: below it, nearly every request would make a file.
const SMALLEST_SEGMENT: u64 = 64 << 10;

fn some_time(text: &str) -> Result<Duration, String> {
    match duration::parse(text).map_err(|err| err.to_string())? {
        Duration::ZERO => Err("must be more than nothing".to_owned()),
        time => Ok(time),
    }
}

fn size_from(least: u64, text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse().map_err(|err: ParseSizeError| err.to_string())?;
    if size.0 < least { Err(format!("must be at least {}", ByteSize(least))) } else { Ok(size) }
}

fn some_bytes(text: &str) -> Result<ByteSize, String> {
    size_from(1, text)
}

fn segment_size(text: &str) -> Result<ByteSize, String> {
    size_from(SMALLEST_SEGMENT, text)
}

fn retain_size(text: &str) -> Result<ByteSize, String> {
    match text.parse() {
        Ok(ByteSize(0)) => Ok(ByteSize(0)),
        _ => size_from(4 * SMALLEST_SEGMENT, text)
            .map_err(|err| format!("{err}; 0 keeps as little as possible")),
    }
}

impl Args {
    /// The folder of the capture; `None` keeps nothing.
    fn folder(&self) -> Option<&PathBuf> {
        Some(&self.capture).filter(|folder| folder.as_os_str() != "none")
    }

    fn check(&self) -> Result<()> {
        match self.segment_size {
            Some(segment) if self.retain_size.0 > 0 && segment > self.retain_size => {
                let what = format!("a ring of {} cannot hold a segment of {segment}", self.retain_size);
                Err(Failure::new(what)
                    .cause("segments are removed whole: nothing would be left after each")
                    .help("lower `--segment-size`, or raise `--retain-size`")
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// A ring is emptied by whole segments: of one that holds a few, most is left when the oldest goes.
    fn segment_bytes(&self) -> u64 {
        match (self.segment_size, self.retain_size.0) {
            (Some(size), _) => size.0,
            (None, 0) => SEGMENT, // as little as possible, which is the segment that is written
            (None, ring) => SEGMENT.min(ring / 4),
        }
    }

    fn options(&self) -> capture::Options {
        capture::Options {
            segment_size: self.segment_bytes(),
            segment_age: self.segment_age,
            retain_size: self.retain_size.0,
            retain_time: self.retain_time,
            ack: match self.ack {
                AckLevel::Fsync => Ack::Fsync,
                AckLevel::Write => Ack::Write,
                AckLevel::Memory => Ack::Memory,
            },
            sinks: Vec::new(),
        }
    }

    fn config(&self) -> Config {
        let size = |size: ByteSize| usize::try_from(size.0).unwrap_or(usize::MAX);
        let mut config = Config {
            max_body: size(self.limits.max_body),
            max_inflight: size(self.limits.max_inflight),
            max_connections: self.limits.max_connections.get(),
            header_timeout: self.limits.header_timeout,
            body_idle_timeout: self.limits.body_timeout,
            request_timeout: self.limits.request_timeout,
            ..Config::default()
        };
        config.limits.decoded = size(self.limits.max_decoded);
        config.limits.entries = self.limits.max_entries.get();
        config
    }
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    ui.log(args.log_format.unwrap_or_default());
    args.check()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|err| Failure::new("cannot start the runtime").cause(err))?;
    let store = start::store(args, ui)?;
    let (observer, accepted) = match (args.output, args.requests) {
        (None, None) => (None, None),
        _ => {
            let (observer, accepted) = mpsc::channel(WAITING);
            (Some(observer), Some(accepted))
        }
    };
    let receiver = runtime
        .block_on(Receiver::bind(args.listen, args.config(), store, observer))
        .map_err(|err| start::cannot_listen(args.listen, err))?;
    start::greet(args, ui, receiver.address())?;

    let signals = signals(&runtime)?;
    let enough = Arc::new(Notify::new());
    let watch = receiver.watch();
    let stop = stopped(signals.clone(), args.duration, Arc::clone(&enough));
    let server = runtime.spawn(receiver.run(stop));
    let ended = Live::new(args, watch, accepted, enough).show(ui, &runtime, server, signals);
    runtime.shutdown_background();
    match ended? {
        Some(summary) => {
            farewell(args, ui, &summary);
            Ok(ExitStatus::Success)
        }
        None => Ok(ExitStatus::Interrupted),
    }
}

/// How many signals to end have come: the first drains, the second ends at once. They are taken before the
/// start is announced, so that from then on none kills the process.
fn signals(runtime: &Runtime) -> Result<watch::Receiver<u32>> {
    let _guard = runtime.enter();
    let take = |kind| signal(kind).map_err(|err| Failure::new("cannot listen for signals").cause(err));
    let mut interrupt = take(SignalKind::interrupt())?;
    let mut terminate = take(SignalKind::terminate())?;
    let (count, signals) = watch::channel(0);
    let (insist, insisted) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => {}
                Some(()) = terminate.recv() => {}
            }
            count.send_modify(|count| *count += 1);
            if *count.borrow() > 1 {
                let _ = insist.send(()); // nobody to tell when the thread could not be had
            }
        }
    });
    let last_resort = std::thread::Builder::new().name("last-resort".into());
    last_resort
        .spawn(move || {
            if insisted.recv().is_ok() {
                std::thread::sleep(INSISTED);
                end_now();
            }
        })
        .map_err(|err| Failure::new("cannot start a thread").cause(err))?;
    Ok(signals)
}

/// What a second signal leaves the foreground to end in order.
const INSISTED: Duration = Duration::from_millis(500);

/// Ends the process while its foreground hangs in a write to a pipe that nobody reads: no signal reaches it there,
/// and they are all taken by us.
#[expect(
    clippy::disallowed_methods,
    reason = "the thread that would return an exit status is the one that hangs"
)]
fn end_now() {
    std::process::exit(ExitStatus::Interrupted.code().into());
}

/// Done when the receiver should end: a signal, the time is up, or enough has come.
async fn stopped(mut signals: watch::Receiver<u32>, time: Option<Duration>, enough: Arc<Notify>) {
    let time_up = async {
        match time {
            Some(time) => tokio::time::sleep(time).await,
            None => std::future::pending().await,
        }
    };
    let why = tokio::select! {
        _ = signals.wait_for(|count| *count > 0) => "signal",
        () = time_up => "time is up",
        () = enough.notified() => "enough has come",
    };
    tracing::info!(why, "stopping: finishing what is in flight");
}

/// Says what was done, on stderr: stdout belongs to the entries.
fn farewell(args: &Args, ui: &mut Ui, summary: &Summary) {
    let totals = &summary.totals;
    let mut held = vec![count(totals.samples, "sample")];
    for (number, what) in [
        (totals.histograms, "histogram"),
        (totals.exemplars, "exemplar"),
        (totals.metadata, "metadata entry"),
    ] {
        if number > 0 {
            held.push(count(number, what));
        }
    }
    ui.note(format_args!(
        "{} received, {} accepted: {} in {}, {} on the wire",
        count(totals.requests, "request"),
        totals.accepted,
        held.join(", "),
        count(totals.series, "series entry"),
        ByteSize(totals.wire_bytes),
    ));
    for problem in &summary.problems {
        ui.note(format_args!("{} from {}, {}", problem.name, problem.sender, count(problem.total, "time")));
    }
    if summary.cut_off > 0 {
        ui.warning(format_args!(
            "{} did not finish in time and was not answered: its sender sends again",
            count(summary.cut_off as u64, "connection")
        ));
    }
    if let Some(folder) = args.folder()
        && totals.accepted > 0
    {
        ui.note(format_args!("next: obsctl decode {}", folder.display()));
    }
}
