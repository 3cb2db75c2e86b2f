//! What the tests of this module share: requests, captures on disk, and what a reader makes of them.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use bytes::Bytes;

use super::model::Model;
use super::{
    Ack, Capture, CommitError, Committer, Counts, Item, Options, Outcome, Queue, Reader, Rejection, Request,
};
use crate::base::time::UnixNanos;
use crate::wire::{Dialect, Encoding, Protocol};

/// A time to begin at; requests come a millisecond after each other.
pub(super) const START: UnixNanos = UnixNanos(1_700_000_000_000_000_000);

/// Where captures are in a file system in memory.
pub(super) const FOLDER: &str = "/data/capture";

/// A request as a receiver hands it over; `n` makes it differ from others.
pub(super) fn request(n: u64) -> Request {
    Request {
        sequence: 0,
        received: UnixNanos(START.0 + n as i64 * 1_000_000),
        protocol: Protocol::V2,
        dialect: Dialect::V2Start,
        encoding: Encoding::Snappy,
        content_type: Protocol::V2.content_type().into(),
        content_encoding: "snappy".into(),
        version: "2.0.0".into(),
        user_agent: "Prometheus/3.8.0".into(),
        retry_attempt: (n % 3) as u32,
        tenant: (n % 2 == 1).then(|| "team-a".into()),
        counts: Counts { series: 3, samples: n, min_time: 1, max_time: n as i64, ..Counts::default() },
        outcome: Outcome {
            rejections: vec![Rejection { rule: "duplicate-label".into(), series: vec![1] }],
            filtered_from: n.is_multiple_of(5).then(Counts::default),
            status: 400,
            reason: format!("series {n}: label `a` stands twice"),
        },
        body: Bytes::from(format!("body of {n}").repeat(3)),
    }
}

/// Request `n`, as it is read back with sequence `sequence`.
pub(super) fn kept(n: u64, sequence: u64) -> Request {
    Request { sequence, ..request(n) }
}

pub(super) fn small() -> Options {
    Options { segment_size: 4 << 10, ..Options::default() }
}

pub(super) fn open(folder: &Path, options: Options) -> Capture {
    Capture::open(folder, options, START).expect("opens").0
}

/// Appends requests, one batch each, and syncs.
pub(super) fn write(capture: &mut Capture, numbers: impl IntoIterator<Item = u64>) {
    for n in numbers {
        capture.append(vec![request(n)], request(n).received).expect("written");
        capture.sync().expect("synced");
    }
}

/// A sealed capture of requests 1 to `count`, all in one segment; returns the segment.
pub(super) fn sealed(folder: &Path, count: u64) -> PathBuf {
    let mut capture = open(folder, Options::default());
    write(&mut capture, 1..=count);
    capture.seal();
    folder.join(super::segment::name(1))
}

pub(super) fn read(path: &Path) -> Vec<Item> {
    Reader::open(path).expect("opens").map(|item| item.expect("readable")).collect()
}

/// Sequences of the requests among `items`, which must be as [`request`] made them with these numbers.
#[track_caller]
pub(super) fn sequences(items: &[Item]) -> Vec<u64> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Request { request, .. } => Some(request.sequence),
            _ => None,
        })
        .collect()
}

/// Items that are no request.
pub(super) fn findings(items: &[Item]) -> Vec<&Item> {
    items.iter().filter(|item| !matches!(item, Item::Request { .. })).collect()
}

pub(super) fn committer(folder: &Path, ack: Ack) -> Committer {
    let capture = open(folder, Options { ack, ..small() });
    Committer::start(capture, Queue::default(), |_| {}).expect("a thread")
}

/// A file system in memory, and a capture in the folder [`FOLDER`] of it.
pub(super) fn modelled(options: Options) -> (Model, Capture) {
    let model = Model::new();
    let capture = reopen(&model, options);
    (model, capture)
}

pub(super) fn reopen(model: &Model, options: Options) -> Capture {
    Capture::open_on(model.disk(), Path::new(FOLDER), options, START).expect("opens").0
}

/// What a reader makes of the capture in [`FOLDER`].
pub(super) fn read_on(model: &Model) -> Vec<Item> {
    let reader = Reader::open_on(model.disk(), Path::new(FOLDER)).expect("opens");
    reader.map(|item| item.expect("readable")).collect()
}

/// Names in [`FOLDER`].
pub(super) fn names_on(model: &Model) -> Vec<String> {
    model.names(Path::new(FOLDER)).into_iter().map(|name| name.into_string().expect("text")).collect()
}

/// A committer whose file system can be told to fail.
pub(super) fn failing(ack: Ack) -> (Model, Committer) {
    let (model, capture) = modelled(Options { ack, ..Options::default() });
    (model, Committer::start(capture, Queue::default(), |_| {}).expect("a thread"))
}

/// Submits and waits for the answer.
pub(super) fn submit(committer: &Committer, request: Request) -> Result<u64, CommitError> {
    let (sender, answer) = mpsc::channel();
    let done = Box::new(move |result| sender.send(result).expect("somebody waits"));
    committer.submit(request, done).expect("taken");
    answer.recv().expect("an answer")
}

/// A sealed segment in memory.
pub(super) struct MemorySegment {
    pub(super) bytes: Vec<u8>,
}

impl MemorySegment {
    /// A segment of `requests`, with sequences from 1.
    pub(super) fn of(requests: impl IntoIterator<Item = Request>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), Options { segment_size: u64::MAX, ..Options::default() });
        capture.append(requests.into_iter().collect(), START).expect("written");
        capture.seal();
        Self { bytes: std::fs::read(folder.path().join(super::segment::name(1))).expect("readable") }
    }

    /// Where each frame begins.
    pub(super) fn offsets(&self) -> Vec<u64> {
        let mut offsets = Vec::new();
        let mut at = 0;
        while let Some(head) = self.bytes.get(at..).and_then(super::frame::Head::parse) {
            offsets.push(at as u64);
            at += super::frame::HEAD + head.length as usize;
        }
        offsets
    }
}

/// What reading `bytes` as a stream gives.
pub(super) fn read_bytes(bytes: &[u8]) -> Vec<Item> {
    let from = Box::new(std::io::Cursor::new(bytes.to_vec()));
    let progress = super::Progress::towards(None);
    Reader::stream(Path::new("stream"), from, progress).map(|item| item.expect("readable")).collect()
}
