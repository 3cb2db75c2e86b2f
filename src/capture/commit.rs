//! Group commit: one thread writes all the requests that wait, syncs once, and answers them all.
//!
//! Nothing here blocks a submitter: the queue is bounded in requests and bytes, and what does not fit is
//! [`SubmitError::Full`]. After a failure the next batch tries again by itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use super::stats::{self, Stats};
use super::{Ack, Capture, Event, Request, frame, segment};
use crate::base::time::{Stopwatch, UnixNanos};

/// How often what is due by time is looked at, and, without [`Ack::Fsync`], synced.
const TICK: Duration = Duration::from_secs(1);

/// Called once with the sequence that a request got, or with why it is not kept. Runs on the thread that
/// writes, so it must be quick.
pub type Done = Box<dyn FnOnce(Result<u64, CommitError>) + Send>;

/// Why something is not on the disk. Of a batch of requests none is kept: the sender has to send it again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    #[error("no space left to {action} `{}`", path.display())]
    NoSpace { action: &'static str, path: Arc<Path> },
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io { action: &'static str, path: Arc<Path>, source: Arc<io::Error> },
}

impl CommitError {
    pub(super) fn new(action: &'static str, path: PathBuf, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { action, path },
            _ => Self::Io { action, path, source: source.into() },
        }
    }
}

/// Why a request was not taken. Its callback is dropped without being called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SubmitError {
    /// Answer 503: the disk is slower than the senders.
    #[error("the capture's queue is full")]
    Full,
    /// The capture is shut down.
    #[error("the capture is closed")]
    Closed,
    /// No capture can hold such a request.
    #[error("the request is too large for a capture: {len} bytes, at most {max}")]
    TooLarge { len: usize, max: usize },
}

/// Bounds of the queue before the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queue {
    /// Requests that may wait.
    pub requests: usize,
    /// Bytes that may wait; a request larger than that is taken when nothing else waits.
    pub bytes: usize,
    /// Bytes after which a batch takes no further request.
    pub batch: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self { requests: 1024, bytes: 64 << 20, batch: 8 << 20 }
    }
}

/// The thread that writes a capture, and the queue to it. Share it by reference or `Arc`.
#[derive(Debug)]
pub struct Committer {
    jobs: RwLock<Option<SyncSender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    max_bytes: u64,
    ack: Ack,
    stats: Arc<Stats>,
}

struct Job {
    request: Request,
    weight: u64,
    done: Option<Done>,
}

impl Committer {
    /// Starts the thread. `on_event` runs on it, after the callbacks of a batch.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(
        capture: Capture,
        queue: Queue,
        on_event: impl Fn(Event) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, jobs) = sync_channel(queue.requests);
        let (ack, stats) = (capture.ack(), capture.stats());
        let worker = Worker {
            capture,
            jobs,
            batch: queue.batch as u64,
            stats: Arc::clone(&stats),
            on_event: Box::new(on_event),
        };
        let thread = std::thread::Builder::new().name("capture".into()).spawn(move || worker.run())?;
        Ok(Self {
            jobs: RwLock::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            max_bytes: queue.bytes as u64,
            ack,
            stats,
        })
    }

    /// Queues a request (its sequence is given by the capture) and returns at once.
    ///
    /// `done` is called with the sequence once the request is kept as [`Ack`] has it. Under [`Ack::Memory`] it
    /// is called here, with 0: the sequence is not known yet.
    ///
    /// # Errors
    /// The queue is full, the capture is shut down, or no capture can hold the request: `done` is not called.
    pub fn submit(&self, request: Request, done: Done) -> Result<(), SubmitError> {
        let len = request.record_len();
        if len > frame::MAX_RECORD || len - request.body.len() > segment::MAX_BESIDE_BODY {
            return Err(SubmitError::TooLarge { len, max: frame::MAX_RECORD });
        }
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        let jobs = jobs.as_ref().ok_or(SubmitError::Closed)?;
        let weight = request.weight() as u64;
        let (now, later) = if self.ack == Ack::Memory { (Some(done), None) } else { (None, Some(done)) };
        let waiting = self.stats.queued_bytes.fetch_add(weight, Ordering::Relaxed);
        stats::add(&self.stats.queued, 1);
        let sent = if waiting > 0 && waiting + weight > self.max_bytes {
            Err(SubmitError::Full)
        } else {
            jobs.try_send(Job { request, weight, done: later }).map_err(|err| match err {
                TrySendError::Full(_) => SubmitError::Full,
                TrySendError::Disconnected(_) => SubmitError::Closed,
            })
        };
        match sent {
            Ok(()) => {
                if let Some(done) = now {
                    done(Ok(0));
                }
                Ok(())
            }
            Err(err) => {
                leave_queue(&self.stats, 1, weight);
                Err(err)
            }
        }
    }

    /// Figures of the capture.
    #[must_use]
    pub fn stats(&self) -> &Arc<Stats> {
        &self.stats
    }

    /// Writes and answers what waits, seals the segment, and ends the thread. Later submits are
    /// [`SubmitError::Closed`].
    pub fn shutdown(&self) {
        self.jobs.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A callback that panicked has been reported by its panic.
            let _ = thread.join();
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.shutdown();
    }
}

