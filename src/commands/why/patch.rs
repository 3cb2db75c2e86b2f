//! `-o patch`: what mends the first broken link.

use anyhow::Result;

use crate::base::edit;
use crate::diagnostic::{Mask, Source};
use crate::lint::render::unified;
use crate::lint::why::Chain;
use crate::lint::{self, World};
use crate::ui::{Failure, Ui};

/// Writes the difference; says on stderr where there is none.
pub(super) fn show(world: &World, chain: &Chain, ui: &mut Ui) -> Result<()> {
    let Some(link) = chain.broken() else {
        ui.note("nothing is broken: there is nothing to mend");
        return Ok(());
    };
    let Some((text, fix)) = link.evidence.as_ref().and_then(|evidence| evidence.fix()) else {
        let help = link.evidence.as_ref().and_then(|evidence| evidence.this.finding.help.clone());
        let help = help.map(|help| format!(": {help}")).unwrap_or_default();
        ui.note(format!("{}; no edit is known that mends it{help}", link.says));
        return Ok(());
    };
    let source = world.source(text);
    let before = source.text();
    let after = edit::apply(before, &fix.edits)
        .map_err(|err| Failure::new("the edits do not fit together").cause(err.to_string()))?;
    let mended = Source::new(source.name(), &after, Mask::new(lint::secrets(&after)));
    let shown = unified(&source, &mended);
    let plain = |text| Source::new(source.name(), text, Mask::default());
    if shown != unified(&plain(before), &plain(&after)) {
        ui.warning("there are secrets near the change, shown as `***`: this cannot be given to `patch`");
    }
    ui.note(format!("{}: {}", link.says, fix.title));
    ui.out().write_all(shown.as_bytes())?;
    Ok(())
}
