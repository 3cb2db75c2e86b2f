//! Kubernetes objects in YAML text: what a document is, what selectors choose, which ports and pods are meant.
//!
//! Everything is read from [`crate::yaml`] nodes and keeps its place in the file. Nothing judges
//! more than one object at a time: an absent namespace is unknown, not `default`, because only the one who applies the
//! file knows it. Nothing but `client`, which reads the objects of a cluster, does I/O. [`schema`] says what the API server takes. [`Manifest`] is the other way: objects to be written.

mod annotation;
#[cfg(feature = "kube")]
pub mod client;
mod kind;
mod manifest;
pub mod name;
mod namespaces;
mod object;
mod order;
mod pairs;
mod ports;
pub mod schema;
mod selector;
mod template;

pub use annotation::{Level, PrometheusIo, Scheme, levels, not_strings};
pub use kind::Kind;
pub use manifest::{Manifest, stream};
pub use namespaces::{Choice, Field, Namespaces};
pub use object::{Id, Object, is_object};
pub use order::sort_for_apply;
pub use pairs::{Pair, Pairs, Placed};
pub use ports::{ContainerPort, PortFilter, Protocol, ServicePort, Target};
pub use selector::{Fault, Labels, Miss, Operator, Reading, Requirement, Selector, nearest};
pub use template::PodTemplate;
