//! What `decode` and `inspect` read: the flags that choose it, and the loop that reports and skips what is broken.

use std::path::PathBuf;

use anyhow::Result;

use crate::base::text;
use crate::base::time::{UnixMillis, UnixNanos};
use crate::capture::Request;
use crate::exit::ExitStatus;
use crate::render::{Item, Origin, Shown, TimeRange};
use crate::selector::Selector;
use crate::ui::{Failure, Ui};
use crate::wire::{self, Dialect, Entry, FamilyMetadata, Label, Limits, Scratch, Series};

/// Flags that choose requests, and entries of them.
#[derive(clap::Args, Debug)]
pub(crate) struct InputArgs {
    /// Captures (folders, segments), bodies, globs of them; `-` is stdin
    #[arg(value_name = "PATH", required_unless_present = "files")]
    pub paths: Vec<PathBuf>,
    /// The same as PATH
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Only series that a selector chooses, such as `up{job="api"}`; repeated: that any of them chooses
    #[arg(long = "match", value_name = "SELECTOR", value_parser = selector)]
    pub selectors: Vec<Selector>,
    /// Only samples at or after this time: RFC 3339, Unix seconds, or a duration before now
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<UnixMillis>,
    /// Only samples at or before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<UnixMillis>,
    /// Only requests of this tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
}

fn selector(text: &str) -> Result<Selector, String> {
    text.parse().map_err(|err| format!("{err}"))
}

fn time(text: &str) -> Result<UnixMillis, String> {
    UnixMillis::parse(text, UnixNanos::now().millis()).map_err(|err| err.to_string())
}

impl InputArgs {
    /// All paths, in the order positional ones first.
    pub(crate) fn all_paths(&self) -> Vec<PathBuf> {
        self.paths.iter().chain(&self.files).cloned().collect()
    }

    /// Which entries of a request are meant.
    pub(crate) fn selection(&self) -> Selection<'_> {
        let range = TimeRange {
            since: self.since.map_or(i64::MIN, |time| time.0),
            until: self.until.map_or(i64::MAX, |time| time.0),
        };
        Selection { selectors: &self.selectors, range }
    }
}

/// Which entries of a request are meant.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    selectors: &'a [Selector],
    pub range: TimeRange,
}

impl Selection<'_> {
    /// Every entry.
    pub(crate) const ALL: Selection<'static> = Selection { selectors: &[], range: TimeRange::ALL };

    /// Whether it leaves nothing out.
    pub(crate) fn is_all(&self) -> bool {
        self.selectors.is_empty() && self.range.is_all()
    }

    fn has(&self, shown: &Shown<'_>) -> bool {
        let labels = shown.series.labels;
        (self.selectors.is_empty() || self.selectors.iter().any(|selector| selector.matches(labels)))
            && !shown.is_out_of_range()
    }

    /// Metadata of a family has no time and no label but its name.
    fn has_family(&self, metadata: &FamilyMetadata<'_>) -> bool {
        let name = [Label { name: "__name__", value: metadata.family }];
        self.range.is_all()
            && (self.selectors.is_empty() || self.selectors.iter().any(|selector| selector.matches(&name)))
    }
}

/// What was wrong with the input, told on stderr as it was met.
pub(crate) struct Problems {
    strict: bool,
    found: u64,
    /// Requests of which at least the framing could be read.
    decoded: u64,
}

impl Problems {
    /// `strict`: the first problem ends the reading.
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, found: 0, decoded: 0 }
    }

    /// A request was shown without looking into it.
    pub(crate) fn read(&mut self) {
        self.decoded += 1;
    }

    /// Tells of a problem with `place`, a request or a file.
    pub(crate) fn tell(&mut self, ui: &mut Ui, place: &str, what: impl std::fmt::Display) {
        self.found += 1;
        ui.finding(format_args!("{place}: {what}"));
    }

    /// Whether reading must end here.
    pub(crate) fn must_stop(&self) -> bool {
        self.strict && self.found > 0
    }

    /// Whether there was something to decode, and none of it could be.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.found > 0 && self.decoded == 0 && !self.strict
    }

    /// How many there were.
    pub(crate) fn found(&self) -> u64 {
        self.found
    }

    /// The status of a command that went through the input to its end.
    pub(crate) fn status(&self) -> Result<ExitStatus> {
        if self.is_hopeless() {
            let help = "`obsctl decode -o wire` shows the fields of a broken body, as far as they can be read";
            return Err(Failure::new("nothing in the input can be decoded").help(help).into());
        }
        Ok(if self.found == 0 { ExitStatus::Success } else { ExitStatus::Findings })
    }
}

/// A request that is being read: where it stands in the input, and its message.
pub(crate) struct Reading<'a> {
    pub request: &'a Request,
    /// For people: `request 41` or the path of a body.
    pub place: &'a str,
    pub origin: Origin,
    /// The body, decompressed.
    pub message: &'a [u8],
}

/// How the reading of one request ended.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// As far as the entries tell.
    pub dialect: Dialect,
    /// Whether more requests are wanted.
    pub go_on: bool,
}

