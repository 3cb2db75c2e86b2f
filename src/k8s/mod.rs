//! Kubernetes manifests: what is in them, and whether the API server takes them. No I/O.

pub mod schema;
