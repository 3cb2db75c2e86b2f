//! Reading a request's body within its limits: size, room in memory over all requests, and time.
//!
//! Room is taken as bytes arrive, not as they are announced: a client that announces much and sends little
//! holds little. A body whose announced length is over the limit is refused before a byte of it is read.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::receive::edge::Busy;

/// Bytes that one permit of the budget stands for.
const UNIT: usize = 1 << 10;
/// Memory set aside at once for a body that announces its length.
const FIRST_ALLOCATION: usize = 1 << 20;

/// Bytes that all requests together may hold, compressed and decompressed.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    permits: Arc<Semaphore>,
    total: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        let total = (bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS);
        Self { permits: Arc::new(Semaphore::new(total)), total }
    }

    pub(crate) fn in_use(&self) -> usize {
        self.total.saturating_sub(self.permits.available_permits()) * UNIT
    }

    /// Bytes that may be in use.
    pub(crate) fn total(&self) -> usize {
        self.total * UNIT
    }

    pub(crate) fn reserve_nothing(&self) -> Reservation {
        Reservation { budget: self.clone(), permit: None }
    }
}

/// A request's share of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Budget,
    permit: Option<OwnedSemaphorePermit>,
}

/// The budget is used up: the sender should come back later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NoRoom;

impl Reservation {
    /// Makes the share at least `bytes` in all.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let have = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let need = bytes.div_ceil(UNIT);
        if need <= have {
            return Ok(());
        }
        let more = u32::try_from(need - have).map_err(|_| NoRoom)?;
        let more = Arc::clone(&self.budget.permits).try_acquire_many_owned(more).map_err(|_| NoRoom)?;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        Ok(())
    }

    /// Gives back what is above `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let need = bytes.div_ceil(UNIT);
        if let Some(permit) = &mut self.permit
            && let Some(surplus) = permit.num_permits().checked_sub(need)
        {
            drop(permit.split(surplus));
        }
    }
}

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

/// Reads the body whole.
pub(crate) async fn read(
    body: &mut Incoming,
    limits: BodyLimits,
    room: &mut Reservation,
) -> Result<Bytes, ReadError> {
    let announced = body.size_hint().exact();
    if announced.is_some_and(|length| length > limits.size as u64) {
        return Err(ReadError::TooLarge { announced });
    }
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
pub(crate) fn discard(mut body: Incoming, max: usize, time: Duration, busy: Busy) {
    if body.is_end_stream() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_is_shared_and_given_back() {
        let budget = Budget::new(10 * UNIT);
        let mut a = budget.reserve_nothing();
        let mut b = budget.reserve_nothing();
        assert_eq!(a.grow_to(6 * UNIT), Ok(()));
        assert_eq!(a.grow_to(5 * UNIT), Ok(()), "a smaller wish is no wish");
        assert_eq!(b.grow_to(5 * UNIT), Err(NoRoom));
        assert_eq!(b.grow_to(4 * UNIT), Ok(()));
        assert_eq!(budget.in_use(), 10 * UNIT);
        drop(a);
        assert_eq!(b.grow_to(4 * UNIT + 1), Ok(()));
        assert_eq!(budget.in_use(), 5 * UNIT);
        b.shrink_to(UNIT + 1);
        assert_eq!(budget.in_use(), 2 * UNIT);
        b.shrink_to(9 * UNIT);
        assert_eq!(budget.in_use(), 2 * UNIT);
        drop(b);
        assert_eq!(budget.in_use(), 0);
    }

    #[test]
    fn absurd_wishes_are_no_room() {
        let budget = Budget::new(usize::MAX);
        assert_eq!(Budget::new(0).reserve_nothing().grow_to(2 * UNIT), Err(NoRoom));
        assert_eq!(budget.reserve_nothing().grow_to(usize::MAX), Err(NoRoom));
    }
}
