//! What `decode` and `inspect` read: the flags that choose it, and the loop that reports and skips what is broken.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::base::text;
use crate::base::time::{UnixMillis, UnixNanos};
use crate::capture::{self, Request};
use crate::exit::ExitStatus;
use crate::render::{Item, Origin, Shown, TimeRange};
use crate::selector::Selector;
use crate::ui::{Failure, Ui};
use crate::wire::{self, Dialect, Entry, FamilyMetadata, Known, Label, Limits, Recall, Scratch, Series};

/// What one request may hold to be shown. More than a receiver takes by default: what one took under `--max-decoded`
/// and `--max-entries` of its own, or refused for its size, must be readable. Entries take no memory of their own.
const LIMITS: Limits = Limits {
    decoded: 256 << 20,
    entries: usize::MAX,
    symbols: 8_000_000,
    labels: 100_000,
    samples: 8_000_000,
    histograms: 100_000,
    exemplars: 100_000,
    buckets: 20_000,
};

/// Flags that choose requests, and entries of them.
#[derive(clap::Args, Default, Debug)]
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
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub since: Option<UnixMillis>,
    /// Only samples at or before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub until: Option<UnixMillis>,
    /// Only requests of this tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
}

fn selector(text: &str) -> Result<Selector, String> {
    Selector::parse(text).map_err(|err| err.to_string())
}

fn time(text: &str) -> Result<UnixMillis, String> {
    UnixMillis::parse(text, UnixNanos::now().millis()).map_err(|err| err.to_string())
}

/// Reads the value of a `--limit`.
pub(crate) fn limit(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "it is not a whole number, 0 or above".to_owned())
}

impl InputArgs {
    /// Refuses a range of time that ends before it begins.
    fn check(&self) -> Result<()> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if since > until => {
                let message = format!("`--since` is after `--until`: no time is between {since} and {until}");
                Err(Failure::new(message).help("exchange the two").into())
            }
            _ => Ok(()),
        }
    }

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
        Selection { selectors: &self.selectors, range, every_family: false }
    }
}

/// Which entries of a request are meant.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    selectors: &'a [Selector],
    pub range: TimeRange,
    /// Whether 1.0 metadata is meant whatever it is of.
    every_family: bool,
}

impl<'a> Selection<'a> {
    /// What any of `selectors` chooses, at all times; everything when there is none.
    pub(crate) const fn of(selectors: &'a [Selector]) -> Self {
        Self { selectors, range: TimeRange::ALL, every_family: false }
    }

    /// The same entries, and all 1.0 metadata: for forms that join it to the series it is of.
    pub(crate) const fn with_every_family(self) -> Self {
        Self { every_family: true, ..self }
    }
}

impl Selection<'_> {
    /// Every entry.
    pub(crate) const ALL: Selection<'static> = Selection::of(&[]);

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
        let is_named = || self.selectors.iter().any(|selector| selector.matches(&name));
        self.every_family || self.range.is_all() && (self.selectors.is_empty() || is_named())
    }
}

/// What was wrong with the input, told on stderr as it was met.
pub(crate) struct Problems {
    strict: bool,
    unreadable: bool,
    found: u64,
    /// Requests of which at least the framing could be read.
    decoded: u64,
}

