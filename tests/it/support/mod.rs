//! What the integration tests share: real programs, a tiny HTTP client and server, and traffic as sets.
//!
//! Nothing here sleeps blindly: everything that takes time is waited for by asking until a deadline, and every
//! process and thread started ends with the value that stands for it.

#[cfg_attr(not(feature = "kube"), allow(dead_code, reason = "only the tests of `--cluster` use all of it"))]
pub(crate) mod cluster;
pub(crate) mod exposition;
pub(crate) mod http;
pub(crate) mod node_exporter;
pub(crate) mod peers;
pub(crate) mod process;
pub(crate) mod prometheus;
pub(crate) mod random;
pub(crate) mod receiver;
pub(crate) mod sink;
pub(crate) mod target;
pub(crate) mod traffic;
pub(crate) mod wait;
pub(crate) mod workload;
