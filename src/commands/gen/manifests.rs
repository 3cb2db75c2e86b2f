//! `obsctl gen manifests`: a description to manifests, in files or on stdout.
//!
//! Exit status: 0 made, 1 `--check` or `--diff` found that something differs, 2 the description cannot be used, or
//! files cannot be written.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::cluster::{self, ClusterArgs};
use super::folder::Folder;
use super::post;
use super::receiver::ReceiverArgs;
use super::sender::SenderArgs;
use super::source::{self, Description};
use crate::base::text::count;
use crate::diagnostic::{Mask, Source};
use crate::exit::ExitStatus;
use crate::lint::render::unified;
use crate::manifest::{self, Mode, OutFile, Part, Plan, output};
use crate::ui::{Failure, Ui};

/// Make manifests of what an obsctl.yaml declares.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "obsctl gen manifests [app|sender|receiver] [OPTIONS]",
    after_help = "\
`app` is an application whose installs each have a namespace, and a Prometheus of
their own in it. `sender` sends metrics of the cluster by remote write: by a Prometheus
that is there, or by an agent. `receiver` is `obsctl receive` with volumes for what it
keeps. Without KIND, everything that the obsctl.yaml declares is made. All formats say
the same objects, byte for byte alike on every run.

Examples:
  obsctl gen manifests app --name shop -n shop-eu --target api:http-metrics
  obsctl gen spec | obsctl gen manifests -f - -n shop-eu --out manifests --fragments fragments
  obsctl gen spec | obsctl gen manifests -f - -n shop-eu --out manifests --check
  obsctl gen spec | obsctl gen manifests -f - --format helm --out chart
  obsctl gen manifests sender --url https://a.example/write --keep 'http_*' --rate 5000
  obsctl gen manifests sender --url https://a.example/write --keep 'kube_node_*' --agent -n a
  obsctl gen manifests receiver --image registry.example/obsctl:0.1.0 --storage 20Gi -n a
  obsctl gen spec | obsctl gen manifests -f - --format post-renderer --out renderer"
)]
pub(super) struct Args {
    /// What is made; without it, all that the file declares
    #[arg(value_name = "KIND")]
    kind: Option<Kind>,
    /// The description; `-` is stdin
    #[arg(short, long, value_name = "FILE", default_value = source::FILE)]
    file: PathBuf,
    /// Infer the description from these manifests instead: files, folders, or `-`
    #[arg(long, value_name = "PATH", conflicts_with = "file")]
    from: Vec<PathBuf>,
    /// The namespace of this install, in place of the one that the description says
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Instead of a file: the name of the application, of the sender or of the receiver
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "from"], requires = "kind")]
    name: Option<String>,
    /// With --name: a Service with the label `app.kubernetes.io/name: NAME`, and its port; repeated
    #[arg(long, value_name = "NAME:PORT", requires = "name")]
    target: Vec<String>,
    /// With --name: a Deployment that runs Gunicorn; repeated
    #[arg(long, value_name = "DEPLOYMENT", requires = "name")]
    gunicorn: Vec<String>,
    /// With --name: monitors here may name other namespaces, by a ClusterRole
    #[arg(long, requires = "name")]
    cluster_role: bool,
    /// Read rendered manifests on stdin, and write them on stdout with all of it added: a post-renderer of Helm
    #[arg(long, conflicts_with_all = ["from", "format", "out", "fragments", "check", "diff"])]
    post_render: bool,
    /// How the objects are laid out
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Format,
    /// The folder to write to; `-` is stdout, for yaml
    #[arg(long, value_name = "DIR", default_value = "-")]
    out: PathBuf,
    /// The folder for what is no object: values of kube-prometheus-stack, scrape_configs, rules, patches
    #[arg(long, value_name = "DIR")]
    fragments: Option<PathBuf>,
    #[command(flatten)]
    sender: SenderArgs,
    #[command(flatten)]
    receiver: ReceiverArgs,
    /// Write nothing; say which files would change, and end with 1 if any would
    #[arg(long, conflicts_with = "diff")]
    check: bool,
    /// Write nothing; show what would change, and end with 1 if anything would
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Kind {
    /// An application with a Prometheus of its own in each namespace that it is installed in
    App,
    /// What sends metrics of the cluster by remote write
    Sender,
    /// What receives remote write, and keeps every request
    Receiver,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Sender => "sender",
            Self::Receiver => "receiver",
        }
    }

    const fn declared(self) -> manifest::Kind {
        match self {
            Self::App => manifest::Kind::App,
            Self::Sender => manifest::Kind::Sender,
            Self::Receiver => manifest::Kind::Receiver,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Format {
    /// Manifests for `kubectl apply -R -f`
    Yaml,
    /// A kustomization, and a component with the patches
    Kustomize,
    /// A Helm chart
    Helm,
    /// A post-renderer of Helm: a plugin for Helm 4, with a script that Helm 3 runs
    PostRenderer,
}

impl Format {
    const fn word(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Kustomize => "kustomize",
            Self::Helm => "helm",
            Self::PostRenderer => "post-renderer",
        }
    }
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<ExitStatus> {
    if args.post_render {
        if matches!(args.kind, Some(Kind::Sender | Kind::Receiver)) {
            let help = "`obsctl gen manifests app --post-render`";
            return Err(Failure::new("`--post-render` adds to an application").help(help).into());
        }
        let text = post::rendered(&args.file)?;
        let description = args.description(ui)?;
        return post::run(text, &description, args.namespace.as_deref(), &args.command(), ui);
    }
    let out = args.folder()?;
    let description = args.description(ui)?;
    // A chart has the namespace of its release, and a post-renderer is told it when it runs; any will do to check.
    let any = (args.format == Format::PostRenderer).then_some("default");
    let spec = source::parse(&description, args.namespace.as_deref().or(any), ui)?;
    let parts = args.parts(&description, spec.parts(args.kind.map(Kind::declared)))?;
    let plan = manifest::plan(&parts);
    source::check_sizes(&description, &plan, spec.at, ui)?;
    let header = output::header(&args.command());
    if plan.manifests.is_empty() && (out.is_some() || args.cluster.cluster) {
        let message =
            "a sender of mode `prometheus` is configuration of a Prometheus that is there, and no objects";
        let help = "write it by `--fragments DIR`, or make an agent: `--agent`, `mode: agent`";
        return Err(Failure::new(message).help(help).into());
    }
    if args.cluster.cluster {
        let differs = cluster::diff(&args.cluster, &output::one_text(&plan, &header), ui)?;
        return Ok(if differs { ExitStatus::Findings } else { ExitStatus::Success });
    }
    let files = out.map(|out| (out, args.files(&parts, &plan, &description, &header)));
    let fragments = args.fragments.as_deref().map(|folder| (folder, output::fragments(&plan, &header)));
    let folders: Vec<(&Path, Vec<OutFile>)> = files.into_iter().chain(fragments).collect();
    if args.check || args.diff {
        return compare(args.diff, &folders, ui);
    }
    // All of them are looked at before the first is written.
    for (path, files) in &folders {
        Folder::open(path, files)?.check()?;
    }
    for (path, files) in &folders {
        let changed = Folder::open(path, files)?.write()?;
        let of = count(files.len() as u64, "file");
        ui.note(format!("`{}`: {of}, {changed} changed", path.display()));
    }
    match out {
        None => args.print(&plan, &header, ui)?,
        Some(out) => args.advise(out, &parts, ui),
    }
    args.say_what_is_left(&parts, &plan, ui);
    Ok(ExitStatus::Success)
}

impl Args {
    /// The folder of `--out`; `None` is stdout.
    fn folder(&self) -> Result<Option<&Path>> {
        let folder = Some(self.out.as_path()).filter(|out| *out != Path::new("-"));
        let usage = |message: &str, help: &str| Err(Failure::new(message).help(help).into());
        if folder.is_none() && self.format != Format::Yaml {
            return usage("this format is several files", "name their folder by `--out DIR`");
        }
        let compares = self.check || (self.diff && !self.cluster.cluster);
        if folder.is_none() && self.fragments.is_none() && compares {
            return usage(
                "there is nothing to compare with",
                "name the folder by `--out DIR`, or add `--cluster` to `--diff`",
            );
        }
        if folder.is_some() && folder == self.fragments.as_deref() {
            return usage(
                "`--out` and `--fragments` are the same folder",
                "kubectl would take fragments for manifests",
            );
        }
        Ok(folder)
    }

    fn description(&self, ui: &mut Ui) -> Result<Description> {
        if self.sender.is_said() && self.kind != Some(Kind::Sender) {
            let help = "write `obsctl gen manifests sender --url …`";
            return Err(Failure::new("`--url` says what a sender does").help(help).into());
        }
        if self.receiver.is_said() && self.kind != Some(Kind::Receiver) {
            let help = "write `obsctl gen manifests receiver --image …`";
            return Err(Failure::new("`--image` says what a receiver runs").help(help).into());
        }
        match &self.name {
            name if self.sender.is_said() => self.sender.description(name.as_deref()),
            Some(_) if self.kind == Some(Kind::Sender) => Err(Failure::new("a sender needs `--url`")
                .help("`--name` alone says no place to send to")
                .into()),
            name if self.receiver.is_said() => Ok(self.receiver.description(name.as_deref())),
            Some(_) if self.kind == Some(Kind::Receiver) => Err(Failure::new("a receiver needs `--image`")
                .help("`--name` alone says nothing that could run")
                .into()),
            Some(name) => Ok(source::flags(name, &self.target, &self.gunicorn, self.cluster_role)),
            None if !self.from.is_empty() => {
                Ok(Description { name: "what was inferred".into(), text: source::inferred(&self.from, ui)? })
            }
            None => source::file(&self.file),
        }
    }

    /// What is to be made of what is declared.
    fn parts<'s>(&self, description: &Description, parts: Vec<Part<'s>>) -> Result<Vec<Part<'s>>> {
        let word = self.kind.map_or("app", Kind::word);
        if parts.is_empty() {
            let message = format!("`{}` declares no `{word}`", description.name);
            return Err(Failure::new(message).help("`obsctl gen spec` shows every field").into());
        }
        if self.format == Format::Helm && parts.len() > 1 {
            let help = "say which one: `obsctl gen manifests app`, or `sender`, or `receiver`";
            return Err(Failure::new("a chart is of one thing, and several are declared").help(help).into());
        }
        if self.format == Format::PostRenderer && !parts.iter().any(|part| part.kind() == manifest::Kind::App)
        {
            let help = "`--format helm` makes a chart of what is no application";
            return Err(Failure::new("a post-renderer adds to an application").help(help).into());
        }
        Ok(parts)
    }

    fn files(
        &self,
        parts: &[Part<'_>],
        plan: &Plan,
        description: &Description,
        header: &str,
    ) -> Vec<OutFile> {
        match self.format {
            Format::Yaml => output::yaml(plan, header),
            Format::Kustomize => output::kustomize(plan, header),
            Format::Helm => parts.iter().flat_map(|part| output::chart(*part, header)).collect(),
            Format::PostRenderer => {
                let renderer =
                    |part: &Part<'_>| output::post_renderer(part.name(), &description.text, header);
                parts.first().map(renderer).unwrap_or_default()
            }
        }
    }

    /// Objects on stdout; of configuration alone, the part for a Prometheus without the operator.
    fn print(&self, plan: &Plan, header: &str, ui: &mut Ui) -> Result<()> {
        let fragments = output::fragments(plan, header);
        let text = match fragments.into_iter().next() {
            Some(first) if plan.manifests.is_empty() && self.fragments.is_none() => first.text,
            _ => output::one_text(plan, header),
        };
        ui.out().write_all(text.as_bytes())?;
        Ok(())
    }

    /// The command that makes the same again: what says where it writes to is left out, so that files do not differ
    /// by the folder that they are in.
    fn command(&self) -> String {
        let mut words = vec!["obsctl gen manifests".to_owned()];
        words.extend(self.kind.map(|kind| kind.word().to_owned()));
        let base = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match &self.name {
            Some(name) => {
                words.push(format!("--name {name}"));
                words.extend(self.target.iter().map(|it| format!("--target {it}")));
                words.extend(self.gunicorn.iter().map(|it| format!("--gunicorn {it}")));
                words.extend(self.cluster_role.then(|| "--cluster-role".to_owned()));
            }
            None if !self.from.is_empty() => {
                words.extend(self.from.iter().map(|path| format!("--from {}", base(path))));
            }
            None if self.sender.is_said() || self.receiver.is_said() => {}
            None => words.push(format!("-f {}", base(&self.file))),
        }
        words.extend(self.sender.words());
        words.extend(self.receiver.words());
        // A chart is the same for every namespace, and so is what runs with the namespace of its release.
        if !matches!(self.format, Format::Helm | Format::PostRenderer) {
            words.extend(self.namespace.iter().map(|it| format!("-n {it}")));
        }
        if self.format != Format::Yaml {
            words.push(format!("--format {}", self.format.word()));
        }
        words.join(" ")
    }

    /// What to do with it. Client-side apply keeps each object in an annotation, which is too small for some, and
    /// takes fields from whoever else sets them without a word.
    fn advise(&self, out: &Path, parts: &[Part<'_>], ui: &mut Ui) {
        let out = out.display();
        ui.note(match (self.format, parts) {
            (Format::Helm, [part, ..]) => {
                let release = match part {
                    Part::App(app) => format!("{}-monitoring", app.name),
                    Part::Sender(_) | Part::Receiver(_) => part.name().to_owned(),
                };
                format!("install it: helm install {release} {out} -n {}", part.namespace())
            }
            (Format::Kustomize, _) => format!("apply it: kubectl apply --server-side -k {out}"),
            (Format::PostRenderer, [part, ..]) => format!(
                "use it: with Helm 4 `helm plugin install {out}` and `--post-renderer {}-monitoring`, with Helm 3 \
                 `--post-renderer {out}/post-render.sh`",
                part.name()
            ),
            _ => format!("apply it: kubectl apply --server-side -R -f {out}"),
        });
    }

    /// What is no object, and has no place where it would be written.
    fn say_what_is_left(&self, parts: &[Part<'_>], plan: &Plan, ui: &mut Ui) {
        if self.fragments.is_some() {
            return;
        }
        let has_patches = matches!(self.format, Format::Kustomize | Format::PostRenderer);
        if !has_patches && !plan.patches.is_empty() {
            ui.note("the statsd_exporter beside Gunicorn comes by a patch: `--fragments DIR` writes it");
        }
        let of_prometheus = |part: &&Part<'_>| match part {
            Part::Sender(sender) => sender.mode == Mode::Prometheus,
            Part::App(_) | Part::Receiver(_) => false,
        };
        if parts.iter().any(|part| of_prometheus(&part)) {
            ui.note("`--fragments DIR` writes values of kube-prometheus-stack too, and with `--patch NAME` a patch");
        }
    }
}

/// Says or shows what would change in the folders.
fn compare(show: bool, folders: &[(&Path, Vec<OutFile>)], ui: &mut Ui) -> Result<ExitStatus> {
    let mut status = ExitStatus::Success;
    for (path, files) in folders {
        for found in Folder::open(path, files)?.differences()? {
            status = ExitStatus::Findings;
            let name = found.path.display().to_string();
            if show {
                let source = |text| Source::new(&name, text, Mask::default());
                let text = unified(&source(&found.before), &source(&found.after));
                ui.out().write_all(text.as_bytes())?;
            } else {
                writeln!(ui.out(), "{}: {name}", found.what)?;
            }
        }
    }
    Ok(status)
}
