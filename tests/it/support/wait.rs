//! Waiting for something to become true: asking until a deadline.

use std::time::{Duration, Instant};

/// Between two questions, at least; and as long as the last one took, which leaves the machine to others.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks `probe` until it answers `Ok`, and panics with its last refusal once `limit` has passed.
#[track_caller]
pub(crate) fn until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        let asked = Instant::now();
        match probe() {
            Ok(found) => return found,
            Err(why) if began.elapsed() > limit => panic!("waited {limit:?} for {what}: {why}"),
            Err(_) => std::thread::sleep(PAUSE.max(asked.elapsed())),
        }
    }
}
