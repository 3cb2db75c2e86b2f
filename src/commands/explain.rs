//! `obsctl explain`: the rule behind a finding.
//!
//! Exit status: 0 shown, 2 there is no such rule.

use anyhow::Result;

use crate::base::suggest::nearest;
use crate::base::text::printable;
use crate::exit::ExitStatus;
use crate::lint;
use crate::ui::{Align, Failure, Table, Ui};

/// Say what a rule of lint finds, why it matters, and how to mend it; without RULE, list them all.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  obsctl explain
  obsctl explain scrape/timeout-gt-interval")]
pub(crate) struct Args {
    /// The name of a rule, or of a family
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    let Some(name) = &args.rule else {
        list(lint::all().iter().copied(), ui)?;
        return Ok(ExitStatus::Success);
    };
    if let Some(rule) = lint::rule(name) {
        ui.out().write_all(rule.page.as_bytes())?;
        return Ok(ExitStatus::Success);
    }
    if lint::all().iter().any(|rule| rule.family() == name) {
        list(lint::all().iter().copied().filter(|rule| rule.family() == name), ui)?;
        return Ok(ExitStatus::Success);
    }
    let failure = Failure::new(format!("there is no rule `{}`", printable(name)));
    Err(match nearest(name, lint::all().iter().map(|rule| rule.name)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`obsctl explain` lists all rules"),
    }
    .into())
}

fn list(rules: impl Iterator<Item = &'static lint::Rule>, ui: &mut Ui) -> Result<()> {
    let mut table = Table::new(&[("RULE", Align::Left), ("SEVERITY", Align::Left), ("FINDS", Align::Left)]);
    for rule in rules {
        table.row([rule.name, rule.severity.as_str(), rule.summary]);
    }
    ui.table(&table)?;
    Ok(())
}
