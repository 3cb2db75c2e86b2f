//! What the benches share: medians over rounds that alternate between the runs, so that all see the same machine.

use std::hint::black_box;
use std::time::Instant;

/// Median time of each of the `runs` over that many `rounds`, in ns per item. Every run does `items` and says so.
pub(crate) fn medians<const N: usize>(
    rounds: usize,
    items: usize,
    mut runs: [&mut dyn FnMut() -> usize; N],
) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            #[allow(clippy::disallowed_methods)] // a benchmark measures
            let start = Instant::now();
            assert_eq!(black_box(run()), items);
            times.push(start.elapsed().as_nanos() as f64 / items as f64);
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}
