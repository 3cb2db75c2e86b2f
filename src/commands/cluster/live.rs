//! Reading the cluster: the runtime, the limits, and what is said of that which could not be read.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use super::{ClusterArgs, Connection};
use crate::base::text::{count, printable};
use crate::commands::world::{Found, Text};
use crate::k8s::Kind;
use crate::k8s::client::{self, Budget, Cluster, Reading, Refusal, Served, Wanted};
use crate::lint::{self, Live};
use crate::ui::{Failure, Ui, Verbosity};

/// Objects, and bytes of them, that are checked at most: it all stands in memory at once.
const MAX_OBJECTS: u64 = 100_000;
const MAX_KEPT: u64 = 256 << 20;

/// Bytes that may come in all: with what lint does not look at, such as pods that are alike.
const MAX_CAME: u64 = 4 << 30;

/// How often progress is shown anew.
const TICK: Duration = Duration::from_millis(200);

/// The objects of these kinds as texts, each named `cluster:NAMESPACE/RESOURCE/NAME`. `None`: Ctrl-C.
///
/// Secrets are among them only where the flags say so. What could not be read is said on stderr, and in `Found::live`.
pub(crate) fn read(args: &ClusterArgs, kinds: &[Kind], ui: &mut Ui) -> Result<Option<Found>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|err| Failure::new("cannot start the runtime").cause(err))?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = reading(args, kinds, ui) => done.map(Some),
            _ = tokio::signal::ctrl_c() => Ok(None),
        }
    });
    ui.end_progress();
    // A credential plugin that waits for somebody is not waited for.
    runtime.shutdown_background();
    let Some((address, wanted, reading)) = done? else { return Ok(None) };
    let place = match &wanted.namespace {
        Some(namespace) => format!("namespace `{}`", printable(namespace)),
        None => "all namespaces".to_owned(),
    };
    let objects = count(reading.objects.len() as u64, "object");
    ui.note(format!("{objects} of {place} read from `{}`", printable(&address)));
    said(&reading, wanted.kinds.len(), ui)?;
    let mut unread = reading.unread();
    unread.extend(kinds.iter().filter(|kind| !wanted.kinds.contains(kind)));
    let texts = reading.objects.into_iter().map(|object| text(object, args)).collect();
    let live = Live { unread, only: wanted.namespace };
    Ok(Some(Found::of_cluster(texts, live)))
}

async fn reading(args: &ClusterArgs, kinds: &[Kind], ui: &mut Ui) -> Result<(String, Wanted, Reading)> {
    let Connection { kubeconfig, context, secrets, .. } = &args.connection;
    let cluster = Cluster::connect(kubeconfig.as_deref(), context.as_deref()).await;
    let cluster = cluster.map_err(failure)?;
    let namespace = match &args.namespace {
        _ if args.all_namespaces => None,
        Some(namespace) => Some(namespace.clone()),
        None => Some(cluster.namespace().to_owned()),
    };
    let kinds = kinds.iter().copied().filter(|kind| *kind != Kind::Secret || *secrets).collect();
    let wanted = Wanted { kinds, namespace, keeps: lint::opens };
    let budget = Arc::new(Budget::new(MAX_OBJECTS, MAX_KEPT, MAX_CAME));
    let mut tick = tokio::time::interval(TICK);
    ui.begin_progress("objects", None);
    let reading = {
        let mut read = std::pin::pin!(cluster.read(&wanted, &budget));
        loop {
            tokio::select! {
                done = &mut read => break done.map_err(failure)?,
                _ = tick.tick() => {
                    let (objects, bytes) = budget.used();
                    ui.progress(bytes, objects);
                }
            }
        }
    };
    Ok((cluster.address().to_owned(), wanted, reading))
}

fn failure(err: client::Failure) -> anyhow::Error {
    let help = err.help();
    let failure = Failure::new(printable(&err.to_string()).into_owned());
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
    .into()
}

/// Says which kinds could not be read and what follows; fails where that is all of them.
fn said(reading: &Reading, wanted: usize, ui: &mut Ui) -> Result<()> {
    let names = |kinds: &[Kind]| kinds.iter().map(|kind| resource(*kind)).collect::<Vec<_>>().join(", ");
    if let Some(Refusal { who, .. }) = reading.refused.first() {
        let who = if who.is_empty() { "you".to_owned() } else { format!("`{}`", printable(who)) };
        if reading.refused.len() + reading.unknown.len() == wanted {
            let failure = Failure::new(format!("{who} may not read anything that lint looks at"));
            let help = "`obsctl lint --help` names the rights; with `-n`, those in one namespace are enough";
            return Err(failure.help(help).into());
        }
        let of = |verb: &str| -> Vec<Kind> {
            reading.refused.iter().filter(|it| it.verb == verb).map(|it| it.kind).collect()
        };
        let missing = ["list", "get"].map(|verb| (verb, of(verb)));
        let missing = missing.iter().filter(|(_, kinds)| !kinds.is_empty());
        let missing: Vec<String> =
            missing.map(|(verb, kinds)| format!("`{verb}` {}", names(kinds))).collect();
        let silent = match lint::silenced(&reading.unread()).as_slice() {
            [] => String::new(),
            rules => format!("; silent for want of them: {}", rules.join(", ")),
        };
        let missing = missing.join(", nor ");
        ui.warning(format!("{who} may not {missing}: they are not checked{silent}"));
    }
    if ui.verbosity() >= Verbosity::Verbose && !reading.unknown.is_empty() {
        ui.note(format!("not served by this cluster: {}", names(&reading.unknown)));
    }
    Ok(())
}

/// As RBAC and kubectl name it.
fn resource(kind: Kind) -> String {
    match kind.group() {
        "" => kind.resource(),
        group => format!("{}.{group}", kind.resource()),
    }
}

fn text(object: Served, args: &ClusterArgs) -> Text {
    let resource = object.kind.resource();
    let name = match &object.namespace {
        Some(namespace) => format!("cluster:{namespace}/{resource}/{}", object.name),
        None => format!("cluster:{resource}/{}", object.name),
    };
    let labels = object.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let shown = args.selector.as_ref().is_none_or(|selector| selector.matches(&labels));
    Text { name, text: object.yaml, by_name: false, path: None, part: None, shown }
}
