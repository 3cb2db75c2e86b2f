//! `obsctl decode`: what captures and bodies hold, for people and for programs.
//!
//! Exit status: 0 shown (also when nothing was selected), 1 something could not be decoded and was skipped or
//! `--strict` stopped there, 2 input cannot be read or nothing in it decoded.

mod body;
mod document;
pub(super) mod form;
mod merge;
mod openmetrics;
mod redact;
mod series;
mod summary;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum as _;

use self::body::Whole;
use self::form::Form;
use self::redact::{Redacted, Redactor};
use super::input::{self, Input, InputArgs, Problems, Reading, Selection};
use crate::capture::Request;
use crate::exit::ExitStatus;
use crate::render::Item;
use crate::ui::{Failure, Ui};
use crate::wire::Scratch;

/// Series shown below the summary of `-o table`.
const TABLE_ROWS: usize = 20;

/// Show what a capture, a request body or a message holds.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "obsctl decode [file] [OPTIONS] <PATH>...",
    after_help = "\
`obsctl decode file PATH` is the same; a file that is called `file` is read as
`./file`. What PATH holds is found out by its content: a capture folder, a
segment, a remote-write body (1.0 or 2.0; snappy, zstd or neither), or hex or
base64 of a body; segments and bodies may be packed by gzip or zstd.

Examples:
  obsctl decode obsctl-capture
  obsctl decode obsctl-capture -o ndjson --match 'up{job=\"api\"}' --since 1h
  obsctl decode body.bin -o wire"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// How to show it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    output: Output,
    /// List the distinct label sets, with counts (forms: table, ndjson)
    #[arg(long)]
    series: bool,
    /// At most N entries; series in a table or with --series (table: 20); requests with raw, wire, prototext
    #[arg(long, value_name = "N", value_parser = input::limit, allow_hyphen_values = true)]
    limit: Option<usize>,
    /// Only the request with this sequence
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    request: Option<u64>,
    /// Join the entries of one label set (forms: json, ndjson)
    #[arg(long)]
    merge: bool,
    /// Replace label values by hashes, the same for the same value, to share what is shown
    #[arg(long)]
    redact: bool,
    /// Go on reading a capture that is being written (forms that need not wait for the end, such as text, ndjson)
    #[arg(long)]
    follow: bool,
    /// Stop at the first thing that cannot be decoded
    #[arg(long)]
    strict: bool,
}

/// The value of `-o`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Output {
    /// A summary and the first series
    Table,
    /// One sample a line, histograms drawn
    Text,
    /// OpenMetrics text, by family
    Openmetrics,
    /// One document: entries and a summary
    Json,
    /// One JSON object for each entry, as it was received
    Ndjson,
    /// Protobuf text format
    Prototext,
    /// Field by field with offsets, also of broken bodies
    Wire,
    /// The bodies as they came, bit for bit
    Raw,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    args.check(ui.stdout_is_terminal())?;
    let problems = Problems::new(args.strict);
    let input = Input::open(&args.input, &args.paths()?, args.request, args.follow)?;
    let mut run = Run { args, input, problems, scratch: Scratch::default(), shown: 0 };
    if args.is_aggregate() || !ui.stdout_is_terminal() {
        run.input.show_progress(ui);
    }
    let redactor = args.redact.then(Redactor::new);
    match args.output.whole() {
        Some(whole) => run.wholes(ui, redactor, whole)?,
        None => run.entries(ui, redactor, args.form().as_mut())?,
    }
    ui.end_progress();
    if run.problems.found() == 0 && run.shown == 0 {
        ui.note(if args.limit == Some(0) {
            "nothing to show: `--limit 0`".into()
        } else {
            run.input.nothing("entry")
        });
    }
    if args.output == Output::Raw && run.shown > 1 {
        let bodies = run.shown;
        ui.warning(format_args!(
            "{bodies} bodies stand one after the other; `--request SEQ` gives a single one"
        ));
    }
    run.problems.status()
}