struct Worker {
    capture: Capture,
    jobs: Receiver<Job>,
    batch: u64,
    stats: Arc<Stats>,
    on_event: Box<dyn Fn(Event) + Send>,
}

impl Worker {
    fn run(mut self) {
        let mut ticked = Stopwatch::start();
        loop {
            match self.jobs.recv_timeout(TICK.saturating_sub(ticked.elapsed())) {
                Ok(first) => self.commit(first),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if ticked.elapsed() >= TICK {
                ticked = Stopwatch::start();
                self.capture.tick(UnixNanos::now());
            }
            self.tell();
        }
        self.capture.seal();
        self.capture.retain(UnixNanos::now());
        self.tell();
    }

    /// Writes `first` and what else waits, and answers it.
    fn commit(&mut self, first: Job) {
        let mut weight = first.weight;
        let mut requests = vec![first.request];
        let mut waiting = vec![first.done];
        while weight < self.batch
            && let Ok(job) = self.jobs.try_recv()
        {
            weight += job.weight;
            requests.push(job.request);
            waiting.push(job.done);
        }
        let count = requests.len() as u64;
        let now = UnixNanos::now();
        let mut kept = self.capture.append(requests, now);
        if self.capture.ack() == Ack::Fsync
            && kept.is_ok()
            && let Err(err) = self.capture.sync()
        {
            kept = Err(err);
        }
        leave_queue(&self.stats, count, weight);
        if self.capture.ack() == Ack::Memory && kept.is_err() {
            stats::add(&self.stats.lost, count);
        }
        for (at, done) in waiting.into_iter().enumerate() {
            if let Some(done) = done {
                done(kept.clone().map(|first| first + at as u64));
            }
        }
        self.capture.retain(now);
    }

    fn tell(&mut self) {
        for event in self.capture.take_events() {
            (self.on_event)(event);
        }
    }
}

fn leave_queue(stats: &Stats, requests: u64, bytes: u64) {
    stats.queued.fetch_sub(requests, Ordering::Relaxed);
    stats.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::ErrorKind;

    use super::super::model::Op;
    use super::super::testing::{
        committer, failing, findings, kept, names_on, open, read, read_on, request, sequences, small, submit,
    };
    use super::*;
    use crate::capture::{Item, Options};

    #[test]
    fn all_that_was_acknowledged_to_many_threads_is_on_disk_with_fewer_syncs() {
        let folder = tempfile::tempdir().expect("a folder");
        let committer = committer(folder.path(), Ack::Fsync);
        let (threads, each) = (8, 100);
        let acknowledged: BTreeMap<u64, u64> = std::thread::scope(|scope| {
            let submitters: Vec<_> = (0..threads)
                .map(|thread| {
                    let committer = &committer;
                    scope.spawn(move || {
                        (0..each)
                            .map(|n| thread * each + n)
                            .map(|n| (submit(committer, request(n)).expect("kept"), n))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            submitters.into_iter().flat_map(|submitter| submitter.join().expect("no panic")).collect()
        });
        // Not shut down: what was acknowledged is there already.
        let items = read(folder.path());
        assert_eq!(findings(&items), Vec::<&Item>::new());
        assert_eq!(sequences(&items), (1..=threads * each).collect::<Vec<_>>());
        for item in items {
            let Item::Request { request: read, .. } = item else { unreachable!("no findings") };
            assert_eq!(read, kept(acknowledged[&read.sequence], read.sequence));
        }
        let stats = committer.stats().snapshot();
        assert!(stats.syncs < threads * each, "{} syncs", stats.syncs);
        assert_eq!((stats.queued, stats.queued_bytes), (0, 0));
        assert_eq!(stats.synced_sequence, threads * each);
    }

    #[test]
    fn sink_is_given_all_in_order_while_it_is_written_and_goes_on_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options { sinks: vec!["s3".into()], retain_size: 0, ..small() };
        for round in 0..2_u64 {
            let capture = open(folder.path(), options.clone());
            let mut sink = capture.sink("s3").expect("configured");
            assert_eq!(sink.delivered(), round * 90);
            let committer = Committer::start(capture, Queue::default(), |_| {}).expect("a thread");
            std::thread::scope(|scope| {
                scope.spawn(|| (1..=100).for_each(|n| drop(submit(&committer, request(n)))));
                let mut expect = round * 90 + 1;
                while expect <= (round + 1) * 100 {
                    match sink.next() {
                        Some(Ok(Item::Request { request, .. })) => {
                            assert_eq!(request, kept((request.sequence - 1) % 100 + 1, expect));
                            expect += 1;
                        }
                        Some(other) => panic!("{other:?}"),
                        None => std::thread::yield_now(),
                    }
                    if expect % 10 == 1 {
                        sink.acknowledge(expect.min((round + 1) * 90 + 1) - 1).expect("written");
                    }
                }
            });
            assert_eq!(sink.delivered(), (round + 1) * 90);
        }
    }

    #[test]
    fn after_a_failed_sync_the_batch_fails_and_the_next_goes_to_a_new_segment() {
        let (model, committer) = failing(Ack::Fsync);
        assert_eq!(submit(&committer, request(1)).expect("kept"), 1);
        model.plan(Op::Sync, ErrorKind::Other);
        let err = submit(&committer, request(2)).expect_err("not kept");
        assert!(matches!(err, CommitError::Io { .. }), "{err}");
        assert_eq!(submit(&committer, request(3)).expect("kept"), 2);
        committer.shutdown();
        let items = read_on(&model);
        assert_eq!(findings(&items), Vec::<&Item>::new());
        assert_eq!(sequences(&items), [1, 2]);
        let files: Vec<_> = items.iter().map(|item| matches!(item, Item::Request { file, .. } if file.ends_with("00000000000000000002.rwcap"))).collect();
        assert_eq!(files, [false, true]);
        assert_eq!(committer.stats().snapshot().failures, 1);
    }

    #[test]
    fn unanswered_requests_that_cannot_be_withdrawn_keep_their_sequences() {
        let (model, committer) = failing(Ack::Fsync);
        assert_eq!(submit(&committer, request(1)).expect("kept"), 1);
        model.seed(0); // it stays in memory
        model.plan(Op::Sync, ErrorKind::Other);
        model.plan(Op::SetLen, ErrorKind::Other);
        submit(&committer, request(2)).expect_err("not kept");
        assert_eq!(submit(&committer, request(3)).expect("kept"), 3);
        committer.shutdown();
        let items = read_on(&model);
        assert_eq!(findings(&items), Vec::<&Item>::new());
        assert_eq!(sequences(&items), [1, 2, 3]);
    }

    #[test]
    fn no_space_is_said_as_such_and_mends_itself() {
        for op in [Op::Create, Op::Write, Op::Sync, Op::SyncFolder] {
            let (model, committer) = failing(Ack::Fsync);
            for _ in 0..3 {
                model.plan(op, ErrorKind::StorageFull);
                let err = submit(&committer, request(1)).expect_err("not kept");
                assert!(matches!(err, CommitError::NoSpace { .. }), "{op:?}: {err}");
                assert_eq!(names_on(&model), [".lock"], "{op:?}");
            }
            assert_eq!(submit(&committer, request(2)).expect("kept"), 1);
            model.plan(Op::Write, ErrorKind::StorageFull);
            submit(&committer, request(3)).expect_err("not kept");
            assert_eq!(submit(&committer, request(4)).expect("kept"), 2);
            assert_eq!(model.planned(), 0);
            committer.shutdown();
            let items = read_on(&model);
            assert_eq!(findings(&items), Vec::<&Item>::new());
            assert_eq!(sequences(&items), [1, 2]);
        }
    }

    #[test]
    fn what_was_acknowledged_before_a_sync_failed_is_not_withdrawn() {
        let (model, committer) = failing(Ack::Write);
        assert_eq!(submit(&committer, request(1)).expect("kept"), 1);
        model.seed(0); // it stays in memory
        model.plan(Op::Sync, ErrorKind::Other);
        committer.shutdown(); // syncs
        assert_eq!(model.planned(), 0);
        assert_eq!(sequences(&read_on(&model)), [1]);
        assert_eq!(committer.stats().snapshot().failures, 1);
    }

    #[test]
    fn memory_answers_before_writing_and_counts_what_it_loses() {
        let (model, committer) = failing(Ack::Memory);
        model.plan(Op::Create, ErrorKind::StorageFull);
        assert_eq!(submit(&committer, request(1)).expect("taken"), 0);
        committer.shutdown();
        assert_eq!(committer.stats().snapshot().lost, 1);
        assert_eq!(model.planned(), 0);
    }

    #[test]
    fn full_queue_and_closed_capture_refuse_without_waiting() {
        let folder = tempfile::tempdir().expect("a folder");
        let capture = super::super::testing::open(folder.path(), super::super::Options::default());
        let queue = Queue { requests: 1, ..Queue::default() };
        let committer = Committer::start(capture, queue, |_| {}).expect("a thread");
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let (began, begun) = std::sync::mpsc::channel();
        let block = move |_| {
            began.send(()).expect("somebody waits");
            let _ = held.recv();
        };
        committer.submit(request(1), Box::new(block)).expect("taken");
        begun.recv().expect("the thread is in the callback");
        committer.submit(request(2), Box::new(|_| {})).expect("taken");
        assert_eq!(committer.submit(request(3), Box::new(|_| {})), Err(SubmitError::Full));
        assert_eq!(committer.stats().snapshot().queued, 1);
        drop(hold);
        committer.shutdown();
        assert_eq!(committer.submit(request(4), Box::new(|_| {})), Err(SubmitError::Closed));
        assert_eq!(sequences(&read(folder.path())), [1, 2]);
    }

    #[test]
    fn request_that_no_capture_can_hold_is_refused_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let committer = committer(folder.path(), Ack::Fsync);
        let huge = Request { user_agent: "x".repeat(segment::MAX_BESIDE_BODY), ..request(1) };
        let refused = committer.submit(huge, Box::new(|_| {}));
        assert!(matches!(refused, Err(SubmitError::TooLarge { .. })), "{refused:?}");
        assert_eq!(submit(&committer, request(2)).expect("kept"), 1);
    }
}
