//! ServiceMonitors whose selector fits the labels of no Service.

use super::unmatched::{self, Words};
use crate::diagnostic::{Finding, Severity};
use crate::k8s::{Kind, Labels, Miss, Pairs, Selector};
use crate::lint::model::{Item, Link, Model, nearest};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/no-service-matches",
    severity: Severity::Warning,
    summary: "a ServiceMonitor that selects no Service",
    page: include_str!("../../../../docs/rules/reference/no-service-matches.md"),
    opt_in: false,
    check: Check::World(check),
};

const WORDS: Words = Words {
    what: "Service",
    kinds: &[Kind::Service],
    why: "nothing is scraped, and neither Prometheus nor the operator reports that",
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for monitor in model.graph.of(Kind::ServiceMonitor).filter(|monitor| !is_of_kubelet(monitor)) {
        let links = model.graph.services_of(monitor);
        unmatched::check(&RULE, &WORDS, model, monitor, &links, by_pods(&links), out);
    }
}

/// Whether it selects the Service of the kubelets, which no manifest holds: the operator makes it (`--kubelet-service`).
fn is_of_kubelet(monitor: &Item<'_>) -> bool {
    let labels = Labels::from([
        ("k8s-app", "kubelet"),
        ("app.kubernetes.io/name", "kubelet"),
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
    ]);
    let selector = monitor.object.spec().and_then(|spec| Selector::read(spec.get("selector")?).selector);
    selector.is_some_and(|selector| !selector.requirements().is_empty() && selector.matches(&labels))
}

/// The finding of a ServiceMonitor that selects none of `links`, with the one that is nearest; `None` without any.
pub(in crate::lint) fn finding<'l, 'g, 'w>(
    model: &Model<'w>,
    monitor: &Item<'w>,
    links: &'l [Link<'g, 'w>],
    severity: Severity,
) -> Option<(&'l Link<'g, 'w>, Finding)> {
    let near = by_pods(links).or_else(|| nearest(links).map(unmatched::by_labels))?;
    Some((near.0, unmatched::finding(&RULE, &WORDS, model, monitor, near, severity)))
}

/// The Service whose pods have the labels that are asked for, and not itself: a ServiceMonitor goes by the labels of the
/// Service.
pub(in crate::lint) fn by_pods<'l, 'g, 'w>(links: &'l [Link<'g, 'w>]) -> Option<(&'l Link<'g, 'w>, String)> {
    let fits = |link: &&Link<'g, 'w>| {
        let selector = link.to.object.spec().and_then(|spec| spec.get("selector"));
        let pods: Labels<'_> = Pairs::new(selector).strings();
        let meets = |miss: &Miss<'_, '_>| miss.requirement.matches(pods.get(miss.requirement.key()).copied());
        link.outside.is_none() && !link.misses.is_empty() && link.misses.iter().all(meets)
    };
    let link = links.iter().find(fits)?;
    let missing: Vec<String> = link.misses.iter().map(|miss| format!("`{}`", miss.requirement)).collect();
    let hint = format!(
        "{} selects pods with {}, but does not have it among its own labels",
        link.to.title(),
        missing.join(", ")
    );
    Some((link, hint))
}
