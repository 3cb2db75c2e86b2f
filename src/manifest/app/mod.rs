//! `app`: an application that is monitored by a Prometheus of its own, in its own namespace.
//!
//! Several installs share a cluster and see nothing of each other: each Prometheus takes monitors and rules of its
//! namespace by labels that [`super::names`] gives to both sides, ignores what monitors say of other namespaces, and
//! has a Role there alone, unless it is asked for more. Nothing is changed in the application: what Gunicorn needs is
//! a patch beside it.

mod dashboard;
mod exporter;
mod fragment;
mod grafana;
mod gunicorn;
mod monitor;
mod prometheus;
mod query;
mod remote;
mod rights;
mod rules;

pub use super::plan::{Fragment, Patch, Plan};
pub(super) use exporter::QUERIES_FILE;
pub(super) use grafana::{uid, uid_template};

use super::owner::{Owner, match_labels};
use super::spec::{App, Target};
use crate::k8s::{Manifest, sort_for_apply};

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

/// Whose the objects are.
fn owner(app: &App) -> Owner<'_> {
    Owner { name: &app.name, namespace: &app.namespace, labels: &app.labels }
}

/// An object in the application's namespace, with the labels that all have.
fn object(app: &App, api_version: &str, kind: &str, name: &str) -> Manifest {
    owner(app).object(api_version, kind, name)
}
