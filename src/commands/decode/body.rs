//! Forms that show a request as a whole: `raw`, `wire`, `prototext`. They need no entries, so they also show
//! what cannot be decoded.

use anyhow::Result;

use super::super::input::{Problems, Reading};
use crate::base::text;
use crate::ui::Ui;
use crate::wire::{self, Detected, prototext, tree};

/// One way to show a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whole {
    Raw,
    Wire,
    Prototext,
}

/// Writes one request. `before` says how many were written before it.
pub(super) fn show(
    whole: Whole,
    ui: &mut Ui,
    problems: &mut Problems,
    reading: &Reading<'_>,
    before: usize,
) -> Result<()> {
    problems.read();
    if whole == Whole::Raw {
        return Ok(ui.out().write_all(&reading.request.body)?);
    }
    // A body of the other version than was said is refused: shown as what it is, it explains itself.
    let protocol = match wire::detect(reading.message) {
        Detected::Only(found) => found,
        _ => reading.request.protocol,
    };
    if before > 0 {
        ui.out().write_all(b"\n")?;
    }
    writeln!(ui.out(), "# {}  {}", reading.found.name(), protocol.message())?;
    match whole {
        Whole::Raw => {}
        Whole::Prototext => prototext::print(protocol, reading.message, ui.out())?,
        Whole::Wire => {
            let faults = tree::render(protocol, reading.message, ui.out())?;
            if faults > 0 {
                problems.tell(
                    ui,
                    &reading.found.name(),
                    format_args!("{}, marked `!`", text::count(faults as u64, "broken field")),
                );
            }
        }
    }
    Ok(())
}
