//! Rights: rules, and the bindings that give them to an account.

use super::names;
use super::owner::Owner;
use crate::k8s::Manifest;
use crate::yaml::write::Map;

const GROUP: &str = "rbac.authorization.k8s.io";
/// What discovery needs: a list, and its changes.
const FOLLOW: [&str; 2] = ["list", "watch"];

/// Lists of resources of an API group, and their changes, and no more.
pub(super) fn follow(group: &str, resources: &[&str]) -> Map {
    rule(group, resources, &FOLLOW)
}

/// These verbs on these resources of an API group.
pub(super) fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Map {
    Map::new().with("apiGroups", [group]).with("resources", resources.to_vec()).with("verbs", verbs.to_vec())
}

/// A Role in the owner's namespace for the account of the same name, and what binds it.
pub(super) fn role(owner: &Owner<'_>, name: &str, rules: Vec<Map>) -> [Manifest; 2] {
    role_elsewhere(owner, name, rules, owner, name)
}

/// A Role in the namespace of `there` for an account of the owner, and what binds it.
pub(super) fn role_elsewhere(
    there: &Owner<'_>,
    name: &str,
    rules: Vec<Map>,
    owner: &Owner<'_>,
    account: &str,
) -> [Manifest; 2] {
    let version = version();
    [
        there.object(&version, "Role", name).with("rules", rules),
        binding(there.object(&version, "RoleBinding", name), owner, "Role", name, account),
    ]
}

/// The same for the whole cluster. No two installs have the same name for it.
pub(super) fn cluster_role(owner: &Owner<'_>, account: &str, rules: Vec<Map>) -> [Manifest; 2] {
    let version = version();
    let name = names::of_namespace(account, owner.namespace);
    [
        owner.cluster_object(&version, "ClusterRole", &name).with("rules", rules),
        binding(
            owner.cluster_object(&version, "ClusterRoleBinding", &name),
            owner,
            "ClusterRole",
            &name,
            account,
        ),
    ]
}

fn version() -> String {
    format!("{GROUP}/v1")
}

fn binding(binding: Manifest, owner: &Owner<'_>, kind: &str, role: &str, account: &str) -> Manifest {
    let role = Map::new().with("apiGroup", GROUP).with("kind", kind).with("name", role);
    let subject =
        Map::new().with("kind", "ServiceAccount").with("name", account).with("namespace", owner.namespace);
    binding.with("roleRef", role).with("subjects", [subject])
}
