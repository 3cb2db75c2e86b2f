//! `--fix` and `--diff`: fixes into files, or shown.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

use super::Args;
use super::filter::Filter;
use super::plan::Plan;
use crate::base::text::count;
use crate::commands::world::{self, Text};
use crate::diagnostic::{Finding, Mask, Source};
use crate::lint::render::unified;
use crate::lint::{self, Checked, World};
use crate::ui::{Failure, Ui};

/// The texts as the fixes leave them, in the same order.
fn fixed(args: &Args, plan: &Plan, filter: &Filter<'_>, texts: &[Text]) -> Vec<lint::Text> {
    let worlds = world::worlds(texts.iter().enumerate().collect(), |(_, text)| text);
    let like = plan.world_of(worlds.len());
    let of_worlds = worlds.into_iter().flat_map(|world| {
        let (places, texts): (Vec<usize>, Vec<&Text>) = world.into_iter().unzip();
        places.into_iter().zip(fixed_world(args, &like, filter, &texts))
    });
    let mut fixed: Vec<(usize, lint::Text)> = of_worlds.collect();
    fixed.sort_by_key(|(at, _)| *at);
    fixed.into_iter().map(|(_, text)| text).collect()
}

fn fixed_world(args: &Args, like: &World, filter: &Filter<'_>, texts: &[&Text]) -> Vec<lint::Text> {
    let text = |text: &&Text| lint::Text {
        name: text.name.clone(),
        text: text.text.clone(),
        fixes: 0,
        refused: false,
    };
    let mut fixed: Vec<lint::Text> = texts.iter().map(text).collect();
    let wanted = |checked: &Checked<'_>| -> Vec<Finding> {
        let mut checked = checked.clone();
        filter.apply(&mut checked);
        checked.findings
    };
    lint::fix(like, args.all_fixes, &mut fixed, &wanted);
    fixed
}

/// Shows what the fixes would change; whether they would.
pub(super) fn diff(
    args: &Args,
    plan: &Plan,
    filter: &Filter<'_>,
    texts: &[Text],
    ui: &mut Ui,
) -> Result<bool> {
    let mut differs = false;
    for (before, after) in texts.iter().zip(fixed(args, plan, filter, texts)) {
        if before.text == after.text {
            continue;
        }
        differs = true;
        let source = |text| Source::new(&before.name, text, Mask::new(lint::secrets(text)));
        ui.out().write_all(unified(&source(&before.text), &source(&after.text)).as_bytes())?;
    }
    Ok(differs)
}

/// Makes the fixes: in `texts`, and in the files. Whether all files could be written.
pub(super) fn write(
    args: &Args,
    plan: &Plan,
    filter: &Filter<'_>,
    texts: &mut [Text],
    ui: &mut Ui,
) -> Result<bool> {
    let (mut fixes, mut files, mut all) = (0, 0, true);
    let fixed = fixed(args, plan, filter, texts);
    for (text, fixed) in texts.iter_mut().zip(fixed) {
        if fixed.refused {
            ui.note(format!("{}: fixes left out that would have made it no better", text.name));
        }
        let Some(path) = text.path.as_deref().filter(|_| text.text != fixed.text) else { continue };
        if let Err(err) = replace(path, &text.text, &fixed.text) {
            ui.report(&err);
            all = false;
            continue;
        }
        text.text = fixed.text;
        (fixes, files) = (fixes + fixed.fixes, files + 1);
    }
    if files > 0 {
        ui.note(format!("{} made in {}", count(fixes as u64, "fix"), count(files, "file")));
    }
    Ok(all)
}

/// Puts `after` in the place of the file, as a whole or not at all. A link stays one: its target is replaced.
fn replace(path: &Path, before: &str, after: &str) -> Result<()> {
    let failure = |err: std::io::Error| Failure::new(format!("cannot write `{}`", path.display())).cause(err);
    let target = path.canonicalize().map_err(failure)?;
    if fs::read(&target).map_err(failure)? != before.as_bytes() {
        let message = format!("`{}` was changed by somebody else meanwhile", path.display());
        return Err(Failure::new(message).help("nothing is written to it; run lint again").into());
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let beside = target.with_file_name(format!(".{name}.obsctl-{}", std::process::id()));
    let put = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.set_permissions(fs::metadata(&target)?.permissions())?;
        file.write_all(after.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &target)
    };
    put().map_err(|err| {
        let _ = fs::remove_file(&beside); // what could not be renamed is of no use
        failure(err).into()
    })
}
