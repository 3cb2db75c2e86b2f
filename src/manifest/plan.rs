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

/// A strategic merge patch of a workload that is not ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Patch {
    /// The Deployment's name.
    pub deployment: String,
    pub body: Map,
}

/// A file that is no manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    pub name: String,
    /// What it is for, and how it is used.
    pub comment: String,
    pub body: Map,
}
