//! `obsctl inspect`: what captured traffic is made of.
//!
//! Exit status: 0 shown, 1 some requests could not be decoded and were skipped, 2 input cannot be read or nothing
//! in it decoded.

use std::path::Path;

use anyhow::Result;
use clap::Subcommand;

use super::input::{self, Input, InputArgs, Problems, Visitor};
use crate::base::size::ByteSize;
use crate::base::text;
use crate::exit::ExitStatus;
use crate::inspect::{Dimension, Top};
use crate::render::{Item, Shown, json};
use crate::series::{Group, GroupId};
use crate::ui::{Align, Table, Ui};
use crate::wire::{Known, Scratch};

/// Show what captured traffic is made of.
#[derive(clap::Args, Debug)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Examples:
  obsctl inspect top obsctl-capture
  obsctl inspect top obsctl-capture --by job,metric --limit 50
  obsctl inspect top obsctl-capture -o json"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Top(TopArgs),
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    match &args.command {
        Command::Top(args) => top(args, ui),
    }
}

/// Count series, samples and bytes by metric or by label.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "obsctl inspect top [OPTIONS] <PATH>...",
    after_help = "\
Counts are exact: `series` are distinct label sets, `samples` include native
histograms, `bytes` are encoded entries before compression. A body that comes
again within the last 4096 requests is a retry and counts once; metadata, and
entries that the receiver refused, do not count.

Examples:
  obsctl inspect top obsctl-capture
  obsctl inspect top obsctl-capture --by job,metric --limit 50
  obsctl inspect top obsctl-capture --by namespace -o json"
)]
struct TopArgs {
    #[command(flatten)]
    input: InputArgs,
    /// What to group by: `metric` or a label's name; several make a group of each combination
    #[arg(long, value_name = "LABEL", value_delimiter = ',', default_value = "metric", value_parser = dimension)]
    by: Vec<Dimension>,
    /// Groups shown; totals are over all
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = input::limit, allow_hyphen_values = true)]
    limit: usize,
    /// How to show it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Output {
    Table,
    Json,
}

fn dimension(name: &str) -> Result<Dimension, String> {
    match name {
        "" => Err("a label's name is missing".into()),
        "metric" | "__name__" => Ok(Dimension::Metric),
        label => Ok(Dimension::Label(label.to_owned())),
    }
}

/// What `inspect top FOLDER --limit N` shows.
pub(super) fn show_top(folder: &Path, limit: usize, ui: &mut Ui) -> Result<ExitStatus> {
    let input = InputArgs { paths: vec![folder.to_owned()], ..InputArgs::default() };
    top(&TopArgs { input, by: vec![Dimension::Metric], limit, output: Output::Table }, ui)
}

/// Label sets whose group is remembered, so that series which come again are counted without reading their labels.
const KNOWN_LABELS: usize = 16 << 20;

impl Visitor for Top {
    type Value = GroupId;

    fn entry(&mut self, _: &mut Ui, item: &Item<'_>) -> Result<(bool, Option<GroupId>)> {
        let group = match item {
            Item::Series(shown) if shown.rejected.is_none() && shown.series.fault.is_none() => {
                self.add(shown.series, samples(shown))
            }
            _ => None,
        };
        Ok((true, group))
    }

    fn known(&mut self, group: GroupId, shown: &Shown<'_>) {
        if shown.rejected.is_none() {
            self.add_known(group, shown.series, samples(shown));
        }
    }
}

/// Native histograms among them.
fn samples(shown: &Shown<'_>) -> u64 {
    (shown.samples().count() + shown.histograms().count()) as u64
}

