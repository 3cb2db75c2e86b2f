//! Reading a request's body within its limits: size, room in memory over all requests, and time.
//!
//! Room is taken as bytes arrive, not as they are announced: a client that announces much and sends little
//! holds little. A body whose announced length is over the limit is refused before a byte of it is read.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::Version;
use hyper::body::{Body, Incoming};
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use tokio::time::{Instant, timeout_at};

use crate::receive::budget::{NoRoom, Reservation};
use crate::receive::phase::Busy;

/// Memory set aside at once for a body that announces its length.
const FIRST_ALLOCATION: usize = 1 << 20;

/// Bounds for one body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    /// Bytes.
    pub(crate) size: usize,
    /// Between two pieces.
    pub(crate) idle: Duration,
    /// For the whole request.
    pub(crate) deadline: Instant,
}

/// Why a body was not read to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ReadError {
    /// Over the limit; `announced` by `Content-Length`, or found while reading.
    TooLarge {
        announced: Option<u64>,
    },
    NoRoom,
    /// Nothing came for the idle timeout.
    Idle,
    /// The request took longer than a request may.
    Deadline,
    /// The connection or its framing broke after `read` bytes.
    Broken {
        read: usize,
        cause: String,
    },
}

/// A body that may still have to be asked for.
pub(crate) struct Upload {
    body: Incoming,
    /// The client waits for `100 Continue`, which reading the body sends.
    waits: bool,
}

impl Upload {
    pub(crate) fn new(head: &Parts, body: Incoming) -> Self {
        let expects = head.headers.get(EXPECT).map_or(&b""[..], |value| value.as_bytes());
        // RFC 9110 10.1.1: to be ignored in a request of HTTP/1.0.
        let waits = expects.eq_ignore_ascii_case(b"100-continue") && head.version > Version::HTTP_10;
        Self { body, waits }
    }

    /// Whether the connection ends with the answer: a body that nobody asked for may come or not.
    pub(crate) fn ends_the_connection(&self) -> bool {
        self.waits && !self.body.is_end_stream()
    }
}

/// Reads the body whole.
pub(crate) async fn read(
    upload: &mut Upload,
    limits: BodyLimits,
    room: &mut Reservation,
) -> Result<Bytes, ReadError> {
    let body = &mut upload.body;
    let announced = body.size_hint().exact();
    if announced.is_some_and(|length| length > limits.size as u64) {
        return Err(ReadError::TooLarge { announced });
    }
    upload.waits = false;
    let first = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut bytes = BytesMut::with_capacity(first.min(FIRST_ALLOCATION));
    loop {
        let until = limits.deadline.min(Instant::now() + limits.idle);
        let frame = match timeout_at(until, body.frame()).await {
            Ok(None) => return Ok(bytes.freeze()),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => {
                return Err(ReadError::Broken { read: bytes.len(), cause: error.to_string() });
            }
            Err(_) if until == limits.deadline => return Err(ReadError::Deadline),
            Err(_) => return Err(ReadError::Idle),
        };
        let Ok(data) = frame.into_data() else { continue }; // trailers say nothing we read
        let length = bytes.len() + data.len();
        if length > limits.size {
            return Err(ReadError::TooLarge { announced: None });
        }
        room.grow_to(length).map_err(|NoRoom| ReadError::NoRoom)?;
        bytes.extend_from_slice(&data);
    }
}

/// Reads what is left of a refused body and forgets it, within bounds, in the background: a client that
/// only reads its answer after sending everything gets it, and its connection stays usable.
pub(crate) fn discard(upload: Upload, max: usize, time: Duration, busy: Busy) {
    let Upload { mut body, waits } = upload;
    if waits || body.is_end_stream() {
        return;
    }
    tokio::spawn(async move {
        let _busy = busy;
        let until = Instant::now() + time;
        let mut left = max;
        while let Ok(Some(Ok(frame))) = timeout_at(until, body.frame()).await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    });
}