impl Problems {
    /// `strict`: the first problem ends the reading.
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, unreadable: false, found: 0, decoded: 0 }
    }

    /// A request was shown without looking into it.
    pub(crate) fn read(&mut self) {
        self.decoded += 1;
    }

    /// Tells of a problem with what stands at `place`.
    pub(crate) fn tell(&mut self, ui: &mut Ui, place: &str, what: impl std::fmt::Display) {
        self.found += 1;
        ui.finding(format_args!("{place}: {what}"));
    }

    /// Tells what else than requests a capture gave.
    fn tell_of(&mut self, ui: &mut Ui, item: &capture::Item) {
        match item {
            capture::Item::Damage { file, offset, len, reason } => {
                let place = format!("byte {offset} of {}", shown(file));
                self.tell(ui, &place, format_args!("{reason}; skipped {}", text::count(*len, "byte")));
            }
            capture::Item::TornTail { file, offset, len } => {
                let place = format!("byte {offset} of {}", shown(file));
                let len = text::count(*len, "byte");
                self.tell(
                    ui,
                    &place,
                    format_args!("the last record is incomplete ({len}): its writer was cut off"),
                );
            }
            // The damage has been told of.
            capture::Item::Gap { damaged: true, .. } => {}
            capture::Item::Gap { file, after, next, .. } => {
                let missing = text::count(next.saturating_sub(after + 1), "request");
                self.tell(ui, &shown(file), format_args!("{missing} missing between {after} and {next}"));
            }
            capture::Item::Ignored { folder, names } => {
                let names: Vec<_> = names.iter().map(|name| shown(name)).collect();
                ui.note(format_args!("{}: not of a capture, ignored: {}", shown(folder), names.join(", ")));
            }
            capture::Item::Request { .. } | capture::Item::Header { .. } | capture::Item::Index { .. } => {}
        }
    }

    /// Tells of a file that cannot be read; the others are.
    fn unreadable(&mut self, ui: &mut Ui, err: &capture::ReadError) {
        self.found += 1;
        self.unreadable = true;
        ui.finding(err);
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
        if self.unreadable {
            return Ok(ExitStatus::Failure);
        }
        if self.is_hopeless() {
            let help =
                "`obsctl decode -o wire` shows the fields of a broken body, as far as they can be read";
            return Err(Failure::new("nothing in the input can be decoded").help(help).into());
        }
        Ok(if self.found == 0 { ExitStatus::Success } else { ExitStatus::Findings })
    }
}

/// A request that is being read: where it stands in the input, and its message.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub found: &'a Found,
    /// As found, or redacted.
    pub request: &'a Request,
    pub origin: Origin,
    /// The body, decompressed.
    pub message: &'a [u8],
}

/// How the reading of one request ended.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// As far as the entries tell; `None` when not even the framing could be read.
    pub dialect: Option<Dialect>,
    /// Whether it holds a series, meant or not.
    pub has_series: bool,
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
    visit: impl FnMut(&mut Ui, &Item<'_>) -> Result<bool>,
) -> Result<Seen> {
    let memory = (scratch, &mut Known::new(0));
    each_recalled(ui, problems, memory, reading, selection, &mut EveryEntry(visit))
}

/// What is to be done with entries, where the labels of most are known.
pub(crate) trait Visitor {
    /// What is remembered of labels.
    type Value: Copy;

