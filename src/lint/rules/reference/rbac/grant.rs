//! What RBAC lets a service account do, as far as the world says.

use crate::k8s::{Kind, Selector};
use crate::lint::model::{Item, Model};
use crate::yaml::Node;

/// A group and a kind of objects in it, in the plural.
pub(super) type Resource = (&'static str, &'static str);

/// A service account with the rules of the roles that it is bound to.
pub(super) struct Account<'w> {
    grants: Vec<Grant<'w>>,
    has_bindings: bool,
}

struct Grant<'w> {
    scope: Scope<'w>,
    rules: Vec<Node<'w>>,
}

#[derive(Clone, Copy)]
enum Scope<'w> {
    Cluster,
    /// `None` is unknown, and may be any.
    Namespace(Option<&'w str>),
}

impl<'w> Account<'w> {
    /// `None` when it is bound to a role that is not in the world: what it may do is not known.
    pub(super) fn of(model: &Model<'w>, name: &str, namespace: Option<&str>) -> Option<Self> {
        let bindings =
            || [Kind::RoleBinding, Kind::ClusterRoleBinding].into_iter().flat_map(|it| model.graph.of(it));
        let mut grants = Vec::new();
        for binding in bindings().filter(|binding| binds(binding, name, namespace)) {
            let scope = match binding.object.kind() {
                Kind::ClusterRoleBinding => Scope::Cluster,
                _ => Scope::Namespace(binding.namespace()),
            };
            grants.push(Grant { scope, rules: rules(model, binding)? });
        }
        Some(Self { grants, has_bindings: bindings().next().is_some() })
    }

    /// Whether no binding names it.
    pub(super) fn is_unbound(&self) -> bool {
        self.grants.is_empty()
    }

    /// Whether there are bindings at all, of whomever.
    pub(super) fn has_bindings(&self) -> bool {
        self.has_bindings
    }

    /// Whether it may do `verb` with all such objects in a namespace, `None` for all namespaces.
    pub(super) fn may(&self, verb: &str, (group, resource): Resource, namespace: Option<&str>) -> bool {
        let has = |rule: &Node<'_>, key: &str, value: &str| {
            let values = rule.get(key).into_iter().flat_map(Node::items).filter_map(Node::as_str);
            values.into_iter().any(|it| it == "*" || it == value)
        };
        let allows = |rule: &Node<'_>| {
            has(rule, "verbs", verb)
                && has(rule, "apiGroups", group)
                && has(rule, "resources", resource)
                && rule.get("resourceNames").is_none_or(|names| names.items().next().is_none())
        };
        let reaches = |scope: Scope<'_>| match (scope, namespace) {
            (Scope::Cluster, _) => true,
            (Scope::Namespace(None), Some(_)) => true,
            (Scope::Namespace(at), Some(namespace)) => at == Some(namespace),
            (Scope::Namespace(_), None) => false,
        };
        self.grants.iter().any(|grant| reaches(grant.scope) && grant.rules.iter().any(allows))
    }
}

/// Whether a binding names the account, or a group of all accounts.
fn binds(binding: &Item<'_>, name: &str, namespace: Option<&str>) -> bool {
    let text = |node: Node<'_>, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let subjects = binding.object.node().get("subjects");
    subjects.into_iter().flat_map(Node::items).any(|subject| {
        let (kind, who) = (text(subject, "kind"), text(subject, "name").unwrap_or_default());
        let at = text(subject, "namespace");
        match kind.as_deref() {
            Some("ServiceAccount") => {
                who == name && (at.is_none() || namespace.is_none() || at.as_deref() == namespace)
            }
            Some("Group") => {
                let of_namespace = who.strip_prefix("system:serviceaccounts:");
                ["system:serviceaccounts", "system:authenticated"].contains(&who.as_str())
                    || of_namespace.is_some_and(|of| namespace.is_none_or(|namespace| namespace == of))
            }
            Some("User") => who
                .strip_prefix("system:serviceaccount:")
                .and_then(|rest| rest.split_once(':'))
                .is_some_and(|(at, who)| who == name && namespace.is_none_or(|namespace| namespace == at)),
            _ => false,
        }
    })
}

/// The rules of the role that a binding refers to, those of an aggregated ClusterRole gathered.
fn rules<'w>(model: &Model<'w>, binding: &Item<'w>) -> Option<Vec<Node<'w>>> {
    let of_role = |item: &Item<'w>| {
        let rules = item.object.node().get("rules");
        rules.into_iter().flat_map(Node::items).collect::<Vec<_>>()
    };
    let reference = binding.object.node().get("roleRef")?;
    let name = reference.get("name")?.as_str()?;
    let kind = match reference.get("kind")?.as_str()? {
        "ClusterRole" => Kind::ClusterRole,
        _ => Kind::Role,
    };
    let same_place = |item: &Item<'w>| {
        let (a, b) = (item.namespace(), binding.namespace());
        kind == Kind::ClusterRole || a.is_none() || b.is_none() || a == b
    };
    let role = model.graph.of(kind).find(|item| item.name() == name && same_place(item))?;
    let mut rules = of_role(role);
    let selectors = role.object.node().get("aggregationRule").and_then(|it| it.get("clusterRoleSelectors"));
    for selector in selectors.into_iter().flat_map(Node::items) {
        let selector = Selector::read(selector).selector?;
        let roles = model.graph.of(Kind::ClusterRole).filter(|item| selector.matches(&item.labels));
        rules.extend(roles.flat_map(of_role));
    }
    Some(rules)
}
