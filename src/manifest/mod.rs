//! Manifests made from a description: `obsctl.yaml` to objects to files.
//!
//! [`Spec`] is what somebody wrote, checked; [`plan()`] makes of its [`Part`]s objects and what else belongs to them;
//! [`output`] lays these out as plain YAML, as a kustomization or as a Helm chart, which all say the same objects.
//! [`post`] adds them to manifests that Helm rendered. [`exporter`] makes a project of a name and a language.
//! No I/O, no clock, nothing random: the same description gives the same bytes. Objects are built as values and
//! serialised; no YAML is put together from text.

mod alert;
pub mod app;
pub mod exporter;
pub mod from;
mod kept;
mod limits;
mod names;
pub mod output;
mod owner;
mod part;
mod plan;
mod pod;
pub mod post;
#[cfg(test)]
mod properties;
mod queue;
mod rbac;
mod receiver;
mod sender;
mod size;
mod spec;

pub use kept::Profile;
pub use part::{Kind, Part, plan};
pub use plan::{Fragment, Patch, Plan};
pub use size::sizes;
pub use spec::{
    Agent, Alertmanager, App, Credentials, Gunicorn, Keys, KubeStateMetrics, Mode, Nginx, Postgres,
    Prometheus, Receiver, Redis, RemoteWrite, Resources, Role, Secret, Sender, Spec, Target, Version,
    example, schema,
};

/// The rule that every finding of `obsctl.yaml` has.
const RULE: &str = "gen/spec";

/// A file to be written, below some folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OutFile {
    /// With `/` between its parts.
    pub path: String,
    pub text: String,
}
