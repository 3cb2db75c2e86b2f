//! What `obsctl receive` shows while it runs: accepted entries on stdout, one calm status line on stderr.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::{Args, Output};
use crate::base::size::ByteSize;
use crate::base::text::count;
use crate::capture::Request;
use crate::commands::decode::form::{Form, Lines, Text};
use crate::commands::input::{self, Found, Problems, Selection};
use crate::receive::{Observed, Summary, Watch};
use crate::selector::Selector;
use crate::ui::{Failure, Ui};
use crate::wire::Scratch;

/// Between two states of the status line.
const PERIOD: Duration = Duration::from_secs(1);

/// The foreground of a running receiver.
pub(super) struct Live<'a> {
    args: &'a Args,
    watch: Watch,
    accepted: Option<mpsc::Receiver<Observed>>,
    enough: Arc<Notify>,
    printer: Option<Printer>,
    /// Accepted requests that have come here.
    taken: u64,
    /// Samples at the last state of the status line.
    samples: u64,
}

/// Prints accepted requests as `decode` does.
struct Printer {
    form: Box<dyn Form>,
    scratch: Scratch,
    message: Vec<u8>,
}

impl<'a> Live<'a> {
    pub(super) fn new(
        args: &'a Args,
        watch: Watch,
        accepted: Option<mpsc::Receiver<Observed>>,
        enough: Arc<Notify>,
    ) -> Self {
        let printer = args.output.map(Printer::new);
        Self { args, watch, accepted, enough, printer, taken: 0, samples: 0 }
    }

    /// Shows what comes until `server` has ended; `None` when a second signal did not let it finish.
    ///
    /// When stdout can no longer be written, the receiver is told to end, and the error is returned after it has.
    pub(super) fn show(
        mut self,
        ui: &mut Ui,
        runtime: &Runtime,
        mut server: JoinHandle<Summary>,
        mut signals: watch::Receiver<u32>,
    ) -> Result<Option<Summary>> {
        let mut failed = None;
        let ended = runtime.block_on(async {
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    ended = &mut server => break Some(ended),
                    _ = signals.wait_for(|count| *count > 1) => break None,
                    _ = ticks.tick() => self.status(ui), // before what may come without a pause
                    Some(observed) = next(&mut self.accepted) => {
                        if let Err(err) = self.take(ui, observed) {
                            failed = Some(err);
                            self.accepted = None;
                            self.enough.notify_one();
                        }
                    }
                }
            }
        });
        ui.status("");
        let Some(ended) = ended else { return Ok(None) };
        // What was accepted last was answered once it was handed over here.
        while failed.is_none()
            && let Some(observed) = self.accepted.as_mut().and_then(|accepted| accepted.try_recv().ok())
        {
            failed = self.take(ui, observed).err();
        }
        match failed {
            Some(err) => Err(err),
            None => ended
                .map(Some)
                .map_err(|err| Failure::new("the receiver ended unexpectedly").cause(err).into()),
        }
    }

    fn take(&mut self, ui: &mut Ui, observed: Observed) -> Result<()> {
        self.taken += 1;
        match self.args.requests {
            Some(wanted) if self.taken > wanted => return Ok(()),
            Some(wanted) if self.taken == wanted => self.enough.notify_one(),
            _ => {}
        }
        match &mut self.printer {
            Some(printer) => printer.print(ui, &self.args.selectors, observed.request),
            None => Ok(()),
        }
    }

    fn status(&mut self, ui: &mut Ui) {
        if self.printer.is_some() && ui.stdout_is_terminal() {
            return; // the entries stand there
        }
        let status = self.watch.status();
        let totals = status.totals;
        let mut line = format!("{}, {}", count(totals.requests, "request"), count(totals.samples, "sample"));
        let rate = totals.samples.saturating_sub(self.samples) / PERIOD.as_secs();
        self.samples = totals.samples;
        line.push_str(&format!(" ({rate}/s), {} on the wire", ByteSize(totals.wire_bytes)));
        if totals.requests > totals.accepted {
            line.push_str(&format!(", {} refused", totals.requests - totals.accepted));
        }
        line.push_str(&format!(", {}", count(status.connections, "connection")));
        ui.status(&line);
    }
}

/// The next accepted request; never, when nobody asked for them.
async fn next(accepted: &mut Option<mpsc::Receiver<Observed>>) -> Option<Observed> {
    match accepted {
        Some(accepted) => accepted.recv().await,
        None => std::future::pending().await,
    }
}

impl Printer {
    fn new(output: Output) -> Self {
        let form: Box<dyn Form> = match output {
            Output::Text => Box::new(Text::default()),
            Output::Ndjson => Box::new(Lines::default()),
        };
        Self { form, scratch: Scratch::default(), message: Vec::new() }
    }

    /// Prints the entries of one request that any of `selectors` chooses.
    fn print(&mut self, ui: &mut Ui, selectors: &[Selector], request: Request) -> Result<()> {
        let Self { form, scratch, message } = self;
        let found = Found::live(request);
        let mut problems = Problems::new(false);
        if !found.decompress(ui, &mut problems, message) {
            return Ok(()); // only with limits raised above those of `decode`; it has been told
        }
        let reading = found.reading(message);
        let mut begun = false;
        let selection = Selection::of(selectors);
        let seen = input::each_entry(ui, &mut problems, scratch, &reading, selection, |ui, item| {
            if !begun {
                form.begin(ui, &reading)?;
                begun = true;
            }
            form.entry(ui, &reading, item)?;
            Ok(true)
        })?;
        if let Some(dialect) = seen.dialect.filter(|_| begun) {
            form.end(ui, &reading, dialect)?;
        }
        Ok(ui.flush()?)
    }
}
