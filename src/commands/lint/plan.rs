//! How one PATH is checked: the flags, and for what they leave open, the `.obsctl.yaml` above it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use globset::{GlobBuilder, GlobMatcher};

use super::Args;
use crate::base::version::Version;
use crate::diagnostic::{self, Finding, Mask, Source};
use crate::lint::{Choice, FailOn, Options, Settings};
use crate::promql::Features;
use crate::ui::Failure;

/// The name of the file.
const FILE: &str = ".obsctl.yaml";

/// How one PATH is checked.
pub(super) struct Plan {
    pub(super) options: Options,
    pub(super) fail_on: FailOn,
    pub(super) per_path: PerPath,
}

/// What is ignored in which files.
#[derive(Default)]
pub(super) struct PerPath {
    /// The folder that the globs are below.
    folder: PathBuf,
    globs: Vec<(GlobMatcher, Choice)>,
}

impl Plan {
    pub(super) fn new(args: &Args, path: &Path) -> Result<Self> {
        let (settings, per_path) = match find(path) {
            Some(file) => read(&file)?,
            None => Default::default(),
        };
        // `--select` says it all; `--ignore` comes to what the file ignores.
        let mut choice = match &args.select {
            Some(select) => Choice { select: Some(select.clone()), ignore: Vec::new() },
            None => Choice { select: settings.select, ignore: settings.ignore },
        };
        choice.ignore.extend(args.ignore.iter().cloned());
        let mut features = Features::default();
        let flags =
            if args.enable_feature.is_empty() { &settings.enable_feature } else { &args.enable_feature };
        flags.iter().for_each(|flag| features.enable(flag));
        let prometheus = args.prometheus_version.or(settings.prometheus_version).unwrap_or(Version::NEWEST);
        let options = Options {
            prometheus,
            features,
            agent: args.agent,
            operator: None,
            complete: args.complete,
            live: None,
            choice,
        };
        Ok(Self { options, fail_on: args.fail_on().or(settings.fail_on).unwrap_or_default(), per_path })
    }
}

impl PerPath {
    /// Whether findings of `rule` in the file at `path` are ignored.
    pub(super) fn ignores(&self, path: &Path, rule: &str) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let Ok(path) = path.canonicalize() else { return false };
        let Ok(below) = path.strip_prefix(&self.folder) else { return false };
        self.globs.iter().any(|(glob, choice)| glob.is_match(below) && choice.has(rule))
    }
}

/// The file that is nearest above `path`, in the same folder first.
fn find(path: &Path) -> Option<PathBuf> {
    let start = if path == Path::new("-") { Path::new(".") } else { path };
    // Of a glob, where it begins.
    let exists = start.ancestors().find(|it| it.as_os_str().is_empty() || it.exists())?;
    let exists = if exists.as_os_str().is_empty() { Path::new(".") } else { exists };
    exists.canonicalize().ok()?.ancestors().map(|folder| folder.join(FILE)).find(|file| file.is_file())
}

fn read(file: &Path) -> Result<(Settings, PerPath)> {
    let name = name(file);
    let text =
        fs::read_to_string(file).map_err(|err| Failure::new(format!("cannot read `{name}`")).cause(err))?;
    let settings = Settings::parse(&text).map_err(|faults| refused(&name, &text, &faults))?;
    let mut globs = Vec::new();
    for (glob, names) in &settings.per_path {
        let built = GlobBuilder::new(glob).literal_separator(true).build().map_err(|err| {
            let message = format!("`{name}`: the glob `{glob}` cannot be read");
            Failure::new(message).cause(err.kind().to_string())
        })?;
        let choice = Choice { select: Some(names.clone()), ignore: Vec::new() };
        globs.push((built.compile_matcher(), choice));
    }
    let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
    Ok((settings, PerPath { folder, globs }))
}

/// What the file is called: below the folder where we are, as from there.
fn name(file: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    file.strip_prefix(here).unwrap_or(file).display().to_string()
}

/// Everything that is wrong with a settings file.
fn refused(name: &str, text: &str, faults: &[Finding]) -> Failure {
    let source = Source::new(name, text, Mask::default());
    let mut lines = Vec::new();
    for fault in faults {
        let line = diagnostic::compact(&source, std::slice::from_ref(fault));
        let line = line.trim_end().replacen(": error[lint/settings]", ":", 1);
        lines.push(match &fault.help {
            Some(help) => format!("{line} ({help})"),
            None => line,
        });
    }
    Failure::new(format!("`{name}` cannot be understood")).cause(lines.join("; "))
}
