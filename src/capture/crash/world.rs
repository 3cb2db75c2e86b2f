//! A capture on the model of a file system, and all that is known of it: what was acknowledged, what sinks were given.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bytes::Bytes;

use super::super::folder::REJECTED;
use super::super::model::{Model, Op};
use super::super::testing::{FOLDER, MemorySegment, START, request};
use super::super::{Ack, Capture, CursorFinding, Item, Options, Reader, Recovery, Request, Sink, segment};
use crate::base::time::UnixNanos;

/// Names of the sinks that a world may have.
pub(super) const SINKS: [&str; 2] = ["archive", "forward-1"];

/// What happens to a capture. Power that is lost comes with the seed of what it leaves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A batch of that many requests, as the committer does it.
    Commit(u64),
    Seal,
    /// So many seconds go by.
    Tick(i64),
    /// Requests for the ring of refused ones.
    Reject(u64),
    /// A sink asks for so many items.
    Read(usize, usize),
    /// A sink acknowledges what it was given.
    Acknowledge(usize),
    /// Such a call fails, after so many that do not.
    Fail(Op, u32, io::ErrorKind),
    /// So many bytes are left on the disk.
    Full(usize),
    /// Nothing fails any more.
    Mend,
    /// The process ends before it has changed more than so many things, and power is lost or not.
    End(u32, Option<u64>),
    /// The process ends, power is lost or not, and another one begins.
    Stop(Option<u64>),
    /// The other one ends while it begins, too.
    StopTwice(Option<u64>, u32, Option<u64>),
}

/// What has happened in worlds.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Sums {
    programs: u64,
    made: u64,
    acknowledged: u64,
    given_to_sinks: u64,
    power_losses: u64,
    other_ends: u64,
}

impl Sums {
    pub(super) fn add(&mut self, other: Self) {
        self.programs += 1;
        self.made += other.made;
        self.acknowledged += other.acknowledged;
        self.given_to_sinks += other.given_to_sinks;
        self.power_losses += other.power_losses;
        self.other_ends += other.other_ends;
    }
}

/// A capture and what is known of it.
pub(super) struct World {
    pub(super) sums: Sums,
    model: Model,
    options: Options,
    capture: Option<Capture>,
    ring: Option<Capture>,
    sinks: Vec<Sink>,
    now: UnixNanos,
    /// Requests made so far: each has its number.
    made: u64,
    /// Number of the request that each sequence was acknowledged for.
    acknowledged: BTreeMap<u64, u64>,
    /// The same of what any sink was given.
    shown: BTreeMap<u64, u64>,
    /// Of each sink: what it was given, up to where it has acknowledged it and been told so, and up to where it tried to.
    given: Vec<BTreeSet<u64>>,
    confirmed: Vec<u64>,
    tried: Vec<u64>,
    /// Everything before this sequence may have been removed by retention.
    removed: u64,
    /// Last sequence that was durable when the last process ended.
    synced: u64,
    /// What becomes of the disk once the process has ended.
    power: Option<u64>,
    /// A sync failed in this life.
    sync_failed: bool,
    /// After a failed sync the process ended at once and power was not lost: its successor cannot know which of the pages
    /// that it sees are on the disk. Nothing of them was acknowledged.
    phantoms: bool,
}