struct Run<'a> {
    args: &'a Args,
    input: Input,
    problems: Problems,
    scratch: Scratch,
    /// Entries or, of forms that show whole requests, requests.
    shown: usize,
}

impl Run<'_> {
    /// Shows requests as a whole.
    fn wholes(&mut self, ui: &mut Ui, mut redactor: Option<Redactor>, whole: Whole) -> Result<()> {
        let limit = self.args.limit.unwrap_or(usize::MAX);
        let mut message = Vec::new();
        while self.shown < limit
            && !self.problems.must_stop()
            && let Some(found) = self.input.next(ui, &mut self.problems)?
        {
            let readable = whole == Whole::Raw && redactor.is_none()
                || found.decompress(ui, &mut self.problems, &mut message);
            if !readable {
                continue;
            }
            let reading = found.reading(&message);
            match &mut redactor {
                None => body::show(whole, ui, &mut self.problems, &reading, self.shown)?,
                Some(redactor) => {
                    let (selected, request, message) = self.redact(ui, redactor, &reading)?;
                    if selected == 0 && !self.args.input.selection().is_all() {
                        continue;
                    }
                    let reading = Reading { request: &request, message: &message, ..reading };
                    body::show(whole, ui, &mut self.problems, &reading, self.shown)?;
                }
            }
            self.shown += 1;
        }
        Ok(())
    }

    /// Shows the selected entries of requests.
    fn entries(&mut self, ui: &mut Ui, mut redactor: Option<Redactor>, form: &mut dyn Form) -> Result<()> {
        let mut message = Vec::new();
        let mut go_on = true;
        while go_on && let Some(found) = self.input.next(ui, &mut self.problems)? {
            if found.decompress(ui, &mut self.problems, &mut message) {
                let reading = found.reading(&message);
                go_on = match &mut redactor {
                    None => self.show(ui, &reading, self.args.selection(), form)?,
                    Some(redactor) => {
                        let (_, request, message) = self.redact(ui, redactor, &reading)?;
                        let reading = Reading { request: &request, message: &message, ..reading };
                        self.show(ui, &reading, Selection::ALL, form)?
                    }
                };
            }
            go_on &= !self.problems.must_stop();
        }
        if self.problems.is_hopeless() {
            return Ok(());
        }
        form.finish(ui, self.problems.found())
    }

    /// Shows one request; `false` when the limit is reached.
    fn show(
        &mut self,
        ui: &mut Ui,
        reading: &Reading<'_>,
        selection: Selection<'_>,
        form: &mut dyn Form,
    ) -> Result<bool> {
        let limit = if self.args.is_aggregate() { usize::MAX } else { self.args.limit.unwrap_or(usize::MAX) };
        if self.shown >= limit {
            return Ok(false);
        }
        let openmetrics = self.args.output == Output::Openmetrics;
        let mut begun = false;
        let shown = &mut self.shown;
        let seen =
            input::each_entry(ui, &mut self.problems, &mut self.scratch, reading, selection, |ui, item| {
                if !begun {
                    form.begin(ui, reading)?;
                    begun = true;
                }
                form.entry(ui, reading, item)?;
                // In OpenMetrics metadata is said of the series that are shown, not for itself.
                let is_shown = !openmetrics || matches!(item, Item::Series(_));
                *shown += usize::from(is_shown);
                Ok(*shown < limit)
            })?;
        if let Some(dialect) = seen.dialect {
            if !begun && selection.is_all() {
                form.begin(ui, reading)?;
            }
            form.end(ui, reading, dialect)?;
        }
        Ok(seen.go_on)
    }

    /// The selected entries as a request that can be shared, and how many they are.
    fn redact(
        &mut self,
        ui: &mut Ui,
        redactor: &mut Redactor,
        reading: &Reading<'_>,
    ) -> Result<(usize, Request, Vec<u8>)> {
        let mut redacted = Redacted::new(reading.request.protocol);
        let mut selected = 0;
        let selection = self.args.selection();
        input::each_entry(ui, &mut self.problems, &mut self.scratch, reading, selection, |_, item| {
            redactor.add(&mut redacted, item);
            selected += 1;
            Ok(true)
        })?;
        let (request, message) = redacted.finish(redactor, reading.request);
        Ok((selected, request, message))
    }
}

