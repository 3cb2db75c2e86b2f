//! Which namespace an Argo CD Application speaks for.

use crate::base::span::Span;
use crate::yaml::Node;

/// The cluster that Argo CD itself runs in, by address and by name.
const SERVER: &str = "https://kubernetes.default.svc";
const NAME: &str = "in-cluster";

/// Why an Application speaks for no namespace of this cluster, and the place that says so.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Elsewhere {
    pub span: Span,
    pub reason: Reason,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    #[error("the Application has no `spec.destination`: add one with `server: {SERVER}` and a `namespace`")]
    NoDestination,
    #[error("the Application has no `spec.destination.namespace`: name the namespace that it deploys to")]
    NoNamespace,
    #[error(
        "`spec.destination.namespace` is not the name of a namespace: write a DNS label of at most 63 letters"
    )]
    NotANamespace,
    #[error(
        "the Application deploys to another cluster, where this collector is not: annotate it for a collector there"
    )]
    OtherCluster,
    #[error("the Application names its cluster twice: Argo CD takes `server` or `name`, not both")]
    TwoClusters,
}

/// The namespace that an Application deploys to, if that is in the cluster it is itself in. `application` is the
/// whole object.
///
/// # Errors
///
/// Another cluster, no cluster, no namespace.
pub fn target<'d>(application: Node<'d>) -> Result<&'d str, Elsewhere> {
    let elsewhere = |node: Node<'d>, reason| Elsewhere { span: node.span(), reason };
    let spec = application.get("spec");
    let Some(destination) = spec.and_then(|spec| spec.get("destination")) else {
        return Err(elsewhere(spec.unwrap_or(application), Reason::NoDestination));
    };
    let set = |key| destination.get(key).filter(|node| node.text() != Some(""));
    match (set("server"), set("name")) {
        (Some(_), Some(name)) => return Err(elsewhere(name, Reason::TwoClusters)),
        (Some(server), None) if server.as_str().is_some_and(|text| text.trim_end_matches('/') == SERVER) => {}
        (None, Some(name)) if name.as_str() == Some(NAME) => {}
        (Some(other), None) | (None, Some(other)) => return Err(elsewhere(other, Reason::OtherCluster)),
        (None, None) => return Err(elsewhere(destination, Reason::NoDestination)),
    }
    let Some(namespace) = set("namespace") else {
        return Err(elsewhere(destination, Reason::NoNamespace));
    };
    match namespace.as_str() {
        Some(name) if is_label(name) => Ok(name),
        _ => Err(elsewhere(namespace, Reason::NotANamespace)),
    }
}

/// Whether Kubernetes takes it as a namespace's name.
pub(super) fn is_label(name: &str) -> bool {
    let bytes = name.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    #[track_caller]
    fn check(spec: &str, expect: Result<&str, Reason>) {
        let file = File::parse(format!("kind: Application\n{spec}"), &Budget::default());
        let root = file.documents()[0].root().expect("a document");
        assert_eq!(target(root).map_err(|elsewhere| elsewhere.reason), expect, "{spec}");
    }

    #[test]
    fn a_destination_in_this_cluster_names_the_namespace() {
        check("spec: {destination: {server: 'https://kubernetes.default.svc', namespace: shop}}", Ok("shop"));
        check(
            "spec: {destination: {server: 'https://kubernetes.default.svc/', namespace: shop}}",
            Ok("shop"),
        );
        check("spec: {destination: {name: in-cluster, server: '', namespace: a-1}}", Ok("a-1"));
    }

    #[test]
    fn every_other_destination_has_its_reason() {
        check("spec: {}", Err(Reason::NoDestination));
        check("metadata: {}", Err(Reason::NoDestination));
        check("spec: {destination: {namespace: shop}}", Err(Reason::NoDestination));
        check("spec: {destination: {name: in-cluster}}", Err(Reason::NoNamespace));
        check("spec: {destination: {name: in-cluster, namespace: ''}}", Err(Reason::NoNamespace));
        for name in ["Shop", "a_b", "-a", "a/b", "'${TOKEN}'", "12", "[a]"] {
            check(
                &format!("spec: {{destination: {{name: in-cluster, namespace: {name}}}}}"),
                Err(Reason::NotANamespace),
            );
        }
        check(
            "spec: {destination: {server: 'https://10.0.0.1', namespace: shop}}",
            Err(Reason::OtherCluster),
        );
        check("spec: {destination: {name: far, namespace: shop}}", Err(Reason::OtherCluster));
        let both =
            "spec: {destination: {name: in-cluster, server: 'https://kubernetes.default.svc', namespace: a}}";
        check(both, Err(Reason::TwoClusters));
    }
}