impl World {
    pub(super) fn new(options: Options) -> Self {
        let count = options.sinks.len();
        let mut world = Self {
            sums: Sums::default(),
            model: Model::new(),
            options,
            capture: None,
            ring: None,
            sinks: Vec::new(),
            now: START,
            made: 0,
            acknowledged: BTreeMap::new(),
            shown: BTreeMap::new(),
            given: vec![BTreeSet::new(); count],
            confirmed: vec![0; count],
            tried: vec![0; count],
            removed: 0,
            synced: 0,
            power: None,
            sync_failed: false,
            phantoms: false,
        };
        world.begin();
        world
    }

    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Commit(count) => self.commit(count),
            Act::Seal => self.capture().seal(),
            Act::Tick(seconds) => {
                self.now.0 += seconds * 1_000_000_000;
                let now = self.now;
                self.capture().tick(now);
                self.ring.as_mut().expect("open").tick(now);
            }
            Act::Reject(count) => {
                let (requests, now) = (self.make(count), self.now);
                let ring = self.ring.as_mut().expect("open");
                let _ = ring.append(requests, now); // nobody is told
                ring.retain(now);
            }
            Act::Read(sink, items) if sink < self.sinks.len() => self.read(sink, items),
            Act::Acknowledge(sink) if sink < self.sinks.len() => {
                let upto = self.sinks[sink].given();
                self.tried[sink] = self.tried[sink].max(upto);
                if self.sinks[sink].acknowledge(upto).is_ok() {
                    self.confirmed[sink] = upto;
                }
            }
            Act::Read(..) | Act::Acknowledge(_) => {}
            Act::Fail(Op::Sync, ..) if self.options.ack != Ack::Fsync => {} // what it costs then is not promised
            Act::Fail(op, skip, kind) => {
                self.sync_failed |= op == Op::Sync;
                self.model.seed(u64::from(skip)); // what a failed sync leaves
                self.model.plan_after(op, skip, kind);
            }
            Act::Full(room) => self.model.leave_room(room),
            Act::Mend => self.model.mend(),
            Act::End(changes, power) => {
                self.model.end_after(changes);
                self.power = power;
            }
            Act::Stop(power) => {
                self.stop(power);
                self.begin();
            }
            Act::StopTwice(power, changes, again) => {
                self.stop(power);
                self.model.end_after(changes);
                drop(self.open()); // well or not
                self.stop(again);
                self.begin();
            }
        }
        if self.model.has_ended() {
            self.stop(self.power);
            self.begin();
        }
    }

    fn capture(&mut self) -> &mut Capture {
        self.capture.as_mut().expect("open")
    }

    fn make(&mut self, count: u64) -> Vec<Request> {
        let first = self.made + 1;
        self.made += count;
        self.sums.made += count;
        (first..=self.made).map(numbered).collect()
    }

    fn commit(&mut self, count: u64) {
        let (requests, now, ack) = (self.make(count), self.now, self.options.ack);
        let numbers = self.made + 1 - count..=self.made;
        let mut kept = self.capture().append(requests, now);
        if self.made.is_multiple_of(4) {
            (0..self.sinks.len()).for_each(|sink| self.read(sink, 2)); // before the sync
        }
        if ack == Ack::Fsync && kept.is_ok() {
            kept = self.capture().sync().and(kept);
        }
        self.capture().retain(now);
        if let Ok(first) = kept {
            for (sequence, number) in (first..).zip(numbers) {
                let before = self.acknowledged.insert(sequence, number);
                assert_eq!(before, None, "sequence {sequence} is given twice");
                self.sums.acknowledged += 1;
            }
        }
    }

    fn read(&mut self, sink: usize, items: usize) {
        let synced = self.capture().stats().snapshot().synced_sequence;
        for _ in 0..items {
            let before = self.sinks[sink].given();
            let request = match self.sinks[sink].next() {
                Some(Ok(Item::Request { request, .. })) => request,
                Some(_) => continue,
                None => break,
            };
            let sequence = request.sequence;
            assert!(before < sequence && sequence <= synced, "{before} < {sequence} <= {synced}");
            let number = self.number_of(&request);
            let other = self.shown.insert(sequence, number).filter(|other| *other != number);
            assert!(self.phantoms || other.is_none(), "{sequence} was {other:?} to a sink and is {number}");
            let skipped = self.acknowledged.range(before + 1..sequence).next();
            assert_eq!(skipped, None, "a sink goes from {before} to {sequence}");
            self.given[sink].insert(sequence);
            self.sums.given_to_sinks += 1;
        }
    }

    /// The process ends; `power` is the seed of what a loss of power leaves.
    fn stop(&mut self, power: Option<u64>) {
        if let Some(capture) = &self.capture {
            self.synced = capture.stats().snapshot().synced_sequence;
        }
        (self.capture, self.ring) = (None, None);
        self.sinks.clear();
        // A file that was removed may be there again after a crash, and its neighbour not.
        let names = self.model.names(Path::new(FOLDER));
        let oldest = names.iter().filter_map(|name| Some(segment::parse_name(name)?.0)).min();
        self.removed = self.removed.max(oldest.unwrap_or(0));
        match power {
            Some(seed) => {
                self.sums.power_losses += 1;
                self.model.crash(seed);
                if self.options.ack != Ack::Fsync {
                    self.acknowledged.retain(|sequence, _| *sequence <= self.synced);
                }
            }
            None => {
                self.sums.other_ends += 1;
                self.model.mend();
                self.phantoms |= self.sync_failed;
            }
        }
        self.sync_failed = false;
    }

    fn open(&self) -> Option<(Capture, Capture, Recovery)> {
        let (disk, folder) = (self.model.disk(), Path::new(FOLDER));
        let (capture, recovery) =
            Capture::open_on(disk.clone(), folder, self.options.clone(), self.now).ok()?;
        let options =
            Options { segment_size: 900, retain_size: 3_000, ack: Ack::Memory, ..Options::default() };
        let (ring, _) = Capture::open_on(disk, &ring(), options, self.now).ok()?;
        Some((capture, ring, recovery))
    }

    /// A new process begins, on a disk without a fault.
    fn begin(&mut self) {
        let first = self.open().expect("opens");
        let read = self.check(&first.2);
        drop(first);
        let (capture, ring, recovery) = self.open().expect("opens");
        assert_eq!(recovery.unsealed, [], "the first had mended all");
        assert_eq!(self.check(&recovery), read, "and what is read is the same");
        self.sinks = self.options.sinks.iter().map(|name| capture.sink(name).expect("configured")).collect();
        for (at, sink) in self.sinks.iter().enumerate() {
            let delivered = sink.delivered();
            let (confirmed, tried) = (self.confirmed[at], self.tried[at]);
            assert!(
                self.phantoms || confirmed <= delivered,
                "a cursor went back from {confirmed} to {delivered}"
            );
            assert!(delivered <= tried, "a cursor ran ahead from {tried} to {delivered}");
            self.confirmed[at] = delivered;
        }
        (self.capture, self.ring) = (Some(capture), Some(ring));
    }

    /// What is on the disk holds all that it owes, and nothing else; returns the sequences.
    fn check(&self, recovery: &Recovery) -> Vec<u64> {
        let read = self.read_all(Path::new(FOLDER));
        let oldest = read.first_key_value().map_or(recovery.next_sequence, |(sequence, _)| *sequence);
        let oldest = oldest.max(self.removed);
        for (sequence, number) in &self.acknowledged {
            match read.get(sequence) {
                Some(found) => assert_eq!(found, number, "at sequence {sequence}"),
                None => {
                    let ring = self.options.retain_size < u64::MAX || self.options.retain_time.is_some();
                    let needed = self.tried.iter().min().is_some_and(|tried| sequence > tried);
                    assert!(ring && !needed && *sequence < oldest, "request {number} at {sequence} is lost");
                }
            }
        }
        let last = self.acknowledged.last_key_value().map_or(0, |(sequence, _)| *sequence);
        let shown = self.shown.last_key_value().map_or(0, |(sequence, _)| *sequence);
        let used = if self.phantoms { last } else { last.max(shown) };
        assert!(recovery.next_sequence > used, "{} was used, next is {}", used, recovery.next_sequence);
        let expected =
            |finding: &CursorFinding| self.phantoms && matches!(finding, CursorFinding::PastEnd { .. });
        assert!(recovery.cursors.iter().all(expected), "{:?}", recovery.cursors);
        for at in 0..self.given.len() {
            // What a cursor has passed was given to its sink.
            let mut passed = self.acknowledged.range(..=self.tried[at]).map(|(sequence, _)| sequence);
            assert_eq!(
                passed.find(|sequence| !self.given[at].contains(sequence)),
                None,
                "sink {at} skipped it"
            );
        }
        self.read_all(&ring());
        read.into_keys().collect()
    }

    /// Numbers of all requests in a folder, by sequence: each is as it was made, and there once.
    fn read_all(&self, folder: &Path) -> BTreeMap<u64, u64> {
        let mut read = BTreeMap::new();
        let mut numbers = BTreeSet::new();
        for item in Reader::open_on(self.model.disk(), folder).expect("opens") {
            if let Item::Request { request, .. } = item.expect("readable") {
                let number = self.number_of(&request);
                assert!(numbers.insert(number), "request {number} is there twice");
                let last = read.last_key_value().map_or(0, |(sequence, _)| *sequence);
                assert!(request.sequence > last, "{} after {last}", request.sequence);
                read.insert(request.sequence, number);
            }
        }
        read
    }

    /// The number of a request, which must be as it was made.
    fn number_of(&self, request: &Request) -> u64 {
        let number = (request.received.0 - START.0) as u64 / 1_000_000;
        assert!((1..=self.made).contains(&number), "request {number} was not made");
        assert_eq!(*request, Request { sequence: request.sequence, ..numbered(number) });
        number
    }
}

fn ring() -> PathBuf {
    Path::new(FOLDER).join(REJECTED)
}

/// A whole segment, as of somebody who sends what they captured.
static CAPTURED: LazyLock<Vec<u8>> = LazyLock::new(|| MemorySegment::of((1..=3).map(request)).bytes);

/// Request `number`: every fifth has frames in its body, every seventh is larger than some segments.
fn numbered(number: u64) -> Request {
    let mut body = format!("body of {number}").repeat(3).into_bytes();
    if number.is_multiple_of(5) {
        body.extend_from_slice(&CAPTURED);
    }
    if number.is_multiple_of(7) {
        body.resize(4_500, number as u8);
    }
    Request { body: Bytes::from(body), ..request(number) }
}