impl Output {
    fn whole(self) -> Option<Whole> {
        match self {
            Self::Raw => Some(Whole::Raw),
            Self::Wire => Some(Whole::Wire),
            Self::Prototext => Some(Whole::Prototext),
            _ => None,
        }
    }
}

impl Args {
    /// Which entries the form is told of.
    fn selection(&self) -> Selection<'_> {
        let selection = self.input.selection();
        if self.output == Output::Openmetrics { selection.with_every_family() } else { selection }
    }

    /// What to read: all paths but a leading `file`, which is the long form of the command's name.
    fn paths(&self) -> Result<Vec<PathBuf>> {
        let mut paths = self.input.all_paths();
        if self.input.paths.first().is_some_and(|first| first == Path::new("file")) {
            paths.remove(0);
        }
        if paths.is_empty() {
            let help = "`obsctl decode file PATH`; a file that is called `file` is read as `./file`";
            return Err(Failure::new("no PATH is given").help(help).into());
        }
        Ok(paths)
    }

    /// Refuses flags that mean nothing together.
    fn check(&self, terminal: bool) -> Result<()> {
        let fail = |message: String, help: &str| Err(Failure::new(message).help(help).into());
        let form = self.output.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned());
        let json = matches!(self.output, Output::Json | Output::Ndjson);
        if self.merge && !json {
            return fail(
                format!("`--merge` and `-o {form}` do not go together"),
                "use `-o ndjson` or `-o json`",
            );
        }
        if self.series && self.output != Output::Table && self.output != Output::Ndjson {
            let help = "use `-o table` or `-o ndjson`";
            return fail(format!("`--series` and `-o {form}` do not go together"), help);
        }
        if self.series && self.merge {
            return fail("`--series` and `--merge` do not go together".into(), "`--series` joins already");
        }
        if self.output.whole().is_some() && !self.redact && !self.input.selection().is_all() {
            let help = "it shows requests as a whole: choose them by `--request` and `--tenant`";
            return fail(format!("`-o {form}` does not choose among entries"), help);
        }
        if self.output == Output::Raw && terminal {
            let help = "write them to a file (`>body.bin`), or look at them by `-o wire`";
            return fail("a terminal cannot show the bytes of `-o raw`".into(), help);
        }
        let ends = self.output != Output::Json || self.limit.is_some();
        if self.follow && (self.is_aggregate() || self.output == Output::Openmetrics || !ends) {
            return fail(
                format!("`--follow` and `-o {form}` do not go together"),
                "use `-o text` or `-o ndjson`",
            );
        }
        Ok(())
    }

    /// Whether everything must be read before anything can be said, and the limit is on what is said.
    fn is_aggregate(&self) -> bool {
        self.series || self.merge || matches!(self.output, Output::Table)
    }

    fn form(&self) -> Box<dyn Form> {
        match self.output {
            _ if self.series => Box::new(series::SeriesList::new(self.limit, self.output == Output::Ndjson)),
            _ if self.merge => Box::new(merge::Merge::new(self.output == Output::Json, self.limit)),
            Output::Text => Box::new(form::Text::default()),
            Output::Json => Box::new(document::Document::default()),
            Output::Ndjson => Box::new(form::Lines::default()),
            Output::Openmetrics => Box::new(openmetrics::Families::default()),
            Output::Table | Output::Raw | Output::Wire | Output::Prototext => {
                Box::new(series::Overview::new(self.limit.unwrap_or(TABLE_ROWS)))
            }
        }
    }
}
