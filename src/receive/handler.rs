//! One request, from its head to its answer.
//!
//! A write request goes through stations, and each may answer: negotiation (415), the body (413, 400, 503),
//! judgement (400, 413), the capture (503). It is answered 204 only after the capture has taken it as its
//! acknowledgement level promises.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
    TRANSFER_ENCODING, USER_AGENT,
};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::base::text::clip;
use crate::base::time::UnixNanos;
use crate::capture;
use crate::receive::answer::{self, Answer};
use crate::receive::body::{self, BodyLimits, ReadError, Upload};
use crate::receive::budget::{Budget, NoRoom, Reservation};
use crate::receive::judge::{Noted, Reading, RuleHits, Verdict, Workspace, judge};
use crate::receive::metrics::{self, Answered, Metrics};
use crate::receive::negotiate::{self, Negotiated, negotiate};
use crate::receive::phase::Busy;
use crate::receive::problems::{Problem, Problems, Sender};
use crate::receive::route::{Route, WRITE_PATHS, route};
use crate::receive::store::{Store, StoreError};
use crate::receive::{Config, Observed, looks, page};
use crate::wire::{self, Encoding, Protocol};

/// Messages above this are judged on a thread of their own, and only as many at once as there are cores.
const LARGE: usize = 1 << 20;
/// Messages above this are judged one at a time: senders cut theirs smaller, and two of these take more memory than all else.
const HUGE: usize = 8 << 20;
/// Workspaces kept between requests, and the largest message buffer kept in one.
const POOLED: usize = 16;
const POOLED_MESSAGE: usize = 4 << 20;
/// Bytes kept of each header that is captured.
const HEADER: usize = 1024;

/// Everything that requests share.
pub(crate) struct Handler {
    config: Config,
    store: Store,
    pub(crate) metrics: Arc<Metrics>,
    problems: Mutex<Problems>,
    budget: Budget,
    large: Arc<Semaphore>,
    huge: Arc<Semaphore>,
    pool: Mutex<Vec<Workspace>>,
    observer: Option<mpsc::Sender<Observed>>,
    stopping: AtomicBool,
}

/// What is known of a write request so far: filled in on its way, counted at its end.
#[derive(Default)]
struct Progress {
    protocol: Option<Protocol>,
    wire_bytes: usize,
    decoded_bytes: usize,
}

