//! How much of everything an annotation may hold.

/// Bytes of all keys and values of an object's annotations: Kubernetes' own limit.
pub(super) const ANNOTATIONS: usize = 256 << 10;
/// YAML nodes, or TOML values, of one annotation.
pub(super) const NODES: usize = 2_000;
/// How deep they may nest: list, endpoint, options, one of them, its items.
pub(super) const DEPTH: usize = 8;
/// Endpoints of one annotation.
pub(super) const ENDPOINTS: usize = 300;
/// URLs of one endpoint.
pub(super) const URLS: usize = 50;
/// Bytes of an endpoint's name.
pub(super) const NAME: usize = 63;
/// Bytes of a URL.
pub(super) const URL: usize = 2_048;
/// Bytes of a tag's value, and of a pattern.
pub(super) const TEXT: usize = 256;
/// Tags of one endpoint, and patterns of one list.
pub(super) const ITEMS: usize = 100;
