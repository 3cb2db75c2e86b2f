//! Manifests held against what the API server knows of their kinds: fields, types, required ones, bounds.
//!
//! [`check`] takes one document and finds all that is wrong with it, not the first. The kinds it knows are Kubernetes'
//! own that monitoring meets, the Prometheus operator's and Argo CD's; of others it says nothing. What the server
//! accepts is never an error here: two worlds differ, and both are followed as they are. Kubernetes' own kinds are read
//! into Go structs (`null` is the zero value, enums and bounds are checked by hand); custom resources are held against
//! a schema (`null` is as if absent, except in lists). Held against a real API server by `tests/it/k8s_schema.rs`.
//!
//! Not run: what the server knows beyond schemas (names that must exist, fields that exclude each other, CIDRs, cron
//! expressions), and the versions of Kubernetes itself: the tables are of one.

mod meta;
mod place;
mod rules;
mod scalar;
mod table;
#[cfg(test)]
mod tests;
mod unknown;
mod walk;
mod words;

use crate::base::suggest;
use crate::diagnostic::Finding;
use crate::yaml::Node;
pub use scalar::is_quantity;
use table::{Kind, Table};

/// What the manifests are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Versions {
    /// Major and minor version of the Prometheus operator whose CRDs are installed; `None` is the newest known.
    pub operator: Option<(u16, u16)>,
}

impl Versions {
    /// The operator's minor version, which the tables count in; past 0.x nothing is known, and it is the newest.
    fn minor(self) -> Option<u16> {
        self.operator.and_then(|(major, minor)| (major == 0).then_some(minor))
    }
}

/// Groups whose every kind the tables know.
const WHOLE_GROUPS: [&str; 1] = ["monitoring.coreos.com"];
/// Versions that a server knows too, of which there are no tables.
const OTHER_VERSIONS: [(&str, &str); 2] =
    [("autoscaling/v1", "HorizontalPodAutoscaler"), ("monitoring.coreos.com/v1beta1", "AlertmanagerConfig")];
/// A group that Kubernetes no longer serves.
const FORMER_GROUP: &str = "extensions";

/// All findings of one document; of a `List`, those of its items.
///
/// Nothing is said of a document that is no Kubernetes object, or of a kind that is not known.
#[must_use]
pub fn check(root: Node<'_>, versions: &Versions) -> Vec<Finding> {
    let text = |key: &str| root.get(key).and_then(Node::as_str);
    let mut findings = Vec::new();
    let Some(kind) = text("kind") else { return findings };
    if kind == "List" {
        let items = root.get("items");
        findings.extend(items.into_iter().flat_map(Node::items).flat_map(|item| check_one(item, versions)));
    } else {
        findings = check_one(root, versions);
    }
    findings.sort_by_key(|finding| finding.span.start);
    findings
}

/// Whether there are tables for this `apiVersion` and `kind`.
#[must_use]
pub fn knows(api_version: &str, kind: &str) -> bool {
    find(api_version, kind).is_some()
}

fn find(api_version: &str, kind: &str) -> Option<&'static Kind> {
    Table::get().kinds().iter().find(|known| known.api_version == api_version && known.name == kind)
}

fn check_one(root: Node<'_>, versions: &Versions) -> Vec<Finding> {
    let (Some(entry), Some(kind)) = (root.entry("kind"), root.get("kind").and_then(Node::as_str)) else {
        return Vec::new();
    };
    match root.get("apiVersion").and_then(Node::as_str) {
        Some(api_version) => match find(api_version, kind) {
            Some(known) => walk::check(root, known, versions.minor()),
            None => unknown_kind(root, api_version, kind).into_iter().collect(),
        },
        None if root.entry("apiVersion").is_some() => Vec::new(),
        None => {
            let mut known = Table::get().kinds().iter().filter(|known| known.name == kind);
            let Some(first) = known.next() else { return Vec::new() };
            let finding = Finding::error(
                "yaml/missing-field",
                entry.value.span(),
                format!("`{kind}` has no `apiVersion`"),
            )
            .why("the API server refuses an object without it")
            .help(format!("add `apiVersion: {}`", first.api_version));
            vec![finding]
        }
    }
}

/// A kind that the tables know in another version, or a misspelt one of a group of which they know all.
fn unknown_kind(root: Node<'_>, api_version: &str, kind: &str) -> Option<Finding> {
    let kinds = Table::get().kinds();
    let (group, _) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    if OTHER_VERSIONS.contains(&(api_version, kind)) {
        return None;
    }
    let our_group = group == FORMER_GROUP || kinds.iter().any(|known| known.group() == group);
    let elsewhere = kinds
        .iter()
        .find(|known| known.name == kind && (known.group() == group))
        .or_else(|| kinds.iter().find(|known| known.name == kind && our_group));
    if let Some(known) = elsewhere {
        let value = root.get("apiVersion")?;
        return Some(
            Finding::error(
                "yaml/api-version",
                value.span(),
                format!("there is no `{kind}` in `{api_version}`"),
            )
            .label(format!("`{kind}` is in `{}`", known.api_version))
            .why("the API server refuses the object")
            .help(format!(
                "write `apiVersion: {}`, and look at the fields that are reported then",
                known.api_version
            )),
        );
    }
    if !WHOLE_GROUPS.contains(&group) {
        return None;
    }
    let value = root.get("kind")?;
    let finding =
        Finding::error("yaml/api-version", value.span(), format!("there is no kind `{kind}` in `{group}`"))
            .why("the API server refuses the object");
    let names = kinds.iter().filter(|known| known.group() == group).map(|known| known.name);
    Some(match suggest::nearest(kind, names) {
        Some(near) => finding.label(format!("did you mean `{near}`?")),
        None => finding,
    })
}
