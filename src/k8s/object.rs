//! One object: what it is, which one it is, and its metadata, each with its place.

use std::fmt;

use super::kind::{Kind, current_group};
use super::pairs::{Pairs, Placed};
use crate::yaml::{File, Kind as Shape, Node};

/// Lists within lists are read so deep; nobody writes more than one.
const LIST_DEPTH_MAX: usize = 8;

/// A Kubernetes object as it stands in a file.
#[derive(Clone, Copy, Debug)]
pub struct Object<'d> {
    node: Node<'d>,
    api_version: Placed<&'d str>,
    kind_name: Placed<&'d str>,
    kind: Kind,
}

/// Which object it is, of all in a cluster: two files with equal ids write the same object. The version is not part of
/// it, `apps/v1` and `apps/v1beta1` are the same Deployment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id<'d> {
    /// Empty for the core group.
    pub group: &'d str,
    pub kind: &'d str,
    /// `None` for what is in no namespace, and where the namespace is not known.
    pub namespace: Option<&'d str>,
    pub name: &'d str,
}

impl Id<'_> {
    /// Whether both can be the same object: an unknown namespace can be any.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let namespace = match (self.namespace, other.namespace) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        namespace && (self.group, self.kind, self.name) == (other.group, other.kind, other.name)
    }
}

/// `Deployment web/api`; without the namespace where there is none.
impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(self.name)
    }
}

/// Whether a document is a Kubernetes object: a mapping whose `apiVersion` and `kind` are strings with something in them.
#[must_use]
pub fn is_object(node: Node<'_>) -> bool {
    Object::new(node).is_some()
}

impl<'d> Object<'d> {
    /// Reads an object; `None` when it is not one, see [`is_object`].
    #[must_use]
    pub fn new(node: Node<'d>) -> Option<Self> {
        let string = |key| Placed::of(node, key).filter(|text| !text.value.is_empty());
        Some(Self::with_type(node, string("apiVersion")?, string("kind")?))
    }

    fn with_type(node: Node<'d>, api_version: Placed<&'d str>, kind_name: Placed<&'d str>) -> Self {
        let kind = Kind::of(group_of(api_version.value), kind_name.value);
        Self { node, api_version, kind_name, kind }
    }

    /// All objects of a file, in its order; lists are taken apart. What is no object is left out.
    #[must_use]
    pub fn all(file: &'d File) -> Vec<Self> {
        let roots = file.documents().iter().filter_map(|document| document.root());
        roots.flat_map(Self::flatten).collect()
    }

    /// The object of a node, or those in it when it is a list: `List`, or a kind that ends so and has `items`
    /// (`ConfigMapList`), whose items need not say what they are.
    #[must_use]
    pub fn flatten(node: Node<'d>) -> Vec<Self> {
        let mut found = Vec::new();
        if let Some(object) = Self::new(node) {
            object.flatten_into(&mut found, LIST_DEPTH_MAX);
        }
        found
    }

    fn flatten_into(self, found: &mut Vec<Self>, depth: usize) {
        let items = self.node.get("items").filter(|items| items.kind() == Shape::Sequence);
        let (Some(item_kind), Some(items)) = (self.kind_name.value.strip_suffix("List"), items) else {
            found.push(self);
            return;
        };
        let Some(depth) = depth.checked_sub(1) else { return };
        for item in items.items() {
            let typed = !item_kind.is_empty() && item.kind() == Shape::Mapping;
            let inherited = || {
                let kind = Placed::new(item_kind, self.kind_name.span);
                typed.then(|| Self::with_type(item, self.api_version, kind))
            };
            if let Some(object) = Self::new(item).or_else(inherited) {
                object.flatten_into(found, depth);
            }
        }
    }

    /// The whole object.
    #[must_use]
    pub fn node(&self) -> Node<'d> {
        self.node
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// `kind` as written.
    #[must_use]
    pub fn kind_name(&self) -> Placed<&'d str> {
        self.kind_name
    }

    #[must_use]
    pub fn api_version(&self) -> Placed<&'d str> {
        self.api_version
    }

    /// The part of `apiVersion` before the `/`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &'d str {
        current_group(group_of(self.api_version.value), self.kind_name.value)
    }

    #[must_use]
    pub fn metadata(&self) -> Option<Node<'d>> {
        self.node.get("metadata")
    }

    #[must_use]
    pub fn spec(&self) -> Option<Node<'d>> {
        self.node.get("spec")
    }

    #[must_use]
    pub fn name(&self) -> Option<Placed<&'d str>> {
        self.meta("name")
    }

    /// What the server makes a name of when there is none.
    #[must_use]
    pub fn generate_name(&self) -> Option<Placed<&'d str>> {
        self.meta("generateName")
    }

    /// `None` is unknown, not `default`: whoever applies the file may say another.
    #[must_use]
    pub fn namespace(&self) -> Option<Placed<&'d str>> {
        self.meta("namespace")
    }

    #[must_use]
    pub fn labels(&self) -> Pairs<'d> {
        Pairs::new(self.metadata().and_then(|metadata| metadata.get("labels")))
    }

    #[must_use]
    pub fn annotations(&self) -> Pairs<'d> {
        Pairs::new(self.metadata().and_then(|metadata| metadata.get("annotations")))
    }

    /// Which object it is; `None` without a name. The namespace of a kind that is in none is not in it.
    #[must_use]
    pub fn id(&self) -> Option<Id<'d>> {
        let namespace = self.namespace().filter(|_| self.kind.namespaced() != Some(false));
        Some(Id {
            group: self.group(),
            kind: self.kind_name.value,
            namespace: namespace.map(|namespace| namespace.value),
            name: self.name()?.value,
        })
    }

    fn meta(&self, key: &str) -> Option<Placed<&'d str>> {
        Placed::of(self.metadata()?, key).filter(|text| !text.value.is_empty())
    }
}

