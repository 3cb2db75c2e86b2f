//! What is made of a description, whatever kind of thing it declares.

use crate::k8s::Manifest;
use crate::yaml::write::Map;

/// All that is made for one install.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
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
    pub name: String,
    /// What it is for, and how it is used.
    pub comment: String,
    pub body: Map,
}