fn top(args: &TopArgs, ui: &mut Ui) -> Result<ExitStatus> {
    let mut problems = Problems::new(false);
    let mut input = Input::open(&args.input, &args.input.all_paths(), None, false)?;
    input.show_progress(ui);
    let mut top = Top::new(args.by.clone());
    let mut scratch = Scratch::default();
    let mut known = Known::new(KNOWN_LABELS);
    let mut message = Vec::new();
    while let Some(found) = input.next(ui, &mut problems)? {
        if top.is_retry(found.tenant(), &found.request.body)
            || !found.decompress(ui, &mut problems, &mut message)
        {
            continue;
        }
        let selection = args.input.selection();
        let reading = found.reading(&message);
        let memory = (&mut scratch, &mut known);
        let seen = input::each_recalled(ui, &mut problems, memory, &reading, selection, &mut top)?;
        if !seen.has_series {
            top.forget(found.tenant(), &found.request.body);
        }
    }
    ui.end_progress();
    if problems.is_hopeless() {
        return problems.status();
    }
    if top.counter().total().series == 0 && problems.found() == 0 {
        ui.note(input.nothing("series"));
    }
    for label in top.counter().absent() {
        ui.note(format_args!("no series has the label `{label}`"));
    }
    if top.retried() > 0 {
        ui.note(format_args!("{} came again and count once", text::count(top.retried(), "request")));
    }
    match args.output {
        Output::Table => show_table(&top, args.limit, ui)?,
        Output::Json => show_json(&top, args.limit, problems.found(), ui)?,
    }
    problems.status()
}

fn show_table(top: &Top, limit: usize, ui: &mut Ui) -> Result<()> {
    let total = top.counter().total();
    let mut columns: Vec<_> = top.by().iter().map(|by| (by.title(), Align::Left)).collect();
    columns.extend(["series", "share", "samples", "bytes"].map(|title| (title, Align::Right)));
    let mut table = Table::new(&columns);
    let largest = top.counter().largest(limit);
    for Group { key, counts } in &largest {
        let mut cells: Vec<_> = key.iter().map(|value| text::escape(value).into_owned()).collect();
        cells.push(counts.series.to_string());
        cells.push(format!("{:.1}%", 100.0 * share(counts.series, total.series)));
        cells.push(counts.samples.to_string());
        cells.push(ByteSize(counts.bytes).to_string());
        table.row(cells);
    }
    let mut cells = vec!["total".to_owned()];
    cells.resize(top.by().len(), String::new());
    cells.extend([total.series.to_string(), String::new(), total.samples.to_string()]);
    cells.push(ByteSize(total.bytes).to_string());
    table.row(cells);
    ui.table(&table)?;
    let (shown, all) = (largest.len(), top.counter().groups());
    if shown < all {
        writeln!(
            ui.out(),
            "\n{shown} of {} shown; `--limit N` shows more",
            text::count(all as u64, "group")
        )?;
    }
    Ok(())
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// `docs/schemas/top.json` describes it.
fn show_json(top: &Top, limit: usize, problems: u64, ui: &mut Ui) -> Result<()> {
    let total = top.counter().total();
    let by: Vec<_> = top.by().iter().map(Dimension::title).collect();
    let mut out = Vec::new();
    let mut document = json::Object::begin(&mut out);
    json::value(document.value("by"), &by);
    let total_out = document.value("total");
    let mut object = json::Object::begin(total_out);
    json::value(object.value("groups"), top.counter().groups());
    json::value(object.value("series"), total.series);
    json::value(object.value("samples"), total.samples);
    json::value(object.value("bytes"), total.bytes);
    object.end();
    json::list(
        document.value("groups"),
        top.counter().largest(limit).iter(),
        |out, Group { key, counts }| {
            let mut object = json::Object::begin(out);
            json::value(object.value("key"), key);
            json::value(object.value("series"), counts.series);
            json::value(object.value("samples"), counts.samples);
            json::value(object.value("bytes"), counts.bytes);
            json::float(object.value("share"), share(counts.series, total.series));
            object.end();
        },
    );
    json::value(document.value("retried_requests"), top.retried());
    json::value(document.value("problems"), problems);
    document.end();
    out.push(b'\n');
    Ok(ui.out().write_all(&out)?)
}
