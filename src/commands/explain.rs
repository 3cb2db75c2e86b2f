//! `obsctl explain`: the rule behind a finding.
//!
//! Exit status: 0 shown, 2 there is no such rule.

use anyhow::Result;

use crate::exit::ExitStatus;
use crate::lint::{self, Name, Rule};
use crate::ui::{Align, Failure, Table, Ui};

/// Say what a rule of lint finds and why it matters; without RULE, list all.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  obsctl explain
  obsctl explain relabel
  obsctl explain scrape/timeout-gt-interval
  obsctl explain -o json")]
pub(crate) struct Args {
    /// The name of a rule, or of a family; `default` for those that are on by themselves
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// How to show it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Output {
    /// The page of a rule; of several, a line each
    Text,
    /// One document
    Json,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    let rules = match &args.rule {
        Some(name) => meant(name)?,
        None => lint::all().to_vec(),
    };
    match (args.output, rules.as_slice()) {
        (Output::Json, rules) => lint::render::rules_json(rules, ui.out())?,
        (Output::Text, [rule]) => ui.out().write_all(rule.page.as_bytes())?,
        (Output::Text, rules) => list(rules, ui)?,
    }
    Ok(ExitStatus::Success)
}

/// The rule of this name, or all of the family.
fn meant(name: &str) -> Result<Vec<&'static Rule>> {
    match Name::parse(name) {
        Ok(name) => Ok(lint::all().iter().copied().filter(|rule| name.has(rule.name)).collect()),
        Err(err) => {
            let help = match err.near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`obsctl explain` lists all rules".to_owned(),
            };
            Err(Failure::new(err.to_string()).help(help).into())
        }
    }
}

fn list(rules: &[&Rule], ui: &mut Ui) -> Result<()> {
    let mut table = Table::new(&[("RULE", Align::Left), ("SEVERITY", Align::Left), ("FINDS", Align::Left)]);
    for rule in rules {
        let severity = rule.severity.as_str();
        let severity = if rule.opt_in { format!("{severity}, if selected") } else { severity.to_owned() };
        table.row([rule.name, &severity, rule.summary]);
    }
    ui.table(&table)?;
    Ok(())
}
