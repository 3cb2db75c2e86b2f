//! `app`: an application that is monitored by a Prometheus of its own, in its own namespace.
//!
//! Several installs share a cluster and see nothing of each other: each Prometheus takes monitors and rules of its
//! namespace by labels that [`super::names`] gives to both sides, ignores what monitors say of other namespaces, and
//! has a Role there alone, unless it is asked for more. Nothing is changed in the application: what Gunicorn needs is a patch beside it.

mod exporter;
mod fragment;
mod grafana;
mod gunicorn;
mod monitor;
mod pod;
mod prometheus;
mod query;
mod remote;
mod rights;
mod rules;
mod size;

pub(super) use grafana::{uid, uid_template};
pub use size::sizes;

use super::names;
use super::spec::{App, Target};
use crate::k8s::{Manifest, sort_for_apply};
use crate::yaml::write::Map;

/// All that is made for one install.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// In the order in which they are applied.
    pub manifests: Vec<Manifest>,
    /// Changes to workloads of the application.
    pub patches: Vec<Patch>,
    /// Configuration that is no object.
    pub fragments: Vec<Fragment>,
}

/// What a Deployment that is not ours gets, so that its Gunicorn has metrics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Patch {
    /// The Deployment's name.
    pub deployment: String,
    /// The container that runs Gunicorn.
    pub container: String,
    /// What `GUNICORN_CMD_ARGS` says already.
    pub cmd_args: Option<String>,
    /// The container beside it.
    pub exporter: Map,
    /// The volume with the exporter's mapping.
    pub volume: Map,
}

/// A file that is no manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    pub name: &'static str,
    /// What it is for, and how it is used.
    pub comment: String,
    pub body: Map,
}

/// Everything for one install.
#[must_use]
pub fn plan(app: &App) -> Plan {
    let targets = targets(app);
    let mut manifests = prometheus::manifests(app);
    manifests.extend(rights::manifests(app, &targets));
    manifests.extend(targets.iter().map(|target| monitor::manifest(app, target)));
    manifests.push(rules::manifest(app, &targets));
    manifests.extend(exporter::manifests(app));
    manifests.extend(app.gunicorn.iter().map(|gunicorn| gunicorn::mapping(app, gunicorn)));
    manifests.extend(grafana::manifests(app));
    sort_for_apply(&mut manifests);
    Plan {
        manifests,
        patches: app.gunicorn.iter().map(|gunicorn| gunicorn::patch(app, gunicorn)).collect(),
        fragments: fragment::all(app, &targets),
    }
}

/// All that is scraped: what has metrics already, and what exporters have for the others.
fn targets(app: &App) -> Vec<Target> {
    let mut targets = app.targets.clone();
    targets.extend(app.gunicorn.iter().map(gunicorn::target));
    targets.extend(exporter::targets(app));
    targets
}

/// An object in the application's namespace, with the labels that all have.
fn object(app: &App, api_version: &str, kind: &str, name: &str) -> Manifest {
    Manifest::new(api_version, kind, name)
        .namespace(&*app.namespace)
        .labels(names::labels(&app.name, &app.labels))
}

/// `{matchLabels: …}`.
fn match_labels(labels: Map) -> Map {
    Map::new().with("matchLabels", labels)
}