    /// Whether to go on, and what to remember of the labels of the series.
    fn entry(&mut self, ui: &mut Ui, item: &Item<'_>) -> Result<(bool, Option<Self::Value>)>;

    /// A series with labels of which that was remembered; they are not read.
    fn known(&mut self, value: Self::Value, shown: &Shown<'_>);
}

struct EveryEntry<F>(F);

impl<F: FnMut(&mut Ui, &Item<'_>) -> Result<bool>> Visitor for EveryEntry<F> {
    type Value = Infallible;

    fn entry(&mut self, ui: &mut Ui, item: &Item<'_>) -> Result<(bool, Option<Infallible>)> {
        (self.0)(ui, item).map(|go_on| (go_on, None))
    }

    fn known(&mut self, value: Infallible, _: &Shown<'_>) {
        match value {}
    }
}

/// As [`each_entry`], but for series whose labels are known. `known` must hold what was remembered under the same
/// selection; under one that looks at labels, nothing is taken from it.
pub(crate) fn each_recalled<V: Visitor>(
    ui: &mut Ui,
    problems: &mut Problems,
    (scratch, known): (&mut Scratch, &mut Known<V::Value>),
    reading: &Reading<'_>,
    selection: Selection<'_>,
    visitor: &mut V,
) -> Result<Seen> {
    let Reading { request, found, .. } = *reading;
    let mut entries = match wire::decode(request.protocol, reading.message, &LIMITS, scratch) {
        Ok(entries) => entries,
        Err(err) => {
            problems.tell(ui, &found.place(), err);
            return Ok(Seen { dialect: None, has_series: false, go_on: !problems.must_stop() });
        }
    };
    problems.decoded += 1;
    if let Some(fault) = entries.symbols_fault() {
        problems.tell(ui, &found.place(), fault);
    }
    let mut go_on = true;
    let mut has_series = false;
    let mut recall = Recall::new(&mut entries, known);
    while go_on && !problems.must_stop() {
        let next = recall.next(|value, series| {
            has_series = true;
            let shown = Shown { series, range: selection.range, rejected: rejected(request, series.index) };
            if selection.selectors.is_empty() && !shown.is_out_of_range() {
                visitor.known(value, &shown);
            }
            selection.selectors.is_empty()
        });
        let entry = match next {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(err) => {
                problems.tell(ui, &found.place(), format_args!("{err}; what came before it is read"));
                break;
            }
        };
        let mut remember = None;
        go_on = match &entry {
            Entry::Series(series) => {
                has_series = true;
                let rejected = rejected(request, series.index);
                // What the receiver refused, for whatever reason, is shown as that.
                if let Some(fault) = series.fault
                    && rejected.is_none()
                {
                    let Series { index, offset, .. } = series;
                    problems.tell(
                        ui,
                        &found.place(),
                        format_args!("series {index} at byte {offset}: {fault}"),
                    );
                }
                let shown = Shown { series, range: selection.range, rejected };
                let go_on;
                (go_on, remember) = if selection.has(&shown) {
                    visitor.entry(ui, &Item::Series(shown))?
                } else {
                    (true, None)
                };
                go_on
            }
            Entry::Metadata(metadata) => {
                if let Some(fault) = metadata.fault {
                    let offset = metadata.offset;
                    problems.tell(ui, &found.place(), format_args!("metadata at byte {offset}: {fault}"));
                }
                !selection.has_family(metadata) || visitor.entry(ui, &Item::Metadata(metadata))?.0
            }
        };
        if let Some(value) = remember {
            recall.remember(value);
        }
    }
    Ok(Seen { dialect: Some(entries.dialect()), has_series, go_on: go_on && !problems.must_stop() })
}

/// The rule by which the receiver refused the series at `index`, while it took others of the request.
fn rejected(request: &Request, index: usize) -> Option<&str> {
    let index = u32::try_from(index).ok()?;
    let mut rejections = request.outcome.rejections.iter();
    rejections.find(|it| it.series.binary_search(&index).is_ok()).map(|it| it.rule.as_str())
}

/// The requests that are meant, out of everything that was named.
pub(crate) struct Input {
    source: capture::Input,
    progress: capture::Progress,
    tenant: Option<String>,
    sequence: Option<u64>,
    follow: bool,
    requests: u64,
    /// Of them those that the tenant and the sequence choose.
    meant: u64,
    /// First and last sequence, of requests that have one.
    sequences: Option<(u64, u64)>,
}

/// A request, and where it stands.
pub(crate) struct Found {
    pub request: Request,
    file: Arc<Path>,
    /// Of its frame in the file.
    offset: u64,
}

/// Between two looks for what a running receiver has added.
const POLL: Duration = Duration::from_millis(200);

impl Input {
    /// `sequence`: only that request. `follow`: goes on when the end is reached.
    pub(crate) fn open(
        args: &InputArgs,
        paths: &[PathBuf],
        sequence: Option<u64>,
        follow: bool,
    ) -> Result<Self> {
        args.check()?;
        let source = if follow { capture::Input::follow(paths) } else { capture::Input::open(paths) }?;
        let progress = source.progress();
        Ok(Self {
            source,
            progress,
            tenant: args.tenant.clone(),
            sequence,
            follow,
            requests: 0,
            meant: 0,
            sequences: None,
        })
    }

    /// Lets the reading show how far it is.
    pub(crate) fn show_progress(&self, ui: &mut Ui) {
        if !self.follow {
            ui.begin_progress("requests", self.progress.total());
        }
    }

    /// Why no `kind` (entry, series) is shown, after the input has been read without a problem.
    pub(crate) fn nothing(&self, kind: &str) -> String {
        let read = text::count(self.requests, "request");
        let why = match (self.sequence, &self.tenant) {
            _ if self.requests == 0 => "no request is in the input".to_owned(),
            _ if self.meant > 0 => format!("{read} read, no {kind} is selected"),
            (Some(wanted), Some(tenant)) => {
                format!("{read} read, none is request {wanted} of tenant `{tenant}`")
            }
            (Some(wanted), None) => match self.sequences {
                Some((first, last)) => {
                    format!("no request {wanted} among the {read} read ({first} to {last})")
                }
                None => format!("no request {wanted}: only requests of a capture have a sequence"),
            },
            (None, Some(tenant)) => format!("{read} read, none of tenant `{tenant}`"),
            (None, None) => format!("{read} read, no {kind} is selected"),
        };
        format!("nothing to show: {why}")
    }

    fn note_sequence(&mut self, sequence: u64) {
        if sequence > 0 {
            let (first, last) = self.sequences.unwrap_or((sequence, sequence));
            self.sequences = Some((first.min(sequence), last.max(sequence)));
        }
    }

    /// The next request that is meant. What is broken before it is told.
    pub(crate) fn next(&mut self, ui: &mut Ui, problems: &mut Problems) -> Result<Option<Found>> {
        while !problems.must_stop() {
            let Some(item) = self.source.next() else {
                if !self.follow {
                    return Ok(None);
                }
                ui.flush()?;
                std::thread::sleep(POLL);
                continue;
            };
            match item {
                Ok(capture::Item::Request { request, file, offset }) => {
                    self.requests += 1;
                    self.note_sequence(request.sequence);
                    ui.progress(self.progress.read(), self.requests);
                    let is_meant = self.sequence.is_none_or(|sequence| request.sequence == sequence)
                        && (self.tenant.is_none() || self.tenant == request.tenant);
                    if is_meant {
                        self.meant += 1;
                        return Ok(Some(Found { request, file, offset }));
                    }
                }
                Ok(other) => problems.tell_of(ui, &other),
                Err(err) => problems.unreadable(ui, &err),
            }
        }
        Ok(None)
    }
}

impl Found {
    /// A request that has just come in, and is not read from a file.
    pub(crate) fn live(request: Request) -> Self {
        Self { request, file: Path::new("-").into(), offset: 0 }
    }

    /// Whose it is; empty where nobody said.
    pub(crate) fn tenant(&self) -> &str {
        self.request.tenant.as_deref().unwrap_or_default()
    }

    /// What a person calls it.
    pub(crate) fn name(&self) -> String {
        match self.request.sequence {
            0 => shown(&self.file),
            sequence => format!("request {sequence}"),
        }
    }

    /// Where it is to be found.
    fn place(&self) -> String {
        match self.request.sequence {
            0 => shown(&self.file),
            sequence => format!("request {sequence} at byte {} of {}", self.offset, shown(&self.file)),
        }
    }

    /// Decompresses the body into `message`; `false` after telling that it cannot be.
    pub(crate) fn decompress(&self, ui: &mut Ui, problems: &mut Problems, message: &mut Vec<u8>) -> bool {
        let (encoding, body) = (self.request.encoding, &self.request.body);
        match wire::decompress(encoding, body, LIMITS.decoded, message) {
            Ok(()) => true,
            Err(err) => {
                problems.tell(ui, &self.place(), err);
                false
            }
        }
    }

    /// The request with its message, to be read.
    pub(crate) fn reading<'a>(&'a self, message: &'a [u8]) -> Reading<'a> {
        let Request { sequence, received, .. } = self.request;
        let origin = Origin {
            request: (sequence != 0).then_some(sequence),
            received: (received != UnixNanos(0)).then_some(received),
        };
        Reading { found: self, request: &self.request, origin, message }
    }
}

fn shown(file: &Path) -> String {
    format!("`{}`", file.display())
}
