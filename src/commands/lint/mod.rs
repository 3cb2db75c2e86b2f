//! `obsctl lint`: every mistake of config and manifests, where it stands, why it hurts and how to mend it.
//!
//! Exit status: 0 nothing found at or above `--fail-on`, 1 something found, 2 a path cannot be read.

mod args;
mod baseline;
mod filter;
mod mend;
mod plan;
mod since;

use std::path::Path;

use anyhow::Result;

use self::baseline::Baseline;
use self::filter::Filter;
use self::plan::Plan;
use self::since::Since;
use crate::base::span::Span;
use crate::commands::cluster;
use crate::commands::world::{self, STDIN, STDIN_PATH, Text};
use crate::diagnostic::Finding;
use crate::exit::ExitStatus;
use crate::lint::render::Report;
use crate::lint::{self, Checked, Kind, World};
use crate::ui::Ui;

pub(crate) use self::args::Args;

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    args.check()?;
    let mut baseline = Baseline::open(args)?;
    let mut since = args.since_commit.as_deref().map(Since::new);
    let mut report = Report::new(args.form(ui));
    let mut unreadable = false;
    let mut differs = false;
    // Settings of the folder where we are hold for a cluster too, as they do for stdin.
    let cluster = args.cluster.is_on().then_some(Path::new(STDIN_PATH));
    for path in args.paths().chain(cluster) {
        let mut plan = Plan::new(args, path)?;
        let mut found = match cluster {
            Some(_) => match cluster::read(&args.cluster, &lint::KINDS, ui)? {
                Some(found) => found,
                None => return Ok(ExitStatus::Interrupted),
            },
            None => world::read(path, ui),
        };
        plan.options.complete |= found.live.is_some();
        plan.options.live = found.live.take();
        if let Some(since) = &mut since {
            since.look_below(path)?;
        }
        unreadable |= !found.failures.is_empty();
        found.failures.iter().for_each(|err| ui.report(err));
        for chart in &found.charts {
            let chart = chart.display();
            let how = format!("`helm template {chart} | obsctl lint -`");
            ui.note(format!("{chart}: a Helm chart, its templates are passed over: {how}"));
        }
        for folder in &found.patched {
            let folder = folder.display();
            let how = format!("`kubectl kustomize {folder} | obsctl lint -`");
            ui.note(format!("{folder}: a kustomization, its patches are passed over: {how}"));
        }
        let filter = Filter { per_path: &plan.per_path, since: since.as_ref(), baseline: &baseline };
        if args.diff {
            differs |= mend::diff(args, &plan, &filter, &found.texts, ui)?;
        } else if args.fix {
            unreadable |= !mend::write(args, &plan, &filter, &mut found.texts, ui)?;
        }
        let mut known = Vec::new();
        check(&plan, &filter, found.texts, |checked, by_name| {
            if by_name && is_unknown(&checked) {
                ui.note(format!("{}: nothing in it that lint knows", checked.name));
            }
            if args.baseline.is_some() {
                known.extend(baseline::entries(&checked));
            }
            if args.diff {
                report.count(&checked, plan.fail_on);
            } else {
                report.add(&checked, plan.fail_on, ui.out())?;
            }
            Ok(())
        })?;
        baseline.saw(known);
    }
    if let Some(said) = baseline.finish(args)? {
        ui.note(said);
    }
    let totals = if args.diff { report.totals() } else { report.finish(!unreadable, ui.out())? };
    if args.says_totals() {
        ui.note(totals.summary());
    }
    Ok(match () {
        () if unreadable => ExitStatus::Failure,
        () if differs || totals.failed => ExitStatus::Findings,
        () => ExitStatus::Success,
    })
}

/// Checks the texts of one PATH and hands each on, with whether it was named itself.
fn check(
    plan: &Plan,
    filter: &Filter<'_>,
    texts: Vec<Text>,
    mut visit: impl FnMut(Checked<'_>, bool) -> Result<()>,
) -> Result<()> {
    let worlds = world::worlds(texts, |text| text);
    let of = worlds.len();
    worlds.into_iter().try_for_each(|texts| check_world(plan.world_of(of), filter, texts, &mut visit))
}

/// Checks the texts of one world.
fn check_world(
    world: World,
    filter: &Filter<'_>,
    texts: Vec<Text>,
    visit: &mut impl FnMut(Checked<'_>, bool) -> Result<()>,
) -> Result<()> {
    let mut world = world.with_files(world::exists);
    let how: Vec<(bool, bool)> = texts.iter().map(|text| (text.by_name, text.shown)).collect();
    for text in texts {
        world.add(&text.name, text.text);
    }
    for (mut checked, (by_name, shown)) in world.check().into_iter().zip(how) {
        if !shown {
            continue;
        }
        filter.apply(&mut checked);
        if checked.name == STDIN {
            name_templates(&mut checked);
        }
        visit(checked, by_name)?;
    }
    Ok(())
}

fn is_unknown(checked: &Checked<'_>) -> bool {
    checked.findings.is_empty()
        && checked.suppressed.is_empty()
        && checked.kinds.iter().all(|kind| *kind == Kind::Unknown)
}

/// `helm template` writes above each document which template made it: that is where a finding is to be mended.
fn name_templates(checked: &mut Checked<'_>) {
    const SIGN: &str = "# Source: ";
    if !checked.text.contains(SIGN) {
        return;
    }
    let text = checked.text;
    let template = |finding: &Finding| {
        let start = text.get(..finding.span.start)?.rfind(SIGN)?;
        let length = text[start..].lines().next()?.len();
        text[..start].ends_with('\n').then_some(Span::new(start, start + length))
    };
    for finding in &mut checked.findings {
        if let Some(span) = template(finding) {
            *finding = finding.clone().related(span, "rendered from this template");
        }
    }
}
