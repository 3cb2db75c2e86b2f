//! A metric in captured traffic: whether it came, from which jobs, until when.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::base::suggest;
use crate::base::text::{count, escape};
use crate::base::time::UnixMillis;
use crate::commands::input::{self, Input, InputArgs, Problems, Selection};
use crate::lint::why::{Link, State, Step};
use crate::render::{self, Item};
use crate::ui::Ui;
use crate::wire::Scratch;

/// Jobs that are named at most.
const JOBS_MAX: usize = 5;

/// What is known of the metric.
#[derive(Default)]
struct Seen {
    /// Of each series the time of its last sample, and whether that says that it ended.
    series: BTreeMap<Vec<(String, String)>, (i64, bool)>,
    jobs: BTreeSet<String>,
    /// All names that came.
    names: BTreeSet<String>,
}

/// Looks for the metric; whether all of the capture could be read.
pub(super) fn link(name: &str, path: &Path, ui: &mut Ui) -> Result<(Link, bool)> {
    let args = InputArgs { paths: vec![path.to_owned()], ..InputArgs::default() };
    let mut problems = Problems::new(false);
    let mut input = Input::open(&args, &args.all_paths(), None, false)?;
    input.show_progress(ui);
    let mut seen = Seen::default();
    let mut scratch = Scratch::default();
    let mut message = Vec::new();
    while let Some(found) = input.next(ui, &mut problems)? {
        if !found.decompress(ui, &mut problems, &mut message) {
            continue;
        }
        let reading = found.reading(&message);
        input::each_entry(ui, &mut problems, &mut scratch, &reading, Selection::ALL, |_, item| {
            if let Item::Series(shown) = item
                && shown.rejected.is_none()
            {
                seen.add(name, shown);
            }
            Ok(true)
        })?;
    }
    ui.end_progress();
    if problems.is_hopeless() {
        problems.status()?;
    }
    Ok((seen.link(name), problems.found() == 0))
}

impl Seen {
    fn add(&mut self, name: &str, shown: &render::Shown<'_>) {
        let labels = &shown.series.labels;
        let Some(found) = labels.iter().find(|label| label.name == "__name__").map(|label| label.value)
        else {
            return;
        };
        if found != name {
            if !self.names.contains(found) {
                self.names.insert(found.to_owned());
            }
            return;
        }
        let samples = shown.samples().map(|sample| (sample.timestamp, render::is_stale(sample.value)));
        let histograms = shown.histograms().map(|histogram| (histogram.timestamp, false));
        let Some(last) = samples.chain(histograms).max_by_key(|(time, _)| *time) else { return };
        if let Some(job) = labels.iter().find(|label| label.name == "job") {
            self.jobs.insert(job.value.to_owned());
        }
        let key = labels.iter().map(|label| (label.name.to_owned(), label.value.to_owned())).collect();
        let known = self.series.entry(key).or_insert(last);
        if last.0 >= known.0 {
            *known = last;
        }
    }

    fn link(&self, name: &str) -> Link {
        let (state, says) = match self.series.values().map(|(time, _)| *time).max() {
            Some(last) => (State::Holds, self.present(last)),
            None => {
                let near = suggest::nearest(name, self.names.iter().map(String::as_str));
                let near = near.map(|near| format!("; near is `{}`", escape(near))).unwrap_or_default();
                let others = count(self.names.len() as u64, "other metric");
                (State::Broken, format!("no series of it among {others} in the capture{near}"))
            }
        };
        Link { step: Step::Capture, state, says, evidence: None }
    }

    fn present(&self, last: i64) -> String {
        let mut jobs: Vec<String> =
            self.jobs.iter().take(JOBS_MAX).map(|job| format!("`{}`", escape(job))).collect();
        if self.jobs.len() > JOBS_MAX {
            jobs.push("others".to_owned());
        }
        let of = if jobs.is_empty() { String::new() } else { format!(" of job {}", jobs.join(", ")) };
        let ended = self.series.values().filter(|(_, stale)| *stale).count();
        let ended = match ended {
            0 => String::new(),
            ended if ended == self.series.len() => ", and each has ended (stale marker)".to_owned(),
            ended => format!(", {ended} of them ended (stale marker)"),
        };
        format!("{}{of}, last seen {}{ended}", series(self.series.len()), UnixMillis(last))
    }
}

/// `series` is one word for one and for many.
fn series(count: usize) -> String {
    format!("{count} series")
}
