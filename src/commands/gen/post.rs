//! `obsctl gen manifests --post-render`: rendered manifests on stdin, the same with monitoring added on stdout.
//!
//! Nothing is on stdout unless all of it can be: Helm takes what stands there for the release.

use std::path::Path;

use anyhow::Result;

use super::source::{self, Description};
use crate::diagnostic::{Finding, Mask, Source};
use crate::exit::ExitStatus;
use crate::lint;
use crate::manifest::post::Rendered;
use crate::manifest::{app, output};
use crate::ui::{Failure, Ui};

/// What stdin is called.
const NAME: &str = "stdin";

/// What was rendered: all of stdin, which the description cannot be on, too.
pub(super) fn rendered(description: &Path) -> Result<String> {
    if description == Path::new("-") {
        let help = "name the file of the description by `-f FILE`: `--post-render` reads manifests on stdin";
        return Err(Failure::new("stdin cannot be both the description and the manifests").help(help).into());
    }
    source::stdin()
}

/// Writes `text` with what the description has for an install in `namespace`; without one, in that of the manifests,
/// or else of the description.
pub(super) fn run(
    text: String,
    description: &Description,
    namespace: Option<&str>,
    command: &str,
    ui: &mut Ui,
) -> Result<ExitStatus> {
    let refuse = |text: &str, findings: Vec<Finding>, ui: &mut Ui| {
        source::show(&Source::new(NAME, text, Mask::new(lint::secrets(text))), &findings, ui);
        source::refused(NAME, &findings, "nothing is written; these are the manifests as they were rendered")
    };
    let rendered = Rendered::new(text.clone()).map_err(|findings| refuse(&text, findings, ui))?;
    let said = rendered.namespace();
    let spec = source::parse(description, namespace.or(said.as_deref()), ui)?;
    let Some(app) = &spec.app else {
        let help = "what is rendered is an application: describe it under `app:`";
        return Err(Failure::new(format!("`{}` declares no `app`", description.name)).help(help).into());
    };
    let plan = app::plan(app);
    source::check_sizes(description, &plan, spec.at, ui)?;
    let header = output::header(&format!("{command} --post-render"));
    let added = rendered.with(&plan, &app.namespace, &header);
    let added = added.map_err(|findings| refuse(&text, findings, ui))?;
    ui.out().write_all(added.as_bytes())?;
    Ok(ExitStatus::Success)
}