/// Hands the selected entries of one request to `visit`, in wire order, until it says `false`.
///
/// What is wrong is told. A broken message ends its request. Entries with broken references are handed on as long
/// as nothing is asked of their labels, for they can be shown as what they are.
pub(crate) fn each_entry(
    ui: &mut Ui,
    problems: &mut Problems,
    scratch: &mut Scratch,
    reading: &Reading<'_>,
    selection: Selection<'_>,
    mut visit: impl FnMut(&mut Ui, &Item<'_>) -> Result<bool>,
) -> Result<Seen> {
    let Reading { request, place, .. } = *reading;
    let mut entries = match wire::decode(request.protocol, reading.message, &Limits::default(), scratch) {
        Ok(entries) => entries,
        Err(err) => {
            problems.tell(ui, place, err);
            return Ok(Seen { dialect: request.dialect, go_on: !problems.must_stop() });
        }
    };
    problems.decoded += 1;
    if let Some(fault) = entries.symbols_fault() {
        problems.tell(ui, place, fault);
    }
    let mut go_on = true;
    while go_on && !problems.must_stop() {
        let entry = match entries.next() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(err) => {
                problems.tell(ui, place, format_args!("{err}; what came before it is read"));
                break;
            }
        };
        go_on = match &entry {
            Entry::Series(series) => {
                if let Some(fault) = series.fault {
                    let Series { index, offset, .. } = series;
                    problems.tell(ui, place, format_args!("series {index} at byte {offset}: {fault}"));
                }
                let rejected = rejected(request, series.index);
                let shown = Shown { series, range: selection.range, rejected };
                !selection.has(&shown) || visit(ui, &Item::Series(shown))?
            }
            Entry::Metadata(metadata) => {
                if let Some(fault) = metadata.fault {
                    let offset = metadata.offset;
                    problems.tell(ui, place, format_args!("metadata at byte {offset}: {fault}"));
                }
                !selection.has_family(metadata) || visit(ui, &Item::Metadata(metadata))?
            }
        };
    }
    Ok(Seen { dialect: entries.dialect(), go_on: go_on && !problems.must_stop() })
}

/// The rule by which the receiver refused the series at `index`, while it took others of the request.
fn rejected(request: &Request, index: usize) -> Option<&str> {
    let index = u32::try_from(index).ok()?;
    let mut rejections = request.outcome.rejections.iter();
    rejections.find(|it| it.series.binary_search(&index).is_ok()).map(|it| it.rule.as_str())
}

/// What one says of a request in a message: its sequence, or the file it stands in.
pub(crate) fn place(request: &Request, path: &std::path::Path) -> String {
    match request.sequence {
        0 => format!("`{}`", text::escape(&path.display().to_string())),
        sequence => format!("request {sequence}"),
    }
}

/// Where a request came from, as the forms show it.
pub(crate) fn origin(request: &Request) -> Origin {
    Origin {
        request: (request.sequence != 0).then_some(request.sequence),
        received: (request.received.0 != 0).then_some(request.received),
    }
}

/// TEMP
pub(crate) struct Input<'a> {
    args: &'a InputArgs,
    paths: Vec<PathBuf>,
    at: usize,
    n: u64,
}
pub(crate) struct Found {
    request: Request,
    place: String,
}
impl Found {
    pub(crate) fn body(&self) -> &[u8] {
        &self.request.body
    }
    pub(crate) fn decompress(&self, ui: &mut Ui, problems: &mut Problems, message: &mut Vec<u8>) -> bool {
        match wire::decompress(self.request.encoding, &self.request.body, Limits::default().decoded, message)
        {
            Ok(()) => true,
            Err(err) => {
                problems.tell(ui, &self.place, err);
                false
            }
        }
    }
    pub(crate) fn reading<'a>(&'a self, message: &'a [u8]) -> Reading<'a> {
        Reading { request: &self.request, place: &self.place, origin: origin(&self.request), message }
    }
}
impl<'a> Input<'a> {
    pub(crate) fn open(args: &'a InputArgs, paths: Vec<PathBuf>, _: Option<u64>, _: bool) -> Result<Self> {
        Ok(Self { args, paths, at: 0, n: 0 })
    }
    pub(crate) fn show_progress(&self, _: &mut Ui) {}
    pub(crate) fn requests(&self) -> u64 {
        self.n
    }
    pub(crate) fn flush_if_live(&self, _: &mut Ui) -> Result<()> {
        Ok(())
    }
    pub(crate) fn next(&mut self, _: &mut Ui, _: &mut Problems) -> Result<Option<Found>> {
        let Some(p) = self.paths.get(self.at) else { return Ok(None) };
        self.at += 1;
        self.n += 1;
        let body =
            std::fs::read(p).map_err(|e| Failure::new(format!("cannot read `{}`", p.display())).cause(e))?;
        let mut m = Vec::new();
        let encoding = if wire::decompress(wire::Encoding::Snappy, &body, 1 << 25, &mut m).is_ok() {
            wire::Encoding::Snappy
        } else {
            m = body.clone();
            wire::Encoding::Identity
        };
        let protocol = match wire::detect(&m) {
            wire::Detected::Only(p) => p,
            _ => wire::Protocol::V1,
        };
        let dialect = if protocol == wire::Protocol::V1 { Dialect::V1 } else { Dialect::V2 };
        let request = Request {
            sequence: 0,
            received: UnixNanos(0),
            protocol,
            dialect,
            encoding,
            content_type: String::new(),
            content_encoding: String::new(),
            version: String::new(),
            user_agent: String::new(),
            retry_attempt: 0,
            tenant: None,
            counts: Default::default(),
            outcome: Default::default(),
            body: body.into(),
        };
        let place = place(&request, p);
        Ok(Some(Found { request, place }))
    }
}
