//! Whether the Prometheus may list what a monitor looks for.

use super::Step;
use super::case::{Case, Clue, Link};
use crate::base::edit::Edit;
use crate::diagnostic::Safety;
use crate::k8s::Placed;
use crate::lint::model::Item;
use crate::lint::rules::reference::name_span;
use crate::lint::rules::reference::rbac::{self, Refusal};

pub(super) fn link<'g, 'w>(
    case: &Case<'g, 'w>,
    prometheus: Option<&'g Item<'w>>,
    monitor: &'g Item<'w>,
) -> Link {
    let Some(prometheus) = prometheus else {
        return Link::unknown(Step::Rights, "which Prometheus would need them is not known");
    };
    let account = account(prometheus);
    let monitors = std::iter::once(monitor);
    let Some(refusals) = rbac::refusals(case.model, prometheus, monitors, case.options) else {
        let says = format!("what service account `{account}` may do is not in what was given");
        return Link::unknown(Step::Rights, says);
    };
    let Some(refusal) = refusals.into_iter().next() else {
        return Link::holds(Step::Rights, format!("service account `{account}` may list what it looks for"));
    };
    let other = Clue::side(refusal.finding.rule, monitor.source, name_span(monitor), "the monitor");
    let clue = mended(case, prometheus, account, refusal);
    Link::broken(Step::Rights, clue, Some(other))
}

fn account<'w>(prometheus: &Item<'w>) -> &'w str {
    let written = prometheus.object.spec().and_then(|spec| Placed::of(spec, "serviceAccountName"));
    written.map_or("default", |name| name.value)
}

/// With a role and its binding, where the Prometheus is written.
fn mended<'w>(case: &Case<'_, 'w>, prometheus: &Item<'w>, account: &str, refusal: Refusal<'w>) -> Clue {
    let Refusal { finding, namespace, resources } = refusal;
    let clue = |finding| Clue::new(prometheus.source, finding);
    // In brackets, as JSON, or in a text that another holds, there is no next document.
    let text = case.model.own_text(prometheus.source).filter(|_| !prometheus.object.node().is_flow());
    let (Some(text), Some(at)) = (text, prometheus.namespace()) else { return clue(finding) };
    let objects = objects(account, at, namespace, &resources);
    let gap = if text.ends_with('\n') { "" } else { "\n" };
    let edit = Edit::insert(text.len(), format!("{gap}{objects}"));
    clue(finding.fix("bind it a role that may", Safety::Unsafe, vec![edit]))
}

/// A Role and its binding; without a namespace, for all of them.
fn objects(account: &str, at: &str, namespace: Option<&str>, resources: &[(&str, &str)]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (group, resource) in resources {
        match groups.iter_mut().find(|(known, _)| known == group) {
            Some((_, list)) => list.push(resource),
            None => groups.push((group, vec![resource])),
        }
    }
    let rules: String = groups
        .iter()
        .map(|(group, list)| {
            let group = if group.is_empty() { "\"\"" } else { group };
            format!(
                "  - apiGroups: [{group}]\n    resources: [{}]\n    verbs: [get, list, watch]\n",
                list.join(", ")
            )
        })
        .collect();
    let prefix = if namespace.is_some() { "" } else { "Cluster" };
    let name = format!("{account}-targets");
    let metadata = match namespace {
        Some(namespace) => format!("  name: {name}\n  namespace: {namespace}\n"),
        None => format!("  name: {name}\n"),
    };
    let head = |kind: &str| {
        format!("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {prefix}{kind}\nmetadata:\n{metadata}")
    };
    format!(
        "{}rules:\n{rules}{}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {prefix}Role\n  name: {name}\nsubjects:\n  \
         - kind: ServiceAccount\n    name: {account}\n    namespace: {at}\n",
        head("Role"),
        head("RoleBinding"),
    )
}
