//! `obsctl why`: follows one object from Prometheus to the pods, and names the first broken link.
//!
//! Exit status: 0 nothing is broken, 1 a link is, 2 there is no such object, or the input cannot be read.

mod args;
mod metric;
mod patch;

use anyhow::Result;

pub(crate) use self::args::Args;
use self::args::Output;
use super::{cluster, world};
use crate::base::text::printable;
use crate::diagnostic::{self, Look};
use crate::exit::ExitStatus;
use crate::lint::why::{self, Chain, Question, State, Unanswered};
use crate::lint::{self, Options, World};
use crate::ui::{Align, Failure, Table, Ui};

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    let question = args.question()?;
    let Some((world, readable)) = gather(args, ui)? else { return Ok(ExitStatus::Interrupted) };
    let mut chain = world.why(&question).map_err(|err| unanswered(&err))?;
    let mut decoded = true;
    if let (Question::Metric(name), Some(path)) = (&question, &args.capture) {
        let (link, whole) = metric::link(name, path, ui)?;
        // Without files there is nothing to say of rules.
        if !args.has_world() {
            chain.links.clear();
        }
        chain.links.insert(0, link);
        decoded = whole;
    }
    match args.output {
        Output::Table => show(&world, &chain, ui)?,
        Output::Json => why::json(&world, &chain, ui.out())?,
        Output::Patch => patch::show(&world, &chain, ui)?,
    }
    Ok(match chain.broken() {
        _ if !readable => ExitStatus::Failure,
        Some(_) => ExitStatus::Findings,
        None if !decoded => ExitStatus::Findings,
        None => ExitStatus::Success,
    })
}

/// Everything that was named, as one world, and whether all of it could be read. `None`: Ctrl-C.
fn gather(args: &Args, ui: &mut Ui) -> Result<Option<(World, bool)>> {
    let mut options = Options { complete: args.complete, ..Options::default() };
    let mut texts = Vec::new();
    let mut readable = true;
    if args.connection.cluster {
        let Some(found) = cluster::read(&args.connection.everything(), &lint::KINDS, ui)? else {
            return Ok(None);
        };
        options.complete = true;
        options.live = found.live;
        texts.extend(found.texts);
    }
    for path in args.paths() {
        let found = world::read(&path, ui);
        readable &= found.failures.is_empty();
        found.failures.iter().for_each(|err| ui.report(err));
        texts.extend(found.texts);
    }
    let mut world = World::new(options);
    for text in texts {
        world.add(&text.name, text.text);
    }
    Ok(Some((world, readable)))
}

fn unanswered(err: &Unanswered) -> anyhow::Error {
    let failure = Failure::new(printable(&err.to_string()).into_owned());
    let help = match err {
        Unanswered::Missing { near: Some(near), .. } => format!("did you mean `{}`?", printable(near)),
        Unanswered::Missing { .. } => "give the files that hold it, or `--cluster`".to_owned(),
        Unanswered::Several { titles, .. } => {
            format!("say which by `-n NAMESPACE`: {}", printable(&titles.join(", ")))
        }
    };
    failure.help(help).into()
}

/// A line for each link, then the first broken one with both its sides.
fn show(world: &World, chain: &Chain, ui: &mut Ui) -> Result<()> {
    let title = ui.paint().bold(&printable(&chain.subject));
    writeln!(ui.out(), "{title}")?;
    let mut table = Table::new(&["LINK", "STATE", "WHAT IS SO"].map(|title| (title, Align::Left)));
    for link in &chain.links {
        table.row([link.step.as_str(), word(link.state), &link.says]);
    }
    ui.table(&table)?;
    let look = Look { color: ui.paint().is_on(), width: ui.columns() };
    let broken = chain.broken();
    let remarks = chain.links.iter().filter(|link| link.state == State::Holds);
    for evidence in broken.into_iter().chain(remarks).filter_map(|link| link.evidence.as_ref()) {
        for shown in std::iter::once(&evidence.this).chain(&evidence.other) {
            let text =
                diagnostic::render(&world.source(shown.text), std::slice::from_ref(&shown.finding), look);
            write!(ui.out(), "\n{text}")?;
        }
    }
    Ok(())
}

/// What is broken stands out without colour too.
fn word(state: State) -> &'static str {
    match state {
        State::Holds => "ok",
        State::Broken => "BROKEN",
        State::Unknown => "?",
    }
}
