//! Where the description comes from: an `obsctl.yaml`, flags, or manifests that it is inferred from.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::base::span::Span;
use crate::base::text::count;
use crate::commands::world;
use crate::diagnostic::{self, Finding, Look, Mask, Severity, Source};
use crate::manifest::{self, Plan, Spec};
use crate::ui::{Failure, Ui};
use crate::yaml::write::{self, Map, Value};

/// The description by default.
pub(super) const FILE: &str = "obsctl.yaml";

/// What findings of a description, and of rendered manifests, are called; there is no page of them.
const RULES: [&str; 2] = ["[gen/spec]", "[gen/post-render]"];

/// The text of a description, and what it is called.
pub(super) struct Description {
    pub(super) name: String,
    pub(super) text: String,
}

/// Reads `obsctl.yaml`, or `-`.
pub(super) fn file(path: &Path) -> Result<Description> {
    let name = path.display().to_string();
    if name == "-" {
        return Ok(Description { name: "stdin".into(), text: stdin()? });
    }
    let text = std::fs::read_to_string(path).map_err(|err| {
        let help = format!("`obsctl gen spec > {FILE}` writes one to begin with; `-f` names another");
        Failure::new(format!("cannot read `{name}`")).cause(err).help(help)
    })?;
    Ok(Description { name, text })
}

/// All of stdin.
pub(super) fn stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|err| Failure::new("cannot read stdin").cause(err))?;
    Ok(text)
}

/// The description that flags are short for.
pub(super) fn flags(name: &str, targets: &[String], gunicorn: &[String], cluster_role: bool) -> Description {
    let target = |flag: &String| {
        let (name, port) = flag.split_once(':').unwrap_or((flag, ""));
        Map::new().with("name", name).with("port", port)
    };
    let deployment = |name: &String| Map::new().with("name", &**name).with("deployment", &**name);
    let list = |items: Vec<Map>| Value::from(items).filled();
    let prometheus = cluster_role.then(|| Map::new().with("cluster-role", true));
    let app = Map::new()
        .with("name", name)
        .with_opt("prometheus", prometheus)
        .with_opt("targets", list(targets.iter().map(target).collect()))
        .with_opt("gunicorn", list(gunicorn.iter().map(deployment).collect()));
    Description { name: "flags".into(), text: write::document(&Map::new().with("app", app), None) }
}

/// The checked description; everything wrong with it is shown on stderr.
pub(super) fn parse(description: &Description, namespace: Option<&str>, ui: &mut Ui) -> Result<Spec> {
    let Description { name, text } = description;
    match Spec::parse(text, namespace) {
        Ok(spec) => {
            show(&Source::new(name, text, Mask::default()), &spec.warnings, ui);
            Ok(spec)
        }
        Err(findings) => {
            show(&Source::new(name, text, Mask::default()), &findings, ui);
            Err(refused(name, &findings, "nothing is written; `obsctl gen spec` shows every field"))
        }
    }
}

/// Says which objects of the plan are too large, at the place in the description that `at` is.
pub(super) fn check_sizes(description: &Description, plan: &Plan, at: Span, ui: &mut Ui) -> Result<()> {
    let Description { name, text } = description;
    let findings = manifest::sizes(plan, at);
    show(&Source::new(name, text, Mask::default()), &findings, ui);
    match findings.iter().any(|it| it.severity == Severity::Error) {
        true => Err(refused(name, &findings, "nothing is written")),
        false => Ok(()),
    }
}

/// Shows what is wrong on stderr.
pub(super) fn show(source: &Source<'_>, findings: &[Finding], ui: &mut Ui) {
    let (color, width) = ui.error_look();
    let shown = diagnostic::render(source, findings, Look { color, width });
    ui.rendered(&RULES.iter().fold(shown, |shown, rule| shown.replace(rule, "")));
}

/// How many errors a text has that were shown.
pub(super) fn refused(name: &str, findings: &[Finding], help: &str) -> anyhow::Error {
    let errors = findings.iter().filter(|it| it.severity == Severity::Error).count();
    Failure::new(format!("`{name}` has {}", count(errors as u64, "error"))).help(help).into()
}

/// The description that manifests come to; it says itself what is a guess.
pub(super) fn inferred(paths: &[PathBuf], ui: &mut Ui) -> Result<String> {
    let mut texts = Vec::new();
    for path in paths {
        let found = world::read(path, ui);
        if let Some(failure) = found.failures.into_iter().next() {
            return Err(failure);
        }
        texts.extend(found.texts.into_iter().map(|text| text.text));
    }
    manifest::from::infer(&texts).ok_or_else(|| {
        let message = "nothing in these manifests can be monitored as it is";
        let help =
            "looked for: prometheus.io annotations, ports called `metrics`, gunicorn, postgres, redis, nginx";
        Failure::new(message).help(help).into()
    })
}