pub(super) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Budget;

    /// The ids (or `?`) and kinds of all objects in a text.
    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let file = File::parse(text, &Budget::default());
        let show = |object: &Object<'_>| {
            let id = object.id().map_or_else(|| "?".to_owned(), |id| id.to_string());
            format!("{} {id}", if object.kind() == Kind::Other { "other" } else { object.kind().group() })
        };
        assert_eq!(Object::all(&file).iter().map(show).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn a_document_is_an_object_by_its_content() {
        check("{apiVersion: v1, kind: Service, metadata: {name: a, namespace: web}}", &[" Service web/a"]);
        check("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}", &["apps Deployment a"]);
        check("{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}", &[" ?"]);
        check("{apiVersion: v1, kind: Pod}", &[" ?"]);
        check("{apiVersion: foo.io/v1, kind: Prometheus, metadata: {name: a}}", &["other Prometheus a"]);
    }

    #[test]
    fn what_is_no_object_is_left_out() {
        check("{apiVersion: 1, kind: Service}", &[]); // Grafana's files
        check("{apiVersion: v2, name: chart}", &[]); // Helm's
        check("{apiVersion: v1, kind: ''}", &[]);
        check("scrape_configs: []", &[]);
        check("- a\n---\n---\njust text", &[]);
    }

    #[test]
    fn documents_and_lists_are_taken_apart() {
        let pod = |name: &str| format!("{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}}}");
        let (a, b, c) = (pod("a"), pod("b"), pod("c"));
        check(&format!("{a}\n---\n{b}"), &[" Pod a", " Pod b"]);
        let list = format!("{{apiVersion: v1, kind: List, items: [{a}, 7, {b}]}}");
        check(&list, &[" Pod a", " Pod b"]);
        check(
            &format!("{{apiVersion: v1, kind: List, items: [{list}, {c}]}}"),
            &[" Pod a", " Pod b", " Pod c"],
        );
        check("{apiVersion: v1, kind: ConfigMapList, items: [{metadata: {name: a}}]}", &[" ConfigMap a"]);
        check("{apiVersion: a/v1, kind: AllowList, metadata: {name: a}}", &["other AllowList a"]);
    }

    #[test]
    fn a_list_that_holds_itself_many_times_ends() {
        let mut list = "[]".to_owned();
        for _ in 0..40 {
            list = format!("[{{apiVersion: v1, kind: List, items: {list}}}]");
        }
        check(&format!("{{apiVersion: v1, kind: List, items: {list}}}"), &[]);
    }

    #[test]
    fn versions_of_a_kind_are_one_object() {
        let id = |text: &str| {
            let file = File::parse(text, &Budget::default());
            let object = Object::all(&file).pop().expect("an object");
            object.id().expect("an id").to_string() + " of " + object.group()
        };
        let expect = "Deployment web/a of apps";
        for version in ["apps/v1", "apps/v1beta1", "extensions/v1beta1"] {
            let text =
                format!("{{apiVersion: {version}, kind: Deployment, metadata: {{name: a, namespace: web}}}}");
            assert_eq!(id(&text), expect);
        }
        let cluster = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a, namespace: web}}";
        assert_eq!(id(cluster), "ClusterRole a of rbac.authorization.k8s.io");
    }

    #[test]
    fn an_unknown_namespace_may_be_any() {
        let id = |namespace| Id { group: "", kind: "Service", namespace, name: "a" };
        assert!(id(None).may_be(&id(Some("n"))) && id(Some("n")).may_be(&id(Some("n"))));
        assert!(!id(Some("m")).may_be(&id(Some("n"))));
        assert!(!Id { name: "b", ..id(None) }.may_be(&id(None)));
    }

    #[test]
    fn metadata_has_places() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {y: 'b', n: , c: 1}\n";
        let file = File::parse(text, &Budget::default());
        let object = Object::all(&file).pop().expect("an object");
        assert_eq!(object.kind_name().span.of(text), "Pod");
        let pairs: Vec<_> =
            object.labels().iter().map(|pair| (pair.value(), pair.node.span().of(text))).collect();
        assert_eq!(pairs, [(Some("b"), "'b'"), (Some(""), ""), (None, "1")]);
    }
}
