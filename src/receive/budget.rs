//! The memory that all requests in flight may hold together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that one permit of the budget stands for.
const UNIT: usize = 1 << 10;

/// A request that holds more than this leaves the last [`SPARE`] bytes to others.
pub(crate) const SMALL: usize = 1 << 20;

/// What ordinary requests find free however much large ones want.
pub(crate) const SPARE: usize = 8 << 20;

/// Bytes that all requests together may hold, compressed and decompressed.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    permits: Arc<Semaphore>,
    total: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        let total = bytes.div_ceil(UNIT).clamp(1, Semaphore::MAX_PERMITS);
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
        let spare = if bytes > SMALL { SPARE / UNIT } else { 0 };
        if self.budget.permits.available_permits() < (need - have).saturating_add(spare) {
            return Err(NoRoom);
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
    fn all_of_it_can_be_had_at_once() {
        for bytes in [1, UNIT - 1, UNIT, 2 * UNIT + 1, SMALL] {
            assert_eq!(Budget::new(bytes).reserve_nothing().grow_to(bytes), Ok(()), "{bytes}");
        }
    }

    #[test]
    fn large_requests_leave_room_for_small_ones() {
        let budget = Budget::new(SPARE + 4 * SMALL);
        let mut large = budget.reserve_nothing();
        assert_eq!(large.grow_to(4 * SMALL + 1), Err(NoRoom));
        assert_eq!(large.grow_to(4 * SMALL), Ok(()));
        let mut small: Vec<_> = (0..SPARE / SMALL).map(|_| budget.reserve_nothing()).collect();
        for room in &mut small {
            assert_eq!(room.grow_to(SMALL), Ok(()));
        }
        assert_eq!(budget.reserve_nothing().grow_to(1), Err(NoRoom));
    }

    #[test]
    fn absurd_wishes_are_no_room() {
        let budget = Budget::new(usize::MAX);
        assert_eq!(Budget::new(0).reserve_nothing().grow_to(2 * UNIT), Err(NoRoom));
        assert_eq!(budget.reserve_nothing().grow_to(usize::MAX), Err(NoRoom));
    }
}
