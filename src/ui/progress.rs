//! How far a long read is: a bar on a terminal once it takes longer than a second, else a plain line now and then.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::base::duration;
use crate::base::size::ByteSize;
use crate::base::time::Stopwatch;

/// Nothing is shown of work that ends sooner.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two plain lines.
const PERIOD: Duration = Duration::from_secs(10);

/// Progress of one piece of work, over bytes of input and units (records, files).
pub struct Progress {
    form: Form,
    unit: &'static str,
    total: Option<u64>,
    clock: Stopwatch,
    /// When the bar appears, or the next line is due, after the start.
    next: Duration,
}

enum Form {
    None,
    Bar(ProgressBar),
    Lines,
}

impl Progress {
    pub(super) fn none() -> Self {
        Self::new(Form::None, "", None, PATIENCE)
    }

    /// A bar on stderr, hidden for the first second.
    pub(super) fn bar(unit: &'static str, total: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = if total.is_some() {
            "{wide_bar} {binary_bytes}/{binary_total_bytes}  {msg}  {binary_bytes_per_sec}  {eta} left"
        } else {
            "{spinner} {binary_bytes}  {msg}  {binary_bytes_per_sec}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self::new(Form::Bar(bar), unit, total, PATIENCE)
    }

    /// A plain line every ten seconds.
    pub(super) fn lines(unit: &'static str, total: Option<u64>) -> Self {
        Self::new(Form::Lines, unit, total, PERIOD)
    }

    fn new(form: Form, unit: &'static str, total: Option<u64>, first: Duration) -> Self {
        Self { form, unit, total, clock: Stopwatch::start(), next: first }
    }

    /// Moves the bar, or gives the line that is due.
    pub(super) fn update(&mut self, bytes: u64, units: u64) -> Option<String> {
        match &self.form {
            Form::None => None,
            Form::Bar(bar) => {
                bar.set_position(bytes);
                if bar.is_hidden() && self.clock.elapsed() >= self.next {
                    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                }
                if !bar.is_hidden() {
                    bar.set_message(format!("{units} {}", self.unit));
                }
                None
            }
            Form::Lines => {
                let elapsed = self.clock.elapsed();
                (elapsed >= self.next).then(|| {
                    self.next = elapsed + PERIOD;
                    line(elapsed, self.unit, bytes, self.total, units)
                })
            }
        }
    }

    pub(super) fn end(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }

    /// Runs `write` with the bar out of the way.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        match &self.form {
            Form::Bar(bar) if !bar.is_hidden() => bar.suspend(write),
            _ => write(),
        }
    }
}

fn line(elapsed: Duration, unit: &str, bytes: u64, total: Option<u64>, units: u64) -> String {
    let rate = bytes as f64 / elapsed.as_secs_f64().max(1e-3);
    let mut line = format!("{units} {unit}, {}", ByteSize(bytes));
    if let Some(total) = total {
        line.push_str(&format!(" of {}", ByteSize(total)));
    }
    line.push_str(&format!(", {}/s", ByteSize(rate as u64)));
    if let Some(left) = total.and_then(|total| total.checked_sub(bytes)).filter(|_| bytes > 0) {
        let left = Duration::from_secs((left as f64 / rate.max(1.0)).min(1e9).ceil() as u64);
        line.push_str(&format!(", {} left", duration::render(left)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_records_bytes_rate_and_time_left() {
        let said = line(Duration::from_secs(10), "requests", 10 << 20, Some(40 << 20), 512);
        assert_eq!(said, "512 requests, 10.0 MiB of 40.0 MiB, 1.0 MiB/s, 30s left");
    }

    #[test]
    fn without_a_total_nothing_is_promised() {
        let said = line(Duration::from_secs(1), "requests", 2048, None, 3);
        assert_eq!(said, "3 requests, 2.0 KiB, 2.0 KiB/s");
    }

    #[test]
    fn plain_lines_come_ten_seconds_apart() {
        let mut progress = Progress::lines("requests", None);
        assert_eq!(progress.update(1, 1), None);
        progress.next = Duration::ZERO;
        assert!(progress.update(2, 2).is_some());
        assert_eq!(progress.update(3, 3), None);
    }
}