impl Handler {
    pub(crate) fn new(
        config: Config,
        store: Store,
        metrics: Arc<Metrics>,
        budget: Budget,
        observer: Option<mpsc::Sender<Observed>>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            config,
            store,
            metrics,
            problems: Mutex::default(),
            budget,
            large: Arc::new(Semaphore::new(cores)),
            huge: Arc::new(Semaphore::new(1)),
            pool: Mutex::default(),
            observer,
            stopping: AtomicBool::new(false),
        }
    }

    /// Figures of the capture.
    pub(crate) fn capture(&self) -> Option<capture::Snapshot> {
        self.store.snapshot()
    }

    /// Writes what waits in the capture and seals it; blocks.
    pub(crate) fn close(&self) {
        self.store.close();
    }

    /// The receiver is about to end: not ready any more.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn problems(&self) -> MutexGuard<'_, Problems> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs what was met again and again since the last time.
    pub(crate) fn summarise(&self) {
        for Problem { sender, name, new, total } in self.problems().changed() {
            tracing::warn!(sender, problem = name, new, total, "problem goes on");
        }
    }

    /// Answers one request; `busy` keeps the connection from being taken for idle.
    pub(crate) async fn handle(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        busy: Busy,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let mut upload = Upload::new(&head, body);
        let mut response = match route(&head.method, head.uri.path(), head.uri.query()) {
            Route::Write => self.write(&head, &mut upload, peer).await.into_response(),
            Route::Handshake => answer::plain(StatusCode::OK, "1"),
            Route::Page => {
                let (content_type, text) = page::page(head.headers.get(ACCEPT).and_then(|v| v.to_str().ok()));
                answer::with_body(StatusCode::OK, content_type, text)
            }
            Route::Metrics => answer::with_body(StatusCode::OK, metrics::CONTENT_TYPE, self.metrics.encode()),
            Route::Healthy => answer::plain(StatusCode::OK, "healthy\n"),
            Route::Ready => self.ready(),
            Route::Method(allowed) => answer::wrong_method(allowed),
            Route::Unknown => answer::plain(
                StatusCode::NOT_FOUND,
                format!("nothing here; remote write goes to POST {}\n", WRITE_PATHS[0]),
            ),
        };
        if upload.ends_the_connection() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        body::discard(upload, self.config.max_body, self.config.linger, busy);
        response
    }

    fn ready(&self) -> Response<Full<Bytes>> {
        let why_not = match self.stopping.load(Ordering::Relaxed) {
            true => Some("shutting down".to_owned()),
            false => self.store.trouble(),
        };
        match why_not {
            None => answer::plain(StatusCode::OK, "ready\n"),
            Some(why) => answer::plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
        }
    }

    async fn write(&self, head: &Parts, body: &mut Upload, peer: IpAddr) -> Answer {
        let started = Instant::now();
        let sender = Sender::new(peer, &header(&head.headers, &USER_AGENT));
        let mut progress = Progress::default();
        let answer = match self.stations(&head.headers, body, &sender, started, &mut progress).await {
            Ok(answer) | Err(answer) => answer,
        };
        self.metrics.answered(&Answered {
            protocol: progress.protocol,
            status: answer.status,
            duration: started.elapsed(),
            wire_bytes: progress.wire_bytes,
            decoded_bytes: progress.decoded_bytes,
            written: answer.written,
        });
        if let Some(problem) = answer.problem
            && self.problems().add(&sender, problem, 1)
        {
            let (status, sentence) = (answer.status.as_u16(), &answer.sentence);
            tracing::warn!(%sender, problem, status, "request refused: {sentence}");
        }
        answer
    }

    async fn stations(
        &self,
        headers: &HeaderMap,
        body: &mut Upload,
        sender: &Sender,
        started: Instant,
        progress: &mut Progress,
    ) -> Result<Answer, Answer> {
        let deadline = started + self.config.request_timeout;
        let negotiated = negotiate(headers).map_err(|refusal| {
            progress.protocol = refusal.protocol;
            let (name, sentence) = (refusal.cause.name(), refusal.cause.to_string());
            Answer::refused(refusal.protocol, StatusCode::UNSUPPORTED_MEDIA_TYPE, name, &sentence)
        })?;
        let Negotiated { protocol, encoding, .. } = negotiated;
        progress.protocol = Some(protocol);
        for note in &negotiated.notes {
            self.note(protocol, sender, note.name(), 1, note.sentence());
        }

        if !headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING) {
            // HTTP takes it for a request without a body. Without compression that is a sound, empty message,
            // and what its sender wrote would be lost behind a 204.
            let sentence =
                "neither Content-Length nor Transfer-Encoding: HTTP reads no body then; send one of both";
            return Err(
                Answer::refused(Some(protocol), StatusCode::BAD_REQUEST, "no-length", sentence).closing()
            );
        }
        let mut room = self.budget.reserve_nothing();
        let limits = BodyLimits { size: self.config.max_body, idle: self.config.body_idle_timeout, deadline };
        let bytes = body::read(body, limits, &mut room).await.map_err(|err| self.unread(protocol, &err))?;
        progress.wire_bytes = bytes.len();
        let received = UnixNanos::now();

        let (verdict, mut room) = self.judged(protocol, encoding, &bytes, room, deadline).await?;
        room.shrink_to(bytes.len());
        progress.decoded_bytes = verdict.decoded;
        let (answer, reading) = match verdict.result {
            Ok(reading) => (Answer::read(protocol, &reading), Ok(reading)),
            Err(refused) => {
                let answer =
                    Answer::refused(Some(protocol), refused.status, refused.problem, &refused.sentence);
                (answer, Err(()))
            }
        };
        let request = captured(headers, &negotiated, received, bytes, &answer, reading.as_ref().ok());
        match reading {
            Ok(reading) if !reading.is_wholly_refused() => {
                self.keep(protocol, request, room, deadline).await?;
                self.report(protocol, sender, &reading);
            }
            Ok(reading) => {
                self.store.reject(request);
                self.report(protocol, sender, &reading);
            }
            Err(()) => self.store.reject(request),
        }
        Ok(answer)
    }

    /// Judges on this task when the message is small, else on a thread for blocking work.
    async fn judged(
        &self,
        protocol: Protocol,
        encoding: Encoding,
        bytes: &Bytes,
        mut room: Reservation,
        deadline: Instant,
    ) -> Result<(Verdict, Reservation), Answer> {
        let limits = self.config.limits;
        let message = match wire::declared_len(encoding, bytes) {
            _ if encoding == Encoding::Identity => 0, // the message is the body
            Ok(Some(declared)) => declared.min(limits.decoded),
            Ok(None) => limits.decoded,
            Err(_) => 0,
        };
        let no_room = |NoRoom| self.over_budget(protocol);
        if message.max(bytes.len()) <= LARGE {
            room.grow_to(bytes.len() + message).map_err(no_room)?;
            let mut workspace = self.workspace();
            let verdict = judge(protocol, encoding, bytes, &limits, &mut workspace);
            self.put_back(workspace);
            return Ok((verdict, room));
        }
        // First, so that what waits for it holds up no smaller one.
        let alone = match message > HUGE {
            true => match timeout_at(deadline, Arc::clone(&self.huge).acquire_owned()).await {
                Ok(Ok(alone)) => Some(alone),
                _ => return Err(self.took_too_long(protocol)),
            },
            false => None,
        };
        let Ok(Ok(turn)) = timeout_at(deadline, Arc::clone(&self.large).acquire_owned()).await else {
            return Err(self.took_too_long(protocol));
        };
        room.grow_to(bytes.len() + message).map_err(no_room)?;
        let (body, mut workspace) = (bytes.clone(), self.workspace());
        let judging = tokio::task::spawn_blocking(move || {
            let verdict = judge(protocol, encoding, &body, &limits, &mut workspace);
            // All of it is given back before the next one has its turn: here, not in the task, which may have ended
            // with its client.
            let workspace = Some(workspace).filter(|workspace| workspace.held() <= POOLED_MESSAGE);
            room.shrink_to(body.len());
            drop((turn, alone));
            (verdict, room, workspace)
        });
        let (verdict, room, workspace) = judging.await.map_err(|_| self.shutting_down(protocol))?;
        if let Some(workspace) = workspace {
            self.put_back(workspace);
        }
        Ok((verdict, room))
    }

    /// Hands the request to the capture and to the observer; done when both have it.
    async fn keep(
        &self,
        protocol: Protocol,
        request: capture::Request,
        room: Reservation,
        deadline: Instant,
    ) -> Result<(), Answer> {
        // A place is taken first, so that whatever is accepted is also observed.
        let place = match &self.observer {
            None => None,
            Some(observer) => match timeout_at(deadline, observer.reserve()).await {
                Ok(Ok(place)) => Some((place, request.clone())),
                Ok(Err(_)) => None, // nobody is looking any more
                Err(_) => return Err(self.took_too_long(protocol)),
            },
        };
        match timeout_at(deadline, self.store.put(request)).await {
            Ok(Ok(sequence)) => {
                if let Some((place, request)) = place {
                    place.send(Observed { request: capture::Request { sequence, ..request }, _room: room });
                }
                Ok(())
            }
            Ok(Err(err)) => Err(self.not_kept(protocol, err)),
            Err(_) => Err(self.took_too_long(protocol)),
        }
    }

    /// Counts what rules and notes say of a request, and logs what is new.
    fn report(&self, protocol: Protocol, sender: &Sender, reading: &Reading) {
        for Noted { name, sentence, times } in &reading.notes {
            self.note(protocol, sender, name, *times, sentence);
        }
        for RuleHits { rule, series, metric } in &reading.rejections {
            let refused = series.len() as u64;
            self.metrics.rejected(protocol, rule, refused);
            if self.problems().add(sender, rule, refused) {
                tracing::warn!(%sender, rule, refused, metric, "series refused");
            }
        }
        if let Some(first) = &reading.first {
            tracing::debug!(%sender, "{first}");
        }
    }

    fn note(&self, protocol: Protocol, sender: &Sender, note: &'static str, times: u64, sentence: &str) {
        self.metrics.noted(protocol, note, times);
        if self.problems().add(sender, note, times) {
            tracing::info!(%sender, note, times, "{sentence}");
        }
    }

    fn unread(&self, protocol: Protocol, err: &ReadError) -> Answer {
        let refused =
            |status, problem, sentence: &str| Answer::refused(Some(protocol), status, problem, sentence);
        match err {
            ReadError::TooLarge { announced } => {
                let (limit, mend) = (self.config.max_body, looks::SMALLER.replace("FLAG", "--max-body"));
                let sentence = match announced {
                    Some(size) => format!("the body has {size} bytes, the limit is {limit}: {mend}"),
                    None => format!("the body has more than {limit} bytes, which is the limit: {mend}"),
                };
                refused(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", &sentence)
            }
            ReadError::NoRoom => self.over_budget(protocol),
            ReadError::Idle => {
                let seconds = self.config.body_idle_timeout.as_secs_f64();
                let sentence = format!("nothing of the body came for {seconds} s; send it again");
                self.later(protocol, "body-timeout", &sentence).closing()
            }
            ReadError::Deadline => self.took_too_long(protocol).closing(),
            ReadError::Broken { read, cause } => {
                let sentence = format!("the body broke off after {read} bytes: {cause}");
                refused(StatusCode::BAD_REQUEST, "body-broken", &sentence).closing()
            }
        }
    }

    fn later(&self, protocol: Protocol, problem: &'static str, sentence: &str) -> Answer {
        Answer::later(protocol, self.config.retry_after.as_secs().max(1), problem, sentence)
    }

    fn over_budget(&self, protocol: Protocol) -> Answer {
        let sentence = format!(
            "requests in flight hold {} bytes already: raise `--max-inflight`, or send again later",
            self.budget.total()
        );
        self.later(protocol, "over-budget", &sentence)
    }

    fn took_too_long(&self, protocol: Protocol) -> Answer {
        let seconds = self.config.request_timeout.as_secs_f64();
        self.later(protocol, "request-timeout", &format!("not done within {seconds} s; send it again"))
    }

    fn shutting_down(&self, protocol: Protocol) -> Answer {
        self.later(protocol, "shutting-down", "the receiver is shutting down; send again later")
    }

    fn not_kept(&self, protocol: Protocol, err: StoreError) -> Answer {
        let sentence = err.to_string();
        match err {
            StoreError::TooLarge { .. } => {
                Answer::refused(Some(protocol), StatusCode::PAYLOAD_TOO_LARGE, err.name(), &sentence)
            }
            _ => self.later(protocol, err.name(), &sentence),
        }
    }

    fn workspace(&self) -> Workspace {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn put_back(&self, workspace: Workspace) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < POOLED {
            pool.push(workspace);
        }
    }
}

/// The request as the capture keeps it. Of the headers only these: credentials never get there.
fn captured(
    headers: &HeaderMap,
    negotiated: &Negotiated,
    received: UnixNanos,
    body: Bytes,
    answer: &Answer,
    reading: Option<&Reading>,
) -> capture::Request {
    let plain_dialect = match negotiated.protocol {
        Protocol::V1 => wire::Dialect::V1,
        Protocol::V2 => wire::Dialect::V2,
    };
    let rejections = reading.map_or(&[][..], |reading| &reading.rejections);
    let success = answer.status == StatusCode::NO_CONTENT;
    capture::Request {
        sequence: 0,
        received,
        protocol: negotiated.protocol,
        dialect: reading.map_or(plain_dialect, |reading| reading.dialect),
        encoding: negotiated.encoding,
        content_type: header(headers, &CONTENT_TYPE),
        content_encoding: header(headers, &CONTENT_ENCODING),
        version: header(headers, &negotiate::VERSION),
        user_agent: header(headers, &USER_AGENT),
        retry_attempt: header(headers, "retry-attempt").parse().unwrap_or(0),
        tenant: Some(header(headers, "x-scope-orgid")).filter(|tenant| !tenant.is_empty()),
        counts: answer.written,
        outcome: capture::Outcome {
            rejections: rejections
                .iter()
                .map(|hits| capture::Rejection { rule: hits.rule.to_owned(), series: hits.series.clone() })
                .collect(),
            filtered_from: None,
            status: if success { 0 } else { answer.status.as_u16() },
            reason: answer.sentence.clone(),
        },
        body,
    }
}

/// A header's text, cut; empty when absent.
fn header(headers: &HeaderMap, name: impl hyper::header::AsHeaderName) -> String {
    let value = headers.get(name).map_or(&b""[..], |value| value.as_bytes());
    clip(&String::from_utf8_lossy(value), HEADER).into_owned()
}
